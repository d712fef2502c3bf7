/**
 * The event between the kernel and the store: sanitised JSON bytes and a table of offsets, never an object.
 *
 * Layout: one row of `rowStride` int32 per event. Spans are [start, end) byte offsets into `bytes`; -1 means absent.
 *   0 verdict · 1 drop or reject code · 2 rule index (drop) or byte position in the body (reject), else -1
 *   3 captured-field index a reject is about, else -1 · 4,5 JSON span · 6 flags
 *   7 email_sha256 · 8 phone_sha256 · 9 phone_e164_sha256: start of 64 hex bytes in `bytes`, or -1
 *   10… one span per captured field: the raw JSON value (quotes included) inside the JSON span
 */
export const eventTypes = ["track", "identify", "page", "screen", "group", "alias", "consent"] as const;
export type EventType = (typeof eventTypes)[number];

/** Paths of the envelope whose spans the kernel hands out; strings or numbers, else the event is refused. */
export const capturedFields = [
  "type",
  "messageId",
  "event",
  "name",
  "userId",
  "anonymousId",
  "timestamp",
  "originalTimestamp",
  "sentAt",
  "context.os.name",
  "context.device.model",
  "context.device.os",
  "context.geo.country",
  "context.geo.region",
] as const;
export type CapturedField = (typeof capturedFields)[number];

export const rowColumns = {
  verdict: 0,
  code: 1,
  detail: 2,
  field: 3,
  jsonStart: 4,
  jsonEnd: 5,
  flags: 6,
  emailSha256: 7,
  phoneSha256: 8,
  phoneE164Sha256: 9,
  fields: 10,
} as const;
export const rowStride: number = rowColumns.fields + 2 * capturedFields.length;

/** Bits of the flags column. Consent is two bits each: 0 unknown, 1 granted, 2 denied. */
export const flagBits = { emailMasked: 1, phoneFound: 2, ipFound: 4, advertisingShift: 4, analyticsShift: 6 } as const;
export type Consent = "unknown" | "granted" | "denied";

/** What `finish` returns and what a record carries. */
export interface EventBatch {
  readonly count: number;
  readonly rows: Int32Array;
  readonly bytes: Uint8Array;
}

/** A batch with memory of its own, to be kept: a kernel's is valid until its next scan only. */
export function keepBatch({ count, rows, bytes }: EventBatch): EventBatch {
  return { count, rows: rows.slice(), bytes: bytes.slice() };
}

const decoder = new TextDecoder();
const hexChars = 64;
const quote = 0x22;
const backslash = 0x5c;

/** One number of an event's row. */
export function column(batch: EventBatch, index: number, name: Exclude<keyof typeof rowColumns, "fields">): number {
  return batch.rows[index * rowStride + rowColumns[name]] as number;
}

/** The sanitised JSON text of an event that passed. */
export function jsonText(batch: EventBatch, index: number): string {
  return decoder.decode(batch.bytes.subarray(column(batch, index, "jsonStart"), column(batch, index, "jsonEnd")));
}

/** A captured field as a string (a number as its own text); null if the event has none or JSON null. */
export function fieldText(batch: EventBatch, index: number, field: CapturedField): string | null {
  const at = index * rowStride + rowColumns.fields + 2 * capturedFields.indexOf(field);
  const start = batch.rows[at] as number;
  const end = batch.rows[at + 1] as number;
  if (start < 0) return null;
  const span = batch.bytes.subarray(start, end);
  if (span[0] !== quote) return span[0] === 0x6e ? null : decoder.decode(span);
  if (span.indexOf(backslash) >= 0) return JSON.parse(decoder.decode(span)) as string;
  return decoder.decode(span.subarray(1, span.length - 1));
}

/** A hash of the identity block as 64 lowercase hex characters, or null. */
export function identityHash(
  batch: EventBatch,
  index: number,
  name: "emailSha256" | "phoneSha256" | "phoneE164Sha256",
): string | null {
  const start = column(batch, index, name);
  return start < 0 ? null : decoder.decode(batch.bytes.subarray(start, start + hexChars));
}

/** What the event itself says of consent for a purpose. */
export function consentOf(batch: EventBatch, index: number, purpose: "advertising" | "analytics"): Consent {
  const shift = purpose === "advertising" ? flagBits.advertisingShift : flagBits.analyticsShift;
  const bits = (column(batch, index, "flags") >> shift) & 3;
  return bits === 1 ? "granted" : bits === 2 ? "denied" : "unknown";
}
