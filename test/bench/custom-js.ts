import { cpus } from "node:os";
import process from "node:process";
import { loadEngine } from "../../adapters/quickjs/engine.ts";
import { openQuickJs } from "../../adapters/quickjs/sandbox.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";
import { openTelemetry } from "../../adapters/system/telemetry.ts";
import type { EventType } from "../../domain/model/event/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import { createCustomJsReturnStep, returnLimits } from "../../domain/pipeline/process/custom-js-return.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { countMix, makeEventMix } from "./kernel-events.ts";
import { benchProgram } from "./kernel-program.ts";

/** How long to measure; a test takes a tiny one. */
export interface CustomJsBenchSize {
  readonly events: number;
  readonly rounds: number;
}

/** Units: microseconds an event, medians of rounds, at turns of 100 events. */
export interface CustomJsReport {
  readonly part: "custom-js";
  readonly cpu: string;
  readonly runtime: string;
  readonly events: number;
  readonly event_bytes_mean: number;
  /** The pipeline's whole share: sandbox and the kernel's second pass. */
  readonly whole_us: number;
  /** From the worker to the sandbox process and back, the script included. */
  readonly sandbox_us: number;
  /** Of that: the engine in its own process, with the script, and with one that returns the event as it is. */
  readonly engine_us: number;
  readonly engine_identity_us: number;
  /** Of that: pipes, frames, the progress file, waiting for turns. */
  readonly crossing_us: number;
  readonly kernel_us: number;
}

export const fullCustomJsSize: CustomJsBenchSize = { events: 2_000, rounds: 9 };
const seed = 20_261_122;
const turnEvents = 100;
const context = '{"orgId":"o","projectId":"p","sourceId":"s","receivedAt":"2026-02-20T00:00:00.000Z"}';
const identity = "function process(event) { return event }";
/** What scripts do: a look at the name, a few properties set, one taken out. */
const script = `function process(event, context) {
  const properties = event.properties || (event.properties = {});
  if (event.event === 'Debug Event') return null;
  properties.channel = event.context && event.context.page ? 'web' : 'app';
  if (typeof properties.revenue === 'number') properties.revenue_cents = Math.round(properties.revenue * 100);
  delete properties.internal_note;
  return event;
}`;

/** Measures custom JavaScript at turns of 100 varied events: all of it, and each part alone. */
export async function benchCustomJs(size: CustomJsBenchSize): Promise<CustomJsReport> {
  const mix = makeEventMix(seed, size.events, turnEvents);
  const encoder = new TextEncoder();
  const events = mix.texts.flatMap((text) => (JSON.parse(text) as { batch: { type: EventType }[] }).batch);
  const texts = events.map((event) => JSON.stringify(event));
  const jsons = texts.map((text) => encoder.encode(text));
  const clock = openSystemClock();
  const telemetry = openTelemetry({ clock, out: () => undefined, err: () => undefined });
  const sandbox = openQuickJs({ clock, telemetry, processes: 2 });
  const engine = await loadEngine();
  const kernel = openWasmKernel();
  const limits = returnLimits(defaultLimits);
  const returns = createCustomJsReturnStep(kernel, limits);
  const prepared = kernel.prepare({ ...benchProgram, trustClaims: true, limits });
  const start = (code: string) => {
    const started = engine.start(code);
    if (!started.ok) throw new Error(started.issue.message);
    return (index: number) => void started.script.run(jsons[index] as Uint8Array, context);
  };
  const each = (work: (index: number) => void) => async (from: number) => {
    for (let index = from; index < from + turnEvents; index += 1) work(index);
  };
  const inSandbox = async (from: number) => {
    const turn = jsons.slice(from, from + turnEvents).map((json) => ({ json, context }));
    await sandbox.run({ orgId: "o", version: 1, code: script }, turn);
  };
  const inKernel = async (from: number) => {
    const turn = jsons.slice(from, from + turnEvents);
    returns(
      turn.map((json, index) => ({ type: (events[from + index] as { type: EventType }).type, json })),
      prepared,
    );
  };
  const works = { inSandbox, inEngine: each(start(script)), asIs: each(start(identity)), inKernel };
  try {
    const us = await measure(works, size);
    return {
      part: "custom-js",
      cpu: cpus()[0]?.model ?? "unknown",
      runtime: process.versions["bun"] ? `bun ${process.versions["bun"]}` : `node ${process.version}`,
      events: size.events,
      event_bytes_mean: countMix(mix).event_bytes_mean,
      whole_us: round(us.inSandbox + us.inKernel),
      sandbox_us: round(us.inSandbox),
      engine_us: round(us.inEngine),
      engine_identity_us: round(us.asIs),
      crossing_us: round(us.inSandbox - us.inEngine),
      kernel_us: round(us.inKernel),
    };
  } finally {
    await sandbox.close();
  }
}

/** Interleaved rounds, so that a busy moment of the machine falls on all of them; the first round only warms up. */
async function measure<K extends string>(
  works: Record<K, (from: number) => Promise<void>>,
  size: CustomJsBenchSize,
): Promise<Record<K, number>> {
  const names = Object.keys(works) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let turn = 0; turn <= size.rounds; turn += 1) {
    for (const name of names) {
      const startMs = performance.now();
      for (let from = 0; from < size.events; from += turnEvents) await works[name](from);
      if (turn > 0) times[name].push(((performance.now() - startMs) * 1_000) / size.events);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}

function round(us: number): number {
  return Math.round(us * 10) / 10;
}

/** The report for people. */
export function describeCustomJs(report: CustomJsReport): string {
  const { sandbox_us, engine_us, engine_identity_us, crossing_us, kernel_us } = report;
  return [
    `custom JavaScript: ${report.whole_us} µs an event of ${report.event_bytes_mean} bytes, turns of ${turnEvents}`,
    `  sandbox ${sandbox_us}: engine ${engine_us} (reading and writing JSON alone ${engine_identity_us}),`,
    `  crossing ${crossing_us}; kernel again ${kernel_us}`,
    `  ${report.runtime}, ${report.cpu}`,
  ].join("\n");
}
