// Texts held against each other, in time that grows linearly whatever they hold.
import { same, setTop, take, top } from "./memory";

/** Order by byte, which in UTF-8 is by code point: below, at or above 0. */
export function orderOfTexts(at: u32, bytes: u32, other: u32, otherBytes: u32): i32 {
  const shorter = min<u32>(bytes, otherBytes);
  for (let i: u32 = 0; i < shorter; i++) {
    const differ = <i32>load<u8>(at + i) - <i32>load<u8>(other + i);
    if (differ != 0) return differ;
  }
  return bytes < otherBytes ? -1 : <i32>(bytes > otherBytes);
}

/** Characters of [at, at + bytes), which is well-formed UTF-8. */
export function codePoints(at: u32, bytes: u32): u32 {
  const end = at + bytes;
  let count: u32 = 0;
  let p = at;
  // What continues a character is -128 to -65 as a signed byte.
  for (; p + 16 <= end; p += 16) {
    count += <u32>popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(p), i8x16.splat(-65))));
  }
  for (; p < end; p++) count += <u32>((load<u8>(p) & 0xc0) != 0x80);
  return count;
}

/** Bytes in vain, per byte of text, after which `contains` no longer guesses. */
const guessesMax: u32 = 2;

/**
 * True if [text, end) holds the part: wherever its first and last byte stand in the right distance, 16 places at a
 * time, the rest is compared. Up to `bytes` + 15 bytes behind the text are read.
 */
export function contains(text: u32, end: u32, part: u32, bytes: u32): bool {
  if (bytes == 0) return true;
  if (end - text < bytes) return false;
  const first = i8x16.splat(load<u8>(part));
  const last = i8x16.splat(load<u8>(part + bytes - 1));
  const stop = end - bytes;
  let left = (end - text) * guessesMax;
  for (let p = text; p <= stop; p += 16) {
    const fits = v128.and(i8x16.eq(v128.load(p), first), i8x16.eq(v128.load(p + bytes - 1), last));
    for (let hits = <u32>i8x16.bitmask(fits); hits != 0; hits &= hits - 1) {
      const at = p + ctz(hits);
      if (at > stop) return false;
      if (same(at, part, bytes)) return true;
      if (left < bytes) return containsAnyhow(at + 1, end, part, bytes);
      left -= bytes;
    }
  }
  return false;
}

/** Knuth, Morris and Pratt's search: linear for every text and part. */
function containsAnyhow(text: u32, end: u32, part: u32, bytes: u32): bool {
  const mark = top;
  const fallback = take((bytes + 1) * 4);
  setTop(mark);
  store<u32>(fallback, 0);
  store<u32>(fallback, 0, 4);
  for (let i: u32 = 1, k: u32 = 0; i < bytes; i++) {
    while (k > 0 && load<u8>(part + i) != load<u8>(part + k)) k = load<u32>(fallback + k * 4);
    if (load<u8>(part + i) == load<u8>(part + k)) k++;
    store<u32>(fallback + (i + 1) * 4, k);
  }
  let p = text;
  let k: u32 = 0;
  while (true) {
    if (k == bytes) return true;
    if (p == end) return false;
    while (k > 0 && load<u8>(p) != load<u8>(part + k)) k = load<u32>(fallback + k * 4);
    if (load<u8>(p) == load<u8>(part + k)) k++;
    p++;
  }
}
