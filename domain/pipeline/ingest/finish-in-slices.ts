import type { EventFacts, Scan } from "../../../ports/kernel.ts";
import { type EventBatch, rowColumns, rowStride } from "../../model/event/event.ts";
import { assert } from "../../model/failure.ts";
import { dropCodes } from "../../model/outcome.ts";

/** What a slice may take at its largest before the next one is smaller, and at least before it is larger. */
const sliceMsMax = 8;
const sliceMsLeast = 4;
const growth = 4;
/** What is expected of the first slice. */
const firstSliceNs = 4_000_000;
/** Batches that can't take longer are finished by one call. */
const wholeNsMax = 10_000_000;

/** Left out by the slice at hand: the kernel goes no further with it than to its consent. */
const leftOut: EventFacts = { drop: dropCodes.bot_known, geo: null, device: null };

export interface SliceParts {
  readonly count: number;
  /** The most that an event is expected to cost. */
  readonly eventNs: number;
  readonly nowMs: () => number;
  /** Scans the body anew: other requests have used the kernel since. */
  readonly scan: () => Scan;
  /** Facts of the events from `start` to before `end`. */
  readonly factsOf: (scan: Scan, start: number, end: number) => readonly EventFacts[];
  readonly finish: (scan: Scan, facts: readonly EventFacts[]) => EventBatch;
}

/** Whether a batch may hold up others. */
export function isLong(count: number, eventNs: number): boolean {
  return count > 1 && count * eventNs > wholeNsMax;
}

/** Makes the work on a long batch: `next` finishes one slice and tells whether it was the last. */
export function sliceBatch(parts: SliceParts) {
  const { count, nowMs } = parts;
  const rows = new Int32Array(count * rowStride);
  const pieces: Uint8Array[] = [];
  let bytesBefore = 0;
  let start = 0;
  let size = Math.max(1, Math.floor(firstSliceNs / parts.eventNs));

  function next(): boolean {
    const startMs = nowMs();
    const end = Math.min(count, start + size);
    const scan = parts.scan();
    assert(scan.count === count, "a body that is scanned again has as many events");
    const facts = Array.from({ length: count }, () => leftOut);
    parts.factsOf(scan, start, end).forEach((fact, index) => {
      facts[start + index] = fact;
    });
    keep(parts.finish(scan, facts), end);
    start = end;
    const tookMs = nowMs() - startMs;
    if (tookMs > sliceMsMax) size = Math.max(1, size >> 1);
    else if (tookMs < sliceMsLeast) size *= growth;
    return start === count;
  }

  function keep(batch: EventBatch, end: number): void {
    for (let index = start; index < end; index += 1) moveRow(batch.rows, index);
    pieces.push(batch.bytes.slice());
    bytesBefore += batch.bytes.length;
  }

  /** Offsets count from the beginning of all slices' bytes. */
  function moveRow(from: Int32Array, index: number): void {
    const at = index * rowStride;
    for (let column = 0; column < rowStride; column += 1) {
      const value = from[at + column] as number;
      const isOffset = column >= rowColumns.jsonStart && column !== rowColumns.flags;
      rows[at + column] = isOffset && value >= 0 ? value + bytesBefore : value;
    }
  }

  function batch(): EventBatch {
    const bytes = new Uint8Array(bytesBefore);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return { count, rows, bytes };
  }

  return { next, batch };
}
