// Linear memory: static tables first, then one region that is used from the bottom up and emptied by every scan.
//
//   0 … 1,023             zeros: address 0 stands for no node, and reads as one without a kind
//   … heap                data segments: constants, learned keys, name tables, the desks (desk.ts); of fixed size
//   heap … heap + 64      never written: loads of eight bytes before the body are harmless
//   body · 128 zeros      the copy of the request
//   marks                 two bitmaps, one bit a byte of the body each, and a list of some of its words (marks.ts)
//   unstorable            first bytes of tokens that the store can't hold, u32 each
//   nodes                 32 bytes a value (tree.ts)
//   events                u32 each: the nodes of the list
//   finish: program and facts that have no place on a desk, path states, places of hashes, rows, the output with room
//   for the worst case, and above it texts of one event
//
// Bound: 20 bytes a byte of the body before `finish`, and at most 1 GiB (16,384 pages) in all; past it the module
// traps, the host drops the instance and the request fails.

const pageBits: u32 = 16;
/** Bytes past which the module gives up. */
export const memoryMax: u32 = 0x40000000;

/** What is free behind the body and behind the output: wide loads and stores reach less far past what they are about. */
export const slack: u32 = 128;

/** First free byte. */
export let top: u32 = 0;
/** Bytes that memory has now. */
let limit: u32 = 0;

/** Empties everything above the static data. Returns where the body is to be written. */
export function resetMemory(): u32 {
  top = ((<u32>__heap_base + 15) & ~15) + 64;
  limit = <u32>memory.size() << pageBits;
  return top;
}

/** Makes sure that `bytes` more (and 128 of slack for wide stores) fit above `top`. */
@inline
export function reserve(bytes: u32): void {
  if (<u64>top + <u64>bytes + 128 > <u64>limit) grow(bytes);
}

function grow(bytes: u32): void {
  const wanted = <u64>top + <u64>bytes + 128;
  // A quarter more than wanted, so that growing stays rare.
  const pages = <i32>((wanted + (wanted >> 2) + 0xffff) >> pageBits) - memory.size();
  if (wanted > memoryMax || memory.grow(pages) < 0) unreachable();
  limit = <u32>memory.size() << pageBits;
}

/**
 * Takes `bytes`, aligned to 8. Two allocations never touch: the byte behind one is not the first of the next, which
 * lets the writer tell neighbours in the source from neighbours by chance (output.ts).
 */
export function take(bytes: u32): u32 {
  reserve(bytes + 16);
  const start = top;
  top = (start + bytes + 9) & ~7;
  return start;
}

@inline
export function setTop(at: u32): void {
  top = at;
}

/** Copies forward in blocks of 16; writes up to 15 bytes too many behind the target, which must be free. */
@inline
export function copy(to: u32, from: u32, bytes: u32): void {
  let i: u32 = 0;
  do {
    v128.store(to + i, v128.load(from + i));
    i += 16;
  } while (i < bytes);
}

/** The same into the output, in blocks of 64, up to 63 bytes too many: one loop, for its end is hard to predict. */
export function copyRun(to: u32, from: u32, bytes: u32): void {
  let i: u32 = 0;
  do {
    v128.store(to + i, v128.load(from + i));
    v128.store(to + i, v128.load(from + i, 16), 16);
    v128.store(to + i, v128.load(from + i, 32), 32);
    v128.store(to + i, v128.load(from + i, 48), 48);
    i += 64;
  } while (i < bytes);
}

/** True if two stretches hold the same bytes. */
export function same(a: u32, b: u32, bytes: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= bytes; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  for (; i < bytes; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}
