import { createHash } from "node:crypto";
import process from "node:process";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { assert } from "../../domain/model/failure.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { SeededRandom } from "../properties/seeded-random.ts";
import type { KernelBefore } from "./kernel-before.ts";
import { countMix, type EventMix, type MixCounts, makeEventMix } from "./kernel-events.ts";
import { createJavaScript } from "./kernel-javascript.ts";
import { benchProgramOf } from "./kernel-program.ts";
import {
  fullPath,
  javaScriptOutcome,
  type KernelSetting,
  kernelOutcome,
  kernelSettings,
  scanOnly,
  usualEventsPerCall,
} from "./kernel-works.ts";
import { type Quartiles, quartiles } from "./quartiles.ts";

/** How long to measure; a test takes a tiny size, so that the benchmark can't rot. */
export interface BenchSize {
  readonly events: number;
  readonly rounds: number;
  /** Of these, what comes out is compared with the plain kernel's and with JavaScript's, byte for byte. */
  readonly comparedEvents: number;
}

export const fullSize: BenchSize = { events: 10_000, rounds: 21, comparedEvents: 1_000 };

export type WorkName =
  | "json_parse"
  | "decode_json_parse"
  | "javascript"
  | "javascript_no_detector"
  | "kernel_scan"
  | keyof typeof kernelSettings;

/** An earlier kernel on the same events, in the same rounds. */
export const beforeWorks = {
  before: "kernel",
  before_300_rules: "kernel_300_rules",
  before_1_event: "kernel_1_event",
} as const satisfies Record<string, keyof typeof kernelSettings>;
export type BeforeName = keyof typeof beforeWorks;

/** Units: CPU nanoseconds an event, of the whole process. Ratios are medians of each round's own. */
export interface WorkFigures {
  readonly ns: Quartiles;
  readonly ratio_to_json_parse: Quartiles;
}

/** What one runtime came to. */
export interface RuntimeFigures {
  readonly mix: MixCounts;
  /** SHA-256 of every byte and row that the kernel made of all events under all settings. */
  readonly result_hash: string;
  readonly ratio_to_json_parse: Quartiles;
  readonly ratio_to_javascript: Quartiles;
  readonly ratio_300_to_3_rules: Quartiles;
  /** The kernel's cost to that of an earlier revision's, where one was asked for. */
  readonly ratio_to_before?: Readonly<Record<BeforeName, Quartiles>>;
  readonly works: Readonly<Record<WorkName, WorkFigures> & Partial<Record<BeforeName, WorkFigures>>>;
}

const seed = 20_261_122;

type AnyName = WorkName | BeforeName;
type Works = Record<WorkName, () => void> & Partial<Record<BeforeName, () => void>>;
type Samples = Readonly<Record<AnyName, readonly number[]>>;

/**
 * Measures JSON.parse alone, optimised JavaScript and the kernel on the same varied events, in this process; beside
 * them an earlier kernel, if one is given.
 */
export function measureKernel(size: BenchSize, before: KernelBefore | null = null): RuntimeFigures {
  compareOutcomes(mixesOf(size.comparedEvents));
  const mixes = mixesOf(size.events);
  const samples = sample(makeWorks(mixes, before), size);
  const ratio = (over: AnyName, under: AnyName, digits = 3) =>
    quartiles(
      samples[over].map((ns, turn) => ns / (samples[under][turn] as number)),
      digits,
    );
  const figures = (name: AnyName) => ({
    ns: quartiles(samples[name], 0),
    ratio_to_json_parse: ratio(name, "json_parse"),
  });
  const names = Object.keys(samples) as AnyName[];
  const beforeNames = Object.entries(beforeWorks) as [BeforeName, WorkName][];
  const toBefore = before && Object.fromEntries(beforeNames.map(([name, work]) => [name, ratio(work, name)]));
  return {
    mix: countMix(mixes(usualEventsPerCall)),
    result_hash: resultHash(mixes),
    ratio_to_json_parse: ratio("kernel", "json_parse"),
    ratio_to_javascript: ratio("kernel", "javascript"),
    ratio_300_to_3_rules: ratio("kernel_300_rules", "kernel"),
    ...(toBefore && { ratio_to_before: toBefore as Record<BeforeName, Quartiles> }),
    works: Object.fromEntries(names.map((name) => [name, figures(name)])) as Record<WorkName, WorkFigures>,
  };
}

/** Mixes by events a call, each made once. */
function mixesOf(events: number): (eventsPerCall: number) => EventMix {
  const made = new Map<number, EventMix>();
  return (eventsPerCall) => {
    const mix = made.get(eventsPerCall) ?? makeEventMix(seed, events, eventsPerCall);
    made.set(eventsPerCall, mix);
    return mix;
  };
}

function makeWorks(mixes: (eventsPerCall: number) => EventMix, before: KernelBefore | null): Works {
  const mix = mixes(usualEventsPerCall);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const kernel = openWasmKernel();
  const each = <T>(list: readonly T[], work: (item: T) => unknown) => {
    return () => {
      for (const item of list) work(item);
    };
  };
  const { kernel: usual, ...others } = kernelSettings;
  const pathOf = (setting: KernelSetting) => fullPath(kernel, benchProgramOf(setting), mixes(setting.eventsPerCall));
  const beforeOf = ({ kernel: earlier, programOf }: KernelBefore, setting: KernelSetting) =>
    fullPath(earlier, programOf(setting), mixes(setting.eventsPerCall));
  return {
    kernel: pathOf(usual),
    json_parse: each(mix.texts, (text) => JSON.parse(text)),
    decode_json_parse: each(mix.bodies, (body) => JSON.parse(decoder.decode(body))),
    javascript: each(mix.bodies, createJavaScript("mask")),
    javascript_no_detector: each(mix.bodies, createJavaScript("off")),
    kernel_scan: scanOnly(kernel, mix),
    ...(Object.fromEntries(Object.entries(others).map(([name, setting]) => [name, pathOf(setting)])) as Record<
      keyof typeof others,
      () => void
    >),
    ...(before &&
      Object.fromEntries(
        Object.entries(beforeWorks).map(([name, work]) => [name, beforeOf(before, kernelSettings[work])]),
      )),
  };
}

/**
 * Rounds run every work over all events, each round in an order of its own: a slow moment falls on all alike.
 *
 * A work runs once before it is measured, so that it pays for its own garbage and not for another's. To collect garbage
 * in between would not do: Bun gives the memory back then, and JSON.parse pays twice to get it again.
 */
function sample(works: Works, size: BenchSize): Samples {
  const names = Object.keys(works) as AnyName[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<AnyName, number[]>;
  const warmUpRounds = Math.ceil(size.rounds / 6);
  const random = new SeededRandom(seed);
  for (let turn = -warmUpRounds; turn < size.rounds; turn++) {
    for (const name of inAnyOrder(names, random)) {
      const work = works[name] as () => void;
      work();
      const startUs = cpuUs();
      work();
      const spentNs = (cpuUs() - startUs) * 1_000;
      if (turn >= 0) samples[name].push(spentNs / size.events);
    }
  }
  return samples;
}

function inAnyOrder<T>(list: readonly T[], random: SeededRandom): T[] {
  const left = [...list];
  return list.map(() => left.splice(random.below(left.length), 1)[0] as T);
}

/** Of all threads, so that what a garbage collector does beside the work counts, and what others do does not. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Fails unless kernel, plain kernel and, where it does the same work, JavaScript come to the same bytes. */
function compareOutcomes(mixes: (eventsPerCall: number) => EventMix): void {
  const [kernel, oracle] = [openWasmKernel(), openReferenceKernel()];
  for (const [name, setting] of Object.entries(kernelSettings)) {
    const mix = mixes(setting.eventsPerCall);
    const outcome = kernelOutcome(kernel, setting, mix);
    assert(outcome.all === kernelOutcome(oracle, setting, mix).all, `${name}: the plain kernel comes to other bytes`);
    assert(outcome.events === javaScriptOutcome(setting, mix), `${name}: JavaScript comes to other events`);
  }
}

function resultHash(mixes: (eventsPerCall: number) => EventMix): string {
  const kernel = openWasmKernel();
  const hash = createHash("sha256");
  for (const setting of Object.values(kernelSettings)) {
    hash.update(kernelOutcome(kernel, setting, mixes(setting.eventsPerCall)).all);
  }
  return hash.digest("hex");
}
