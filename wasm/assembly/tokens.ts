// What stands between the brackets and commas of JSON: white space, the ends of strings with escapes, numbers, words.
//
// Functions take the address they start at and return the one behind what they read, or 0 once a fault is set. The
// position of a fault is the first byte that no JSON text can have there; zeros behind the text stand for its end.
// Worked value: of `1.5,` the number ends at the comma; of `1.,` the fault is at the comma.
import { marksBias, nextMark } from "./marks";
import { isStorable } from "./number";
import { isHex, readHex4 } from "./text";
import { FALSE, NULL, NUMBER, TRUE } from "./tree";
import { every } from "./vectors";

export const INVALID_JSON: u32 = 1;
export const TOO_DEEP: u32 = 3;

export let faultCode: u32 = 0;
export let faultAt: u32 = 0;

/** Next free entry of the list of what can't be stored. */
export let unstorableEnd: u32 = 0;
/** A number without exponent of at most this many bytes can always be stored. */
const plainNumberBytesMax: u32 = 300;

/** Begins a text: no fault, and nothing that can't be stored, of which a list goes to `unstorable`. */
export function startTokens(unstorable: u32): void {
  unstorableEnd = unstorable;
  faultCode = 0;
}

export function fail(at: u32, code: u32 = INVALID_JSON): u32 {
  faultCode = code;
  faultAt = at;
  return 0;
}

@inline
export function skipSpace(at: u32): u32 {
  return load<u8>(at) > 0x20 ? at : skipSpaces(at);
}

export function skipSpaces(at: u32): u32 {
  let p = at;
  while (true) {
    const byte = <u32>load<u8>(p);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
    p++;
  }
  return p;
}

/** Kind of the value that `parseScalar` read last. */
export let scalarKind: u32 = 0;

/** Reads a value that is neither a string nor a container; `byte`: its first. */
export function parseScalar(at: u32, byte: u32): u32 {
  scalarKind = byte == 0x74 ? TRUE : byte == 0x6e ? NULL : byte == 0x66 ? FALSE : NUMBER;
  if (scalarKind == TRUE) return parseWord(at, 0x65757274);
  if (scalarKind == NULL) return parseWord(at, 0x6c6c756e);
  return scalarKind == FALSE ? parseFalse(at) : parseNumber(at);
}

/** True if the string that was read last holds a quote, an escaped backslash or `\u`: text that its bytes don't show. */
export let deepEscape: bool = false;

/** The end of a string that opens at `at` and has its first mark at `mark`: no quote. */
export function escapedEnd(at: u32, mark: u32): u32 {
  let p = mark;
  let unfit = false;
  deepEscape = false;
  while (true) {
    const byte = <u32>load<u8>(p);
    if (byte == 0x22) break;
    if (byte != 0x5c) return fail(p);
    const letter = <u32>load<u8>(p, 1);
    if (letter != 0x75) {
      if (!isSimpleEscape(letter)) return fail(p + 1);
      if (letter == 0x5c || letter == 0x22) deepEscape = true;
      p = nextMark(p + 2, marksBias);
      continue;
    }
    for (let i: u32 = 2; i < 6; i++) if (!isHex(load<u8>(p + i))) return fail(p + i);
    const code = readHex4(p + 2);
    deepEscape = true;
    p += 6;
    if (code == 0 || (code & 0xfc00) == 0xdc00) unfit = true;
    if ((code & 0xfc00) == 0xd800) {
      if (isLowSurrogate(p)) p += 6;
      else unfit = true;
    }
    p = nextMark(p, marksBias);
  }
  if (unfit) listUnstorable(at);
  return p + 1;
}

function isLowSurrogate(at: u32): bool {
  if (load<u16>(at) != 0x755c) return false;
  for (let i: u32 = 2; i < 6; i++) if (!isHex(load<u8>(at + i))) return false;
  return (readHex4(at + 2) & 0xfc00) == 0xdc00;
}

function isSimpleEscape(letter: u32): bool {
  return (
    letter == 0x22 || letter == 0x5c || letter == 0x2f || letter == 0x62 || letter == 0x66 || letter == 0x6e ||
    letter == 0x72 || letter == 0x74
  );
}

function listUnstorable(at: u32): void {
  store<u32>(unstorableEnd, at);
  unstorableEnd += 4;
}

function parseWord(at: u32, word: u32): u32 {
  if (load<u32>(at) == word) return at + 4;
  let p = at;
  for (let rest = word; <u32>load<u8>(p) == (rest & 0xff); rest >>= 8) p++;
  return fail(p);
}

function parseFalse(at: u32): u32 {
  if (load<u32>(at) != 0x736c6166) return parseWord(at, 0x736c6166);
  return load<u8>(at, 4) == 0x65 ? at + 5 : fail(at + 4);
}

@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

@inline
function skipDigits(at: u32): u32 {
  let p = at;
  while (isDigit(load<u8>(p))) p++;
  return p;
}

/** Reads a number: up to 15 plain digits with a point or none in one step, whatever else byte by byte. */
export function parseNumber(at: u32): u32 {
  const others = ~i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(at), every(0x30)), every(10)));
  const whole = <u32>ctz(others);
  if (whole == 0 || whole > 15 || (whole > 1 && load<u8>(at) == 0x30)) return parseLongNumber(at);
  let end = at + whole;
  if (load<u8>(end) == 0x2e) {
    const digits = <u32>ctz(others >> (whole + 1));
    if (digits == 0 || whole + 1 + digits > 15) return parseLongNumber(at);
    end += digits + 1;
  }
  return (load<u8>(end) | 0x20) == 0x65 ? parseLongNumber(at) : end;
}

function parseLongNumber(at: u32): u32 {
  let p = at;
  if (load<u8>(p) == 0x2d) p++;
  if (load<u8>(p) == 0x30) {
    p++;
  } else {
    const from = p;
    p = skipDigits(p);
    if (p == from) return fail(p);
  }
  if (load<u8>(p) == 0x2e) {
    const from = p + 1;
    p = skipDigits(from);
    if (p == from) return fail(p);
  }
  let exponential = false;
  if ((load<u8>(p) | 0x20) == 0x65) {
    exponential = true;
    p++;
    const sign = <u32>load<u8>(p);
    if (sign == 0x2b || sign == 0x2d) p++;
    const from = p;
    p = skipDigits(p);
    if (p == from) return fail(p);
  }
  if ((exponential || p - at > plainNumberBytesMax) && !isStorable(at, p)) listUnstorable(at);
  return p;
}
