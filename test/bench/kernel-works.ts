import { createHash, type Hash } from "node:crypto";
import { column, type EventBatch, rowStride } from "../../domain/model/event/event.ts";
import { assert } from "../../domain/model/failure.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import type { Program } from "../../domain/model/program.ts";
import type { EventFacts, Kernel } from "../../ports/kernel.ts";
import type { EventMix } from "./kernel-events.ts";
import { createJavaScript, type JavaScriptEvents } from "./kernel-javascript.ts";
import { type BenchSettings, benchFacts, benchProgramOf, benchSettings, benchShape } from "./kernel-program.ts";

/** The kernel at work: under which settings, on how many events a call. */
export interface KernelSetting extends BenchSettings {
  readonly eventsPerCall: number;
}

const usual: KernelSetting = { ...benchSettings, eventsPerCall: 100 };
export const usualEventsPerCall = usual.eventsPerCall;

/** What is measured of the kernel: the usual, and what differs from it in one thing. */
export const kernelSettings = {
  kernel: usual,
  kernel_no_detector: { ...usual, detector: "off" },
  kernel_0_rules: { ...usual, rules: 0 },
  kernel_30_rules: { ...usual, rules: 30 },
  kernel_300_rules: { ...usual, rules: 300 },
  kernel_1_event: { ...usual, eventsPerCall: 1 },
  kernel_10_events: { ...usual, eventsPerCall: 10 },
  kernel_1000_events: { ...usual, eventsPerCall: 1_000 },
} as const satisfies Record<string, KernelSetting>;

/**
 * Where a batch is copied out to; copies take turns in a few rooms. Memory that is new for each record, as the server's
 * is, costs more, and is no part of the kernel: engines fill it with zeros first.
 */
interface Room {
  readonly rows: Int32Array;
  readonly bytes: Uint8Array;
}

const roomsCount = 4;

/** One pass over a mix: body by body through both calls of the kernel, and copied out. */
export function fullPath(kernel: Kernel, program: Program, mix: EventMix): () => void {
  const prepared = kernel.prepare(program);
  const bodyBytesMax = mix.bodies.reduce((most, body) => Math.max(most, body.length), 0);
  const rooms = Array.from({ length: roomsCount }, () => newRoom(bodyBytesMax));
  let turn = 0;
  return () => {
    for (const body of mix.bodies) {
      const scan = kernel.scan(body, benchShape, defaultLimits);
      if (!scan.ok) throw new Error(`the benchmark's body is refused: ${scan.fault.code}`);
      const batch = scan.finish(prepared, Array<EventFacts>(scan.count).fill(benchFacts));
      const room = rooms[turn++ % roomsCount] as Room;
      room.rows.set(batch.rows);
      room.bytes.set(batch.bytes);
    }
  };
}

/** What comes out can be more than what went in: an event gains its place, its device and its hashes. */
function newRoom(bodyBytes: number): Room {
  const eventBytesMin = 200;
  const events = Math.ceil(bodyBytes / eventBytesMin) + 1;
  return { rows: new Int32Array(events * rowStride), bytes: new Uint8Array(bodyBytes * 2 + 4_096) };
}

/** The first call alone. */
export function scanOnly(kernel: Kernel, mix: EventMix): () => void {
  return () => {
    for (const body of mix.bodies) kernel.scan(body, benchShape, defaultLimits);
  };
}

/** Two hashes of what came out: of every byte and row, and of the events' JSON alone, which JavaScript makes too. */
export interface Outcome {
  readonly all: string;
  readonly events: string;
}

/** Hashes all that a kernel makes of a mix. */
export function kernelOutcome(kernel: Kernel, setting: BenchSettings, mix: EventMix): Outcome {
  const prepared = kernel.prepare(benchProgramOf(setting));
  const [all, events] = [createHash("sha256"), createHash("sha256")];
  for (const body of mix.bodies) {
    const scan = kernel.scan(body, benchShape, defaultLimits);
    assert(scan.ok, "the benchmark's body is refused");
    addBatch(scan.finish(prepared, Array<EventFacts>(scan.count).fill(benchFacts)), all, events);
  }
  return { all: all.digest("hex"), events: events.digest("hex") };
}

function addBatch(batch: EventBatch, all: Hash, events: Hash): void {
  const { rows, bytes } = batch;
  all.update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)).update(bytes);
  for (let i = 0; i < batch.count; i++) {
    if (column(batch, i, "jsonStart") < 0) continue;
    events.update(bytes.subarray(column(batch, i, "jsonStart"), column(batch, i, "jsonEnd")));
  }
}

/** Hashes the events that the rival in JavaScript makes of a mix. */
export function javaScriptOutcome(setting: BenchSettings, mix: EventMix): string {
  const events = createHash("sha256");
  const run: (body: Uint8Array) => JavaScriptEvents = createJavaScript(setting.detector);
  for (const body of mix.bodies) events.update(run(body).bytes);
  return events.digest("hex");
}
