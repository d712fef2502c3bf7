import type { PathPattern } from "../model/program.ts";

/** A configured path taken apart, or what is wrong with it. */
export type ParsedPath =
  | { readonly ok: true; readonly pattern: PathPattern }
  | { readonly ok: false; readonly position: number; readonly message: string; readonly hint: string | null };

export const pathCharsMax = 512;
export const pathSegmentsMax = 32;

const name = /[^.[\]"'\s][^.[\]"']*/y;
const quoted = /\[(?:"([^"]+)"|'([^']+)')\]/y;
const anyItem = /\[\*?\]/y;
const index = /\[\d+\]/y;

/**
 * Takes a PII path apart: `traits.email`, `properties.*.iban`, `properties["credit card"]`, `items[].name`.
 *
 * Arrays are walked through wherever they stand, so `[]` and `[*]` say nothing and an index is refused. A quoted name
 * with dots counts as so many segments: paths match nested objects and dotted literal keys alike.
 */
export function parsePath(text: string): ParsedPath {
  if (text.length > pathCharsMax) return wrong(pathCharsMax, `A path may have ${pathCharsMax} characters.`);
  const segments: string[] = [];
  let at = 0;
  for (let first = true; first || at < text.length; first = false) {
    if (!first && text[at] === ".") at++;
    else if (!first && text[at] !== "[") return wrong(at, "Here a dot or a bracket should stand.");
    const read = readSegment(text, at, first);
    if (read === null) return wrong(at, "Here a name should stand.", hintAt(text, at));
    segments.push(...read.segments);
    at = read.end;
  }
  if (segments.length > pathSegmentsMax) return wrong(0, `A path may have ${pathSegmentsMax} segments.`);
  if (segments.every((segment) => segment === "*")) return wrong(0, "A path must name something besides *.");
  return { ok: true, pattern: segments };
}

/** Paths that mean the same place: what identify calls say of a user stands in `context.traits` on others. */
export function withContextTraits(pattern: PathPattern): PathPattern[] {
  return pattern[0]?.toLowerCase() === "traits" ? [pattern, ["context", ...pattern]] : [pattern];
}

function readSegment(text: string, at: number, first: boolean): { segments: string[]; end: number } | null {
  const inBrackets = matchAt(quoted, text, at);
  if (inBrackets !== null) {
    const segments = ((inBrackets[1] ?? inBrackets[2]) as string).split(".");
    return segments.includes("") ? null : { segments, end: at + inBrackets[0].length };
  }
  const item = first ? null : matchAt(anyItem, text, at);
  if (item !== null) return { segments: [], end: at + item[0].length };
  const plain = matchAt(name, text, at);
  if (plain === null) return null;
  return { segments: [plain[0].trim()], end: at + plain[0].length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function hintAt(text: string, at: number): string | null {
  if (matchAt(index, text, at) !== null) return "Leave the index out: every element of an array is looked at.";
  return text === "" ? "traits.email" : null;
}

function wrong(position: number, message: string, hint: string | null = null): ParsedPath {
  return { ok: false, position, message, hint };
}
