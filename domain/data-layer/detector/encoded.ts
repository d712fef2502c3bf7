import type { Characters } from "./characters.ts";

const percent = 0x25;
const ampersand = 0x26;
const hash = 0x23;
const semicolon = 0x3b;
const backslash = 0x5c;
/** Stands for a byte of an encoded character that is not well formed. */
const someLetter = 0xe9;
const codeMax = 0x10ffff;
const decimalDigitsMax = 8;
const hexDigitsMax = 6;
const nameCharsMax = 8;

/** HTML's names of the signs that an address, a key or a value is recognised by. */
const entities = new Map(
  Object.entries({
    commat: 0x40,
    period: 0x2e,
    colon: 0x3a,
    equals: 0x3d,
    quot: 0x22,
    apos: 0x27,
    lt: 0x3c,
    gt: 0x3e,
    sol: 0x2f,
    plus: 0x2b,
    lpar: 0x28,
    rpar: 0x29,
    lowbar: 0x5f,
    nbsp: 0xa0,
  }).map(([name, code]) => [name, code] as const),
);
/** Signs that a backslash may stand before, as in patterns and in JSON of PHP. */
const escapable = new Set([..."@.:/-_+=&?#"].map((sign) => sign.charCodeAt(0)));

interface Encoded {
  readonly code: number;
  readonly end: number;
}

/**
 * Undoes one layer of encoding: `%HH` and UTF-8 of several such bytes, `%uHHHH`, also with `25` repeated behind the
 * percent sign; `&#64;`, `&#x40;`, `&commat;`, also with `amp;` repeated behind the ampersand; `\uHHHH`, `\xHH` and
 * `\@` behind any number of backslashes. Linear: no character is looked at by more than two of them.
 */
export function decodeOnce({ codes, starts, count }: Characters): Characters {
  const decoded: number[] = [];
  const places: number[] = [];
  let plain = true;
  for (let at = 0; at < count; ) {
    const { code, end } = readOne(codes, at);
    decoded.push(code);
    places.push(starts[at] as number);
    plain &&= end === at + 1;
    at = end;
  }
  places.push(starts[count] as number);
  return { count: decoded.length, codes: decoded, starts: places, plain };
}

function readOne(codes: readonly number[], at: number): Encoded {
  const code = codes[at] as number;
  if (code === percent) return readPercent(codes, at);
  if (code === backslash) return readBackslashes(codes, at);
  if (code === ampersand) return readEntity(codes, at);
  return { code, end: at + 1 };
}

function readPercent(codes: readonly number[], at: number): Encoded {
  const first = readByte(codes, at);
  if (first.code < 0x80 || first.end === at + 1 || first.code > 0xff) return first;
  const more = first.code < 0xc2 ? 0 : first.code < 0xe0 ? 1 : first.code < 0xf0 ? 2 : first.code < 0xf5 ? 3 : 0;
  let code = first.code & (0x3f >> more);
  let end = first.end;
  for (let i = 0; i < more; i++) {
    const next = codes[end] === percent ? readByte(codes, end) : null;
    if (next === null || next.code < 0x80 || next.code > 0xbf) return { code: someLetter, end: first.end };
    code = (code << 6) | (next.code & 0x3f);
    end = next.end;
  }
  return more === 0 ? { code: someLetter, end: first.end } : { code, end };
}

/** What stands at a percent sign: a byte, a code of `%u` (above 0xff only), or the sign alone. */
function readByte(codes: readonly number[], at: number): Encoded {
  let digits = at + 1;
  let last = -1;
  while (codes[digits] === 0x32 && codes[digits + 1] === 0x35) {
    last = digits;
    digits += 2;
  }
  if (isLetter(codes[digits], 0x75)) {
    const code = hexAt(codes, digits + 1, 4);
    if (code >= 0) return { code, end: digits + 5 };
  }
  const byte = hexAt(codes, digits, 2);
  if (byte >= 0) return { code: byte, end: digits + 2 };
  return last < 0 ? { code: percent, end: at + 1 } : { code: percent, end: last + 2 };
}

function readBackslashes(codes: readonly number[], start: number): Encoded {
  let at = start;
  while (codes[at] === backslash) at++;
  const next = codes[at] ?? 0;
  if (escapable.has(next)) return { code: next, end: at + 1 };
  const digits = next === 0x75 ? 4 : next === 0x78 ? 2 : 0;
  const code = digits === 0 ? -1 : hexAt(codes, at + 1, digits);
  return code < 0 ? { code: backslash, end: at } : { code, end: at + 1 + digits };
}

function readEntity(codes: readonly number[], start: number): Encoded {
  let at = start + 1;
  while (codes[at] === 0x61 && codes[at + 1] === 0x6d && codes[at + 2] === 0x70 && codes[at + 3] === semicolon) at += 4;
  const found = codes[at] === hash ? readNumber(codes, at + 1) : readName(codes, at);
  return found ?? { code: ampersand, end: at };
}

function readNumber(codes: readonly number[], start: number): Encoded | null {
  const isHex = isLetter(codes[start], 0x78);
  const first = isHex ? start + 1 : start;
  const digitsMax = isHex ? hexDigitsMax : decimalDigitsMax;
  let code = 0;
  let at = first;
  for (; at - first < digitsMax; at++) {
    const digit = digitOf(codes[at] ?? 0);
    if (digit < 0 || (digit > 9 && !isHex)) break;
    code = code * (isHex ? 16 : 10) + digit;
  }
  if (at === first || code === 0 || code > codeMax) return null;
  return { code, end: codes[at] === semicolon ? at + 1 : at };
}

function readName(codes: readonly number[], start: number): Encoded | null {
  let name = "";
  let at = start;
  for (; at - start < nameCharsMax && isAsciiLetter(codes[at] ?? 0); at++) {
    name += String.fromCharCode((codes[at] as number) | 0x20);
  }
  const code = codes[at] === semicolon ? entities.get(name) : undefined;
  return code === undefined ? null : { code, end: at + 1 };
}

/** The number that `count` hex digits stand for, or -1. */
function hexAt(codes: readonly number[], at: number, count: number): number {
  let code = 0;
  for (let i = at; i < at + count; i++) {
    const digit = digitOf(codes[i] ?? 0);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 && code < 0x80 ? letter - 0x57 : -1;
}

function isLetter(code: number | undefined, letter: number): boolean {
  return code !== undefined && (code | 0x20) === letter;
}

function isAsciiLetter(code: number): boolean {
  return code < 0x80 && (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}
