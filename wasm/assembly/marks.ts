// One pass over the body before anything is parsed: validates UTF-8 and leaves two bitmaps, one bit a byte.
//
//   marks    quote, backslash, control: where a string ends or needs care
//   hints    % & ' ( ) * + and = > ? @ (two ranges), `::`, a colon behind no mark, `k/`, lead byte EF, characters that are
//            not seen, and the last of three dots that stand as close as in an address: a string without a hint holds
//            nothing for the detector. `nextHint` looks closer at those that mostly mean nothing, as the `=` of a query
//            behind a name that is no key of the table.
//
// Worked value: `{"a":"x"}` has marks at 1, 3, 5, 7: bits 0b1010_1010; string "x" opens at 5, the next mark from 6 on
// is 7, so it is the bytes [5, 8). `1.2.3.4` has a hint at its third dot, `2.0.1` none.
import { mayEndName } from "./key-table";
import { isEntity, mayFollowProduct } from "./signs";
import { firstIllFormed, utf8Errors } from "./utf8";
import { every } from "./vectors";

/** The bitmaps of a text; bit i stands for byte base + i, and base is a multiple of 8. */
export let base: u32 = 0;
export let marks: u32 = 0;
export let hints: u32 = 0;
/** Added to an eighth of an address: the byte of the bitmap that it has its mark in. */
export let marksBias: u32 = 0;

/** Bytes that the bitmaps of a text take, with the list of words that take a closer look. */
export function markBytes(length: u32): u32 {
  return ((length >> 6) + 1) * 20 + 32;
}

/** Turns to bitmaps that were filled before. */
export function useMarks(start: u32, marksAt: u32, hintsAt: u32): void {
  base = start;
  marks = marksAt;
  hints = hintsAt;
  marksBias = marks - (base >> 3);
}

/** Farthest that two dots of an IPv4 address, two colons of an IPv6 address can be apart. */
const dotsApart: i32 = 4;
const colonsApart: i32 = 5;

/**
 * Fills the bitmaps at `into` for [start, start + length); 80 zeros must follow. Returns -1, or where UTF-8 ends.
 *
 * The loop calls nothing, so that its constants stay in registers; words of 64 bytes that take more are listed, and
 * looked at behind it.
 */
export function markText(start: u32, length: u32, into: u32): i32 {
  const words = (length >> 6) + 1;
  const apart = words * 8 + 16;
  const list = into + 2 * apart;
  useMarks(start, into, into + apart);
  let listed = list;
  let marksBefore: u64 = 0;
  let dotsBefore: u64 = 0;
  let colonsBefore: u64 = 0;
  const quote = every(2);
  const low = every(33);
  const backslash = every(0x5c);
  const percent = every(0x5b);
  const seven = every(0x87);
  const equals = every(0x43);
  const four = every(0x84);
  const slash = every(0x2f);
  const colon = every(0x3a);
  const dot = every(0x2e);
  for (let p = start, out = into, end = start + (words << 6); p < end; p += 64, out += 8) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    // Quote (0x22 ^ 2 = 0x20), control and backslash; bytes past 0x7f too, which are cleared by the closer look.
    const mark = bits(
      v128.or(i8x16.lt_s(v128.xor(a, quote), low), i8x16.eq(a, backslash)),
      v128.or(i8x16.lt_s(v128.xor(b, quote), low), i8x16.eq(b, backslash)),
      v128.or(i8x16.lt_s(v128.xor(c, quote), low), i8x16.eq(c, backslash)),
      v128.or(i8x16.lt_s(v128.xor(d, quote), low), i8x16.eq(d, backslash)),
    );
    let hint = bits(
      hintsOf(a, p, percent, seven, equals, four, slash),
      hintsOf(b, p + 16, percent, seven, equals, four, slash),
      hintsOf(c, p + 32, percent, seven, equals, four, slash),
      hintsOf(d, p + 48, percent, seven, equals, four, slash),
    );
    const colons = same64(a, b, c, d, colon);
    const dots = same64(a, b, c, d, dot);
    const inner = innerColons(colons, mark, marksBefore);
    hint |= inner | (colons & ((colons << 1) | (colonsBefore >> 63)));
    // Three dots near each other: an IPv4 address has them within nine bytes, seldom on both sides of a border.
    const pairs = dots & ((dots << 2) | (dots << 3) | (dots << 4));
    hint |= dots & ((pairs << 2) | (pairs << 3) | (pairs << 4));
    store<u64>(out, mark);
    store<u64>(out + apart, hint);
    const high = i8x16.bitmask(v128.or(v128.or(a, b), v128.or(c, d))) != 0;
    if (high || (colons & 1 & (marksBefore >> 63)) != 0 || ((dots & 0xff) != 0 && dotsBefore >> 56 != 0)) {
      store<u32>(listed, p);
      listed += 4;
    }
    marksBefore = mark;
    dotsBefore = dots;
    colonsBefore = colons;
  }
  if (listed == list) return -1;
  v128.store(errors, i8x16.splat(0));
  for (let each = list; each < listed; each += 4) lookCloser(load<u32>(each), start);
  return v128.any_true(v128.load(errors)) ? firstIllFormed(start, start + length) : -1;
}

/**
 * Hints that sixteen bytes have by themselves. Both ranges are compared signed, from -128 on: `%` + 0x5b is -128, and
 * there are seven signs from there to `+`; `=` + 0x43 is -128, and there are four to `@`.
 */
@inline
function hintsOf(x: v128, p: u32, percent: v128, seven: v128, equals: v128, four: v128, slash: v128): v128 {
  const signs = v128.or(i8x16.lt_s(i8x16.add(x, percent), seven), i8x16.lt_s(i8x16.add(x, equals), four));
  return v128.or(signs, v128.and(i8x16.eq(x, slash), i8x16.eq(v128.load(p - 1), every(0x6b))));
}

/** A colon behind a mark is JSON's own, or the first of an address. */
@inline
function innerColons(colons: u64, mark: u64, marksBefore: u64): u64 {
  return colons & ~((mark << 1) | (marksBefore >> 63));
}

/** Bytes past 0x7f of a word, dots and colons that may be an address's. */
function lookCloser(at: u32, start: u32): void {
  const before = at == start ? i8x16.splat(0) : v128.load(at - 16);
  const a = v128.load(at);
  const b = v128.load(at, 16);
  const c = v128.load(at, 32);
  const d = v128.load(at, 48);
  const out = marksBias + (at >> 3);
  const wide = bits(a, b, c, d);
  // A colon behind such a byte was taken for JSON's own.
  const behind = (wide << 1) | <u64>((<u32>i8x16.bitmask(before) >> 15) & 1);
  let hint: u64 = behind == 0 ? 0 : same64(a, b, c, d, every(0x3a)) & behind;
  if (wide != 0) {
    validate(before, a, b, c, d, v128.load(at, 64));
    store<u64>(out, load<u64>(out) & ~wide);
    hint |= same64(a, b, c, d, i8x16.splat(-17));
    const leads = same64(a, b, c, d, i8x16.splat(-30)) | same64(a, b, c, d, i8x16.splat(-62));
    if (leads != 0) hint |= unseen(at, leads);
    // A dot between digits of other scripts, which take more bytes than three dots of an address may be apart.
    const ahead = (wide >> 1) | (<u64>(<u32>load<u8>(at + 64) >> 7) << 63);
    hint |= same64(a, b, c, d, every(0x2e)) & behind & ahead;
  }
  const dots = same64(a, b, c, d, every(0x2e));
  const lastDots = <u32>i8x16.bitmask(i8x16.eq(before, every(0x2e)));
  if ((dots & 0xff) != 0 && lastDots != 0) hint |= chained(lastDots, dots);
  const hintAt = out + (hints - marks);
  store<u64>(hintAt, load<u64>(hintAt) | hint);
}

/** Of bytes E2 and C2 those that begin a character which is not seen: U+00AD, U+200B …, U+202A …, U+2060 … */
function unseen(at: u32, leads: u64): u64 {
  let found: u64 = 0;
  for (let rest = leads; rest != 0; rest &= rest - 1) {
    const bit = <u32>ctz(rest);
    const next = <u32>load<u8>(at + bit, 1);
    const last = <u32>load<u8>(at + bit, 2);
    const isUnseen =
      load<u8>(at + bit) == 0xc2
        ? next == 0xad
        : (next == 0x80 && (last - 0x8b < 5 || last - 0xaa < 5)) || (next == 0x81 && last >= 0xa0);
    if (isUnseen) found |= (<u64>1) << bit;
  }
  return found;
}

/** Error bits so far: none set if all is well formed. */
const errors: u32 = <u32>memory.data(16, 16);

/** Notes what is wrong with the UTF-8 of a word of four blocks, and with what of it ends in the block behind. */
function validate(before: v128, a: v128, b: v128, c: v128, d: v128, behind: v128): void {
  const left = v128.or(utf8Errors(a, before), utf8Errors(b, a));
  const right = v128.or(utf8Errors(c, b), utf8Errors(d, c));
  const all = v128.or(v128.or(left, right), utf8Errors(behind, d));
  v128.store(errors, v128.or(v128.load(errors), all));
}

@inline
function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16);
  const high = <u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16);
  return <u64>low | (<u64>high << 32);
}

@inline
function same64(a: v128, b: v128, c: v128, d: v128, x: v128): u64 {
  return bits(i8x16.eq(a, x), i8x16.eq(b, x), i8x16.eq(c, x), i8x16.eq(d, x));
}

/** Bits of `bits` that have two more before them, near each other; `before`: sixteen before. */
function chained(before: u32, bits: u64): u64 {
  let last: i32 = -1000;
  let run: u32 = 0;
  let found: u64 = 0;
  for (let rest = before; rest != 0; rest &= rest - 1) {
    const at = <i32>ctz(rest) - 16;
    run = at - last <= dotsApart ? run + 1 : 1;
    last = at;
  }
  for (let rest = bits; rest != 0; rest &= rest - 1) {
    const at = <i32>ctz(rest);
    run = at - last <= dotsApart ? run + 1 : 1;
    last = at;
    if (run > 2) found |= (<u64>1) << at;
  }
  return found;
}

/** The first quote, backslash or control byte at or after `at`; the zeros behind the text stop it. */
@inline
export function nextMark(at: u32, bias: u32): u32 {
  const word = marksFrom(at, bias);
  return word != 0 ? at + <u32>ctz(word) : farMark(at, bias);
}

/** The marks of the 57 bytes from `at` on, or more. */
@inline
export function marksFrom(at: u32, bias: u32): u64 {
  return load<u64>(bias + (at >> 3)) >> (at & 7);
}

/** The first mark behind those that `marksFrom` tells. */
export function farMark(at: u32, bias: u32): u32 {
  let byte = (at & ~7) + 64;
  let word = load<u64>(bias + (byte >> 3));
  while (word == 0) {
    byte += 64;
    word = load<u64>(bias + (byte >> 3));
  }
  return byte + <u32>ctz(word);
}

/** The first hint at or after `at` that a closer look confirms, or an address behind `end`. */
export function nextHint(at: u32, end: u32): u32 {
  let hint = rawHint(at, end);
  while (hint < end && !isConfirmed(hint)) hint = rawHint(hint + 1, end);
  return hint;
}

@inline
function rawHint(at: u32, end: u32): u32 {
  let offset = at - base;
  const word = load<u64>(hints + (offset >> 3)) >> (offset & 7);
  if (word != 0) return at + <u32>ctz(word);
  for (offset = (offset & ~7) + 64; base + offset < end; offset += 64) {
    const next = load<u64>(hints + (offset >> 3));
    if (next != 0) return base + offset + <u32>ctz(next);
  }
  return u32.MAX_VALUE;
}

/** False of a hint that is a sign of nothing where it stands: most of those in a query. */
@inline
function isConfirmed(at: u32): bool {
  const byte = <u32>load<u8>(at);
  if (byte - 0x26 < 5) {
    if (byte == 0x26) return isEntity(at, u32.MAX_VALUE);
    // Behind a backslash stands a tab or a line's end.
    return byte == 0x28 && (mayFollowProduct(load<u8>(at - 1)) || load<u8>(at - 2) == 0x5c);
  }
  if (byte == 0x3a) return isNaming(at) || isChained(at);
  if (byte - 0x3d > 2) return true;
  // Mail writes an at-sign as `=40`.
  return byte == 0x3d && (load<u16>(at, 1) == 0x3034 || mayEndName(at));
}

/** A colon behind neither a digit nor a colon, not one of a URL. */
@inline
function isNaming(at: u32): bool {
  return <u32>load<u8>(at - 1) - 0x30 > 10 && load<u8>(at, 1) != 0x2f;
}

/** A colon behind another, or the third of three that stand as close as in an IPv6 address. */
function isChained(at: u32): bool {
  const before = i8x16.bitmask(i8x16.eq(v128.load(at - 16), every(0x3a)));
  const last = 31 - <i32>clz(before);
  if (before == 0 || 16 - last > colonsApart) return false;
  if (last == 15) return true;
  const more = before & ((1 << last) - 1);
  return more != 0 && last - (31 - <i32>clz(more)) <= colonsApart;
}
