import { column, type EventBatch, rowColumns, rowStride } from "./event.ts";

/** Where `needle` stands in `bytes` at or after `from`; -1 if it doesn't. */
export type FindBytes = (bytes: Uint8Array, needle: Uint8Array, from: number) => number;

/** A token in a batch: where the text between its quotes stands. */
export interface TokenPlace {
  readonly start: number;
  readonly end: number;
}

/**
 * Keys under which apps send the token of Apple's AdServices, at any depth, without regard to `_`, `-` and spaces.
 *
 * Each names Apple or its service, so that no other vendor's token is taken for one; each ends in `token`, which is
 * what is looked for.
 */
export const tokenKeys: ReadonlySet<string> = new Set([
  ...["appleadstoken", "appleadsattributiontoken", "appleattributiontoken", "appleadservicestoken"],
  ...["adservicestoken", "adservicesattributiontoken", "asatoken", "asaattributiontoken"],
  ...["applesearchadstoken", "applesearchadsattributiontoken"],
]);

const keyBytesMax = 64;
const separators: readonly number[] = [0x20, 0x2d, 0x5f];
const upperA = 0x41;
const upperZ = 0x5a;
const quote = 0x22;
const backslash = 0x5c;
/** The end of a key that ends in `token` and has a text for a value, in minified JSON. */
const keyEnd = new TextEncoder().encode('oken":"');
const keyEndLetters = 4;
const decoder = new TextDecoder();

/**
 * Finds Apple's tokens in sanitised events, by looking at bytes only: most batches have none, and a runtime's own
 * search is twenty times as fast as a loop over them.
 *
 * A key inside a text has escaped quotes around it and is not taken for one.
 */
export function findTokens(batch: EventBatch, find: FindBytes): TokenPlace[] {
  const { bytes } = batch;
  const places: TokenPlace[] = [];
  for (let at = find(bytes, keyEnd, 0); at >= 0; at = find(bytes, keyEnd, at + 1)) {
    if (!isTokenKey(bytes, at)) continue;
    const start = at + keyEnd.length;
    const end = endOfText(bytes, start);
    if (end > start && inSomeEvent(batch, start)) places.push({ start, end });
  }
  return places;
}

function isTokenKey(bytes: Uint8Array, at: number): boolean {
  const from = bytes.lastIndexOf(quote, at) + 1;
  if (from === 0 || at - from > keyBytesMax) return false;
  let key = "";
  for (let letter = from; letter < at + keyEndLetters; letter += 1) {
    const byte = bytes[letter] as number;
    if (!separators.includes(byte)) key += String.fromCharCode(byte >= upperA && byte <= upperZ ? byte | 0x20 : byte);
  }
  return tokenKeys.has(key);
}

/** The place of the closing quote; -1 if there is none. */
function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1;
    else if (bytes[at] === quote) return at;
  }
  return -1;
}

function inSomeEvent(batch: EventBatch, at: number): boolean {
  for (let index = 0; index < batch.count; index += 1) {
    if (column(batch, index, "jsonStart") <= at && at < column(batch, index, "jsonEnd")) return true;
  }
  return false;
}

/** The token itself. */
export function tokenAt({ bytes }: EventBatch, { start, end }: TokenPlace): string {
  return JSON.parse(decoder.decode(bytes.subarray(start - 1, end + 1))) as string;
}

/**
 * A batch with other texts in the places of its tokens, all offsets moved along.
 *
 * Shape: one text a place, both in the order of the bytes; texts need no escaping in JSON.
 */
export function replaceTokens(batch: EventBatch, places: readonly TokenPlace[], texts: readonly string[]): EventBatch {
  const parts: Uint8Array[] = [];
  const moves: { readonly from: number; readonly by: number }[] = [];
  let copied = 0;
  let by = 0;
  places.forEach(({ start, end }, index) => {
    const text = new TextEncoder().encode(texts[index] as string);
    parts.push(batch.bytes.subarray(copied, start), text);
    by += text.length - (end - start);
    moves.push({ from: end, by });
    copied = end;
  });
  parts.push(batch.bytes.subarray(copied));
  return { count: batch.count, rows: movedRows(batch.rows, moves), bytes: joined(parts) };
}

/** The columns that hold offsets: the JSON span, the hashes, and the captured fields' spans. */
function movedRows(rows: Int32Array, moves: readonly { readonly from: number; readonly by: number }[]): Int32Array {
  const { jsonStart, jsonEnd, emailSha256 } = rowColumns;
  return rows.map((offset, at) => {
    const name = at % rowStride;
    if (offset < 0 || !(name === jsonStart || name === jsonEnd || name >= emailSha256)) return offset;
    return offset + (moves.findLast(({ from }) => from <= offset)?.by ?? 0);
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
