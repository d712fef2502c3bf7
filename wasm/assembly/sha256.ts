// SHA-256 (FIPS 180-4), four messages of one block at a time; longer ones, and one that is left over, alone.
//
//   lanes     64 words of four lanes, 16 bytes each: W[t] of message 0…3 side by side
//   blocks    four padded blocks of 64 bytes, each with as much again and more for wide stores
//   words     64 words of a single message
//   slots     where each waiting message's 64 hex bytes go
//
// A message waits until four are there or `flushHashes` is called; its text is copied at once.
// Worked value: "abc" becomes ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad.
import { copy } from "./memory";

const lanes: u32 = <u32>memory.data(64 * 16, 16);
const BLOCK: u32 = 144;
const blocks: u32 = <u32>memory.data(4 * 144, 16);
const words: u32 = <u32>memory.data(64 * 4, 16);
const slots: u32 = <u32>memory.data(16, 16);
const state: u32 = <u32>memory.data(32, 16);
const hexDigits: u32 = <u32>memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);
const K: u32 = <u32>memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
/** Longest text that fits into one block with what ends it. */
export const laneBytesMax: u32 = 55;

let waiting: u32 = 0;
/** How often lanes were emptied; wraps. */
let flushes: u32 = 0;

export function resetHashes(): void {
  waiting = 0;
}

/** Stands for what waits now. */
export function hashMark(): u32 {
  return (flushes << 2) | waiting;
}

/** Forgets what came to wait since a mark. */
export function dropHashes(mark: u32): void {
  waiting = mark >> 2 == (flushes & 0x3fffffff) ? mark & 3 : 0;
}

/** Hashes a text into 64 hex bytes at `slot`, now or by `flushHashes`. */
export function hashInto(at: u32, bytes: u32, slot: u32): void {
  if (bytes > laneBytesMax) {
    flushHashes();
    hashAlone(at, bytes, slot);
    return;
  }
  copy(lane(), at, bytes);
  hashLane(bytes, slot);
}

/** Where a text of at most 55 bytes may be written that `hashLane` is to hash; 64 bytes and more are free there. */
@inline
export function lane(): u32 {
  return blocks + waiting * BLOCK;
}

/** As `hashInto`, of a text that stands in `lane`. */
export function hashLane(bytes: u32, slot: u32): void {
  pad(lane(), bytes, bytes);
  store<u32>(slots + waiting * 4, slot);
  if (++waiting == 4) flushHashes();
}

/** Finishes what waits. */
export function flushHashes(): void {
  if (waiting == 0) return;
  flushes++;
  if (waiting == 1) {
    resetState();
    compressFrom(blocks);
    putHex(load<u32>(slots), v128.load(state), v128.load(state, 16));
  } else {
    for (let i: u32 = 0; i < 4; i++) {
      const at = blocks + i * 16;
      transpose(words4(at), words4(at + BLOCK), words4(at + 2 * BLOCK), words4(at + 3 * BLOCK), lanes + i * 64);
    }
    compressFour(waiting);
  }
  waiting = 0;
}

/** Four big-endian words. */
@inline
function words4(at: u32): v128 {
  const x = v128.load(at);
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Ends the last block of a message of `total` bytes behind its own `bytes`: 0x80, zeros, the length in bits. */
function pad(block: u32, bytes: u32, total: u32): void {
  const rest = block + bytes;
  const zero = i8x16.splat(0);
  v128.store(rest, zero);
  v128.store(rest, zero, 16);
  v128.store(rest, zero, 32);
  v128.store(rest, zero, 48);
  store<u8>(rest, 0x80);
  if (bytes < 56) store<u32>(block, bswap<u32>(total << 3), 60);
}

function hashAlone(at: u32, bytes: u32, slot: u32): void {
  resetState();
  let left = bytes;
  let from = at;
  for (; left >= 64; left -= 64, from += 64) compressFrom(from);
  copy(blocks, from, left);
  pad(blocks, left, bytes);
  if (left >= 56) {
    compressFrom(blocks);
    memory.fill(blocks, 0, 64);
    store<u32>(blocks, bswap<u32>(bytes << 3), 60);
  }
  compressFrom(blocks);
  putHex(slot, v128.load(state), v128.load(state, 16));
}

function resetState(): void {
  v128.store(state, i32x4(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a));
  v128.store(state, i32x4(0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19), 16);
}

function compressFrom(at: u32): void {
  for (let t: u32 = 0; t < 64; t += 16) v128.store(words + t, words4(at + t));
  compressOne();
}

/** One block, whose first 16 words stand in `words`, into `state`. */
function compressOne(): void {
  for (let t: u32 = 16; t < 64; t++) {
    const p = words + t * 4;
    const w15 = load<u32>(p - 60);
    const w2 = load<u32>(p - 8);
    const s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >> 3);
    const s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >> 10);
    store<u32>(p, load<u32>(p - 64) + s0 + load<u32>(p - 28) + s1);
  }
  let a = load<u32>(state), b = load<u32>(state, 4), c = load<u32>(state, 8), d = load<u32>(state, 12);
  let e = load<u32>(state, 16), f = load<u32>(state, 20), g = load<u32>(state, 24), h = load<u32>(state, 28);
  for (let t: u32 = 0; t < 256; t += 4) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = h + s1 + (g ^ (e & (f ^ g))) + load<u32>(K + t) + load<u32>(words + t);
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}

@inline
function rotate(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

@inline
function sum1(e: v128): v128 {
  return v128.xor(v128.xor(rotate(e, 6), rotate(e, 11)), rotate(e, 25));
}
@inline
function sum0(a: v128): v128 {
  return v128.xor(v128.xor(rotate(a, 2), rotate(a, 13)), rotate(a, 22));
}
@inline
function choose(e: v128, f: v128, g: v128): v128 {
  return v128.xor(g, v128.and(e, v128.xor(f, g)));
}
@inline
function majority(a: v128, b: v128, c: v128): v128 {
  return v128.or(v128.and(a, b), v128.and(c, v128.or(a, b)));
}

/** What a round adds to two of the state's words; `p`, `k`: the round's W and constant. */
@inline
function temporary(e: v128, f: v128, g: v128, h: v128, p: u32, k: u32): v128 {
  const added = i32x4.add(v128.load(p), v128.load32_splat(k));
  return i32x4.add(i32x4.add(h, sum1(e)), i32x4.add(choose(e, f, g), added));
}

/** Makes the W of sixteen rounds on. */
@inline
function extend(p: u32): void {
  const w15 = v128.load(p, 16);
  const w2 = v128.load(p, 224);
  const s0 = v128.xor(v128.xor(rotate(w15, 7), rotate(w15, 18)), i32x4.shr_u(w15, 3));
  const s1 = v128.xor(v128.xor(rotate(w2, 17), rotate(w2, 19)), i32x4.shr_u(w2, 10));
  v128.store(p, i32x4.add(i32x4.add(v128.load(p), s0), i32x4.add(v128.load(p, 144), s1)), 256);
}

/**
 * One block of four messages at once; only the first `count` are written. A round waits for the one before it, so each
 * makes a later round's W meanwhile; that costs a quarter less than all W first. The last sixteen have none to make.
 */
function compressFour(count: u32): void {
  let a = i32x4.splat(0x6a09e667), b = i32x4.splat(0xbb67ae85), c = i32x4.splat(0x3c6ef372);
  let d = i32x4.splat(0xa54ff53a), e = i32x4.splat(0x510e527f), f = i32x4.splat(0x9b05688c);
  let g = i32x4.splat(0x1f83d9ab), h = i32x4.splat(0x5be0cd19);
  let p = lanes;
  let k = K;
  for (; p < lanes + 768; p += 16, k += 4) {
    const t1 = temporary(e, f, g, h, p, k);
    const t2 = i32x4.add(sum0(a), majority(a, b, c));
    h = g; g = f; f = e; e = i32x4.add(d, t1);
    d = c; c = b; b = a; a = i32x4.add(t1, t2);
    extend(p);
  }
  for (; p < lanes + 1024; p += 16, k += 4) {
    const t1 = temporary(e, f, g, h, p, k);
    const t2 = i32x4.add(sum0(a), majority(a, b, c));
    h = g; g = f; f = e; e = i32x4.add(d, t1);
    d = c; c = b; b = a; a = i32x4.add(t1, t2);
  }
  a = i32x4.add(a, i32x4.splat(0x6a09e667));
  b = i32x4.add(b, i32x4.splat(0xbb67ae85));
  c = i32x4.add(c, i32x4.splat(0x3c6ef372));
  d = i32x4.add(d, i32x4.splat(0xa54ff53a));
  e = i32x4.add(e, i32x4.splat(0x510e527f));
  f = i32x4.add(f, i32x4.splat(0x9b05688c));
  g = i32x4.add(g, i32x4.splat(0x1f83d9ab));
  h = i32x4.add(h, i32x4.splat(0x5be0cd19));
  transpose(a, b, c, d, lanes);
  transpose(e, f, g, h, lanes + 64);
  for (let lane: u32 = 0; lane < count; lane++) {
    putHex(load<u32>(slots + lane * 4), v128.load(lanes + lane * 16), v128.load(lanes + 64 + lane * 16));
  }
}

/** Four words of four messages each into four vectors of one message's words. */
function transpose(a: v128, b: v128, c: v128, d: v128, to: u32): void {
  const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<u64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<u64>(ab, cd, 1, 3), 16);
  v128.store(to, v128.shuffle<u64>(abHigh, cdHigh, 0, 2), 32);
  v128.store(to, v128.shuffle<u64>(abHigh, cdHigh, 1, 3), 48);
}

function putHex(to: u32, left: v128, right: v128): void {
  putHex16(to, left);
  putHex16(to + 32, right);
}

/** Four big-endian words as 32 hex digits. */
function putHex16(to: u32, wordsOf: v128): void {
  const bytes = i8x16.shuffle(wordsOf, wordsOf, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const digits = v128.load(hexDigits);
  const high = i8x16.swizzle(digits, i8x16.shr_u(bytes, 4));
  const low = i8x16.swizzle(digits, v128.and(bytes, i8x16.splat(15)));
  v128.store(to, i8x16.shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  v128.store(to, i8x16.shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), 16);
}
