import { cpus } from "node:os";
import { type MissingRuntime, openRuntime, type Runtime, type RuntimeName, runtimeNames } from "../runtimes/runtime.ts";
import { buildKernelBefore } from "./kernel-before.ts";
import type { MixCounts } from "./kernel-events.ts";
import type { BeforeName, BenchSize, RuntimeFigures } from "./kernel-measure.ts";
import { findPinning, type Pinning } from "./pinning.ts";
import type { Quartiles } from "./quartiles.ts";

/** One runtime's figures. Units: CPU nanoseconds an event, of the whole process; ratios are medians over rounds. */
export interface KernelFigures {
  readonly version: string;
  /** Both calls, detector on, three rules, 100 events a call, copied in and out, to JSON.parse of the decoded text. */
  readonly ratio_to_json_parse: number;
  readonly ratio_to_javascript: number;
  readonly times_javascript: number;
  readonly ratio_300_to_3_rules: number;
  readonly json_parse_ns: number;
  readonly javascript_ns: number;
  readonly kernel_ns: number;
  readonly spread: Readonly<Record<"ratio_to_json_parse" | "ratio_to_javascript" | "ratio_300_to_3_rules", Quartiles>>;
  readonly ratio_to_before?: Readonly<Record<BeforeName, Quartiles>>;
  readonly works: RuntimeFigures["works"];
}

/** What a runtime that did not measure says instead. */
export interface KernelAbsence {
  readonly missing: string;
}

/** The share of JSON.parse that the kernel may cost, per runtime; how many times faster than JavaScript it must be. */
export const targets = {
  ratio_to_json_parse: { bun: 0.45, deno: 0.4, node: 0.35 },
  times_javascript: 6,
  ratio_300_to_3_rules: 3,
  ratio_to_before: 1.15,
} as const;

export interface KernelReport extends Readonly<Partial<Record<RuntimeName, KernelFigures | KernelAbsence>>> {
  readonly part: "kernel";
  readonly cpu: string;
  readonly pinning: string;
  readonly rounds: number;
  readonly mix: MixCounts;
  /** SHA-256 of all that the kernel made, under all settings: the same on every runtime. */
  readonly result_hash: string;
  readonly targets: typeof targets;
  /** The revision whose kernel stands beside this one. */
  readonly against?: string;
}

const runMsMax = 10 * 60_000;
const stderrChars = -2_000;

/**
 * Measures the kernel on every runtime, each in a process of its own, one after the other; with `against`, a revision
 * of this repository, beside that revision's kernel in the same rounds.
 *
 * Errors: throws where a runtime fails, or comes to other bytes than the first; one that is not there is reported.
 */
export async function benchKernel(
  size: BenchSize,
  names: readonly RuntimeName[] = runtimeNames,
  against?: string,
): Promise<KernelReport> {
  if (against === undefined) return await measureAll(size, names);
  const before = await buildKernelBefore(against);
  try {
    return { ...(await measureAll(size, names, before.folder)), against };
  } finally {
    before.remove();
  }
}

async function measureAll(size: BenchSize, names: readonly RuntimeName[], before?: string): Promise<KernelReport> {
  const pinning = findPinning();
  const measured = new Map<RuntimeName, RuntimeFigures>();
  const runtimes: Partial<Record<RuntimeName, KernelFigures | KernelAbsence>> = {};
  for (const name of names) {
    const runtime = openRuntime(name);
    if ("missing" in runtime) {
      runtimes[name] = { missing: runtime.missing };
      continue;
    }
    const figures = await measureOn(runtime, size, pinning, before);
    measured.set(name, figures);
    runtimes[name] = summarise(runtime, figures);
  }
  const [first] = measured.values();
  if (first === undefined) throw new Error("there is no runtime to measure on");
  for (const [name, { result_hash }] of measured) {
    if (result_hash !== first.result_hash) throw new Error(`the kernel comes to other bytes on ${name}`);
  }
  const { mix, result_hash } = first;
  const cpu = cpus()[0]?.model ?? "unknown";
  return { part: "kernel", cpu, pinning: pinning.words, rounds: size.rounds, mix, result_hash, targets, ...runtimes };
}

async function measureOn(
  runtime: Exclude<Runtime, MissingRuntime>,
  size: BenchSize,
  pinning: Pinning,
  before?: string,
): Promise<RuntimeFigures> {
  try {
    const args = [JSON.stringify(size), ...(before === undefined ? [] : [before])];
    const command = [...runtime.scriptCommand("test/bench/kernel-child.ts"), ...args];
    const { ok, stdout, stderr } = await runtime.run(pinning.pin(command), {}, runMsMax);
    if (!ok) throw new Error(`the benchmark fails on ${runtime.name}: ${stderr.slice(stderrChars)}`);
    return JSON.parse(stdout) as RuntimeFigures;
  } finally {
    runtime.close();
  }
}

function summarise({ version }: Runtime, figures: RuntimeFigures): KernelFigures {
  const { works, ratio_to_json_parse, ratio_to_javascript, ratio_300_to_3_rules } = figures;
  return {
    version,
    ratio_to_json_parse: ratio_to_json_parse.median,
    ratio_to_javascript: ratio_to_javascript.median,
    times_javascript: Number((1 / ratio_to_javascript.median).toFixed(1)),
    ratio_300_to_3_rules: ratio_300_to_3_rules.median,
    json_parse_ns: works.json_parse.ns.median,
    javascript_ns: works.javascript.ns.median,
    kernel_ns: works.kernel.ns.median,
    ...(figures.ratio_to_before && { ratio_to_before: figures.ratio_to_before }),
    spread: { ratio_to_json_parse, ratio_to_javascript, ratio_300_to_3_rules },
    works,
  };
}
