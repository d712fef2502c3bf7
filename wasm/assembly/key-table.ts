// What a key means: its special name, its row of the normative key table, whether it holds versions, whether it may be
// a segment of a configured path, whether the detector must see it. Found once and remembered by the key's bytes.
//
//   learned   1,024 pairs of entries of 64 bytes: 0, 8 the key's first 16 bytes from its quote on, zeros behind it · 16,
//             24 masks of those bytes, 0 for a key of more than 14 · 32 v128 the last 16 bytes of such a key · 48 bytes
//             u32 · 52 info u32
//   table     from the host: u16 offset of an entry by hash, 1,024 slots; entries: bytes u8, row u8, folded spelling
//   exact     u8 special name by hash, 256 slots
//   segments  from the host: a bit by hash for each segment of each program's paths, in lower case, 65,536 bits
//
// An entry holds the quotes around a key, too, so that one masked comparison is enough. Worked value: the key `ip` is
// the bytes `"ip"`: 0x22706922, its mask 0xffffffff.
// Only plain keys of up to 30 bytes are learned: none that could hold an address. Of each hash the last two are kept,
// so memory is bounded.
import { namesVersion } from "./known-words";
import { layNames, nameEnd, nameStart } from "./names";
import { opensConsent } from "./consent-table";
import { same } from "./memory";
import { ENCODED, signsOf, wantsHost } from "./signs";
import { spaceBytes } from "./text";
import { CONSENT_KEY, PARTS, ROW_SHIFT, SEGMENT, UNCLEAN, VERSIONS } from "./tree";
import { codePoint, sequenceBytes } from "./utf8";
import { every } from "./vectors";

const ENTRY: u32 = 64;
const PAIRS: u32 = 1024;
const learned: u32 = <u32>memory.data(1024 * 2 * 64, 64);
/** Longest key whose quotes fit into sixteen bytes with it, and longest that is learned. */
const shortMax: u32 = 14;
const learnedMax: u32 = 30;
const table: u32 = <u32>memory.data(16384, 16);
const exact: u32 = <u32>memory.data(256, 16);
const segments: u32 = <u32>memory.data(8192, 16);
const folded: u32 = <u32>memory.data(128, 16);
const tableSlots: u32 = 1024;
/** The words of `namingSpellings`, a space behind each. */
const namingKeys: u32 = <u32>memory.data<u8>([
  0x6e, 0x61, 0x6d, 0x65, 0x20, 0x6b, 0x65, 0x79, 0x20, 0x6b, 0x20, 0x66, 0x69, 0x65, 0x6c, 0x64, 0x20, 0x66,
  0x69, 0x65, 0x6c, 0x64, 0x6e, 0x61, 0x6d, 0x65, 0x20, 0x66, 0x69, 0x65, 0x6c, 0x64, 0x6b, 0x65, 0x79, 0x20,
  0x73, 0x79, 0x73, 0x74, 0x65, 0x6d, 0x20, 0x74, 0x79, 0x70, 0x65, 0x20, 0x6c, 0x61, 0x62, 0x65, 0x6c, 0x20,
  0x6b, 0x69, 0x6e, 0x64, 0x20, 0x70, 0x72, 0x6f, 0x70, 0x65, 0x72, 0x74, 0x79, 0x20, 0x70, 0x72, 0x6f, 0x70,
  0x20, 0x61, 0x74, 0x74, 0x72, 0x69, 0x62, 0x75, 0x74, 0x65, 0x20, 0x61, 0x74, 0x74, 0x72, 0x20, 0x70, 0x61,
  0x72, 0x61, 0x6d, 0x20, 0x70, 0x61, 0x72, 0x61, 0x6d, 0x65, 0x74, 0x65, 0x72, 0x20, 0x68, 0x65, 0x61, 0x64,
  0x65, 0x72, 0x20, 0x69, 0x64, 0x20, 0x71, 0x75, 0x65, 0x73, 0x74, 0x69, 0x6f, 0x6e, 0x20, 0x74, 0x69, 0x74,
  0x6c, 0x65, 0x20, 0x63, 0x6f, 0x64, 0x65, 0x20, 0x73, 0x6c, 0x75, 0x67, 0x20, 0x63, 0x6f, 0x6c, 0x75, 0x6d,
  0x6e, 0x20, 0x75, 0x73, 0x65, 0x20, 0x63, 0x68, 0x61, 0x6e, 0x6e, 0x65, 0x6c, 0x20, 0x63, 0x6f, 0x6e, 0x74,
  0x61, 0x63, 0x74, 0x74, 0x79, 0x70, 0x65, 0x20, 0x6d, 0x65, 0x74, 0x68, 0x6f, 0x64, 0x20, 0x72, 0x65, 0x66,
  0x20, 0x69, 0x6e, 0x70, 0x75, 0x74, 0x6e, 0x61, 0x6d, 0x65, 0x20,
]);
const namingBytes: u32 = 191;
const namingBytesMax: u32 = 11;
/** Longest folded key that the table is asked for; the host's longest spelling is shorter. */
const foldedMax: u32 = 64;

/** Where the host writes the key table. */
export function keyTableAt(): u32 {
  const count = layNames();
  forgetKeys();
  for (let name: u32 = 1; name <= count; name++) {
    const at = nameStart(name) + 1;
    let slot = hashBytes(at, nameEnd(name) - 1 - at) & 255;
    while (load<u8>(exact + slot) != 0) slot = (slot + 1) & 255;
    store<u8>(exact + slot, name);
  }
  return table;
}

/** Where the host sets the bits of segments; then it has all keys forgotten. */
export function segmentsAt(): u32 {
  return segments;
}

export function forgetKeys(): void {
  // An entry that no key is equal to: no key begins with a zero.
  memory.fill(learned, 0, PAIRS * 2 * ENTRY);
  for (let entry = learned; entry < learned + PAIRS * 2 * ENTRY; entry += ENTRY) store<u64>(entry, 0xff, 16);
}

/** True if an ASCII key, in whatever case, may be a segment. */
function isSegment(at: u32, bytes: u32): bool {
  let hash = FNV_START;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    hash = (hash ^ (byte - 0x41 < 26 ? byte | 0x20 : byte)) * FNV_PRIME;
  }
  const bit = (hash ^ (hash >> 15)) & 0xffff;
  return ((<u32>load<u8>(segments + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}

const FNV_START: u32 = 0x811c9dc5;
const FNV_PRIME: u32 = 0x01000193;

/** FNV-1a, as the host computes it. */
export function hashBytes(at: u32, bytes: u32): u32 {
  let hash = FNV_START;
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ <u32>load<u8>(at + i)) * FNV_PRIME;
  return hash ^ (hash >> 15);
}

/** The info of an unescaped key (bits: tree.ts), which stands between quotes; sixteen bytes behind it are read. */
@inline
export function keyInfo(at: u32, bytes: u32): u32 {
  const pair = pairOf(at, bytes);
  return holdsShort(pair, at) ? load<u32>(pair, 52) : otherInfo(at, bytes, pair);
}

/** Where a key's pair of entries is: by its first and last three bytes and the quotes beside them. */
@inline
function pairOf(at: u32, bytes: u32): u32 {
  const ends = <u64>load<u32>(at - 1) | (<u64>load<u32>(at + bytes - 3) << 32);
  return learned + (<u32>((ends * 0x9e3779b97f4a7c15) >> 54) << 7);
}

/** Never true of an entry of a long key, which begins with a quote and has no mask. */
@inline
function holdsShort(entry: u32, at: u32): bool {
  const equal = i8x16.eq(v128.and(v128.load(at - 1), v128.load(entry, 16)), v128.load(entry));
  return i8x16.bitmask(equal) == 0xffff;
}

function holdsLong(entry: u32, at: u32, bytes: u32): bool {
  const first = v128.xor(v128.load(at - 1), v128.load(entry));
  const last = v128.xor(v128.load(at + bytes - 16), v128.load(entry, 32));
  return load<u32>(entry, 48) == bytes && !v128.any_true(v128.or(first, last));
}

/** Of a long key, or one that is not the first of its pair. */
function otherInfo(at: u32, bytes: u32, pair: u32): u32 {
  if (bytes > learnedMax) return findInfo(at, bytes);
  if (bytes > shortMax) {
    if (holdsLong(pair, at, bytes)) return load<u32>(pair, 52);
    if (holdsLong(pair + ENTRY, at, bytes)) return load<u32>(pair + ENTRY, 52);
  } else if (holdsShort(pair + ENTRY, at)) {
    return load<u32>(pair + ENTRY, 52);
  }
  return learn(at, bytes, pair);
}

/** Finds out what a key means and remembers it, unless it could hold an address; the older of the two is forgotten. */
function learn(at: u32, bytes: u32, pair: u32): u32 {
  const info = findInfo(at, bytes);
  if ((info & UNCLEAN) != 0) return info;
  memory.copy(pair + ENTRY, pair, ENTRY);
  const isLong = bytes > shortMax;
  const size = min<u32>(bytes + 2, 16);
  const maskA: u64 = size >= 8 ? ~(<u64>0) : ((<u64>1) << (size << 3)) - 1;
  const maskB: u64 = size >= 16 ? ~(<u64>0) : size > 8 ? ((<u64>1) << ((size - 8) << 3)) - 1 : 0;
  store<u64>(pair, load<u64>(at - 1) & maskA);
  store<u64>(pair, load<u64>(at + 7) & maskB, 8);
  store<u64>(pair, isLong ? 0 : maskA, 16);
  store<u64>(pair, isLong ? 0 : maskB, 24);
  v128.store(pair, isLong ? v128.load(at + bytes - 16) : i8x16.splat(0), 32);
  store<u32>(pair, bytes, 48);
  store<u32>(pair, info, 52);
  return info;
}

/** The info of an unescaped key, without looking among the learned. */
export function findInfo(at: u32, bytes: u32): u32 {
  let info = specialName(at, bytes);
  if (mayHideKey(at, bytes)) info |= UNCLEAN;
  if (hasParts(at, bytes)) info |= PARTS;
  else if (isSegment(at, bytes)) info |= SEGMENT;
  if (opensConsent(at, bytes)) info |= CONSENT_KEY;
  const size = fold(at, bytes);
  if (namesVersion(folded, size)) info |= VERSIONS;
  let row = rowOf(size);
  if (row == 0) row = rowOfParts(at, bytes);
  return info | (row << ROW_SHIFT);
}

/** Row of the keys of values, whose row another member may name: `{"name":"phone","value":…}`. No part of a key is one. */
export const VALUE_ROW: u32 = 15;
/** Last of the rows of which something is done at any depth; they come first. */
const treatedRows: u32 = 5;

/** The row of a key without the indexes and bare words at its end, or of what stands behind its last sign. */
function rowOfParts(at: u32, bytes: u32): u32 {
  let rest = bytes;
  for (let bare: u32 = 0; bare <= barePartsMax; bare++) {
    const size = withoutIndexes(at, rest);
    let row: u32 = size == bytes ? 0 : rowOf(fold(at, size));
    if (row != 0) return row == VALUE_ROW ? 0 : row;
    const tail = tailOf(at, size);
    if (tail == 0) return 0;
    const last = tailEnd;
    const folds = fold(tail, last - tail);
    row = rowOf(folds);
    const isBare = isBarePart(folds);
    if (row == 0 || row == VALUE_ROW) {
      const part = partOf(tail, last);
      const inner = part == 0 ? 0 : rowOf(fold(part, last - part));
      if (inner != 0 && inner != VALUE_ROW) return inner;
    }
    if (row != 0 && row != VALUE_ROW) return row;
    if (!isBare) return 0;
    rest = tail - 1 - at;
  }
  return 0;
}

const barePartsMax: u32 = 2;

/** True of `value`, `number` and `address`, which say nothing of what is there. */
function isBarePart(size: u32): bool {
  if (size == 5) return load<u32>(folded) == 0x756c_6176 && load<u8>(folded, 4) == 0x65;
  if (size == 6) return load<u32>(folded) == 0x626d_756e && load<u16>(folded, 4) == 0x7265;
  return size == 7 && load<u32>(folded) == 0x7264_6461 && load<u32>(folded, 3) == 0x7373_6572;
}

/** What stands behind the last `. : /` in [at, end), or 0. */
function partOf(at: u32, end: u32): u32 {
  for (let p = end; p > at; p--) if (isSeparator(load<u8>(p - 1))) return p;
  return 0;
}

/** The table's row for a key as it stands in a text: 0 for those that only a configured path touches. */
export function tableRow(at: u32, bytes: u32): u32 {
  let row = rowOf(fold(at, bytes));
  if (row == 0) row = rowOfParts(at, bytes);
  return row > treatedRows ? 0 : row;
}

export function isTableKey(at: u32, bytes: u32): bool {
  return tableRow(at, bytes) != 0;
}

export function isValueKey(at: u32, bytes: u32): bool {
  return rowOf(fold(at, bytes)) == VALUE_ROW;
}

/** Whether a key's value may be the name of what another member holds. */
export function isNamingKey(at: u32, bytes: u32): bool {
  const size = fold(at, bytes);
  if (size == 0 || size > namingBytesMax) return false;
  for (let p = namingKeys; p < namingKeys + namingBytes; ) {
    let end = p;
    while (load<u8>(end) != 0x20) end++;
    if (end - p == size && same(p, folded, size)) return true;
    p = end + 1;
  }
  return false;
}

/**
 * Bits for the last letters of spellings, by the lowest five bits of each: for the last three of spellings of four and
 * more, for the three before the last of those, for the last three of shorter ones. Laid at the first question.
 */
const endings: u32 = <u32>memory.data(12288, 16);
const beforeLast: u32 = 4096;
const short: u32 = 8192;
let endingsLaid: bool = false;

/** False only if a key that stands at [from, to) ends as no spelling does. */
export function mayEndKey(from: u32, to: u32): bool {
  const bytes = to - from;
  return mayEnd(
    load<u8>(to - 1),
    bytes > 1 ? load<u8>(to - 2) : 0x61,
    bytes > 2 ? load<u8>(to - 3) : 0x61,
    bytes > 3 ? load<u8>(to - 4) : 0x61,
  );
}

/** The same of a key's last letters, from the last on. */
@inline
function mayEnd(d: u32, c: u32, b: u32, a: u32): bool {
  if (!endingsLaid) layEndings();
  // Behind a digit may stand an index: `ua.12`.
  if (d - 0x30 < 10 || !isFoldedByte(b) || !isFoldedByte(c) || !isFoldedByte(d)) return true;
  if (hasEnding(0, b, c, d) && (!isFoldedByte(a) || hasEnding(beforeLast, a, b, c))) return true;
  return hasEnding(short, b, c, d);
}

@inline
function hasEnding(table: u32, a: u32, b: u32, c: u32): bool {
  const bit = ((a & 31) << 10) | ((b & 31) << 5) | (c & 31);
  return ((<u32>load<u8>(endings + table + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}

/** False only if what stands before the sign at `p` is no key of the table, whatever text it stands in. */
export function mayEndName(p: u32): bool {
  if (mayEnd(load<u8>(p - 1), load<u8>(p - 2), load<u8>(p - 3), load<u8>(p - 4))) return true;
  // A key beyond ASCII may fold to one of the table: looked for up to the nearest sign that no key has.
  const x = v128.load(p - 16);
  const last = i8x16.eq(x, every(0x3f));
  const ends = <u32>i8x16.bitmask(v128.or(i8x16.lt_u(x, every(0x24)), v128.or(i8x16.eq(x, every(0x26)), last)));
  if (ends == 0) return true;
  return <u32>i8x16.bitmask(x) >> (32 - clz(ends)) != 0;
}

/** A letter, or a digit, of which something is left when it is folded. */
function isFoldedByte(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10;
}

function layEndings(): void {
  endingsLaid = true;
  // `phones[0].value`; spellings end as `number` and `address` do.
  layEnding(0, 0x6c, 0x75, 0x65);
  layEnding(beforeLast, 0x61, 0x6c, 0x75);
  for (let slot: u32 = 0; slot < tableSlots; slot++) {
    const offset = <u32>load<u16>(table + slot * 2);
    if (offset == 0 || <u32>load<u8>(table + offset, 1) > treatedRows) continue;
    const bytes = <u32>load<u8>(table + offset);
    const end = table + offset + 2 + bytes;
    if (bytes > 3) {
      layEnding(0, load<u8>(end - 3), load<u8>(end - 2), load<u8>(end - 1));
      layEnding(beforeLast, load<u8>(end - 4), load<u8>(end - 3), load<u8>(end - 2));
    } else if (bytes == 3) {
      layEnding(short, load<u8>(end - 3), load<u8>(end - 2), load<u8>(end - 1));
    } else {
      // What stands before two letters may be anything.
      for (let any: u32 = 0; any < 32; any++) layEnding(short, any, load<u8>(end - 2), load<u8>(end - 1));
    }
  }
}

function layEnding(table: u32, a: u32, b: u32, c: u32): void {
  const bit = ((a & 31) << 10) | ((b & 31) << 5) | (c & 31);
  const at = endings + table + (bit >> 3);
  store<u8>(at, <u8>(<u32>load<u8>(at) | (1 << (bit & 7))));
}

const indexesMax: u32 = 4;
const indexDigitsMax: u32 = 9;

/** Bytes of a key without indexes, `[0]`, `.0`, and what is not seen at its end. */
function withoutIndexes(at: u32, bytes: u32): u32 {
  let end = at + bytes;
  for (let i: u32 = 0; i < indexesMax; i++) {
    const size = indexBytes(at, end);
    if (size == 0) break;
    end -= size;
  }
  return end - at;
}

function indexBytes(at: u32, end: u32): u32 {
  if (end == at) return 0;
  const last = <u32>load<u8>(end - 1);
  let p = end - 1;
  if (last == 0x5d) {
    while (p > at && isIndexByte(load<u8>(p - 1))) p--;
    return p > at && load<u8>(p - 1) == 0x5b && end - 1 - p <= indexDigitsMax ? end - p + 1 : 0;
  }
  if (last - 0x30 < 10) {
    while (p > at && load<u8>(p - 1) - 0x30 < 10) p--;
    return p > at && isSeparator(load<u8>(p - 1)) && end - p <= indexDigitsMax ? end - p + 1 : 0;
  }
  while (p > at && (load<u8>(p) & 0xc0) == 0x80) p--;
  return isUnseen(p, end) ? end - p : 0;
}

function isIndexByte(byte: u32): bool {
  return byte - 0x30 < 10 || byte == 0x2a;
}

function isSeparator(byte: u32): bool {
  return byte == 0x2e || byte == 0x3a || byte == 0x2f;
}

/** White space, zero width characters, marks of direction, a soft hyphen. */
function isUnseen(p: u32, end: u32): bool {
  if (spaceBytes(p, end) != 0) return true;
  if (load<u8>(p) < 0x80) return false;
  const code = codePoint(p);
  return (
    code == 0xad || code == 0x180e || (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f)
  );
}

/** The number of a special name (names.ts), 0 for other keys. */
export function specialName(at: u32, bytes: u32): u32 {
  let slot = hashBytes(at, bytes) & 255;
  while (true) {
    const name = <u32>load<u8>(exact + slot);
    if (name == 0) return 0;
    const start = nameStart(name) + 1;
    if (nameEnd(name) - 1 - start == bytes && same(start, at, bytes)) return name;
    slot = (slot + 1) & 255;
  }
}

/** False only if the detector can find nothing in a key. */
function mayHideKey(at: u32, bytes: u32): bool {
  if ((signsOf(at, bytes) & ENCODED) != 0 || wantsHost(at, bytes)) return true;
  let dots: u32 = 0;
  let colons: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if (byte >= 0x80 || byte == 0x40 || byte == 0x25 || byte == 0x2b || byte == 0x5c) return true;
    if (byte == 0x2e) dots++;
    if (byte == 0x3a) colons++;
  }
  return dots > 2 || colons > 1;
}

/** True if a key has more than one part, or is not ASCII: configured paths must look at it as a whole. */
function hasParts(at: u32, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) if (load<u8>(at + i) == 0x2e || load<u8>(at + i) >= 0x80) return true;
  return bytes == 0;
}

/**
 * Folds a key into `folded` (domain/data-layer/key-table.ts): lower case, without signs, dashes and what is not seen,
 * fullwidth letters as plain ones. The Kelvin sign is a k; what else is not ASCII becomes 0xff, which no spelling has.
 * Of one that is too long for any row the last 16 bytes or more are kept, behind a 0xff.
 */
function fold(at: u32, bytes: u32): u32 {
  let size: u32 = 0;
  const end = at + bytes;
  for (let p = at; p < end; ) {
    let byte = <u32>load<u8>(p);
    if (byte < 0x80) {
      p++;
    } else {
      byte = foldWide(p, end);
      p += sequenceBytes(load<u8>(p));
    }
    if (byte - 0x41 < 26) byte |= 0x20;
    else if (isIgnored(byte)) continue;
    if (size == foldedMax) {
      memory.copy(folded + 1, folded + foldedMax - 16, 16);
      store<u8>(folded, 0xff);
      size = 17;
    }
    store<u8>(folded + size++, byte);
  }
  return size;
}

/** Base letters of U+00C0 to U+00DF, and of U+00E0 to U+00FF; 0xff where there is none. */
const baseLetters: u32 = <u32>memory.data<u8>([
  0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0xff, 0x63, 0x65, 0x65, 0x65, 0x65, 0x69, 0x69, 0x69, 0x69, 0xff, 0x6e,
  0x6f, 0x6f, 0x6f, 0x6f, 0x6f, 0xff, 0x6f, 0x75, 0x75, 0x75, 0x75, 0x79, 0xff, 0xff,
]);

/** What a character that is not ASCII counts as: a space if as nothing. */
function foldWide(p: u32, end: u32): u32 {
  const code = codePoint(p);
  if (code == 0x212a) return 0x6b;
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0;
  if (code >= 0xc0 && code <= 0xff && code != 0xdf) return <u32>load<u8>(baseLetters + (code & 31));
  if (code >= 0x300 && code <= 0x36f) return 0x20;
  return (code >= 0x2010 && code <= 0x2015) || isUnseen(p, end) ? 0x20 : 0xff;
}

/** One of _ - $ . : / * # " ' and white space. */
@inline
function isIgnored(byte: u32): bool {
  return (
    byte == 0x5f || byte == 0x2d || byte == 0x20 || byte == 0x24 || byte == 0x2e || byte == 0x3a ||
    byte == 0x2f || byte == 0x2a || byte == 0x23 || byte == 0x22 || byte == 0x27 || byte - 9 < 5
  );
}

/** The table's row for what was folded, or 0. */
function rowOf(size: u32): u32 {
  if (size == 0) return 0;
  let slot = hashBytes(folded, size) & (tableSlots - 1);
  while (true) {
    const offset = <u32>load<u16>(table + slot * 2);
    if (offset == 0) return 0;
    const entry = table + offset;
    if (<u32>load<u8>(entry) == size && same(entry + 2, folded, size)) return <u32>load<u8>(entry, 1);
    slot = (slot + 1) & (tableSlots - 1);
  }
}

/** End of the part that `tailOf` found. */
let tailEnd: u32 = 0;

/** What stands in the last brackets of a key, else behind its last `. : /`, or 0 if it has neither. */
function tailOf(at: u32, bytes: u32): u32 {
  const end = at + bytes;
  tailEnd = end;
  for (let p = end; p > at; p--) {
    const byte = <u32>load<u8>(p - 1);
    if (byte == 0x5b && load<u8>(end - 1) == 0x5d && isBracketed(at, p - 1) && isFlat(p, end - 1)) {
      tailEnd = end - 1;
      return p;
    }
    if (byte == 0x5b) break;
  }
  return partOf(at, end);
}

/** True if no closing bracket stands in [at, end). */
function isFlat(at: u32, end: u32): bool {
  for (let p = at; p < end; p++) if (load<u8>(p) == 0x5d) return false;
  return true;
}

/** A name that ends with a letter or digit, and any number of words in brackets behind it. */
function isBracketed(at: u32, end: u32): bool {
  let p = at;
  while (p < end && (isWord(load<u8>(p)) || load<u8>(p) == 0x2d || isSeparator(load<u8>(p)))) p++;
  if (p == at || !isFoldedByte(load<u8>(p - 1))) return false;
  while (p < end) {
    if (load<u8>(p++) != 0x5b) return false;
    while (p < end && isWord(load<u8>(p))) p++;
    if (p == end || load<u8>(p++) != 0x5d) return false;
  }
  return true;
}

function isWord(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10 || byte == 0x5f;
}
