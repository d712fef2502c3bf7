import { readCharacters } from "./detector/characters.ts";
import { type PhoneClass, phoneClassOf, phoneDigitOf } from "./detector/phone-characters.ts";
import {
  assignedAreas,
  factsLeading,
  factsOfCode,
  isPossibleNumber,
  type PhoneFacts,
  writtenBare,
} from "./phone-facts.ts";

/** A phone number in the forms that are hashed. */
export interface PhoneForms {
  /** What is hashed in place: the international number where it is known, else what digits there are; "" if none. */
  readonly digits: string;
  /** Digits with calling code, no plus: Meta's form. Null unless it is a possible number of an assigned code. */
  readonly international: string | null;
}

/** Digits behind which a letter begins what is no part of the number: an extension, a remark. */
const digitsBeforeWord = 6;
/** The same of a comma, which some write between groups. */
const digitsBeforeComma = 8;
/** Shorter digits without a sign of their country are somewhere a national number. */
const plainInternationalMin = 11;
const argentinasMobileDigits = 12;
const commonExit = "00";
const wordLike: ReadonlySet<PhoneClass> = new Set<PhoneClass>(["plus", "mark", "colon", "letter"]);

/**
 * Reads a phone number as people write it, by the facts of its country.
 *
 * A plus before the first digit says that a calling code follows. Else the number is one of `callingCode`'s country:
 * with `00` and its own code, with an exit prefix and a calling code behind it, bare, with a trunk prefix, or with
 * its own code already. Without a calling code only `00` and digits that can't be a national number are
 * international. A trunk prefix goes wherever the number is possible without it and not with it.
 */
export function normalisePhone(text: string, callingCode: string | null): PhoneForms {
  const { digits, plus } = readDigits(text);
  const bare = withoutZeros(digits);
  const facts = callingCode === null ? null : factsOfCode(callingCode);
  const signed = plus && !digits.startsWith("0");
  const international = bare === "" ? null : signed ? internationalOf(digits) : unsigned(digits, facts);
  return { digits: international ?? bare, international };
}

/** TikTok's form: `+` and digits, but bare for mainland China, where the code 86 is dropped too. */
export function e164Form(international: string): string {
  return international.startsWith("86") ? international.slice(2) : `+${international}`;
}

/** A number that begins with its calling code, without a trunk prefix behind it; null if there is no such number. */
export function internationalOf(digits: string): string | null {
  const facts = factsLeading(digits);
  const national = facts === null ? null : nationalOf(facts, digits.slice(facts.code.length));
  return facts === null || national === null ? null : facts.code + national;
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, "");
}

function unsigned(digits: string, facts: PhoneFacts | null): string | null {
  const own = facts !== null && digits.startsWith(commonExit) ? withoutZeros(digits) : "";
  if (facts !== null && own.startsWith(facts.code)) {
    const national = nationalOf(facts, own.slice(facts.code.length));
    if (national !== null) return facts.code + national;
  }
  for (const exit of facts?.exits ?? [commonExit]) {
    const international = digits.startsWith(exit) ? internationalOf(withoutZeros(digits.slice(exit.length))) : null;
    if (international !== null) return international;
  }
  return (facts === null ? null : domestic(digits, facts)) ?? onlyInternational(digits);
}

/** A number written within a country: bare, with its trunk prefix, or with its calling code but no sign of it. */
function domestic(digits: string, facts: PhoneFacts): string | null {
  const { code } = facts;
  const own = digits.startsWith(code) ? nationalOf(facts, digits.slice(code.length)) : null;
  if (isPossibleNumber(facts, digits) && !(facts.expectsTrunk && own !== null)) return code + digits;
  const national = own ?? withoutTrunk(facts, digits);
  return national === null ? null : code + national;
}

function nationalOf(facts: PhoneFacts, digits: string): string | null {
  return isPossibleNumber(facts, digits) ? digits : withoutTrunk(facts, digits);
}

/** A national number without what stands before it; a zero goes where no such prefix is known, too: `(0)`. */
function withoutTrunk(facts: PhoneFacts, digits: string): string | null {
  for (const trunk of [...facts.trunks, "0"]) {
    const rest = digits.slice(trunk.length);
    if (digits.startsWith(trunk) && isPossibleNumber(facts, rest)) return rest;
  }
  return facts.mobileFifteen ? argentinasMobile(digits.replace(/^0/, "")) : null;
}

/** Area code (`11`, `223`, `2954`), 15, number: 12 digits, of which 15 becomes a 9 before the area code. */
function argentinasMobile(digits: string): string | null {
  if (digits.length !== argentinasMobileDigits) return null;
  const area = digits.startsWith("11") ? 2 : digits.slice(3, 5) === "15" ? 3 : 4;
  return digits.slice(area, area + 2) === "15" ? `9${digits.slice(0, area)}${digits.slice(area + 2)}` : null;
}

/**
 * Digits that begin with a calling code and are a national number nowhere: long enough, none of the mobile numbers that
 * are written bare, but for North American ones with an area code that is assigned (Meta documents that form).
 */
function onlyInternational(digits: string): string | null {
  if (digits.length < plainInternationalMin || digits.startsWith("0")) return null;
  if (digits.length === plainInternationalMin) {
    const american = digits.startsWith("1");
    if (american && (!assignedAreas.has(digits.slice(1, 4)) || (digits[4] as string) < "2")) return null;
    if (!american && writtenBare.has(digits.slice(0, 3))) return null;
  }
  return internationalOf(digits);
}

/** The digits of the first number in a text, and whether a plus stands before them. */
function readDigits(text: string): { digits: string; plus: boolean } {
  let digits = "";
  let plus = false;
  for (const code of readCharacters(text).codes) {
    const digit = phoneDigitOf(code);
    const kind = phoneClassOf(code);
    if (digit >= 0) digits += String(digit);
    else if (digits === "") plus ||= kind === "plus";
    else if (digits.length >= digitsBeforeWord && wordLike.has(kind)) break;
    else if (digits.length >= digitsBeforeComma && kind === "list") break;
  }
  return { digits, plus };
}
