// Text as the recognisers read it (domain/data-layer/detector/characters.ts): one entry per code point or encoded
// character, 8 bytes each: 0 code u32 · 4 address of its first byte u32; one more entry holds the text's end.
//
// Worked value: `a%40b` has the codes 61 40 62 at offsets 0, 1, 4, and 5 behind them.
import { wideDigitOf } from "./phone-characters";
import { decodeOnce, decodedCount } from "./encoded";
import { take } from "./memory";
import { codePoint, sequenceBytes } from "./utf8";

export const OTHER: u32 = 0;
export const LETTER: u32 = 1;
export const DIGIT: u32 = 2;
export const HYPHEN: u32 = 3;
export const LOCAL: u32 = 4;
export const DOT: u32 = 5;
export const AT: u32 = 6;
export const QUOTE: u32 = 7;

let characters: u32 = 0;
export let characterCount: i32 = 0;
/** True if no character is encoded. */
export let plain: bool = true;

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
  const end = at + bytes;
  let out = characters;
  let encoded = false;
  for (let p = at; p < end; ) {
    const byte = <u32>load<u8>(p);
    store<u32>(out, byte < 0x80 ? byte : codePoint(p));
    store<u32>(out, p, 4);
    out += 8;
    p += sequenceBytes(byte);
    encoded = encoded || byte == 0x25 || byte == 0x5c || byte == 0x26;
  }
  store<u32>(out, 0);
  store<u32>(out, end, 4);
  characterCount = <i32>((out - characters) >> 3);
  plain = true;
  if (!encoded) return;
  decode();
  if (!plain) decode();
}

/** Undoes a layer; `plain` becomes false if there was one. */
function decode(): void {
  const before = characterCount;
  characters = decodeOnce(characters, before);
  characterCount = decodedCount;
  if (characterCount != before) plain = false;
}

/** Leaves out what is not seen, and puts ASCII in the place of fullwidth signs (domain/data-layer/detector). */
export function keepSeen(): void {
  const end = characters + characterCount * 8;
  let out = characters;
  for (let at = characters; at < end; at += 8) {
    let code = load<u32>(at);
    if (code >= 0xad) {
      if (isUnseen(code)) continue;
      if (code == 0xff61) code = 0x2e;
      else if (code > 0xff00 && code < 0xff5f) code -= 0xfee0;
    }
    store<u32>(out, code);
    store<u32>(out, load<u32>(at, 4), 4);
    out += 8;
  }
  store<u32>(out, 0);
  store<u32>(out, load<u32>(end, 4), 4);
  characterCount = <i32>((out - characters) >> 3);
  if (hasWideDots()) narrowDigits();
}

/** True if a dot stands between two digits of other scripts. */
function hasWideDots(): bool {
  for (let at: i32 = 1; at < characterCount - 1; at++) {
    if (codeAt(at) == 0x2e && isWideDigit(codeAt(at - 1)) && isWideDigit(codeAt(at + 1))) return true;
  }
  return false;
}

@inline
function isWideDigit(code: u32): bool {
  return code >= 0x80 && wideDigitOf(code) < 10;
}

function narrowDigits(): void {
  for (let at = characters, end = characters + characterCount * 8; at < end; at += 8) {
    const code = load<u32>(at);
    if (isWideDigit(code)) store<u32>(at, wideDigitOf(code) + 0x30);
  }
}

function isUnseen(code: u32): bool {
  return (
    code == 0xad || (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) || (code >= 0xfe00 && code <= 0xfe0f) || code == 0xfeff
  );
}

/** The characters as a byte each, 0xff for all that are not ASCII; the count is that of the characters. */
export function asBytes(): u32 {
  const view = take(<u32>characterCount);
  for (let i: i32 = 0; i < characterCount; i++) {
    const code = load<u32>(characters + i * 8);
    store<u8>(view + i, code < 0x80 ? code : 0xff);
  }
  return view;
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
