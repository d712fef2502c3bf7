// Phone numbers in the form that vendors hash (domain/data-layer/normalise-phone.ts), by the facts of their countries.
import { characterCount, codeAt, readCharacters } from "./characters";
import { copy, take } from "./memory";
import {
  asciiPhoneClass, PHONE_COLON, PHONE_DIGIT, PHONE_LETTER, PHONE_LIST, PHONE_MARK, PHONE_PLUS, phoneClassOf, phoneDigit,
} from "./phone-characters";
import {
  codeBytesOf, exitsOf, expectsTrunk, hasMobileFifteen, isAssignedArea, isBefore, isPossibleNumber, isWrittenBare,
  rowLeading, rowOfCode, trunksOf,
} from "./phone-table";
import { none, programAt, programWord } from "./program";

/** The digits that were read last: the international number where it is known, else without leading zeros. */
export let phoneAt: u32 = 0;
export let phoneBytes: u32 = 0;
/** True if they are a possible number of an assigned calling code. */
export let phoneInternational: bool = false;

const digitsBeforeWord: u32 = 6;
const digitsBeforeComma: u32 = 8;
const plainInternationalMin: u32 = 11;
const argentinasMobileDigits: u32 = 12;

/** Reads a phone number; `withDefault`: by the program's calling code. */
export function normalisePhone(at: u32, bytes: u32, withDefault: bool): void {
  const digits = take(bytes + 16);
  if (!readPlainDigits(at, bytes, digits)) {
    readCharacters(at, bytes);
    readDigits(digits);
  }
  const plus = hasPlus;
  const count = digitsEnd - digits;
  let bare = digits;
  while (bare < digitsEnd && load<u8>(bare) == 0x30) bare++;
  phoneAt = bare;
  phoneBytes = digitsEnd - bare;
  phoneInternational = false;
  if (phoneBytes == 0) return;
  phoneInternational = plus && bare == digits ? internationalOf(digits, count) : unsigned(digits, count, withDefault);
  if (!phoneInternational) return;
  phoneAt = numberAt;
  phoneBytes = numberBytes;
}

let digitsEnd: u32 = 0;
/** True if a plus stands before the digits that were read last. */
let hasPlus: bool = false;

/** As `readDigits`, of a text as most are: ASCII, nothing encoded; false of any other. */
function readPlainDigits(at: u32, bytes: u32, to: u32): bool {
  let out = to;
  let plus = false;
  for (let p = at, end = at + bytes; p < end; p++) {
    const byte = <u32>load<u8>(p);
    if (byte - 0x30 < 10) {
      store<u8>(out++, byte);
      continue;
    }
    if (byte >= 0x80 || byte == 0x25 || byte == 0x26 || byte == 0x5c) return false;
    const kind = asciiPhoneClass(byte);
    if (out == to) plus = plus || kind == PHONE_PLUS;
    else if (endsDigits(kind, out - to)) break;
  }
  digitsEnd = out;
  hasPlus = plus;
  return true;
}

/** Writes the ASCII digits of the first number among the characters. */
function readDigits(to: u32): void {
  let out = to;
  let plus = false;
  for (let i: i32 = 0; i < characterCount; i++) {
    const kind = phoneClassOf(codeAt(i));
    if (kind == PHONE_DIGIT) {
      store<u8>(out++, 0x30 + phoneDigit);
    } else if (out == to) {
      plus = plus || kind == PHONE_PLUS;
    } else if (endsDigits(kind, out - to)) {
      break;
    }
  }
  digitsEnd = out;
  hasPlus = plus;
}

/** True if what is no digit ends a number of so many. */
@inline
function endsDigits(kind: u32, count: u32): bool {
  if (count < digitsBeforeWord) return false;
  if (kind == PHONE_PLUS || kind == PHONE_MARK || kind == PHONE_COLON || kind == PHONE_LETTER) return true;
  return kind == PHONE_LIST && count >= digitsBeforeComma;
}

/** The international number that was found last. */
let numberAt: u32 = 0;
let numberBytes: u32 = 0;
/** The national one. */
let nationalAt: u32 = 0;
let nationalBytes: u32 = 0;

/** Puts a calling code before the national number; always true. */
function compose(code: u32, codeBytes: u32): bool {
  numberAt = take(64);
  numberBytes = codeBytes + nationalBytes;
  copy(numberAt, code, codeBytes);
  copy(numberAt + codeBytes, nationalAt, nationalBytes);
  return true;
}

/** A number that begins with its calling code, without a trunk prefix behind it. */
function internationalOf(at: u32, bytes: u32): bool {
  const row = rowLeading(at, bytes);
  if (row == 0) return false;
  const codeBytes = codeBytesOf(row);
  if (isPossibleNumber(row, at + codeBytes, bytes - codeBytes)) {
    numberAt = at;
    numberBytes = bytes;
    return true;
  }
  return withoutTrunk(row, at + codeBytes, bytes - codeBytes) && compose(at, codeBytes);
}

const commonExit: u32 = <u32>memory.data<u8>([1, 2, 0x30, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

function unsigned(at: u32, bytes: u32, withDefault: bool): bool {
  const code = programAt(programWord(3));
  const codeBytes = withDefault ? programWord(4) : none;
  const row = codeBytes == none ? 0 : rowOfCode(code, codeBytes);
  if (row != 0 && isOwnAbroad(row, at, bytes)) return compose(code, codeBytes);
  const exits = row == 0 ? commonExit : exitsOf(row);
  let exit = exits + 1;
  for (let left = <u32>load<u8>(exits); left > 0; left--) {
    const length = <u32>load<u8>(exit);
    if (isBefore(exit, at, bytes)) {
      let start = at + length;
      while (start < at + bytes && load<u8>(start) == 0x30) start++;
      if (internationalOf(start, at + bytes - start)) return true;
    }
    exit += 1 + length;
  }
  return (row != 0 && domestic(row, at, bytes) && compose(code, codeBytes)) || onlyInternational(at, bytes);
}

/** `00`, the country's own code and a number there, which with a longer exit prefix might be another's. */
function isOwnAbroad(row: u32, at: u32, bytes: u32): bool {
  if (!isBefore(commonExit + 1, at, bytes)) return false;
  let start = at;
  while (start < at + bytes && load<u8>(start) == 0x30) start++;
  const left = at + bytes - start;
  return rowLeading(start, left) == row && nationalOf(row, start + codeBytesOf(row), left - codeBytesOf(row));
}

/** A number written within a country: bare, with its trunk prefix, or with its calling code but no sign of it. */
function domestic(row: u32, at: u32, bytes: u32): bool {
  const codeBytes = codeBytesOf(row);
  const own = rowLeading(at, bytes) == row && nationalOf(row, at + codeBytes, bytes - codeBytes);
  if (isPossibleNumber(row, at, bytes) && !(own && expectsTrunk(row))) return setNational(at, bytes);
  return own || withoutTrunk(row, at, bytes);
}

/** Always true. */
function setNational(at: u32, bytes: u32): bool {
  nationalAt = at;
  nationalBytes = bytes;
  return true;
}

function nationalOf(row: u32, at: u32, bytes: u32): bool {
  return isPossibleNumber(row, at, bytes) ? setNational(at, bytes) : withoutTrunk(row, at, bytes);
}

/** A national number without what stands before it; a zero goes where no such prefix is known, too. */
function withoutTrunk(row: u32, at: u32, bytes: u32): bool {
  const trunks = trunksOf(row);
  let trunk = trunks + 1;
  for (let left = <u32>load<u8>(trunks); left > 0; left--) {
    const length = <u32>load<u8>(trunk);
    if (isBefore(trunk, at, bytes) && isPossibleNumber(row, at + length, bytes - length)) {
      return setNational(at + length, bytes - length);
    }
    trunk += 1 + length;
  }
  if (!hasMobileFifteen(row)) return false;
  const zero: u32 = bytes > 0 && load<u8>(at) == 0x30 ? 1 : 0;
  return argentinasMobile(at + zero, bytes - zero);
}

/** Area code, 15, number: 12 digits, of which 15 becomes a 9 before the area code. */
function argentinasMobile(at: u32, bytes: u32): bool {
  if (bytes != argentinasMobileDigits) return false;
  const area: u32 = load<u16>(at) == 0x3131 ? 2 : load<u16>(at, 3) == 0x3531 ? 3 : 4;
  if (load<u16>(at + area) != 0x3531) return false;
  const room = take(32);
  store<u8>(room, 0x39);
  copy(room + 1, at, area);
  copy(room + 1 + area, at + area + 2, bytes - area - 2);
  return setNational(room, bytes - 1);
}

/** Digits that begin with a calling code and are a national number nowhere. */
function onlyInternational(at: u32, bytes: u32): bool {
  if (bytes < plainInternationalMin || load<u8>(at) == 0x30) return false;
  if (bytes == plainInternationalMin) {
    if (load<u8>(at) == 0x31) {
      if (!isAssignedArea(at + 1) || load<u8>(at, 4) < 0x32) return false;
    } else if (isWrittenBare(at)) {
      return false;
    }
  }
  return internationalOf(at, bytes);
}
