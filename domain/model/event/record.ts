import { assert, fail, type Result, succeed } from "../failure.ts";
import type { DropReason } from "../outcome.ts";
import { crc32 } from "./checksum.ts";
import type { EventBatch } from "./event.ts";
import { rowStride } from "./event.ts";

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

/** The forms of a record, by its first four bytes: they differ in six bits, so that no flipped one swaps them. */
const magicUnchecked = 0x54474531; // "TGE1": written before there was a checksum
const magicChecked = 0x54475232; // "TGR2"
const headBytesUnchecked = 16;
const headBytes = 20;
const checksumAt = 16;

/**
 * Serialises a record for a stream.
 * Layout, little endian: u32 magic · u32 header bytes · u32 events · u32 payload bytes · u32 CRC-32 of all the other
 * bytes · header JSON, padded to 4 · rows (int32) · payload. The header holds no field of an event but its messageId.
 */
export function encodeRecord(record: EventRecord): Uint8Array {
  const { batch, ...header } = record;
  const head = new TextEncoder().encode(JSON.stringify(header));
  const headPadded = (head.length + 3) & ~3;
  const rowBytes = batch.count * rowStride * 4;
  const out = new Uint8Array(headBytes + headPadded + rowBytes + batch.bytes.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, magicChecked, true);
  view.setUint32(4, head.length, true);
  view.setUint32(8, batch.count, true);
  view.setUint32(12, batch.bytes.length, true);
  out.set(head, headBytes);
  const rows = batch.rows.subarray(0, batch.count * rowStride);
  out.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength), headBytes + headPadded);
  out.set(batch.bytes, headBytes + headPadded + rowBytes);
  view.setUint32(checksumAt, checksumOf(out), true);
  return out;
}

/** The checksum of a whole record but for the place where it stands itself. */
function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes.subarray(headBytes), crc32(bytes.subarray(0, checksumAt)));
}

/** Where the parts of a record lie, as its first bytes say; null if those are no record's. */
function partsOf(bytes: Uint8Array) {
  if (bytes.length < headBytesUnchecked) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0, true);
  if (magic !== magicChecked && magic !== magicUnchecked) return null;
  const isChecked = magic === magicChecked;
  const headAt = isChecked ? headBytes : headBytesUnchecked;
  const headLength = view.getUint32(4, true);
  const count = view.getUint32(8, true);
  const rowsAt = headAt + headLength + ((4 - (headLength & 3)) & 3);
  const payloadAt = rowsAt + count * rowStride * 4;
  const end = payloadAt + view.getUint32(12, true);
  return { isChecked, headAt, headLength, count, rowsAt, payloadAt, end };
}

/**
 * How long the record is that begins where `bytes` do; null if none does. It says nothing of what follows: whoever
 * looks for records in a damaged file then reads that many bytes.
 */
export function recordLengthAt(bytes: Uint8Array): number | null {
  return partsOf(bytes)?.end ?? null;
}

/**
 * Reads what `encodeRecord` wrote, in this form or the one before it.
 *
 * Errors: `record_damaged` if a byte of it is not as it was written. Of a record without a checksum only the form and
 * the ids can be told.
 */
export function readRecord(bytes: Uint8Array): Result<EventRecord> {
  const damaged = fail<EventRecord>("record_damaged", { retry: "never" });
  const parts = partsOf(bytes);
  if (!parts || parts.end !== bytes.length) return damaged;
  const { headAt, headLength, rowsAt, payloadAt, count } = parts;
  if (parts.isChecked) {
    const stated = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(checksumAt, true);
    if (checksumOf(bytes) !== stated) return damaged;
  }
  const header = headerOf(bytes.subarray(headAt, headAt + headLength));
  if (!header || (!parts.isChecked && !isSoundHeader(header, count))) return damaged;
  const rows = new Int32Array(bytes.slice(rowsAt, payloadAt).buffer);
  return succeed({ ...header, batch: { count, rows, bytes: bytes.subarray(payloadAt) } } as EventRecord);
}

type Header = Omit<EventRecord, "batch">;

function headerOf(bytes: Uint8Array): Header | null {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Header;
  } catch {
    return null;
  }
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What a header without a checksum must be, lest it stop whoever stores it. */
function isSoundHeader(header: Header, count: number): boolean {
  const ids: unknown[] = [header.id, header.orgId, header.projectId, header.sourceId];
  if (!ids.every((id) => typeof id === "string" && uuidForm.test(id)) || typeof header.appId !== "string") return false;
  if (!isCount(header.dataLayerVersion) || !isCount(header.receivedAtMs)) return false;
  if (header.sentAtMs !== null && !Number.isSafeInteger(header.sentAtMs)) return false;
  const { messageIds, dropped } = header;
  if (!Array.isArray(messageIds) || messageIds.length !== count) return false;
  if (!messageIds.every((id) => typeof id === "string")) return false;
  return typeof dropped === "object" && dropped !== null && Object.values(dropped).every(isCount);
}

/**
 * What a damaged record says of itself, if its header is whole enough to be believed: whose it was, and of how many
 * events. `bytes` may end behind the header.
 */
export function readLabel(bytes: Uint8Array): RecordLabel | null {
  const parts = partsOf(bytes);
  if (!parts) return null;
  const header = headerOf(bytes.subarray(parts.headAt, parts.headAt + parts.headLength));
  if (!header || !isSoundHeader(header, parts.count)) return null;
  const { id, orgId, sourceId, dropped } = header;
  return { id, orgId, sourceId, accepted: acceptedEvents({ batch: { count: parts.count } as EventBatch, dropped }) };
}

/** Whose record it is, and how many events of it count as accepted. */
export interface RecordLabel {
  readonly id: string;
  readonly orgId: string;
  readonly sourceId: string;
  readonly accepted: number;
}

/** Reads a record that must be sound; a damaged one is a broken invariant. */
export function decodeRecord(bytes: Uint8Array): EventRecord {
  const read = readRecord(bytes);
  assert(read.ok, "a stream entry is no Tidegate record, or it is damaged");
  return read.value;
}
