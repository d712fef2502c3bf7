// Strings: JSON's escapes read and written, trimming and lower case. ASCII here; what needs Unicode's tables beyond
// the simple ranges below is handed to the host, which answers with the rules of domain/data-layer.
import { reserve, setTop, take, top } from "./memory";
import { putCodePoint } from "./utf8";
import { every } from "./vectors";

/** Lower case of [at, at + bytes), written to `to`; returns the bytes written. Room: three times the bytes. */
@external("host", "lower")
declare function hostLower(at: u32, bytes: u32, to: u32): u32;

@inline
function hexDigit(byte: u32): u32 {
  return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
}

export function readHex4(at: u32): u32 {
  return (
    (hexDigit(load<u8>(at)) << 12) |
    (hexDigit(load<u8>(at, 1)) << 8) |
    (hexDigit(load<u8>(at, 2)) << 4) |
    hexDigit(load<u8>(at, 3))
  );
}

/**
 * Unescapes valid JSON string text [from, end) to `to`; returns the end of what it wrote, never more bytes than read.
 * Worked value: `a\u00e9\n` (9 bytes) becomes 61 c3 a9 0a. Unpaired surrogates become three bytes each.
 */
export function unescape(from: u32, end: u32, to: u32): u32 {
  let at = from;
  let out = to;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte != 0x5c) {
      store<u8>(out++, byte);
      at++;
      continue;
    }
    const letter = <u32>load<u8>(at, 1);
    if (letter != 0x75) {
      store<u8>(out++, simpleEscape(letter));
      at += 2;
      continue;
    }
    let code = readHex4(at + 2);
    at += 6;
    if ((code & 0xfc00) == 0xd800 && at + 6 <= end && load<u16>(at) == 0x755c) {
      const low = readHex4(at + 2);
      if ((low & 0xfc00) == 0xdc00) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        at += 6;
      }
    }
    out = putCodePoint(out, code);
  }
  return out;
}

function simpleEscape(letter: u32): u32 {
  switch (letter) {
    case 0x62:
      return 8;
    case 0x66:
      return 12;
    case 0x6e:
      return 10;
    case 0x72:
      return 13;
    case 0x74:
      return 9;
    default:
      return letter;
  }
}

/** End of the text that was quoted last, and whether it needed an escape. */
export let quotedEnd: u32 = 0;
export let quotedEscaped: bool = false;

/** Writes a text as `JSON.stringify` would, quotes included; returns where it starts. */
export function quote(at: u32, bytes: u32): u32 {
  const start = take(bytes * 6 + 2);
  let out = start;
  quotedEscaped = false;
  store<u8>(out++, 0x22);
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if (byte >= 0x20 && byte != 0x22 && byte != 0x5c) {
      store<u8>(out++, byte);
      continue;
    }
    quotedEscaped = true;
    out = putEscape(out, byte);
  }
  store<u8>(out++, 0x22);
  quotedEnd = out;
  setTop((out + 9) & ~7);
  return start;
}

function putEscape(out: u32, byte: u32): u32 {
  store<u8>(out, 0x5c);
  let letter: u32 = 0;
  if (byte == 0x22 || byte == 0x5c) letter = byte;
  else if (byte == 8) letter = 0x62;
  else if (byte == 9) letter = 0x74;
  else if (byte == 10) letter = 0x6e;
  else if (byte == 12) letter = 0x66;
  else if (byte == 13) letter = 0x72;
  if (letter != 0) {
    store<u8>(out, letter, 1);
    return out + 2;
  }
  store<u32>(out, 0x30303075, 1);
  store<u8>(out, 0x30 + (byte >> 4), 4);
  const low = byte & 15;
  store<u8>(out, low < 10 ? 0x30 + low : 0x57 + low, 5);
  return out + 6;
}

/** Bytes of the white space at `at`, 0 if there is none: ECMAScript's set (domain/data-layer/text.ts). */
export function spaceBytes(at: u32, end: u32): u32 {
  if (at >= end) return 0;
  const byte = <u32>load<u8>(at);
  if (byte == 0x20 || byte - 9 <= 4) return 1;
  if (byte < 0xc2) return 0;
  if (byte == 0xc2) return load<u8>(at, 1) == 0xa0 ? 2 : 0;
  if (byte < 0xe1 || byte > 0xef) return 0;
  return isWideSpace((byte << 16) | (<u32>load<u8>(at, 1) << 8) | <u32>load<u8>(at, 2)) ? 3 : 0;
}

function isWideSpace(code: u32): bool {
  if (code >= 0xe28080 && code <= 0xe2808a) return true;
  return (
    code == 0xe19a80 || code == 0xe280a8 || code == 0xe280a9 || code == 0xe280af || code == 0xe2819f ||
    code == 0xe38080 || code == 0xefbbbf
  );
}

/** Bounds of the text that was trimmed last. */
export let trimAt: u32 = 0;
export let trimBytes: u32 = 0;

export function trim(at: u32, bytes: u32): void {
  trimAt = at;
  trimBytes = bytes;
  // Printable ASCII at both ends: nothing to do.
  if (bytes != 0 && <u32>load<u8>(at) - 0x21 < 0x5e && <u32>load<u8>(at + bytes - 1) - 0x21 < 0x5e) return;
  let start = at;
  let end = at + bytes;
  for (let size = spaceBytes(start, end); size != 0; size = spaceBytes(start, end)) start += size;
  while (end > start) {
    if (spaceBytes(end - 1, end) == 1) end -= 1;
    else if (end - start >= 2 && load<u8>(end - 2) == 0xc2 && spaceBytes(end - 2, end) == 2) end -= 2;
    else if (end - start >= 3 && spaceBytes(end - 3, end) == 3) end -= 3;
    else break;
  }
  trimAt = start;
  trimBytes = end - start;
}

/** Bounds of the text that was put in lower case last. */
export let lowerAt: u32 = 0;
export let lowerBytes: u32 = 0;

/**
 * Lower case into memory above `top`. ASCII, U+00C0 to U+00FF and U+3000 to U+9FFF (no case there) are done here,
 * any other character hands the whole text to the host.
 */
export function lower(at: u32, bytes: u32): void {
  lowerAt = take(bytes * 3);
  lowerBytes = bytes;
  if (lowerAscii(at, bytes, lowerAt)) {
    setTop((lowerAt + bytes + 9) & ~7);
    return;
  }
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if (byte < 0x80) {
      store<u8>(lowerAt + i, byte - 0x41 < 26 ? byte | 0x20 : byte);
    } else if (byte == 0xc3) {
      const next = <u32>load<u8>(at + i, 1);
      store<u8>(lowerAt + i, byte);
      i++;
      store<u8>(lowerAt + i, next <= 0x9e && next != 0x97 ? next + 0x20 : next);
    } else if (byte >= 0xe3 && byte <= 0xe9) {
      store<u8>(lowerAt + i, byte);
      store<u16>(lowerAt + i, load<u16>(at + i, 1), 1);
      i += 2;
    } else {
      lowerBytes = hostLower(at, bytes, lowerAt);
      break;
    }
  }
  setTop((lowerAt + lowerBytes + 9) & ~7);
}

/** True if the text was ASCII, and is in lower case at `to` now. */
function lowerAscii(at: u32, bytes: u32, to: u32): bool {
  for (let i: u32 = 0; i < bytes; i += 16) {
    const x = v128.load(at + i);
    const high = <u32>i8x16.bitmask(x);
    const left = bytes - i;
    if (high != 0 && (left >= 16 || (high & ((1 << left) - 1)) != 0)) return false;
    const upper = i8x16.lt_u(i8x16.sub(x, every(0x41)), every(26));
    v128.store(to + i, v128.or(x, v128.and(upper, every(0x20))));
  }
  return true;
}

export function isHex(byte: u32): bool {
  return byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 6;
}

/** True if the text is as long as a SHA-256 in hex and nothing but hex digits. */
export function isHash(at: u32, bytes: u32): bool {
  if (bytes != 64) return false;
  for (let i: u32 = 0; i < 64; i++) if (!isHex(load<u8>(at + i))) return false;
  return true;
}
