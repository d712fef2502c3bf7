// Globs: `*` is any run, `?` one code point, all else itself; the whole text must match.
//
// As a rule a text is tried from the last star on, one place after the other. One that nearly matches again and again
// is read once, with all ways to match followed at once (domain/data-layer/glob.ts does so always):
//
//   reached   a bit per number of signs (what is no star) that may have matched so far; n signs have n + 1 bits, in u64
//   stays     bits of those where a star stands: whatever comes, they stay reached
//   steps     a row of bits per character: from where it leads one further; rows of ASCII by code, then those of the
//             pattern's other characters, found by `slots` (code u32, row u32; open addressing), then one of all others
//
// Worked value: `a*b` has the signs a, b; stays is 0b010; the row of a is 0b001, of b 0b010. Of `axb` bit 1 is reached
// with a, stays with x, and with b bit 2 is reached: it matches.
import { same, setTop, take, top } from "./memory";
import { codePoint, sequenceBytes } from "./utf8";

const STAR: u32 = 0x2a;
const ANY_ONE: u32 = 0x3f;
const ASCII: u32 = 128;

/** Bytes read again, per byte of text, after which `matches` no longer tries. */
const triesMax: u32 = 1;

/** True if [text, end) matches; both are well-formed UTF-8. Time grows linearly with the text. */
export function matches(text: u32, end: u32, pattern: u32, patternEnd: u32): bool {
  let p = pattern;
  let star: u32 = 0;
  let resume: u32 = 0;
  let left = (end - text) * triesMax;
  for (let t = text; t < end; ) {
    const size = sequenceBytes(load<u8>(t));
    if (p < patternEnd && load<u8>(p) == STAR) {
      star = p++;
      resume = t;
    } else if (p < patternEnd && load<u8>(p) == ANY_ONE) {
      p++;
      t += size;
    } else if (p < patternEnd && sequenceBytes(load<u8>(p)) == size && same(p, t, size)) {
      p += size;
      t += size;
    } else if (star != 0) {
      if (left < t - resume) return matchesAnyhow(text, end, pattern, patternEnd);
      left -= t - resume;
      p = star + 1;
      resume += sequenceBytes(load<u8>(resume));
      t = resume;
    } else {
      return false;
    }
  }
  while (p < patternEnd && load<u8>(p) == STAR) p++;
  return p == patternEnd;
}

let rowBytes: u32 = 0;
let rows: u32 = 0;
let rowsEnd: u32 = 0;
let slots: u32 = 0;
let slotMask: u32 = 0;

/** The same, all ways at once; its memory is given back. */
function matchesAnyhow(text: u32, end: u32, pattern: u32, patternEnd: u32): bool {
  const before = top;
  const most = patternEnd - pattern;
  rowBytes = ((most >> 6) + 1) << 3;
  const reached = zeros(rowBytes);
  const stays = zeros(rowBytes);
  const any = zeros(rowBytes);
  rows = zeros((ASCII + most + 1) * rowBytes);
  rowsEnd = rows + ASCII * rowBytes;
  slotMask = 1;
  while (slotMask < 2 * most) slotMask = slotMask * 2 + 1;
  slots = zeros((slotMask + 1) << 3);
  const signs = layPattern(pattern, patternEnd, stays, any);
  store<u64>(reached, 1);
  const matched = rowBytes == 8
    ? readShort(text, end, signs, load<u64>(stays), load<u64>(any))
    : readLong(text, end, signs, reached, stays, any);
  setTop(before);
  return matched;
}

/** Reads the text with bits that fit one word. */
function readShort(text: u32, end: u32, signs: u32, stays: u64, any: u64): bool {
  let reached: u64 = 1;
  for (let t = text; t < end; ) {
    const byte = <u32>load<u8>(t);
    const row = byte < ASCII ? rows + (byte << 3) : rowOf(codePoint(t), false);
    reached = ((reached & (load<u64>(row) | any)) << 1) | (reached & stays);
    if (reached == 0) return false;
    t += sequenceBytes(byte);
  }
  return ((reached >> signs) & 1) != 0;
}

function readLong(text: u32, end: u32, signs: u32, reached: u32, stays: u32, any: u32): bool {
  let alive = true;
  for (let t = text; t < end && alive; t += sequenceBytes(load<u8>(t))) {
    alive = step(reached, stays, any, rowOf(codePoint(t), false));
  }
  return alive && ((load<u64>(reached + ((signs >> 6) << 3)) >> (signs & 63)) & 1) != 0;
}

/** Follows one character from all that is reached; false if it leads nowhere. */
@inline
function step(reached: u32, stays: u32, any: u32, row: u32): bool {
  let carried: u64 = 0;
  let alive: u64 = 0;
  for (let at: u32 = 0; at < rowBytes; at += 8) {
    const here = load<u64>(reached + at);
    const moved = here & (load<u64>(row + at) | load<u64>(any + at));
    const next = (moved << 1) | carried | (here & load<u64>(stays + at));
    carried = moved >> 63;
    store<u64>(reached + at, next);
    alive |= next;
  }
  return alive != 0;
}

/** Fills the rows; returns the number of signs. */
function layPattern(pattern: u32, patternEnd: u32, stays: u32, any: u32): u32 {
  let place: u32 = 0;
  for (let p = pattern; p < patternEnd; p += sequenceBytes(load<u8>(p))) {
    const code = codePoint(p);
    if (code == STAR) setBit(stays, place);
    else setBit(code == ANY_ONE ? any : rowOf(code, true), place++);
  }
  return place;
}

/** The row of a character; `made`: one that has none yet gets one, else it has that of all others. */
function rowOf(code: u32, made: bool): u32 {
  if (code < ASCII) return rows + code * rowBytes;
  let slot = (code * 0x9e3779b1) >> 7;
  while (true) {
    const at = slots + ((slot & slotMask) << 3);
    const known = load<u32>(at);
    if (known == code) return load<u32>(at, 4);
    if (known == 0) {
      if (!made) return rowsEnd;
      store<u32>(at, code);
      store<u32>(at, rowsEnd, 4);
      rowsEnd += rowBytes;
      return rowsEnd - rowBytes;
    }
    slot++;
  }
}

@inline
function setBit(row: u32, place: u32): void {
  const at = row + ((place >> 6) << 3);
  store<u64>(at, load<u64>(at) | ((<u64>1) << (place & 63)));
}

function zeros(bytes: u32): u32 {
  const at = take(bytes);
  memory.fill(at, 0, bytes);
  return at;
}
