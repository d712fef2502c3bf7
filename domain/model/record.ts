import type { EventBatch } from "./event.ts";
import { rowStride } from "./event.ts";
import { assert } from "./failure.ts";
import type { DropReason } from "./outcome.ts";

/**
 * The unit of durability: what one accepted request leaves in the stream. It holds sanitised bytes only.
 * The events in it have passed; what the edge dropped travels as counts, so that a kill forgets none.
 */
export interface EventRecord {
  /** UUIDv7, minted at ingest, unique in the store: a record seen again is only acknowledged. */
  readonly id: string;
  readonly orgId: string;
  readonly projectId: string;
  readonly sourceId: string;
  readonly appId: string;
  readonly dataLayerVersion: number;
  readonly receivedAtMs: number;
  /** The body's own sentAt, for clock-skew correction; null if absent or unreadable. */
  readonly sentAtMs: number | null;
  readonly dropped: Partial<Record<DropReason, number>>;
  /** One messageId per event of the batch, minted where the event had none. */
  readonly messageIds: readonly string[];
  readonly batch: EventBatch;
}

/** Events of the record that count as accepted: those it carries and those the edge dropped. */
export function acceptedEvents(record: Pick<EventRecord, "batch" | "dropped">): number {
  return record.batch.count + Object.values(record.dropped).reduce((sum, n) => sum + n, 0);
}

const magic = 0x54474531; // "TGE1"
const headBytes = 16;

/**
 * Serialises a record for a stream.
 * Layout, little endian: u32 magic · u32 header bytes · u32 events · u32 payload bytes · header JSON, padded to 4 ·
 * rows (int32) · payload. The header holds no field of an event but its messageId.
 */
export function encodeRecord(record: EventRecord): Uint8Array {
  const { batch, ...header } = record;
  const head = new TextEncoder().encode(JSON.stringify(header));
  const headPadded = (head.length + 3) & ~3;
  const rowBytes = batch.count * rowStride * 4;
  const out = new Uint8Array(headBytes + headPadded + rowBytes + batch.bytes.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, head.length, true);
  view.setUint32(8, batch.count, true);
  view.setUint32(12, batch.bytes.length, true);
  out.set(head, headBytes);
  const rows = batch.rows.subarray(0, batch.count * rowStride);
  out.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength), headBytes + headPadded);
  out.set(batch.bytes, headBytes + headPadded + rowBytes);
  return out;
}

/** Reads what `encodeRecord` wrote; a broken record is a broken invariant of the stream. */
export function decodeRecord(bytes: Uint8Array): EventRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  assert(bytes.length >= headBytes && view.getUint32(0, true) === magic, "a stream entry is not a Tidegate record");
  const headLength = view.getUint32(4, true);
  const count = view.getUint32(8, true);
  const payloadLength = view.getUint32(12, true);
  const rowsAt = headBytes + ((headLength + 3) & ~3);
  const payloadAt = rowsAt + count * rowStride * 4;
  assert(payloadAt + payloadLength === bytes.length, "a Tidegate record has the wrong length");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(headBytes, headBytes + headLength)));
  const rows = new Int32Array(bytes.slice(rowsAt, payloadAt).buffer);
  return { ...header, batch: { count, rows, bytes: bytes.subarray(payloadAt) } } as EventRecord;
}
