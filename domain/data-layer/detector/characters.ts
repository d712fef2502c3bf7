import { decodeOnce } from "./encoded.ts";

/**
 * Text as the recognisers read it: one entry per code point or encoded character.
 *
 * What counts as encoded is in encoded.ts; it is undone twice, so that an entity in a URL, or a URL in a URL, is read
 * too. A run of backslashes before anything else is one character of class `other`. Linear in the text.
 */
export interface Characters {
  readonly count: number;
  /** What each stands for. A byte of `%80` and above that is no part of UTF-8 counts as one letter. */
  readonly codes: readonly number[];
  /** Where each begins in the text, and the text's length at the end. Units: UTF-16 units. */
  readonly starts: readonly number[];
  /** True if no character is encoded. */
  readonly plain: boolean;
}

export type CharacterClass = "letter" | "digit" | "hyphen" | "local" | "dot" | "at" | "quote" | "other";

const encodedSigns = /[%\\&]/;

export function readCharacters(text: string): Characters {
  const codes: number[] = [];
  const starts: number[] = [];
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) as number;
    codes.push(code);
    starts.push(at);
    at += code > 0xffff ? 2 : 1;
  }
  starts.push(text.length);
  const raw = { count: codes.length, codes, starts, plain: true };
  if (!encodedSigns.test(text)) return raw;
  const once = decodeOnce(raw);
  return once.plain ? once : { ...decodeOnce(once), plain: false };
}

export function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isAsciiLetterOrDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

/** Characters that are not seen: zero width ones, marks of direction, soft hyphens. Inclusive ranges. */
const unseen: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
];

export function isUnseen(code: number): boolean {
  return code >= 0xad && unseen.some(([first, last]) => code >= first && code <= last);
}

const atSigns = [0x40, 0xfe6b, 0xff20];
const dots = [0x2e, 0x3002, 0xff0e, 0xff61];
const localSigns = new Set([..."+%'!#$*^`~"].map((sign) => sign.charCodeAt(0)));
/**
 * Spaces, quotation marks, brackets and commas beyond ASCII: they delimit an address. Inclusive ranges.
 *
 * What is not seen (zero width characters, marks of direction) is none of them: it is masked with the address.
 */
const delimiters: readonly (readonly [number, number])[] = [
  [0x80, 0xa0],
  [0xab, 0xab],
  [0xbb, 0xbb],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2010, 0x2029],
  [0x202f, 0x205f],
  [0x3000, 0x3003],
  [0x3008, 0x3011],
  [0xff08, 0xff09],
  [0xff0c, 0xff0c],
  [0xff1a, 0xff1c],
  [0xff1e, 0xff1e],
];

/** What a code point can be in an email address. `local` signs stand in the local part only. */
export function classOf(code: number): CharacterClass {
  if (isDigit(code)) return "digit";
  if (isAsciiLetterOrDigit(code)) return "letter";
  if (atSigns.includes(code)) return "at";
  if (dots.includes(code)) return "dot";
  if (code === 0x2d || code === 0x5f) return "hyphen";
  if (code === 0x22) return "quote";
  if (code < 0x80) return localSigns.has(code) ? "local" : "other";
  return delimiters.some(([first, last]) => code >= first && code <= last) ? "other" : "letter";
}
