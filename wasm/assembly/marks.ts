// One pass over the body before anything is parsed: validates UTF-8 and leaves four bitmaps, one bit a byte.
//
//   marks    quote, backslash, control: where a string ends or needs care
//   hints    @ % + :: and lead byte EF: what an email, a phone or an encoded address needs
//   dots     a dot between digits (at the borders of 64 bytes: any dot that may be one)
//   colons   every colon
//
// Worked value: `{"a":"x"}` has marks at 1, 3, 5, 7: bits 0b1010_1010; string "x" opens at 5, the next mark from 6 on
// is 7, so it is the bytes [5, 8).
import { firstIllFormed, utf8Errors } from "./utf8";

/** Start of the text that the bitmaps are about; bit i stands for byte base + i. */
export let base: u32 = 0;
let marks: u32 = 0;
let hints: u32 = 0;
let dots: u32 = 0;
let colons: u32 = 0;

/** Bytes that the four bitmaps of a text take. */
export function markBytes(length: u32): u32 {
  return ((length >> 6) + 1) * 32 + 64;
}

/** Fills the bitmaps at `into` for [start, start + length); 64 zeros must follow. Returns -1, or where UTF-8 ends. */
export function markText(start: u32, length: u32, into: u32): i32 {
  const words = (length >> 6) + 1;
  base = start;
  marks = into;
  hints = marks + words * 8 + 16;
  dots = hints + words * 8 + 16;
  colons = dots + words * 8 + 16;
  let before = i8x16.splat(0);
  let errors = i8x16.splat(0);
  let wide: u32 = 0;
  let colonBefore: u64 = 0;
  for (let word: u32 = 0; word < words; word++) {
    const at = start + (word << 6);
    const out = word << 3;
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const high = bits(a, b, c, d);
    if ((high != 0) | (wide != 0)) {
      errors = v128.or(errors, v128.or(utf8Errors(a, before), utf8Errors(b, a)));
      errors = v128.or(errors, v128.or(utf8Errors(c, b), utf8Errors(d, c)));
      wide = <u32>(high != 0);
    }
    before = d;
    store<u64>(marks + out, bits(special(a), special(b), special(c), special(d)) & ~high);
    const colon = same64(a, b, c, d, 0x3a);
    const pairs = colon & ((colon << 1) | colonBefore);
    colonBefore = colon >> 63;
    store<u64>(hints + out, bits(hint(a), hint(b), hint(c), hint(d)) | pairs);
    store<u64>(colons + out, colon);
    const dot = same64(a, b, c, d, 0x2e);
    const digit = bits(digits(a), digits(b), digits(c), digits(d));
    store<u64>(dots + out, dot & ((digit << 1) | 1) & ((digit >> 1) | 0x8000000000000000));
  }
  return v128.any_true(errors) ? firstIllFormed(start, start + length) : -1;
}

@inline
function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16);
  const high = <u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16);
  return <u64>low | (<u64>high << 32);
}

@inline
function same64(a: v128, b: v128, c: v128, d: v128, byte: i8): u64 {
  const x = i8x16.splat(byte);
  return bits(i8x16.eq(a, x), i8x16.eq(b, x), i8x16.eq(c, x), i8x16.eq(d, x));
}

/** Quote (0x22 ^ 2 = 0x20), control and backslash; bytes past 0x7f too: the caller clears them. */
@inline
function special(x: v128): v128 {
  return v128.or(i8x16.lt_s(v128.xor(x, i8x16.splat(2)), i8x16.splat(33)), i8x16.eq(x, i8x16.splat(0x5c)));
}

@inline
function hint(x: v128): v128 {
  const a = v128.or(i8x16.eq(x, i8x16.splat(0x40)), i8x16.eq(x, i8x16.splat(0x25)));
  return v128.or(a, v128.or(i8x16.eq(x, i8x16.splat(0x2b)), i8x16.eq(x, i8x16.splat(-17))));
}

@inline
function digits(x: v128): v128 {
  return i8x16.lt_u(i8x16.sub(x, i8x16.splat(0x30)), i8x16.splat(10));
}

/** The first quote, backslash or control byte at or after `at`; the zeros behind the text stop it. */
@inline
export function nextMark(at: u32): u32 {
  const offset = at - base;
  const word = load<u64>(marks + (offset >> 3)) >> (offset & 7);
  return word != 0 ? at + <u32>ctz(word) : farMark(offset);
}

function farMark(from: u32): u32 {
  let offset = (from & ~7) + 64;
  while (true) {
    const word = load<u64>(marks + (offset >> 3));
    if (word != 0) return base + offset + <u32>ctz(word);
    offset += 64;
  }
}

/** Least counts that an address needs without a `::`: three dots between digits, or six colons. */
const dotsMin: u64 = 3;
const colonsMin: u64 = 6;

/** False only if the detector can find nothing in the unescaped text [start, end). */
@inline
export function mayHide(start: u32, end: u32): bool {
  const offset = start - base;
  const length = end - start;
  if (length > 56) return farHide(offset, length);
  const mask = ((<u64>1) << length) - 1;
  const byte = offset >> 3;
  const shift = <u64>(offset & 7);
  if (((load<u64>(hints + byte) >> shift) & mask) != 0) return true;
  if (length < 7) return false;
  const dot = popcnt((load<u64>(dots + byte) >> shift) & mask) >= dotsMin;
  return dot || popcnt((load<u64>(colons + byte) >> shift) & mask) >= colonsMin;
}

function farHide(start: u32, bytes: u32): bool {
  let offset = start;
  let length = bytes;
  let dotCount: u64 = 0;
  let colonCount: u64 = 0;
  while (length > 0) {
    const piece = min<u32>(length, 56);
    const mask = ((<u64>1) << piece) - 1;
    const byte = offset >> 3;
    const shift = <u64>(offset & 7);
    if (((load<u64>(hints + byte) >> shift) & mask) != 0) return true;
    dotCount += popcnt((load<u64>(dots + byte) >> shift) & mask);
    colonCount += popcnt((load<u64>(colons + byte) >> shift) & mask);
    offset += piece;
    length -= piece;
  }
  return dotCount >= dotsMin || colonCount >= colonsMin;
}
