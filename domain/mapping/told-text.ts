import { type Detected, detect } from "../data-layer/detector/detect.ts";
import { phoneDigitOf } from "../data-layer/detector/phone-characters.ts";
import { holdsMask } from "../model/identity/masks.ts";
import { holdsPhone, type TextKind } from "./phone-shape.ts";

const textCharsMax = 500;
const notSeen = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const otherDigits = /[^\0-\x7f]/gu;
/** As forms encode the spaces of a number. */
const plusForSpace = /(?<=\d\)?)\+(?=\(?\d)/g;
const encoded = /(?:%[0-9a-fA-F]{2})+/g;

/**
 * A text of an event's that may be told to a vendor, or null where somebody might be known by it: by an email, a phone
 * number, an address or a User-Agent, in whatever spelling, or by what the detector left a mask of.
 *
 * What the query of a web address in it says is left out: it holds others' click ids and what forms were filled with.
 * `versions` says that its key is one of version numbers, whose four parts look like an address.
 */
export function toldText(text: string | null, kind: TextKind, versions = false): string | null {
  if (text === null || text.length > textCharsMax || text.includes("@") || holdsMask(text)) return null;
  const told = withoutQueries(text);
  return told === "" || isPersonal(told, kind, versions) ? null : told;
}

/** Whether a piece of text looks like something that somebody is known by. */
export function isPersonal(text: string, kind: TextKind, versions = false): boolean {
  if (isPlain(text)) return false;
  const plain = plainly(text);
  if (found(plain, versions).text !== plain) return true;
  return spellingsOf(plain).some((spelling) => holdsPhone(spelling, kind));
}

const modes = { phones: "mask", ips: "mask" } as const;

/** What the detector finds in a piece of text, whatever an organisation lets it mask where events come in. */
export function found(text: string, versions = false): Detected {
  return detect(text, modes, { versions, key: false, senders: [] });
}

const plainCodeMax = 0x7e;
const digitsOfNumberMin = 7;

/** Signs that make a text worth a closer look whatever else is in it: of encodings, names and values, comments. */
const signs: ReadonlySet<number> = new Set([..."%&(:=@\\"].map((sign) => sign.charCodeAt(0)));

/**
 * Whether a text holds too little for any of them, as most do: seven digits are the shortest number to call, three dots
 * are in the shortest address.
 */
function isPlain(text: string): boolean {
  let [digits, dots] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > plainCodeMax || signs.has(code)) return false;
    if (code >= 0x30 && code <= 0x39) digits += 1;
    else if (code === 0x2e) dots += 1;
  }
  return digits < digitsOfNumberMin && dots < 3;
}

/** The text with plain digits and signs, and without what is not seen. */
function plainly(text: string): string {
  return text.normalize("NFKC").replace(notSeen, "").replace(otherDigits, plainDigitOf).replace(plusForSpace, " ");
}

/** The ASCII digit that a digit of another script is; other characters stay. */
function plainDigitOf(char: string): string {
  const digit = phoneDigitOf(char.codePointAt(0) as number);
  return digit < 0 ? char : String(digit);
}

/** The text as it reads, and as it reads once and twice decoded; the detector decodes for itself. */
function spellingsOf(text: string): string[] {
  if (!text.includes("%")) return [text];
  const once = decoded(text);
  return [text, once, decoded(once)].map((spelling) => spelling.replace(plusForSpace, " "));
}

function decoded(text: string): string {
  return text.replace(encoded, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}

const addressQuery = /((?:[a-z][a-z0-9+.-]*:\/\/|www\.|(?<=^|\s)\/)[^\s?#]*)[?#]\S*/gi;
const bareQuery = /[?#][\w.%[\]-]+=\S*/g;

/** Web addresses lose their query and fragment; a question in words stays a question. */
function withoutQueries(text: string): string {
  return /[?#]/.test(text) ? text.replace(addressQuery, "$1").replace(bareQuery, "").trim() : text;
}
