import { type Characters, classOf, isAsciiLetterOrDigit, isDigit, readCharacters } from "./characters.ts";

/** A stretch of text. Units: UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds every email address in a text, in linear time; in doubt it finds one.
 *
 * The automaton, over `readCharacters`, at each at-sign from left to right:
 * 1. local part: the longest run before it (not reaching into the match before) of letters, digits, `- _ .` and
 *    `+ % ' ! # $ * ^ ` ~`; if empty and a `"` stands there, everything from the `"` before that one;
 * 2. domain: labels of letters, digits, `-`, `_`, joined by dots; it ends with the last label that is not the first,
 *    has two characters or more and is not all digits;
 *    Or an address in brackets: `[10.1.2.3]`, `[IPv6:2001:db8::1]`;
 * 3. both there: one match. Letters are those of ASCII and all beyond it but spaces and punctuation.
 *
 * Mail's own `=40` (quoted-printable) is an at-sign where a letter follows and no parameter of a query ends there.
 */
export function findEmails(text: string): Span[] {
  return mayHoldEmail(text) ? emailsIn(readCharacters(text)) : [];
}

/** True if the text as a whole is one address, nothing of it encoded. */
export function isEmail(text: string): boolean {
  if (!text.includes("@")) return false;
  const characters = readCharacters(text);
  if (!characters.plain) return false;
  const [first] = emailsIn(characters);
  return first !== undefined && first.start === 0 && first.end === text.length;
}

const hints = /[@\uff20\ufe6b%\\&]|=40/;

function mayHoldEmail(text: string): boolean {
  return hints.test(text);
}

function emailsIn(characters: Characters): Span[] {
  const { codes, starts, count } = characters;
  const spans: Span[] = [];
  let from = 0;
  for (let at = 0; at < count; at++) {
    const domain = domainStart(codes, at);
    if (domain < 0) continue;
    const start = localStart(codes, at, from);
    if (start === at || (domain > at + 1 && isParameter(codes, start))) continue;
    const end = codes[domain] === openBracket ? literalEnd(codes, domain) : domainEnd(codes, domain);
    if (end < 0) continue;
    spans.push({ start: starts[start] as number, end: starts[end] as number });
    from = end;
    at = end - 1;
  }
  return spans;
}

const equals = 0x3d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const literalCharsMax = 64;

/** Where a domain begins if an at-sign stands here, else -1. */
function domainStart(codes: readonly number[], at: number): number {
  const code = codes[at] as number;
  if (classOf(code) === "at") return at + 1;
  if (code !== equals || codes[at + 1] !== 0x34 || codes[at + 2] !== 0x30) return -1;
  return classOf(codes[at + 3] ?? 0) === "letter" ? at + 3 : -1;
}

/** True if what begins here is the name of a query's parameter, so that `=` stands for itself. */
function isParameter(codes: readonly number[], start: number): boolean {
  return codes[start - 1] === 0x3f || codes[start - 1] === 0x26;
}

/** The end of an address in brackets, or -1. */
function literalEnd(codes: readonly number[], open: number): number {
  let signs = 0;
  for (let at = open + 1; at - open <= literalCharsMax; at++) {
    const code = codes[at] ?? 0;
    if (code === closeBracket) return signs > 1 ? at + 1 : -1;
    if (code === 0x2e || code === 0x3a) signs++;
    else if (!isAsciiLetterOrDigit(code)) return -1;
  }
  return -1;
}

function localStart(codes: readonly number[], at: number, from: number): number {
  let start = at;
  while (start > from && isLocal(codes[start - 1] as number)) start--;
  if (start < at || start === from || classOf(codes[at - 1] as number) !== "quote") return start;
  for (let open = at - 2; open >= from; open--) if (classOf(codes[open] as number) === "quote") return open;
  return at;
}

function isLocal(code: number): boolean {
  const kind = classOf(code);
  return kind !== "at" && kind !== "quote" && kind !== "other";
}

function domainEnd(codes: readonly number[], start: number): number {
  let end = -1;
  for (let at = start, labels = 0; ; at++) {
    const labelStart = at;
    let digits = 0;
    for (; at < codes.length && isLabel(codes[at] as number); at++) if (isDigit(codes[at] as number)) digits++;
    if (at === labelStart) return end;
    labels++;
    if (labels > 1 && at - labelStart > 1 && digits < at - labelStart) end = at;
    if (at >= codes.length || classOf(codes[at] as number) !== "dot") return end;
  }
}

function isLabel(code: number): boolean {
  const kind = classOf(code);
  return kind === "letter" || kind === "digit" || kind === "hyphen";
}
