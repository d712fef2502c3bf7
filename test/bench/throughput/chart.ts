import type { CpuPerEvent } from "./phases.ts";
import type { ThroughputReport } from "./report.ts";

interface Bar {
  readonly label: string;
  readonly value: number;
  /** What it could be at most; drawn as an outline. */
  readonly limit?: number;
}

const width = 760;
const labelX = 190;
const barX = 200;
const barsWidth = 380;
const rowHeight = 26;
const barHeight = 16;
const headHeight = 34;
const parts = ["http", "worker", "postgres", "generator"] as const;
const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2933; }
  .head { font-weight: 600; } .small { font-size: 11px; fill: #52606d; } .label { text-anchor: end; }
  .measured { fill: #2f6f9f; } .limit { fill: none; stroke: #9aa5b1; stroke-dasharray: 3 2; }
  .http { fill: #2f6f9f; } .worker { fill: #3f9d7b; } .postgres { fill: #c0803a; } .generator { fill: #9aa5b1; }
  @media (prefers-color-scheme: dark) { text { fill: #e4e7eb; } .small { fill: #9aa5b1; } }`;

/** Draws a report: rates beside their limits, what an event costs by process, and on what that was measured. */
export function drawChart(report: ThroughputReport): string {
  const rows: string[] = [];
  let y = 20;
  const add = (height: number, draw: (y: number) => string) => {
    rows.push(draw(y));
    y += height;
  };
  const head = (words: string) => add(headHeight, (at) => text(10, at + 8, words, "head"));
  const rates = rateBars(report);
  const top = Math.max(1, ...rates.map(({ value, limit }) => Math.max(value, limit ?? 0)));
  head("Events a second; dashed: what its parts could do by themselves");
  for (const bar of rates) add(rowHeight, (at) => drawRate(bar, at, top));
  const costs = costRows(report);
  if (costs.length > 0) {
    head("Processor time of a stored event, microseconds");
    const most = Math.max(1, ...costs.map(({ times }) => times.reduce((sum, { us }) => sum + us, 0)));
    for (const row of costs) add(rowHeight, (at) => drawCost(row, at, most));
    add(rowHeight, drawLegend);
  }
  const { machine, versions, date } = report;
  const foot = [
    `${machine.processor}, ${machine.processors} processors, ${machine.memory_gib} GiB, ${machine.system}` +
      ", generator included",
    `tidegate ${versions.tidegate}, bun ${versions.bun}, PostgreSQL ${versions.postgres}, ${date.slice(0, 10)}` +
      `${report.is_short ? ", a short run" : ""}`,
  ];
  for (const line of foot) add(18, (at) => text(10, at + 8, line, "small"));
  const size = `width="${width}" height="${y + 10}" viewBox="0 0 ${width} ${y + 10}"`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`;
  return [open, `<style>${style}</style>`, ...rows, "</svg>", ""].join("\n");
}

function rateBars({ measured }: ThroughputReport): Bar[] {
  const { acknowledged, stored, relayed } = measured;
  return [
    ...acknowledged.map((one) => ({
      label: one.grouping === "single" ? "acknowledged, single" : `acknowledged, ${one.grouping} a batch`,
      value: one.acked_per_second,
      limit: one.limits.composed,
    })),
    ...stored.map((one) => ({
      label: one.grouping === "single" ? "stored, single" : `stored, ${one.grouping} a batch`,
      value: one.stored_per_second,
    })),
    ...(relayed ? [{ label: "deliveries, half load", value: relayed.delivered_per_second }] : []),
  ];
}

interface CostRow {
  readonly label: string;
  readonly times: readonly { readonly part: keyof CpuPerEvent; readonly us: number }[];
}

function costRows({ measured }: ThroughputReport): CostRow[] {
  const { stored, store_limits: limits } = measured;
  const alone = (label: string, us: number): CostRow => ({ label, times: [{ part: "postgres", us }] });
  return [
    ...stored.map(({ grouping, cpu_us_per_event: cpu }) => ({
      label: grouping === "single" ? "single" : `${grouping} a batch`,
      times: parts.map((part) => ({ part, us: cpu[part] })),
    })),
    ...(limits
      ? [alone("its statements alone", limits.replay_us), alone("COPY, no keys, no indexes", limits.copy_json_us)]
      : []),
  ];
}

function drawRate({ label, value, limit }: Bar, y: number, top: number): string {
  const long = (rate: number) => Math.max(1, (rate / top) * barsWidth);
  const outline = limit === undefined ? "" : box(barX, y, long(limit), "limit");
  const share = limit === undefined ? "" : ` (${Math.round((100 * value) / limit)} % of ${thousands(limit)})`;
  const end = barX + long(Math.max(value, limit ?? 0)) + 6;
  const words = text(Math.min(end, width - 170), y + 12, `${thousands(value)}${share}`, "small");
  return text(labelX, y + 12, label, "label") + box(barX, y, long(value), "measured") + outline + words;
}

function drawCost({ label, times }: CostRow, y: number, most: number): string {
  let x = barX;
  const boxes = times.map(({ part, us }) => {
    const drawn = box(x, y, (us / most) * barsWidth, part);
    x += (us / most) * barsWidth;
    return drawn;
  });
  const sum = times.reduce((total, { us }) => total + us, 0);
  return text(labelX, y + 12, label, "label") + boxes.join("") + text(x + 6, y + 12, sum.toFixed(0), "small");
}

function drawLegend(y: number): string {
  return parts.map((part, at) => box(barX + at * 100, y, 12, part) + text(barX + at * 100 + 18, y + 12, part)).join("");
}

function box(x: number, y: number, long: number, kind: string): string {
  return `<rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${long.toFixed(1)}" height="${barHeight}"/>`;
}

function text(x: number, y: number, words: string, kind = ""): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y}">${escaped}</text>`;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
