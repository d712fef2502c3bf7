/**
 * Text as the recognisers read it: one entry per code point or encoded character.
 *
 * Encoded are `%HH`, also encoded again (`%25…HH`), and `\uHHHH` behind any number of backslashes, as in JSON inside
 * strings. A run of backslashes before anything else is one character of class `other`. Linear in the text.
 */
export interface Characters {
  readonly count: number;
  /** What each stands for; bytes of `%80` and above count as one letter each. */
  readonly codes: readonly number[];
  /** Where each begins in the text, and the text's length at the end. Units: UTF-16 units. */
  readonly starts: readonly number[];
  /** True if no character is encoded. */
  readonly plain: boolean;
}

export type CharacterClass = "letter" | "digit" | "hyphen" | "local" | "dot" | "at" | "quote" | "other";

const percent = 0x25;
const backslash = 0x5c;
/** Stands for a byte of an encoded non-ASCII character. */
const someLetter = 0xe9;

export function readCharacters(text: string): Characters {
  const codes: number[] = [];
  const starts: number[] = [];
  let plain = true;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) as number;
    starts.push(at);
    if (code === percent || code === backslash) {
      const encoded = code === percent ? readPercent(text, at) : readBackslashes(text, at);
      codes.push(encoded.code);
      plain &&= encoded.end === at + 1;
      at = encoded.end;
    } else {
      codes.push(code);
      at += code > 0xffff ? 2 : 1;
    }
  }
  starts.push(text.length);
  return { count: codes.length, codes, starts, plain };
}

function readPercent(text: string, start: number): { code: number; end: number } {
  let at = start + 1;
  let last = -1;
  while (text.startsWith("25", at)) {
    last = at;
    at += 2;
  }
  const hex = hexAt(text, at, 2) ? at : last;
  if (hex < 0) return { code: percent, end: start + 1 };
  const code = Number.parseInt(text.slice(hex, hex + 2), 16);
  return { code: code < 0x80 ? code : someLetter, end: hex + 2 };
}

function readBackslashes(text: string, start: number): { code: number; end: number } {
  let at = start;
  while (text.charCodeAt(at) === backslash) at++;
  if (text[at] !== "u" || !hexAt(text, at + 1, 4)) return { code: backslash, end: at };
  return { code: Number.parseInt(text.slice(at + 1, at + 5), 16), end: at + 5 };
}

function hexAt(text: string, at: number, digits: number): boolean {
  for (let i = at; i < at + digits; i++) if (!isHexDigit(text.charCodeAt(i))) return false;
  return true;
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
