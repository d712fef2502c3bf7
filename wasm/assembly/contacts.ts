// Pairs of members of which one names what the other holds, `{"name":"phone","value":…}`, and what can be no contact
// (domain/data-layer/detector/contacts.ts, adapters/reference-kernel/protect.ts).
import { AT, characterCount, classOf, codeAt, readCharacters } from "./characters";
import { isNamingKey, tableRow } from "./key-table";
import { setTop, top } from "./memory";
import { wideDigitOf } from "./phone-characters";
import { TREAT_NAMED, treatmentOfRow } from "./program";
import { isHex } from "./text";
import {
  ARRAY, firstOf, keyEndOf, keyStartOf, kindOf, nextOf, NUMBER, OBJECT, readKey, readText, startOf, endOf, STRING,
  textAt, textBytes,
} from "./tree";

/** Longest name that is looked up. Units: UTF-16 units. */
const nameCharsMax: u32 = 40;

// Rows of the key table that are treated at any depth; two of phones follow.
const IP_ROW: u32 = 1;
const AGENT_ROW: u32 = 2;
const EMAIL_ROW: u32 = 3;

const phoneDigitsMin: u32 = 7;
/** Of a screen's width and height together. */
const sizeDigitsMax: u32 = 9;
const addressDigitsMin: u32 = 7;
const agentWordCharsMax: u32 = 24;
const hashChars: u32 = 64;

/** What the table does with a member's value, at any depth: 0 nothing. */
export function treatmentOf(row: u32, member: u32, object: u32): u32 {
  const treatment = treatmentOfRow(row);
  if (treatment != TREAT_NAMED) return treatment;
  const before = top;
  const named = namedRow(object);
  const treated = named != 0 && mayHoldContact(named, member);
  setTop(before);
  return treated ? treatmentOfRow(named) : 0;
}

/** The row that the first member names that names one, or 0. */
function namedRow(object: u32): u32 {
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    if (kindOf(member) != STRING || keyEndOf(member) - keyStartOf(member) < 3) continue;
    readKey(member);
    if (!isNamingKey(textAt, textBytes)) continue;
    readText(member);
    const row = unitsOf(textAt, textBytes) <= nameCharsMax ? tableRow(textAt, textBytes) : 0;
    if (row != 0) return row;
  }
  return 0;
}

/** UTF-16 units of a text. */
function unitsOf(at: u32, bytes: u32): u32 {
  let units: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

function mayHoldContact(row: u32, node: u32): bool {
  const kind = kindOf(node);
  if (kind == OBJECT || kind == ARRAY) {
    for (let child = firstOf(node); child != 0; child = nextOf(child)) if (mayHoldContact(row, child)) return true;
    return false;
  }
  if (kind == STRING) {
    readText(node);
    readCharacters(textAt, textBytes);
  } else if (kind == NUMBER) {
    readCharacters(startOf(node), endOf(node) - startOf(node));
  } else {
    return false;
  }
  return mayBeContact(row);
}

/** Of the characters that were read. */
function mayBeContact(row: u32): bool {
  let digits: u32 = 0;
  let hexDigits: u32 = 0;
  let points: u32 = 0;
  let signs: u32 = 0;
  let atSigns: u32 = 0;
  let crosses: u32 = 0;
  for (let i: i32 = 0; i < characterCount; i++) {
    const code = codeAt(i);
    if (isPhoneDigit(code)) digits++;
    if (code < 0x80 && isHex(code)) hexDigits++;
    if (code == 0x2e || code == 0x3a) points++;
    if (code == 0x2f || code == 0x28 || code == 0x3b || code == 0x20) signs++;
    if (classOf(code) == AT) atSigns++;
    if ((code | 0x20) == 0x78 || code == 0xd7) crosses++;
  }
  const size = <u32>characterCount;
  if (size == hashChars && hexDigits == size) return false;
  if (row == IP_ROW) return (digits > 0 && points > 0) || (hexDigits == size && size >= addressDigitsMin);
  if (row == AGENT_ROW) return signs > 0 || size > agentWordCharsMax;
  if (row == EMAIL_ROW) return atSigns > 0;
  return digits >= phoneDigitsMin && !(crosses == 1 && digits == size - 1 && digits <= sizeDigitsMax);
}

function isPhoneDigit(code: u32): bool {
  return code < 0x80 ? code - 0x30 < 10 : wideDigitOf(code) < 10;
}
