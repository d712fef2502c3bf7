// Text as the recognisers read it (domain/data-layer/detector/characters.ts): one entry per code point or encoded
// character, 8 bytes each: 0 code u32 · 4 address of its first byte u32; one more entry holds the text's end.
//
// Worked value: `a%40b` has the codes 61 40 62 at offsets 0, 1, 4, and 5 behind them.
import { take } from "./memory";
import { readHex4, isHex } from "./text";
import { codePoint, sequenceBytes } from "./utf8";

export const OTHER: u32 = 0;
export const LETTER: u32 = 1;
export const DIGIT: u32 = 2;
export const HYPHEN: u32 = 3;
export const LOCAL: u32 = 4;
export const DOT: u32 = 5;
export const AT: u32 = 6;
export const QUOTE: u32 = 7;

/** Stands for a byte of an encoded non-ASCII character. */
const someLetter: u32 = 0xe9;

let characters: u32 = 0;
export let characterCount: i32 = 0;
/** True if no character is encoded. */
export let plain: bool = true;

let encodedCode: u32 = 0;

/** Code of an entry; 0 outside of the text. */
@inline
export function codeAt(index: i32): u32 {
  return <u32>index < <u32>characterCount ? load<u32>(characters + index * 8) : 0;
}

/** First byte of an entry; the text's end for the one behind the last. */
@inline
export function placeOf(index: i32): u32 {
  return load<u32>(characters + index * 8, 4);
}

export function readCharacters(at: u32, bytes: u32): void {
  characters = take((bytes + 1) * 8);
  plain = true;
  const end = at + bytes;
  let out = characters;
  for (let p = at; p < end; ) {
    const byte = <u32>load<u8>(p);
    let next = p + sequenceBytes(byte);
    let code = byte;
    if (byte == 0x25 || byte == 0x5c) {
      next = byte == 0x25 ? readPercent(p, end) : readBackslashes(p, end);
      code = encodedCode;
      if (next != p + 1) plain = false;
    } else if (byte >= 0x80) {
      code = codePoint(p);
    }
    store<u32>(out, code);
    store<u32>(out, p, 4);
    out += 8;
    p = next;
  }
  store<u32>(out, 0);
  store<u32>(out, end, 4);
  characterCount = <i32>((out - characters) >> 3);
}

function readPercent(start: u32, end: u32): u32 {
  let at = start + 1;
  let last: u32 = 0;
  while (at + 2 <= end && load<u16>(at) == 0x3532) {
    last = at;
    at += 2;
  }
  const hex = hexAt(at, end, 2) ? at : last;
  encodedCode = 0x25;
  if (hex == 0) return start + 1;
  const code = (hexValue(load<u8>(hex)) << 4) | hexValue(load<u8>(hex, 1));
  encodedCode = code < 0x80 ? code : someLetter;
  return hex + 2;
}

function readBackslashes(start: u32, end: u32): u32 {
  let at = start;
  while (at < end && load<u8>(at) == 0x5c) at++;
  encodedCode = 0x5c;
  if (at >= end || load<u8>(at) != 0x75 || !hexAt(at + 1, end, 4)) return at;
  encodedCode = readHex4(at + 1);
  return at + 5;
}

function hexAt(at: u32, end: u32, count: u32): bool {
  if (at + count > end) return false;
  for (let i: u32 = 0; i < count; i++) if (!isHex(load<u8>(at + i))) return false;
  return true;
}

@inline
function hexValue(byte: u32): u32 {
  return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
}

export function isAsciiLetterOrDigit(code: u32): bool {
  return code - 0x30 < 10 || (code | 0x20) - 0x61 < 26;
}

/** What a code point can be in an email address. `LOCAL` signs stand in the local part only. */
export function classOf(code: u32): u32 {
  if (code - 0x30 < 10) return DIGIT;
  if ((code | 0x20) - 0x61 < 26) return LETTER;
  if (code == 0x2e || code == 0x3002 || code == 0xff0e || code == 0xff61) return DOT;
  if (code == 0x40 || code == 0xfe6b || code == 0xff20) return AT;
  if (code == 0x2d || code == 0x5f) return HYPHEN;
  if (code == 0x22) return QUOTE;
  if (code < 0x80) return isLocalSign(code) ? LOCAL : OTHER;
  return isDelimiter(code) ? OTHER : LETTER;
}

/** One of + % ' ! # $ * ^ ` ~ */
function isLocalSign(code: u32): bool {
  return (
    code == 0x2b || code == 0x25 || code == 0x27 || code == 0x21 || code == 0x23 || code == 0x24 || code == 0x2a ||
    code == 0x5e || code == 0x60 || code == 0x7e
  );
}

/** Spaces, quotation marks, brackets and commas beyond ASCII, but nothing that is not seen. */
function isDelimiter(code: u32): bool {
  return (
    (code >= 0x80 && code <= 0xa0) || code == 0xab || code == 0xbb || code == 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) || (code >= 0x2010 && code <= 0x2029) || (code >= 0x202f && code <= 0x205f) ||
    (code >= 0x3000 && code <= 0x3003) || (code >= 0x3008 && code <= 0x3011) || code == 0xff08 || code == 0xff09 ||
    code == 0xff0c || (code >= 0xff1a && code <= 0xff1c) || code == 0xff1e
  );
}
