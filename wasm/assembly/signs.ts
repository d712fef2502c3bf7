// What a text must hold for the host's detector to find more in it than emails and addresses: a key of the table before
// `=` or `:`, a User-Agent's shape, the sender's own User-Agent. A sign may be there and nothing be found; what is found
// has a sign (domain/data-layer/detector/named-values.ts, user-agents.ts).
import { isTableKey, isValueKey, mayEndKey } from "./key-table";
import { copy, take } from "./memory";
import { every } from "./vectors";

/** What a text holds anywhere. */
export const ENCODED: u32 = 1;
/** There may be fullwidth signs. */
export const WIDE: u32 = 8;
export const AT_SIGN: u32 = 2;
export const NAMED: u32 = 4;
/** There may be a plus sign, and there is no sign that a phone number never has and no encoding takes. */
export const PLUS: u32 = 16;

const keyBytesMax: u32 = 128;
const wordsMax: u32 = 3;
/** Eight characters of white space, of up to three bytes. */
const blankBytesMax: u32 = 24;
const productBytesMax: u32 = 64;
/** The part of a User-Agent that texts are searched for. */
const needleBytesMin: u32 = 3;
const needleBytesMax: u32 = 16;

/** Dots and colons of the text that was looked at last. */
export let dotCount: u32 = 0;
export let colonCount: u32 = 0;

/** The signs of a text, in one pass. */
export function signsOf(at: u32, bytes: u32): u32 {
  dotCount = 0;
  colonCount = 0;
  let coded = i8x16.splat(0);
  let atSigns = coded;
  let named = coded;
  let amps = coded;
  let wides = coded;
  let pluses = coded;
  let others = coded;
  let ends = coded;
  for (let i: u32 = 0; i < bytes; i += 16) {
    let x = v128.load(at + i);
    const left = bytes - i;
    if (left < 16) x = v128.and(x, i8x16.lt_u(v128.load(lanes), i8x16.splat(<i8>left)));
    coded = v128.or(coded, v128.or(i8x16.eq(x, every(0x25)), i8x16.eq(x, every(0x5c))));
    amps = v128.or(amps, i8x16.eq(x, every(0x26)));
    // What an entity has behind its `&`: `#` or `;`. Most queries have neither.
    ends = v128.or(ends, v128.or(i8x16.eq(x, every(0x23)), i8x16.eq(x, every(0x3b))));
    atSigns = v128.or(atSigns, i8x16.eq(x, every(0x40)));
    wides = v128.or(wides, i8x16.eq(x, i8x16.splat(-17)));
    pluses = v128.or(pluses, i8x16.eq(x, every(0x2b)));
    // `?` and `@` by one comparison, then `!`, `$` and `^`.
    others = v128.or(others, i8x16.lt_u(i8x16.sub(x, every(0x3f)), every(2)));
    others = v128.or(others, v128.or(i8x16.eq(x, every(0x21)), v128.or(i8x16.eq(x, every(0x24)), i8x16.eq(x, every(0x5e)))));
    const colons = i8x16.eq(x, every(0x3a));
    named = v128.or(named, v128.or(i8x16.eq(x, every(0x3d)), colons));
    named = v128.or(named, v128.or(i8x16.eq(x, every(0x2f)), i8x16.eq(x, every(0x28))));
    dotCount += popcnt<u32>(i8x16.bitmask(i8x16.eq(x, every(0x2e))));
    colonCount += popcnt<u32>(i8x16.bitmask(colons));
  }
  const entities = v128.any_true(amps) && v128.any_true(ends);
  let signs: u32 = v128.any_true(coded) || (entities && hasEntity(at, at + bytes)) ? ENCODED : 0;
  if (v128.any_true(atSigns)) signs |= AT_SIGN;
  if (v128.any_true(wides)) signs |= AT_SIGN | WIDE;
  if (v128.any_true(named)) signs |= NAMED;
  const plus = v128.or(v128.or(pluses, wides), v128.or(coded, amps));
  if (v128.any_true(plus) && !v128.any_true(others)) signs |= PLUS;
  return signs;
}

const lanes: u32 = <u32>memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

function hasEntity(at: u32, end: u32): bool {
  for (let p = at; p < end; p++) if (load<u8>(p) == 0x26 && isEntity(p, end)) return true;
  return false;
}

/** True if an entity may begin at an `&`: `&#`, or up to nine letters and `;`. */
export function isEntity(p: u32, end: u32): bool {
  if (p + 1 < end && load<u8>(p, 1) == 0x23) return true;
  let name = p + 1;
  while (name < end && name - p < 10 && (<u32>load<u8>(name) | 0x20) - 0x61 < 26) name++;
  return name < end && load<u8>(name) == 0x3b;
}

/** True if the host must look at a text, of which each byte is a character or a part of one that is not ASCII. */
export function wantsHost(at: u32, bytes: u32): bool {
  const end = at + bytes;
  for (let i: u32 = 0; i < bytes; i += 16) {
    const x = v128.load(at + i);
    const before = v128.load(at + i - 1);
    // Colons before a slash are those of URLs, colons behind digits those of times.
    const isUrl = i8x16.eq(v128.load(at + i + 1), every(0x2f));
    const isTime = i8x16.lt_u(i8x16.sub(before, every(0x30)), every(10));
    const colons = v128.andnot(i8x16.eq(x, every(0x3a)), v128.or(isUrl, isTime));
    const equals = i8x16.eq(x, every(0x3d));
    const slashes = v128.and(i8x16.eq(x, every(0x2f)), i8x16.eq(before, every(0x6b)));
    let found = <u32>i8x16.bitmask(v128.or(v128.or(equals, colons), v128.or(slashes, i8x16.eq(x, every(0x28)))));
    for (; found != 0; found &= found - 1) {
      const p = at + i + <u32>ctz(found);
      if (p >= end) return false;
      const byte = <u32>load<u8>(p);
      if (byte == 0x3d ? isAssigned(at, p, end) : byte == 0x3a ? isTold(at, p, end) : isAgent(at, p, end)) return true;
    }
  }
  return false;
}

/** A key of the table before `=`, or mail's own spelling of an at-sign. */
function isAssigned(at: u32, p: u32, end: u32): bool {
  if (p + 3 < end && load<u16>(p, 1) == 0x3034 && isLetter(load<u8>(p, 3)) && !isParameter(at, p)) return true;
  const q = blanksBefore(at, p);
  if (q > at && isQuoteByte(load<u8>(q - 1))) return isQuotedKey(at, q, false);
  return isNamed(at, p, 1);
}

@inline
function isQuoteByte(byte: u32): bool {
  return byte == 0x22 || byte == 0x27;
}

/** Where the white space before a sign begins: of each character a byte, of those beyond ASCII any. */
function blanksBefore(at: u32, sign: u32): u32 {
  let q = sign;
  while (q > at && sign - q < blankBytesMax && isBlankByte(load<u8>(q - 1))) q--;
  return q;
}

/** White space, and what may be a byte of such a one beyond ASCII. */
function isBlankByte(byte: u32): bool {
  return byte == 0x20 || byte - 9 < 2 || byte == 0x0d || byte == 0xa0 || byte == 0xc2 || byte == 0xe2 || byte == 0x80 || byte == 0xaf;
}

/** True if what stands in the quotation marks that end at `close` is a key. */
function isQuotedKey(at: u32, close: u32, orValue: bool): bool {
  const mark = load<u8>(close - 1);
  const to = close - 2 >= at && load<u8>(close - 2) == 0x5c ? close - 2 : close - 1;
  for (let from = to; from > at && to - from <= keyBytesMax; from--) {
    if (load<u8>(from - 1) == mark) return isKey(from, to) || (orValue && isValueKey(from, to - from));
  }
  return false;
}

/** True if the word before a sign is the name of a query's parameter. */
function isParameter(at: u32, sign: u32): bool {
  let from = sign;
  while (from > at && isKeyByte(load<u8>(from - 1))) from--;
  if (from == at || load<u8>(from - 1) != 0x3f) return from > at && load<u8>(from - 1) == 0x26;
  // An encoded word of mail: `=?utf-8?Q?`
  return !(from > at + 2 && (load<u8>(from - 2) | 0x20) == 0x71 && load<u8>(from - 3) == 0x3f);
}

function isTold(at: u32, p: u32, end: u32): bool {
  const q = blanksBefore(at, p);
  if (q == at) return false;
  const before = load<u8>(q - 1);
  if (isQuoteByte(before)) return isQuotedKey(at, q, true);
  if (before - 0x30 < 11 || (p + 1 < end && load<u8>(p, 1) == 0x2f)) return false;
  return isNamed(at, p, wordsMax) || isCard(at, q);
}

/** A card's line, which has parameters behind its name: `TEL;TYPE=CELL:`. */
function isCard(at: u32, end: u32): bool {
  let from = end;
  let name: u32 = 0;
  for (; from > at && end - from < keyBytesMax; from--) {
    const byte = <u32>load<u8>(from - 1);
    if (byte == 0x3b) name = from - 1;
    else if (!isKeyByte(byte) && byte != 0x3d && byte != 0x2c) break;
  }
  return name != 0 && name > from && isKey(from, name);
}

/** True if the last word before a sign, or the last few, are a key of the table, or not ASCII. */
function isNamed(at: u32, sign: u32, words: u32): bool {
  const to = blanksBefore(at, sign);
  let from = to;
  for (let word: u32 = 0; word < words; word++) {
    if (word > 0) {
      if (from == at || load<u8>(from - 1) != 0x20) return false;
      from--;
    }
    const start = from;
    while (from > at && to - from < keyBytesMax && isKeyByte(load<u8>(from - 1))) from--;
    if (from == start) return false;
    if (isKey(from, to)) return true;
    if (from > at && load<u8>(from - 1) == 0x5c && isKey(from + 1, to)) return true;
  }
  return false;
}

function isKey(from: u32, to: u32): bool {
  if (from >= to) return false;
  if (to - from < 16 && !mayEndKey(from, to)) {
    // Of most keys the last three letters tell that they are none, if all of them are ASCII.
    const high = <u32>i8x16.bitmask(v128.load(from));
    return (high & ((1 << (to - from)) - 1)) != 0;
  }
  for (let p = from; p < to; p++) if (load<u8>(p) >= 0x80) return true;
  return isTableKey(from, to - from);
}

function isKeyByte(byte: u32): bool {
  return (
    isLetter(byte) || byte - 0x30 < 10 || byte == 0x2d || byte == 0x5f || byte == 0x2e || byte == 0x24 ||
    byte == 0x5b || byte == 0x5d
  );
}

/** Letters of ASCII, and all bytes beyond. */
function isLetter(byte: u32): bool {
  return byte >= 0x80 || (byte | 0x20) - 0x61 < 26;
}

/** `Product/1.0 (` at its bracket, `CFNetwork/1` at its slash. */
function isAgent(at: u32, p: u32, end: u32): bool {
  if (load<u8>(p) == 0x2f) {
    return p >= at + 9 && p + 1 < end && isDigit(load<u8>(p, 1)) && load<u8>(p - 1) == 0x6b && isNetwork(p - 9);
  }
  if (p == at || !mayFollowProduct(load<u8>(p - 1))) return false;
  let q = p;
  while (q > at && p - q < gapBytesMax && isGapByte(load<u8>(q - 1))) q--;
  for (; q > at && p - q <= productBytesMax && isProduct(load<u8>(q - 1)); q--) {
    if (load<u8>(q - 1) == 0x2f && isDigit(load<u8>(q))) return true;
  }
  return false;
}

const gapBytesMax: u32 = 12;

/** A byte before a bracket that opens a User-Agent's comment: white space, `+`, `_`, a digit, one beyond ASCII. */
export function mayFollowProduct(byte: u32): bool {
  return isGapByte(byte) || byte == 0x5f || isDigit(byte);
}

function isGapByte(byte: u32): bool {
  return byte == 0x20 || byte == 0x2b || byte - 9 < 5 || byte >= 0x80;
}

/** The word `cfnetwork` without its last letter, in whatever case. */
function isNetwork(at: u32): bool {
  return (load<u64>(at) | 0x2020202020202020) == 0x726f_7774_656e_6663;
}

function isProduct(byte: u32): bool {
  return (
    (byte | 0x20) - 0x61 < 26 || isDigit(byte) || byte == 0x2f || byte == 0x2e || byte == 0x5f || byte == 0x2d ||
    byte == 0x21
  );
}

@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

// User-Agents of the sender: the connection's, and the event's own claim. 0 bytes: there is none.
export let connectionAt: u32 = 0;
export let connectionBytes: u32 = 0;
export let claimAt: u32 = 0;
export let claimBytes: u32 = 0;
/** In lower case, the longest part of each without a sign that JSON may escape; 0 bytes: its shape tells it. */
const connectionNeedle: u32 = <u32>memory.data(32, 16);
const claimNeedle: u32 = <u32>memory.data(32, 16);
let connectionNeedleBytes: u32 = 0;
let claimNeedleBytes: u32 = 0;

export function setConnection(at: u32, bytes: u32): void {
  connectionAt = at;
  connectionBytes = bytes;
  connectionNeedleBytes = layNeedle(at, bytes, connectionNeedle);
}

export function setClaim(at: u32, bytes: u32): void {
  claimAt = at;
  claimBytes = bytes;
  claimNeedleBytes = layNeedle(at, bytes, claimNeedle);
}

/** True if there is a User-Agent of the sender that has no shape to be known by. */
export function seeksSender(): bool {
  return (connectionNeedleBytes | claimNeedleBytes) != 0;
}

/** True if [at, end) may hold a User-Agent of the sender that has no shape to be known by. */
export function holdsSender(at: u32, end: u32): bool {
  return (
    (connectionNeedleBytes != 0 && holds(at, end, connectionNeedle, connectionNeedleBytes)) ||
    (claimNeedleBytes != 0 && holds(at, end, claimNeedle, claimNeedleBytes))
  );
}

function layNeedle(at: u32, bytes: u32, needle: u32): u32 {
  if (bytes == 0 || isBrowser(at, bytes)) return 0;
  let best = at;
  let size: u32 = 0;
  for (let p = at, end = at + bytes; p < end; p++) {
    const start = p;
    while (p < end && isPlainByte(load<u8>(p))) p++;
    if (p - start <= size) continue;
    best = start;
    size = p - start;
  }
  if (size < needleBytesMin) return 0;
  if (size > needleBytesMax) size = needleBytesMax;
  for (let i: u32 = 0; i < size; i++) store<u8>(needle + i, lowerByte(load<u8>(best + i)));
  return size;
}

/** `Mozilla/5.0 (` and nothing that ends what is found by this shape. */
export function isBrowser(at: u32, bytes: u32): bool {
  if (bytes < 13 || load<u64>(at) != 0x2f61_6c6c_697a_6f4d || load<u32>(at + 8) != 0x2030_2e35) return false;
  if (load<u8>(at + 12) != 0x28) return false;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if (byte < 0x20 || byte == 0x22 || byte == 0x26 || byte == 0x3c || byte == 0x5c || byte == 0x60) return false;
  }
  return true;
}

function isPlainByte(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || isDigit(byte) || byte == 0x2e || byte == 0x2d || byte == 0x5f;
}

@inline
function lowerByte(byte: u32): u32 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** Looks for the needle's first two bytes sixteen places at a time. */
function holds(at: u32, end: u32, needle: u32, bytes: u32): bool {
  const first = i8x16.splat(load<i8>(needle));
  const space = i8x16.splat(0x20);
  const upper = isLetter(load<u8>(needle)) ? space : i8x16.splat(0);
  for (let p = at; p < end; p += 16) {
    let found = <u32>i8x16.bitmask(i8x16.eq(v128.or(v128.load(p), upper), first));
    for (; found != 0; found &= found - 1) {
      const q = p + <u32>ctz(found);
      if (q + bytes <= end && isNeedle(q, needle, bytes)) return true;
    }
  }
  return false;
}

function isNeedle(at: u32, needle: u32, bytes: u32): bool {
  for (let i: u32 = 1; i < bytes; i++) {
    if (lowerByte(load<u8>(at + i)) != <u32>load<u8>(needle + i)) return false;
  }
  return true;
}
