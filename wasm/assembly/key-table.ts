// What a key means: its special name, its row of the normative key table, whether it holds versions, whether the
// detector must see it. Found once and remembered by the key's bytes.
//
//   learned   1,024 pairs of entries of 48 bytes: 0 v128 a · 16 v128 b · 32 bytes u32 · 36 info u32
//             keys of up to 16 bytes: a = all of them, zeros behind; longer: a, b = first and last sixteen
//   table     from the host: u16 offset of an entry by hash, 1,024 slots; entries: bytes u8, row u8, folded spelling
//   exact     u8 special name by hash, 256 slots
//
// Only plain keys of up to 32 bytes are learned: none that could hold an address. Of each hash the last two are kept,
// so memory is bounded.
import { layNames, nameEnd, nameStart } from "./names";
import { same } from "./memory";
import { PARTS, ROW_SHIFT, UNCLEAN, VERSIONS } from "./tree";

const ENTRY: u32 = 48;
const learned: u32 = <u32>memory.data(1024 * 2 * 48, 16);
const table: u32 = <u32>memory.data(16384, 16);
/** Sixteen bytes of ones, sixteen of zeros: read from 16 - n on, a mask for the first n. */
const masks: u32 = <u32>memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0,
]);
const exact: u32 = <u32>memory.data(256, 16);
const folded: u32 = <u32>memory.data(128, 16);
const tableSlots: u32 = 1024;
/** Longest folded key that the table is asked for; the host's longest spelling is shorter. */
const foldedMax: u32 = 64;

/** Where the host writes the key table. */
export function keyTableAt(): u32 {
  const count = layNames();
  for (let name: u32 = 1; name <= count; name++) {
    const at = nameStart(name) + 1;
    let slot = hashBytes(at, nameEnd(name) - 1 - at) & 255;
    while (load<u8>(exact + slot) != 0) slot = (slot + 1) & 255;
    store<u8>(exact + slot, name);
  }
  return table;
}

/** FNV-1a, as the host computes it. */
function hashBytes(at: u32, bytes: u32): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ <u32>load<u8>(at + i)) * 0x01000193;
  return hash ^ (hash >> 15);
}

/** The info of an unescaped key (bits: tree.ts); sixteen bytes behind it are read. */
export function keyInfo(at: u32, bytes: u32): u32 {
  if (bytes > 16) return longKeyInfo(at, bytes);
  const key = v128.and(v128.load(at), v128.load(masks + 16 - bytes));
  const entry = entryOf(i64x2.extract_lane(key, 0), i64x2.extract_lane(key, 1), bytes);
  if (!v128.any_true(v128.xor(key, v128.load(entry))) && load<u32>(entry, 32) == bytes) return load<u32>(entry, 36);
  return secondEntry(at, bytes, entry, key, i8x16.splat(0));
}

function longKeyInfo(at: u32, bytes: u32): u32 {
  if (bytes > 32) return findInfo(at, bytes);
  const first = v128.load(at);
  const last = v128.load(at + bytes - 16);
  const entry = entryOf(i64x2.extract_lane(first, 0), i64x2.extract_lane(last, 1), bytes);
  if (holds(entry, bytes, first, last)) return load<u32>(entry, 36);
  return secondEntry(at, bytes, entry, first, last);
}

@inline
function entryOf(a: u64, b: u64, bytes: u32): u32 {
  return learned + <u32>(((a ^ rotl<u64>(b, 29) ^ (<u64>bytes << 56)) * 0x9e3779b97f4a7c15) >> 54) * (2 * ENTRY);
}

@inline
function holds(entry: u32, bytes: u32, a: v128, b: v128): bool {
  const differ = v128.or(v128.xor(a, v128.load(entry)), v128.xor(b, v128.load(entry, 16)));
  return load<u32>(entry, 32) == bytes && !v128.any_true(differ);
}

/** Looks at the second entry of a hash; what is in neither is found out and learned, the older of the two forgotten. */
function secondEntry(at: u32, bytes: u32, entry: u32, a: v128, b: v128): u32 {
  if (holds(entry + ENTRY, bytes, a, b)) return load<u32>(entry + ENTRY, 36);
  const info = findInfo(at, bytes);
  if ((info & UNCLEAN) != 0) return info;
  memory.copy(entry + ENTRY, entry, ENTRY);
  v128.store(entry, a);
  v128.store(entry, b, 16);
  store<u32>(entry, bytes, 32);
  store<u32>(entry, info, 36);
  return info;
}

/** The info of an unescaped key, without looking among the learned. */
export function findInfo(at: u32, bytes: u32): u32 {
  let info = specialName(at, bytes);
  if (mayHideKey(at, bytes)) info |= UNCLEAN;
  if (hasParts(at, bytes)) info |= PARTS;
  const size = fold(at, bytes);
  if (endsWith(size, 0x6e6f6973726576, 7) || endsWith(size, 0x646c697562, 5)) info |= VERSIONS;
  let row = rowOf(size);
  if (row == 0) {
    const tail = tailOf(at, bytes);
    if (tail != 0) row = rowOf(fold(tail, tailEnd - tail));
  }
  return info | (row << ROW_SHIFT);
}

function specialName(at: u32, bytes: u32): u32 {
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
 * Folds a key into `folded`: lower case, without `_ - space $ . : /`. The Kelvin sign is a k; what else is not
 * ASCII becomes 0xff, which no spelling has. Of one that is too long for any row
 * the last 16 bytes or more are kept, behind a 0xff.
 */
function fold(at: u32, bytes: u32): u32 {
  let size: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    let byte = <u32>load<u8>(at + i);
    if (byte - 0x41 < 26) byte |= 0x20;
    else if (isIgnored(byte)) continue;
    else if (byte >= 0x80) {
      const kelvin = byte == 0xe2 && i + 2 < bytes && load<u16>(at + i, 1) == 0xaa84;
      if (kelvin) i += 2;
      byte = kelvin ? 0x6b : 0xff;
    }
    if (size == foldedMax) {
      memory.copy(folded + 1, folded + foldedMax - 16, 16);
      store<u8>(folded, 0xff);
      size = 17;
    }
    store<u8>(folded + size++, byte);
  }
  return size;
}

@inline
function isIgnored(byte: u32): bool {
  return (
    byte == 0x5f || byte == 0x2d || byte == 0x20 || byte == 0x24 || byte == 0x2e || byte == 0x3a ||
    byte == 0x2f
  );
}

/** `word`: the last bytes, little endian, at most eight. */
function endsWith(size: u32, word: u64, bytes: u32): bool {
  if (size < bytes) return false;
  const mask = bytes == 8 ? ~(<u64>0) : ((<u64>1) << (bytes << 3)) - 1;
  return (load<u64>(folded + size - bytes) & mask) == word;
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
  for (let p = end; p > at; p--) {
    const byte = <u32>load<u8>(p - 1);
    if (byte == 0x2e || byte == 0x3a || byte == 0x2f) return p;
  }
  return 0;
}

/** True if no closing bracket stands in [at, end). */
function isFlat(at: u32, end: u32): bool {
  for (let p = at; p < end; p++) if (load<u8>(p) == 0x5d) return false;
  return true;
}

/** A name that ends with a letter or digit, and any number of words in brackets behind it. */
function isBracketed(at: u32, end: u32): bool {
  let p = at;
  while (p < end && isWord(load<u8>(p))) p++;
  if (p == at || load<u8>(p - 1) == 0x5f) return false;
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
