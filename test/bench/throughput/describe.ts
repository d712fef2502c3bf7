import { table } from "../../demo/report.ts";
import type { FloodReport } from "./flood.ts";
import type { GrowthReport } from "./growth.ts";
import type { AcknowledgedReport, CpuPerEvent, StoredReport } from "./phases.ts";
import type { RelayedReport } from "./relayed.ts";
import type { Measured, ThroughputReport } from "./report.ts";

const mib = 1024 * 1024;

/** The report for people. */
export function describeThroughput(report: ThroughputReport): string {
  const { machine, versions } = report;
  const parts = [
    describeMeasured(report.measured),
    ...(report.against
      ? [`\nrevision ${report.against.measured.commit}`, describeMeasured(report.against.measured)]
      : []),
    headlineTable(report),
    [
      `${report.lost} acknowledged events lost, ${report.doubled} stored twice`,
      `${report.kills} kills (SIGKILL)`,
      `seed ${report.seed}`,
    ].join(", "),
    `${machine.processor}, ${machine.processors} processors, ${machine.memory_gib} GiB, ${machine.system}; ` +
      `load ${machine.load_at_start} before`,
    `tidegate ${versions.tidegate}, bun ${versions.bun}, PostgreSQL ${versions.postgres}, ${report.date}`,
    ...(report.is_short ? ["A short run shows that everything works; its figures are rough."] : []),
  ];
  return parts.join("\n");
}

function describeMeasured(measured: Measured): string {
  const { acknowledged, stored, relayed, growth, flood, store_limits: limits } = measured;
  const blocks = [
    ...(acknowledged.length > 0 ? [acknowledgedTable(acknowledged), halfLoadTable(acknowledged)] : []),
    ...(stored.length > 0 ? [storedTable(stored)] : []),
    ...(limits
      ? [
          `store's limits, Postgres µs an event, of ${limits.events} events: statements replayed ` +
            `${limits.replay_us.toFixed(1)}, COPY into json ${limits.copy_json_us.toFixed(1)}, ` +
            `jsonb ${limits.copy_jsonb_us.toFixed(1)}`,
        ]
      : []),
    ...(relayed ? [describeRelayed(relayed)] : []),
    ...(growth ? [growthTable(growth)] : []),
    ...(flood ? [describeFlood(flood)] : []),
    ...(measured.disk_bytes_per_event === null ? [] : [`${measured.disk_bytes_per_event} bytes on disk an event`]),
  ];
  return blocks.map((block) => `${block}\n`).join("\n");
}

function acknowledgedTable(reports: readonly AcknowledgedReport[]): string {
  const rows = reports.map((one) => [
    one.grouping,
    one.acked_per_second,
    one.stored_per_second,
    one.limits.bare_route,
    one.limits.kernel,
    one.limits.durable_append,
    one.limits.composed,
    one.ratio_to_limit,
    Object.keys(one.refused).length === 0 ? "" : `refused ${JSON.stringify(one.refused)}`,
  ]);
  const head = ["acknowledged, events/s", "acked", "stored", "bare route", "kernel", "append", "limit", "of it", ""];
  return table(head, rows);
}

function halfLoadTable(reports: readonly AcknowledgedReport[]): string {
  const rows = reports.map(({ grouping, half_load: half }) => [
    grouping,
    half.intended_per_second,
    half.acked_per_second,
    half.latency.p50.toFixed(1),
    half.latency.p99.toFixed(1),
    half.latency.p999.toFixed(1),
    half.service_time.p99.toFixed(1),
    half.generator_lag.p99.toFixed(1),
    half.void === null ? "" : `VOID: ${half.void}`,
  ]);
  const head = ["at half load, ms", "sent/s", "acked/s", "p50", "p99", "p99.9", "raw p99", "lag p99", ""];
  return table(head, rows);
}

function cpuCells({ http, worker, postgres, generator }: CpuPerEvent): number[] {
  return [http, worker, postgres, generator];
}

function storedTable(reports: readonly StoredReport[]): string {
  const rows = reports.map((one) => [
    one.grouping,
    one.stored_per_second,
    one.acked_per_second,
    ...cpuCells(one.cpu_us_per_event),
    Math.round((one.memory_bytes.http + one.memory_bytes.worker + one.memory_bytes.other) / mib),
    one.is_flat ? "" : `not flat: backlog ${one.backlog_before}, then ${one.backlog_after}`,
  ]);
  const head = ["stored, sustained", "stored/s", "acked/s", "http µs", "worker µs", "postgres µs", "generator µs"];
  return table([...head, "MiB", ""], rows);
}

function describeRelayed(one: RelayedReport): string {
  const delays = Object.entries(one.accept_to_vendor).map(([name, { events, p50, p99 }]) => {
    return `${name} ${p50} / ${p99} ms (${events})`;
  });
  return [
    `relayed: ${one.intended_per_second} events/s sent, ${one.stored_per_second} stored, ` +
      `${one.delivered_per_second} deliveries/s, ${one.waiting_at_end} waiting at the end, ${one.dead} dead` +
      `${one.dead === 0 ? "" : ` ${JSON.stringify(one.dead_by_code)}`}, ${one.sent_again} sent again and known`,
    `  accepted to vendor, p50 / p99: ${delays.join(", ")}${one.void === null ? "" : `; VOID: ${one.void}`}`,
  ].join("\n");
}

function growthTable({ cases, organizations_cost_ratio, rules_cost_ratio }: GrowthReport): string {
  const rows = cases.map(({ organizations, rules, stored }) => [
    `${organizations} organisations, ${rules} rules`,
    stored.stored_per_second,
    ...cpuCells(stored.cpu_us_per_event),
    Math.round((stored.memory_bytes.http + stored.memory_bytes.worker + stored.memory_bytes.other) / mib),
  ]);
  const head = ["growth", "stored/s", "http µs", "worker µs", "postgres µs", "generator µs", "MiB"];
  return [
    table(head, rows),
    `  storing costs ${organizations_cost_ratio} times as much with 1,000 organisations as with one;` +
      ` the edge ${rules_cost_ratio} times with 300 rules as with 3`,
  ].join("\n");
}

function describeFlood(one: FloodReport): string {
  const said = (refused: FloodReport["other_refused"]) =>
    Object.keys(refused).length === 0 ? "none" : JSON.stringify(refused);
  return [
    `flood of ${Math.round(one.seconds)} s, ${one.flooder_acked_per_second} events/s acknowledged to the flooder: ` +
      `another's accept-to-stored p99 ${one.undisturbed.p99} ms before, ${one.flooded.p99} ms in it ` +
      `(${one.is_within_limit ? "within" : "PAST"} ${one.limit_ms} ms)`,
    `  refused: the flooder ${said(one.flooder_refused)}, the other ${said(one.other_refused)}`,
  ].join("\n");
}

function headlineTable(report: ThroughputReport): string {
  const names = [
    "single_ratio_to_limit",
    "batch100_ratio_to_limit",
    "stored_ratio_to_replay",
    "stored_ratio_to_copy",
    "single_stored_per_acked",
    "end_to_end_per_second",
    "single_end_to_end_per_second",
  ] as const;
  const rows: (readonly [string, number | string])[] = names.map((name) => [name, report[name] ?? "not measured"]);
  if (report.against) rows.push(["stored_cost_ratio", report.against.stored_cost_ratio ?? "not measured"]);
  return `${table(["", ""], rows)}\n`;
}
