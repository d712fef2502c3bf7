import { findAddresses } from "../data-layer/detector/addresses.ts";
import { findEmails } from "../data-layer/detector/emails.ts";
import { holdsMask } from "../model/masks.ts";
import { holdsPhone, type TextKind } from "./phone-shape.ts";

const textCharsMax = 500;
/** A product and its version, and in brackets what it runs on. */
const userAgent = new RegExp(
  String.raw`(?:^|[^\w.-])[A-Za-z][\w.-]*/\d+(?:\.\d+)* ` +
    String.raw`\([^()]*(?:;|Windows|Macintosh|Linux|Android|iPhone|iPad|compatible)`,
);
const notSeen = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const otherDigits = /[\u0660-\u0669\u06f0-\u06f9]/g;
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
  return isPersonal(told, kind, versions) ? null : told;
}

/** Whether a piece of text looks like something that somebody is known by. */
export function isPersonal(text: string, kind: TextKind, versions = false): boolean {
  if (isPlain(text)) return false;
  return spellingsOf(text).some(
    (spelling) =>
      findEmails(spelling).length > 0 ||
      holdsPhone(spelling, kind) ||
      findAddresses(spelling, versions).length > 0 ||
      userAgent.test(spelling),
  );
}

const plainCodeMax = 0x7e;
const digitsOfNumberMin = 7;

/**
 * Whether a text holds too little for any of them, as most do: seven digits are the shortest number to call, three dots
 * and two colons are in the shortest addresses, brackets in every User-Agent.
 */
function isPlain(text: string): boolean {
  let [digits, dots, colons] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > plainCodeMax || code === 0x25 || code === 0x26 || code === 0x28 || code === 0x40 || code === 0x5c)
      return false;
    if (code >= 0x30 && code <= 0x39) digits += 1;
    else if (code === 0x2e) dots += 1;
    else if (code === 0x3a) colons += 1;
  }
  return digits < digitsOfNumberMin && dots < 3 && colons < 2;
}

/** The text as it reads, and as it reads once and twice decoded. */
function spellingsOf(text: string): string[] {
  const plain = text
    .normalize("NFKC")
    .replace(notSeen, "")
    .replace(otherDigits, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(plusForSpace, " ");
  if (!plain.includes("%")) return [plain];
  const once = decoded(plain);
  return [...new Set([plain, once, decoded(once)])];
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

/** Web addresses lose their query and fragment; a question in words stays a question. */
function withoutQueries(text: string): string {
  if (!/[?#]/.test(text)) return text;
  return text
    .replace(/(\S*(?::\/\/|\/)[^\s?#]*)[?#]\S*/g, "$1")
    .replace(/(^|\s)[?#][\w.%[\]-]+=\S*/g, "$1")
    .trim();
}
