// What calling codes say of phone numbers (domain/data-layer/phone-facts.ts), as the host encoded it
// (wasm/encode-phone-table.ts). All numbers are little endian, all offsets from the first byte.
//
//   0 offsets u16: rows, sets, areas, bare beginnings
//   8 the row + 1 of the calling code that three digits begin with, u8 each, 0: none is assigned
//   rows, 16 bytes each: 0 digits of the code u8 · 1 bit 0 expects a trunk prefix, bit 1 mobile fifteen
//     2 offset of trunks, 4 of exits: count u8, then for each: bytes u8, ASCII digits
//     6 offset, 8 count of lengths, ascending, 4 bytes each: 0 from three digits on u16 · 2 set u16 · 12 all lengths u32
//   sets: u32 each, bit n for n digits; areas, bare beginnings: a bit for each three digits
import { same } from "./memory";

const table: u32 = <u32>memory.data(16384, 16);

export function phoneTableAt(): u32 {
  return table;
}

/** Up to three ASCII digits as a number, as if zeros stood behind them. */
function threeDigits(at: u32, bytes: u32): u32 {
  const first = bytes > 0 ? <u32>load<u8>(at) - 0x30 : 0;
  const second = bytes > 1 ? <u32>load<u8>(at, 1) - 0x30 : 0;
  const third = bytes > 2 ? <u32>load<u8>(at, 2) - 0x30 : 0;
  return first * 100 + second * 10 + third;
}

/** The row of the calling code that digits begin with, or 0. */
export function rowLeading(at: u32, bytes: u32): u32 {
  const index = <u32>load<u8>(table + 8 + threeDigits(at, bytes));
  if (index == 0) return 0;
  const row = table + <u32>load<u16>(table) + (index - 1) * 16;
  return codeBytesOf(row) <= bytes ? row : 0;
}

/** The row of just that calling code, or 0. */
export function rowOfCode(at: u32, bytes: u32): u32 {
  const row = rowLeading(at, bytes);
  return row != 0 && codeBytesOf(row) == bytes ? row : 0;
}

@inline
export function codeBytesOf(row: u32): u32 {
  return <u32>load<u8>(row);
}
@inline
export function expectsTrunk(row: u32): bool {
  return (load<u8>(row, 1) & 1) != 0;
}
@inline
export function hasMobileFifteen(row: u32): bool {
  return (load<u8>(row, 1) & 2) != 0;
}
/** List of what stands before a national number there, a zero last. */
@inline
export function trunksOf(row: u32): u32 {
  return table + <u32>load<u16>(row, 2);
}
/** List of what stands before a calling code there. */
@inline
export function exitsOf(row: u32): u32 {
  return table + <u32>load<u16>(row, 4);
}

/** True if the entry of a list, at its length, is what digits begin with. */
export function isBefore(entry: u32, at: u32, bytes: u32): bool {
  const length = <u32>load<u8>(entry);
  return length <= bytes && same(entry + 1, at, length);
}

export function isPossibleNumber(row: u32, at: u32, bytes: u32): bool {
  if (bytes > 31) return false;
  const first = threeDigits(at, bytes);
  const lengths = table + <u32>load<u16>(row, 6);
  let entry = lengths + (<u32>load<u16>(row, 8) - 1) * 4;
  while (<u32>load<u16>(entry) > first) entry -= 4;
  const set = load<u32>(table + <u32>load<u16>(table, 2) + <u32>load<u16>(entry, 2) * 4);
  return ((set >> bytes) & 1) != 0;
}

export function isPossibleLength(row: u32, bytes: u32): bool {
  return bytes < 32 && ((load<u32>(row, 12) >> bytes) & 1) != 0;
}

export function isAssignedArea(at: u32): bool {
  return hasBit(table + <u32>load<u16>(table, 4), threeDigits(at, 3));
}

export function isWrittenBare(at: u32): bool {
  return hasBit(table + <u32>load<u16>(table, 6), threeDigits(at, 3));
}

function hasBit(bits: u32, index: u32): bool {
  return ((<u32>load<u8>(bits + (index >> 3)) >> (index & 7)) & 1) != 0;
}
