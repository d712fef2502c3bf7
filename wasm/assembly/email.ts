// The addresses that most people have, sixteen bytes at a time: ASCII words with dots or a plus, an at-sign, labels of
// letters, digits, hyphens and underscores, the last beginning with two letters and certainly no file's ending. All
// others take the automaton (detector.ts), which says the same of these.
//
// Worked value: `Ab@x.de` has its at-sign at bit 2 and a dot at bit 4; behind the dot stand two letters: it is one, and
// `ab@x.de` is written.
import { every } from "./vectors";

/** Longest text that is looked at here. */
const bytesMax: u32 = 64;

/** True if the text is such an address; its lower case stands at `to` then. Writes up to 64 bytes there in any case. */
export function lowerEmail(at: u32, bytes: u32, to: u32): bool {
  if (bytes > bytesMax) return false;
  let signs: u64 = 0;
  let dots: u64 = 0;
  let digits: u64 = 0;
  let inLabel: u64 = 0;
  let inWord: u64 = 0;
  let inLocal: u64 = 0;
  const space = every(0x20);
  for (let i: u32 = 0; i < bytes; i += 16) {
    const x = v128.load(at + i);
    const letter = i8x16.lt_u(i8x16.sub(v128.or(x, space), every(0x61)), every(26));
    v128.store(to + i, v128.or(x, v128.and(letter, space)));
    const digit = i8x16.lt_u(i8x16.sub(x, every(0x30)), every(10));
    const line = v128.or(i8x16.eq(x, every(0x2d)), i8x16.eq(x, every(0x5f)));
    const label = v128.or(v128.or(letter, digit), line);
    const dot = i8x16.eq(x, every(0x2e));
    signs |= bitsOf(i8x16.eq(x, every(0x40)), i);
    dots |= bitsOf(dot, i);
    digits |= bitsOf(digit, i);
    inLabel |= bitsOf(label, i);
    inWord |= bitsOf(letter, i);
    inLocal |= bitsOf(v128.or(v128.or(label, dot), i8x16.eq(x, every(0x2b))), i);
  }
  const whole = ~(<u64>0) >> (64 - bytes);
  const sign = ctz(signs & whole);
  if (bytes == 0 || sign == 0 || sign == 64) return false;
  const local = ((<u64>1) << sign) - 1;
  const domain = whole & ~(local | (local << 1) | 1);
  const points = dots & domain;
  if ((local & ~inLocal) != 0 || (domain & ~(inLabel | points)) != 0 || points == 0) return false;
  // No label is empty: no dot behind a dot, behind the at-sign or at the end.
  if ((points & ((points | signs) << 1)) != 0) return false;
  // Domains that begin with a digit may be versions or files, and a last label may be a file's ending: not looked at
  // here, but for the endings of most addresses.
  if ((digits & (signs << 1)) != 0) return false;
  const end = <u32>(64 - clz(points));
  const size = bytes - end;
  if (size < 2 || ((inWord >> end) & 3) != 3) return false;
  return size == 2 ? isSafePair(load<u16>(to + end)) : isSafeEnding(load<u32>(to + end), size);
}

/** True of two bytes that are no file's ending: not `js`, `gz`, `xz`. */
@inline
function isSafePair(pair: u32): bool {
  return pair != 0x736a && pair != 0x7a67 && pair != 0x7a78;
}

/** True of com, net, org and info, and of what is longer than all endings of files. */
function isSafeEnding(four: u32, size: u32): bool {
  if (size > 5) return true;
  if (size == 4) return four == 0x6f666e69;
  const three = four & 0xffffff;
  return size == 3 && (three == 0x6d6f63 || three == 0x74656e || three == 0x67726f);
}

@inline
function bitsOf(which: v128, place: u32): u64 {
  return <u64>(<u32>i8x16.bitmask(which)) << place;
}
