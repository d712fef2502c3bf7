import { factsLeading, isPossibleLength, isPossibleNumber } from "../phone-facts.ts";
import { readCharacters } from "./characters.ts";
import { type PhoneClass, phoneClassOf, phoneDigitOf } from "./phone-characters.ts";

/** Longest value that is looked at. Units: characters, each encoded one counts once. */
const charactersMax = 160;
const labelLettersMax = 16;
const wordLettersMax = 12;
const wordsMax = 2;
const digitsMax = 15;
const unsignedDigitsMin = 6;
/** From here on a number's first digits are not asked: what people make up has any. */
const longDigitsMin = 10;
/** Behind a decimal point more digits are no coordinate's. */
const dottedDigitsMin = 8;

const hints = /[+\uff0b%\\&]/;

/**
 * True if a text as a whole is one or more phone numbers, one of them with a plus before the calling code.
 *
 * A number is a plus, an assigned calling code and a possible number there (of ten digits in all or more: as long as
 * numbers there are), trunk prefix or not, with anything of class `space`, dots and slashes between its digits.
 * Before the first stands nothing or a label that ends with
 * a colon (`tel:`). Behind each stand up to two words and an extension (`;ext=42`, `x42`, `доб. 5`); further numbers
 * follow behind what separates a list, or with a plus of their own, and need none then. A sign, up to three digits, a
 * point and digits are a decimal number, unless eight digits or more behind the point are a number of the very code
 * before it. Linear in the text.
 */
export function isPhone(text: string): boolean {
  if (!hints.test(text)) return false;
  const { codes, count } = readCharacters(text);
  if (count > charactersMax) return false;
  const reader = new PhoneReader();
  return codes.every((code) => reader.read(phoneClassOf(code), phoneDigitOf(code))) && reader.end();
}

class PhoneReader {
  private digits = "";
  private signed = false;
  private found = false;
  private letters = 0;
  private words = 0;
  /** A label before the first number is open until its colon. */
  private label: "none" | "open" | "closed" = "none";
  /** Digits that follow are no number's own. */
  private extension = false;
  /** Digits before the first slash of the number. */
  private slashAt = 0;
  /** Digits before the point, while the whole is a decimal number. */
  private pointAt = 0;
  private decimal = true;

  /** False if a text with this character is no phone number. */
  read(kind: PhoneClass, digit: number): boolean {
    if (kind !== "digit" && kind !== "plus" && kind !== "dot") this.decimal = false;
    switch (kind) {
      case "digit":
        return this.readDigit(digit);
      case "plus":
        return this.readPlus();
      case "letter":
        return this.readLetter();
      case "colon":
        if (this.label === "open") this.label = "closed";
        return this.digits === "" || this.close(true);
      case "mark":
        return this.digits === "" || this.close(true);
      case "list":
        return this.digits === "" || this.close(false);
      case "dot":
        if (this.pointAt > 0 || this.digits.length > 3) this.decimal = false;
        this.pointAt = this.digits.length;
        break;
      case "slash":
        if (this.slashAt === 0) this.slashAt = this.digits.length;
        break;
      case "other":
        return false;
    }
    this.letters = 0;
    return true;
  }

  end(): boolean {
    if (this.decimal && this.pointAt > 0) return this.isDotted();
    return (this.digits === "" || this.close(false)) && this.found;
  }

  private readDigit(digit: number): boolean {
    if (this.label === "open") return false;
    this.letters = 0;
    this.digits += String(digit);
    return this.digits.length <= 2 * digitsMax + 2;
  }

  private readPlus(): boolean {
    if (this.label === "open") return false;
    if (this.digits !== "") {
      this.decimal = false;
      if (!this.close(false)) return false;
    } else if (this.signed) {
      return false;
    }
    this.signed = true;
    this.extension = false;
    this.letters = 0;
    return true;
  }

  private readLetter(): boolean {
    this.letters++;
    if (this.digits === "" && !this.signed && !this.found && this.words === 0) {
      this.label = "open";
      return this.letters <= labelLettersMax;
    }
    if (this.digits !== "" && !this.close(true)) return false;
    if (this.letters === 1) this.words++;
    return !this.signed && this.words <= wordsMax && this.letters <= wordLettersMax;
  }

  /** Ends a number; false if there is none. */
  private close(extension: boolean): boolean {
    const { digits, signed, slashAt } = this;
    const fits = signed
      ? isNumber(digits) || (slashAt > 0 && isNumber(digits.slice(0, slashAt)))
      : digits.length <= digitsMax && (this.extension || this.found || digits.length >= unsignedDigitsMin);
    this.found ||= signed;
    this.digits = "";
    this.signed = false;
    this.slashAt = 0;
    this.extension = extension;
    return fits;
  }

  private isDotted(): boolean {
    const facts = factsLeading(this.digits);
    if (facts === null || !this.signed || facts.code.length !== this.pointAt) return false;
    const national = this.digits.slice(this.pointAt);
    return national.length >= dottedDigitsMin && isPossibleNumber(facts, national);
  }
}

/** True for digits that begin with an assigned calling code and are a possible number there, or long and as many. */
function isNumber(digits: string): boolean {
  const facts = factsLeading(digits);
  if (facts === null) return false;
  const national = digits.slice(facts.code.length);
  const fits = (rest: string) =>
    isPossibleNumber(facts, rest) || (digits.length >= longDigitsMin && isPossibleLength(facts, rest.length));
  return (
    fits(national) ||
    [...facts.trunks, "0"].some((trunk) => national.startsWith(trunk) && fits(national.slice(trunk.length)))
  );
}
