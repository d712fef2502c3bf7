import { type Characters, classOf, isAsciiLetterOrDigit, isDigit, readCharacters } from "./characters.ts";
import { fileEndings } from "./known-words.ts";

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
 *    begins with two letters, and is no file's ending (known-words.ts). A version
 *    (`18.2.0-rc`) is no domain, nor is a file's name that begins with a scale factor (`2x.png`).
 *    Or an address in brackets: `[10.1.2.3]`, `[IPv6:2001:db8::1]`;
 * 3. no `git@` before a host and `:` or `/`, as repositories are named;
 * 4. both there: one match. Letters are those of ASCII and all beyond it but spaces and punctuation.
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

/** Longest ending of a file's name. */
const endingCharsMax = 5;
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
    if (isRepository(codes, start, at)) continue;
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

/** True if the name of a query's parameter begins here, so that `=` stands for itself; not behind `=?utf-8?Q?`. */
function isParameter(codes: readonly number[], start: number): boolean {
  if (codes[start - 1] !== 0x3f) return codes[start - 1] === 0x26;
  return !(((codes[start - 2] ?? 0) | 0x20) === 0x71 && codes[start - 3] === 0x3f);
}

/** `git@host:path`, `ssh://git@host/path`: the user that all repositories have, and nobody's address. */
function isRepository(codes: readonly number[], start: number, at: number): boolean {
  if (at - start !== 3 || String.fromCodePoint(...codes.slice(start, at)) !== "git") return false;
  let end = at + 1;
  while (isLabel(codes[end] ?? 0) || classOf(codes[end] ?? 0) === "dot") end++;
  return codes[end] === 0x3a || codes[end] === 0x2f;
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
  let numbers = 0;
  let isScale = false;
  let isFile = false;
  for (let at = start, labels = 0; ; at++) {
    const labelStart = at;
    while (at < codes.length && isLabel(codes[at] as number)) at++;
    if (at === labelStart) break;
    const label = codes.slice(labelStart, at);
    // A version: 18.2.0-rc
    if (labels === 2 && numbers === 2 && isDigit(label[0] as number)) return -1;
    if (numbers === labels) isScale ||= isScaleFactor(label);
    if (label.every(isDigit)) numbers++;
    labels++;
    isFile = labels > 1 && label.length <= endingCharsMax && fileEndings.has(lowerAscii(label));
    if (labels > 1 && !isFile && isTop(label)) end = at;
    if (at >= codes.length || classOf(codes[at] as number) !== "dot") break;
  }
  return isScale && isFile ? -1 : end;
}

function lowerAscii(codes: readonly number[]): string {
  return String.fromCodePoint(...codes).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** `2x`, as in `icon@2x.png`. */
function isScaleFactor(label: readonly number[]): boolean {
  return label.length > 1 && ((label.at(-1) as number) | 0x20) === 0x78 && label.slice(0, -1).every(isDigit);
}

/** What can begin with a top-level domain; what is put behind one is masked with it. */
function isTop(label: readonly number[]): boolean {
  return label.length > 1 && label.slice(0, 2).every((code) => classOf(code) === "letter");
}

function isLabel(code: number): boolean {
  const kind = classOf(code);
  return kind === "letter" || kind === "digit" || kind === "hyphen";
}
