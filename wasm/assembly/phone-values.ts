// Texts that as a whole are phone numbers (domain/data-layer/detector/phones.ts).
import { characterCount, codeAt, readCharacters } from "./characters";
import {
  PHONE_COLON, PHONE_DIGIT, PHONE_DOT, PHONE_LETTER, PHONE_LIST, PHONE_MARK, PHONE_OTHER, PHONE_PLUS, PHONE_SLASH,
  phoneClassOf, phoneDigit,
} from "./phone-characters";
import { codeBytesOf, isBefore, isPossibleLength, isPossibleNumber, rowLeading, trunksOf } from "./phone-table";

const charactersMax: i32 = 160;
const labelLettersMax: u32 = 16;
const wordLettersMax: u32 = 12;
const wordsMax: u32 = 2;
const digitsMax: u32 = 15;
const unsignedDigitsMin: u32 = 6;
const longDigitsMin: u32 = 10;
const dottedDigitsMin: u32 = 8;

const NO_LABEL: u32 = 0;
const OPEN: u32 = 1;
const CLOSED: u32 = 2;

/** Digits of the number that is being read. */
const digits: u32 = <u32>memory.data(48, 16);
let count: u32 = 0;
let signed: bool = false;
let found: bool = false;
let letters: u32 = 0;
let words: u32 = 0;
let label: u32 = NO_LABEL;
let extension: bool = false;
let slashAt: u32 = 0;
let pointAt: u32 = 0;
let decimal: bool = false;

/** Of a text that has the sign of a plus (signs.ts). */
export function isPhone(at: u32, bytes: u32): bool {
  readCharacters(at, bytes);
  if (characterCount > charactersMax) return false;
  count = 0;
  signed = false;
  found = false;
  letters = 0;
  words = 0;
  label = NO_LABEL;
  extension = false;
  slashAt = 0;
  pointAt = 0;
  decimal = true;
  for (let i: i32 = 0; i < characterCount; i++) if (!read(phoneClassOf(codeAt(i)))) return false;
  if (decimal && pointAt > 0) return isDotted();
  return (count == 0 || close(false)) && found;
}

function read(kind: u32): bool {
  if (kind > PHONE_PLUS && kind != PHONE_DOT) decimal = false;
  if (kind == PHONE_DIGIT) {
    if (label == OPEN) return false;
    letters = 0;
    store<u8>(digits + count++, 0x30 + phoneDigit);
    return count <= 2 * digitsMax + 2;
  }
  if (kind == PHONE_PLUS) return readPlus();
  if (kind == PHONE_LETTER) return readLetter();
  if (kind == PHONE_OTHER) return false;
  if (kind == PHONE_COLON || kind == PHONE_MARK) {
    if (kind == PHONE_COLON && label == OPEN) label = CLOSED;
    return count == 0 || close(true);
  }
  if (kind == PHONE_LIST) return count == 0 || close(false);
  if (kind == PHONE_DOT) {
    if (pointAt > 0 || count > 3) decimal = false;
    pointAt = count;
  } else if (kind == PHONE_SLASH) {
    if (slashAt == 0) slashAt = count;
  }
  letters = 0;
  return true;
}

function readPlus(): bool {
  if (label == OPEN) return false;
  if (count != 0) {
    decimal = false;
    if (!close(false)) return false;
  } else if (signed) {
    return false;
  }
  signed = true;
  extension = false;
  letters = 0;
  return true;
}

function readLetter(): bool {
  letters++;
  if (count == 0 && !signed && !found && words == 0) {
    label = OPEN;
    return letters <= labelLettersMax;
  }
  if (count != 0 && !close(true)) return false;
  if (letters == 1) words++;
  return !signed && words <= wordsMax && letters <= wordLettersMax;
}

/** Ends a number; false if there is none. */
function close(extended: bool): bool {
  const fits = signed
    ? isNumber(count) || (slashAt > 0 && isNumber(slashAt))
    : count <= digitsMax && (extension || found || count >= unsignedDigitsMin);
  found = found || signed;
  count = 0;
  signed = false;
  slashAt = 0;
  extension = extended;
  return fits;
}

function isDotted(): bool {
  const row = rowLeading(digits, count);
  if (row == 0 || !signed || codeBytesOf(row) != pointAt) return false;
  const national = count - pointAt;
  return national >= dottedDigitsMin && isPossibleNumber(row, digits + pointAt, national);
}

/** True if the first `bytes` digits begin with an assigned calling code and are a possible number, or long enough. */
function isNumber(bytes: u32): bool {
  const row = rowLeading(digits, bytes);
  if (row == 0) return false;
  const at = digits + codeBytesOf(row);
  const rest = bytes - codeBytesOf(row);
  const long = bytes >= longDigitsMin;
  if (fits(row, at, rest, long)) return true;
  const trunks = trunksOf(row);
  let trunk = trunks + 1;
  for (let left = <u32>load<u8>(trunks); left > 0; left--) {
    const length = <u32>load<u8>(trunk);
    if (isBefore(trunk, at, rest) && fits(row, at + length, rest - length, long)) return true;
    trunk += 1 + length;
  }
  return false;
}

function fits(row: u32, at: u32, bytes: u32, long: bool): bool {
  return isPossibleNumber(row, at, bytes) || (long && isPossibleLength(row, bytes));
}
