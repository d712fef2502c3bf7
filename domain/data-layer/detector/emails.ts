import { type Characters, classOf, isDigit, readCharacters } from "./characters.ts";

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
 * 3. both there: one match. Letters are those of ASCII and all beyond it but spaces and punctuation.
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

const hints = /[@\uff20\ufe6b]|%(?:25)*40|u(?:0040|ff20|fe6b)/i;

function mayHoldEmail(text: string): boolean {
  return hints.test(text);
}

function emailsIn(characters: Characters): Span[] {
  const { codes, starts, count } = characters;
  const spans: Span[] = [];
  let from = 0;
  for (let at = 0; at < count; at++) {
    if (classOf(codes[at] as number) !== "at") continue;
    const start = localStart(codes, at, from);
    const end = start < at ? domainEnd(codes, at + 1) : -1;
    if (end < 0) continue;
    spans.push({ start: starts[start] as number, end: starts[end] as number });
    from = end;
    at = end - 1;
  }
  return spans;
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
