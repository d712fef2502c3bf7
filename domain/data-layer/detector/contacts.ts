import { emailMask, ipMask, phoneMask, userAgentMask } from "../../model/identity/masks.ts";
import type { KeyRow } from "../key-table.ts";
import { classOf, isHexDigit } from "./characters.ts";
import { phoneDigitOf } from "./phone-characters.ts";

/** What a phone number has between its digits, besides white space and dashes. */
const phoneSigns = new Set([..."+-.()/"].map((sign) => sign.charCodeAt(0)));
const agentSigns = new Set([..."/(; "].map((sign) => sign.charCodeAt(0)));
const phoneDigitsMin = 7;
/** Of a screen's width and height together. */
const sizeDigitsMax = 9;
const addressDigitsMin = 7;
const agentWordCharsMax = 24;
const hashChars = 64;

/**
 * False for what can be no contact under a key of the table: `phone=iphone15`, `ua=1`, `email=weekly`, a hash.
 *
 * A phone has seven digits and is no size (`1080x1920`); an address a digit and a dot or colon, or seven
 * hex digits and nothing else; a User-Agent
 * one of `/ ( ;` or a space, or more than 24 characters; an email an at-sign, and in a text no dot, for the others are
 * found wherever they stand. Masks of the detector are none of these.
 */
export function mayBeContact(row: KeyRow, codes: readonly number[], from: number, to: number, inText = true): boolean {
  let digits = 0;
  let hexDigits = 0;
  let points = 0;
  let signs = 0;
  let atSigns = 0;
  let crosses = 0;
  for (let at = from; at < to; at++) {
    const code = codes[at] as number;
    if (isPhoneDigit(code)) digits++;
    if (isHexDigit(code)) hexDigits++;
    if (code === 0x2e || code === 0x3a) points++;
    if (agentSigns.has(code)) signs++;
    if (classOf(code) === "at") atSigns++;
    if ((code | 0x20) === 0x78 || code === 0xd7) crosses++;
  }
  const size = to - from;
  if (size === hashChars && hexDigits === size) return false;
  switch (row.mask) {
    case phoneMask:
      return digits >= phoneDigitsMin && !(crosses === 1 && digits === size - 1 && digits <= sizeDigitsMax);
    case ipMask:
      return (digits > 0 && points > 0) || (hexDigits === size && size >= addressDigitsMin);
    case userAgentMask:
      return signs > 0 || size > agentWordCharsMax;
    case emailMask:
      return atSigns > 0 && (points === 0 || !inText);
    default:
      return false;
  }
}

/** Where the digits of a phone number and what stands between them end. */
export function phoneRunEnd(codes: readonly number[], start: number): number {
  let end = start;
  for (let at = start; at < codes.length && isPhoneCode(codes[at] as number); at++) {
    if (isPhoneDigit(codes[at] as number)) end = at + 1;
  }
  return end;
}

function isPhoneDigit(code: number): boolean {
  return phoneDigitOf(code) >= 0;
}

function isPhoneCode(code: number): boolean {
  if (isPhoneDigit(code) || phoneSigns.has(code) || code === 0x20 || code === 0xa0 || code === 0xff0b) return true;
  return (code >= 0x2000 && code <= 0x2015) || (code >= 0x202a && code <= 0x202f) || code === 0x2060;
}
