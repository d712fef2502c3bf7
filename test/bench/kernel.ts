import { cpus } from "node:os";
import process from "node:process";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { EventFacts, Kernel } from "../../ports/kernel.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { benchFacts, benchProgram, type EventMix, makeEventMix } from "./kernel-events.ts";
import { runJavaScript } from "./kernel-javascript.ts";

/** How long to measure: the test takes a tiny one, so that the benchmark can't rot. */
export interface BenchSize {
  readonly events: number;
  readonly rounds: number;
}

/** Units: nanoseconds an event, medians of interleaved rounds; ratios are medians of each round's own. */
export interface KernelFigures {
  readonly ratio_to_json_parse: number;
  readonly ratio_to_javascript: number;
  readonly json_parse_ns: number;
  readonly javascript_ns: number;
  readonly kernel_ns: number;
  /** The first call alone, and full path with fewer events a call. */
  readonly kernel_scan_ns: number;
  readonly kernel_10_events_ns: number;
  readonly kernel_1_event_ns: number;
  readonly events: number;
  readonly event_bytes_mean: number;
  readonly event_strings_mean: number;
}

export interface KernelReport {
  readonly part: "kernel";
  readonly cpu: string;
  readonly [runtime: string]: KernelFigures | string;
}

export const fullSize: BenchSize = { events: 10_000, rounds: 41 };
const seed = 20_261_122;
const bodyEvents = 100;
const shape = { dialect: "segment", list: "batch", type: null } as const;

type Work = (index: number) => unknown;

/** Measures JSON.parse alone, optimised JavaScript and the kernel, bytes to bytes, on the same varied events. */
export function benchKernel(size: BenchSize): KernelReport {
  const mix = makeEventMix(seed, size.events, bodyEvents);
  const tens = makeEventMix(seed, size.events, 10);
  const ones = makeEventMix(seed, size.events, 1);
  const kernel = openWasmKernel();
  const works: Record<string, { readonly work: Work; readonly mix: EventMix }> = {
    kernel: { work: fullPath(kernel, mix), mix },
    json_parse: { work: (i) => JSON.parse(mix.texts[i] as string), mix },
    javascript: { work: (i) => runJavaScript(mix.bodies[i] as Uint8Array), mix },
    kernel_scan: { work: (i) => kernel.scan(mix.bodies[i] as Uint8Array, shape, defaultLimits), mix },
    kernel_10_events: { work: fullPath(kernel, tens), mix: tens },
    kernel_1_event: { work: fullPath(kernel, ones), mix: ones },
  };
  const samples = measure(works, size.rounds);
  const times = Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, median(list)]));
  const ratioTo = (name: string) => {
    const rivals = samples[name] as number[];
    return round(median((samples["kernel"] as number[]).map((ns, turn) => ns / (rivals[turn] as number))), 3);
  };
  const of = (name: string) => round(times[name] as number, 1);
  return {
    part: "kernel",
    cpu: cpus()[0]?.model ?? "unknown",
    [runtimeName()]: {
      ratio_to_json_parse: ratioTo("json_parse"),
      ratio_to_javascript: ratioTo("javascript"),
      json_parse_ns: of("json_parse"),
      javascript_ns: of("javascript"),
      kernel_ns: of("kernel"),
      kernel_scan_ns: of("kernel_scan"),
      kernel_10_events_ns: of("kernel_10_events"),
      kernel_1_event_ns: of("kernel_1_event"),
      events: size.events,
      event_bytes_mean: round(mix.bytesMean, 0),
      event_strings_mean: round(mix.stringsMean, 1),
    },
  };
}

/** The whole way of a body: copied in, scanned, finished, copied out. */
function fullPath(kernel: Kernel, mix: EventMix): Work {
  const prepared = kernel.prepare(benchProgram);
  return (i) => {
    const scan = kernel.scan(mix.bodies[i] as Uint8Array, shape, defaultLimits);
    if (!scan.ok) throw new Error(`the benchmark's body is refused: ${scan.fault.code}`);
    return scan.finish(prepared, Array<EventFacts>(scan.count).fill(benchFacts));
  };
}

/** Every round runs each work over the whole mix, in turns, so that a slow moment of the machine hits all alike. */
function measure(works: Record<string, { readonly work: Work; readonly mix: EventMix }>, rounds: number) {
  const samples: Record<string, number[]> = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  const warmUpRounds = Math.ceil(rounds / 8);
  for (let turn = -warmUpRounds; turn < rounds; turn++) {
    for (const [name, { work, mix }] of Object.entries(works)) {
      const startedMs = performance.now();
      for (let i = 0; i < mix.bodies.length; i++) work(i);
      const spentNs = (performance.now() - startedMs) * 1e6;
      if (turn >= 0) samples[name]?.push(spentNs / mix.events);
    }
  }
  return samples;
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1] as number;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function runtimeName(): "bun" | "deno" | "node" {
  if (process.versions["bun"] !== undefined) return "bun";
  return process.versions["deno"] !== undefined ? "deno" : "node";
}

/** For people. */
export function describeKernel(report: KernelReport): string {
  const lines = [`kernel, on ${report.cpu}; ns an event, medians`];
  for (const [runtime, figures] of Object.entries(report)) {
    if (typeof figures === "string") continue;
    const rows = Object.entries(figures).map(([name, value]) => `  ${name.padEnd(22)} ${value}`);
    lines.push(runtime, ...rows);
  }
  return lines.join("\n");
}
