import { type RuntimeName, runtimeNames } from "../runtimes/runtime.ts";
import type { KernelFigures, KernelReport } from "./kernel.ts";
import type { BeforeName, WorkFigures, WorkName } from "./kernel-measure.ts";
import type { Quartiles } from "./quartiles.ts";

const labels: Readonly<Record<WorkName | BeforeName, string>> = {
  json_parse: "JSON.parse of decoded text (= 1)",
  decode_json_parse: "decode, then JSON.parse",
  javascript: "optimised JavaScript, same work",
  javascript_no_detector: "  the same, phones and IPs off",
  kernel: "kernel: 3 rules, 100 events a call",
  kernel_scan: "  first call alone",
  kernel_no_detector: "  phones and IPs off",
  kernel_0_rules: "  0 rules",
  kernel_30_rules: "  30 rules",
  kernel_300_rules: "  300 rules",
  kernel_1_event: "  1 event a call",
  kernel_10_events: "  10 events a call",
  kernel_1000_events: "  1,000 events a call",
  before: "the kernel before, 100 events a call",
  before_300_rules: "  300 rules",
  before_1_event: "  1 event a call",
};
const beforeNames: readonly BeforeName[] = ["before", "before_300_rules", "before_1_event"];
const labelWidth = 36;
const columnWidth = 27;

/** The report for people: what was measured, then what was promised beside it. */
export function describeKernel(report: KernelReport): string {
  const here = runtimeNames.flatMap((name) => {
    const figures = report[name];
    return figures === undefined || "missing" in figures ? [] : [{ name, figures }];
  });
  const absent = runtimeNames.flatMap((name) => {
    const figures = report[name];
    return figures !== undefined && "missing" in figures ? [`not measured: ${name}: ${figures.missing}`] : [];
  });
  const heads = here.map(({ name, figures }) => `${name} ${figures.version}`);
  const measured = (name: WorkName | BeforeName) => here.every(({ figures }) => figures.works[name] !== undefined);
  return [
    `kernel, on ${report.cpu}, ${report.pinning}; CPU ns an event and share of JSON.parse,`,
    `medians of ${report.rounds} interleaved rounds, the middle half of the shares in brackets`,
    describeMix(report),
    "",
    row("", heads),
    ...(Object.keys(labels) as (WorkName | BeforeName)[]).filter(measured).map((name) =>
      row(
        labels[name],
        here.map(({ figures }) => describeWork(figures.works[name] as WorkFigures)),
      ),
    ),
    "",
    row("promised", heads),
    ...describeTargets(report, here),
    "",
    ...absent,
    `the same bytes on all of them: ${report.result_hash.slice(0, 16)}…`,
  ].join("\n");
}

function describeMix({ mix }: KernelReport): string {
  const { events, event_bytes_mean: bytes, event_strings_mean: strings, event_digests_mean: digests } = mix;
  const means = `${bytes} bytes, ${strings} strings, ${digests} digests, ${mix.event_redactions_mean} redactions each`;
  return `mix: ${events} events, ${means}, ${mix.non_ascii_percent} % non-ASCII, ${mix.escapes_percent} % with escapes`;
}

function describeWork({ ns, ratio_to_json_parse: ratio }: WorkFigures): string {
  return `${String(ns.median).padStart(6)}  ${ratio.median.toFixed(2)} ${spread(ratio)}`;
}

function describeTargets(
  { targets }: KernelReport,
  here: readonly { readonly name: RuntimeName; readonly figures: KernelFigures }[],
): string[] {
  const line = (label: string, judge: (name: RuntimeName, figures: KernelFigures) => string) =>
    row(
      label,
      here.map(({ name, figures }) => judge(name, figures)),
    );
  const { times_javascript: times, ratio_300_to_3_rules: rules } = targets;
  return [
    line("share of JSON.parse, at most", (name, { ratio_to_json_parse: ratio }) =>
      verdict(
        ratio.toFixed(2),
        targets.ratio_to_json_parse[name].toFixed(2),
        ratio <= targets.ratio_to_json_parse[name],
      ),
    ),
    line("times JavaScript's speed, at least", (_, { times_javascript: ratio }) =>
      verdict(ratio.toFixed(1), times.toFixed(1), ratio >= times),
    ),
    line("300 rules to 3, at most", (_, { ratio_300_to_3_rules: ratio }) =>
      verdict(ratio.toFixed(2), rules.toFixed(2), ratio <= rules),
    ),
    ...beforeNames.flatMap((name) => {
      if (here.some(({ figures }) => figures.ratio_to_before === undefined)) return [];
      const judge = (_: RuntimeName, figures: KernelFigures) => {
        const ratio = figures.ratio_to_before?.[name] as Quartiles;
        const most = targets.ratio_to_before;
        return `${verdict(ratio.median.toFixed(2), most.toFixed(2), ratio.median <= most)} ${spread(ratio)}`;
      };
      return [line(`to before${labels[name].replace("the kernel before", "").replace(/^ +/, ", ")}`, judge)];
    }),
  ];
}

function verdict(measured: string, target: string, met: boolean): string {
  return `${measured.padStart(6)}  ${met ? "meets" : "MISSES"} ${target}`;
}

function spread({ q1, q3 }: Quartiles): string {
  return `[${q1.toFixed(2)}–${q3.toFixed(2)}]`;
}

function row(label: string, cells: readonly string[]): string {
  return (label.padEnd(labelWidth) + cells.map((cell) => cell.padEnd(columnWidth)).join("")).trimEnd();
}
