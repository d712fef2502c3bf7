import type { EventFacts, Kernel, PreparedProgram } from "../../../ports/kernel.ts";
import {
  capturedFields,
  column,
  type EventBatch,
  type EventType,
  keepBatch,
  rowColumns,
  rowStride,
} from "../../model/event/event.ts";
import { jsonDepthMax, type Limits } from "../../model/limits.ts";

/** One event as the kernel left it: its row, and the bytes that row points into. */
export interface KernelRow {
  readonly row: Int32Array;
  readonly bytes: Uint8Array;
}

/** An event that goes through the kernel again. */
export interface ReturningEvent {
  readonly type: EventType;
  readonly json: Uint8Array;
}

/** How much deeper and larger a sanitised event may be than one that is sent: hashes are longer than what they hide. */
const depthSlack = 4;
const growthMax = 20;
const noFacts: EventFacts = { drop: 0, geo: null, device: null };
const comma = 0x2c;
const bodyStart = new TextEncoder().encode('{"batch":[');
/** Bytes before the first event of a body: where a fault is counts from there. */
export const returnBodyStartBytes = bodyStart.length;
const bodyEnd = new TextEncoder().encode("]}");

/** The limits of the kernel's second pass: the events have kept to the edge's already. */
export function returnLimits(limits: Limits): Limits {
  const eventBytesMax = Math.max(limits.bodyBytesMax, limits.eventBytesMax * growthMax);
  const depth = Math.max(limits.jsonDepthMax, jsonDepthMax) + depthSlack;
  return { ...limits, eventBytesMax, jsonDepthMax: depth };
}

/**
 * Makes the step that runs the kernel again on events that custom JavaScript may have changed: personal data it put
 * in is hashed or removed, and routing rules see what it left.
 *
 * Shape: one row per event, in order; null for an event the kernel can't read alone. Events of one type share a body,
 * since that names their type; a body with a fault is split until the fault is alone.
 */
export function createCustomJsReturnStep(kernel: Kernel, limits: Limits) {
  function runBody(events: readonly ReturningEvent[], type: EventType, program: PreparedProgram): EventBatch | null {
    const scan = kernel.scan(joinBody(events), { dialect: "segment", list: "batch", type }, limits);
    if (!scan.ok || scan.count !== events.length) return null;
    const batch = scan.finish(
      program,
      events.map(() => noFacts),
    );
    return keepBatch(batch);
  }

  function runAll(events: readonly ReturningEvent[], type: EventType, program: PreparedProgram): (KernelRow | null)[] {
    const batch = runBody(events, type, program);
    if (batch) return events.map((_, index) => rowAt(batch, index));
    if (events.length <= 1) return events.map(() => null);
    const middle = events.length >> 1;
    return [...runAll(events.slice(0, middle), type, program), ...runAll(events.slice(middle), type, program)];
  }

  return function returnFromCustomJs(events: readonly ReturningEvent[], program: PreparedProgram) {
    const rows: (KernelRow | null)[] = events.map(() => null);
    for (const indexes of bodies(events, limits)) {
      const together = indexes.map((index) => events[index] as ReturningEvent);
      const made = runAll(together, (together[0] as ReturningEvent).type, program);
      for (const [at, index] of indexes.entries()) rows[index] = made[at] ?? null;
    }
    return rows;
  };
}

/** Indexes of events that may share a body: of one type, within the bounds of a body. */
function bodies(events: readonly ReturningEvent[], limits: Limits): number[][] {
  const open = new Map<EventType, { indexes: number[]; bytes: number }>();
  const all: number[][] = [];
  for (const [index, { type, json }] of events.entries()) {
    const body = open.get(type);
    const bytes = json.length + 1;
    if (body && body.bytes + bytes <= limits.bodyBytesMax && body.indexes.length < limits.batchEventsMax) {
      body.indexes.push(index);
      body.bytes += bytes;
      continue;
    }
    const indexes = [index];
    open.set(type, { indexes, bytes: bytes + bodyStart.length + bodyEnd.length });
    all.push(indexes);
  }
  return all;
}

function joinBody(events: readonly ReturningEvent[]): Uint8Array {
  const commas = Math.max(0, events.length - 1);
  const bytes = events.reduce((sum, { json }) => sum + json.length, bodyStart.length + bodyEnd.length + commas);
  const body = new Uint8Array(bytes);
  body.set(bodyStart, 0);
  let at = bodyStart.length;
  for (const [index, { json }] of events.entries()) {
    if (index > 0) body[at++] = comma;
    body.set(json, at);
    at += json.length;
  }
  body.set(bodyEnd, at);
  return body;
}

/** One event of a batch. */
export function rowAt(batch: EventBatch, index: number): KernelRow {
  return { row: batch.rows.subarray(index * rowStride, (index + 1) * rowStride), bytes: batch.bytes };
}

const hashColumns = ["emailSha256", "phoneSha256", "phoneE164Sha256"] as const;
const hashBytes = 64;

/** An event that goes on: what the kernel made of it now, and the row it came with, whose identity block it keeps. */
export interface PassedEvent {
  readonly now: KernelRow;
  readonly edge: KernelRow;
  readonly flags: number;
}

/** Puts events together as a batch of their own; the identity block is the edge's, which no script saw. */
export function joinRows(events: readonly PassedEvent[]): EventBatch {
  const spans = events.map(({ now }) => ({
    start: now.row[rowColumns.jsonStart] as number,
    end: now.row[rowColumns.jsonEnd] as number,
  }));
  const jsonBytes = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  const bytes = new Uint8Array(jsonBytes + events.length * hashColumns.length * hashBytes);
  const rows = new Int32Array(events.length * rowStride);
  let at = 0;
  for (const [index, { now, edge, flags }] of events.entries()) {
    const row = rows.subarray(index * rowStride, (index + 1) * rowStride);
    const { start, end } = spans[index] as { start: number; end: number };
    row.set(now.row);
    bytes.set(now.bytes.subarray(start, end), at);
    moveSpans(row, at - start);
    row[rowColumns.flags] = flags;
    at += end - start;
    for (const name of hashColumns) {
      const hashAt = edge.row[rowColumns[name]] as number;
      row[rowColumns[name]] = hashAt < 0 ? -1 : at;
      if (hashAt < 0) continue;
      bytes.set(edge.bytes.subarray(hashAt, hashAt + hashBytes), at);
      at += hashBytes;
    }
  }
  return { count: events.length, rows, bytes: bytes.subarray(0, at) };
}

/** Moves the spans inside an event's JSON by `by` bytes. */
function moveSpans(row: Int32Array, by: number): void {
  row[rowColumns.jsonStart] = (row[rowColumns.jsonStart] as number) + by;
  row[rowColumns.jsonEnd] = (row[rowColumns.jsonEnd] as number) + by;
  for (let field = rowColumns.fields; field < rowColumns.fields + 2 * capturedFields.length; field += 1) {
    const at = row[field] as number;
    if (at >= 0) row[field] = at + by;
  }
}

/** A row as a batch of one, to read its fields. */
export function batchOf({ row, bytes }: KernelRow): EventBatch {
  return { count: 1, rows: row, bytes };
}

/** One number of a row. */
export function columnOf(row: KernelRow, name: Parameters<typeof column>[2]): number {
  return column(batchOf(row), 0, name);
}
