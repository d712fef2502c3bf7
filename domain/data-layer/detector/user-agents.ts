import { type Characters, isAsciiLetterOrDigit, isDigit, isUnseen } from "./characters.ts";

/** A stretch of characters. Units: entries of `Characters`, end exclusive. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const slash = 0x2f;
const open = 0x28;
const close = 0x29;
const space = 0x20;
const plus = 0x2b;
const equals = 0x3d;
const underscore = 0x5f;
const ampersand = 0x26;
const quotes = new Set([0x22, 0x3c, 0x60, 0x5c]);
const breaks = new Set([0x09, 0x0a, 0x0d]);

const nameCharsMax = 64;
const commentCharsMax = 256;
const gapCharsMax = 4;
/** Shorter ones may be a word that means something else: `curl`, `Dart/3`. */
const productCharsMin = 8;
const wordCharsMin = 16;
const senderCharsMax = 1024;
const word = /[a-z0-9._-]{3}/i;
const wordWithinChars = 256;

/** Products that no one but a browser or a virtual machine calls itself. */
const browsers = new Set(["mozilla", "opera", "dalvik"]);
/** A product with one of these in its comment tells of somebody's device. */
const systems = new Set(
  (
    "linux android iphone ipad ipod ios ipados windows macintosh mac macos x11 compatible cros darwin tvos watchos " +
    "visionos tizen webos web0s kaios blackberry bb10 symbian midp playstation nintendo xbox"
  ).split(" "),
);

/**
 * A User-Agent in the form that texts are searched for, or null if it is too short to stand for anybody: eight
 * characters, among them `/`, a space or a bracket, or sixteen of any kind, and a word of three in its beginning.
 * `okhttp/4.9.2` counts, `curl` does not.
 */
export function senderCodes(userAgent: string): readonly number[] | null {
  const text = userAgent.trim();
  const long = text.length >= (/[/ (]/.test(text) ? productCharsMin : wordCharsMin);
  if (!word.test(text.slice(0, wordWithinChars))) return null;
  return long ? [...text].slice(0, senderCharsMax).map((char) => lower(char.codePointAt(0) as number)) : null;
}

/**
 * Finds User-Agents in a text, in linear time: by their shape, and `senders`, those that the sender is known by.
 *
 * Shapes, with white space or none before the bracket: `Mozilla/5.0 (`, `Opera/9.80 (`, `Dalvik/2.1.0 (`; any product
 * with a version whose comment names an operating system, `Shop/4.2 (iPhone; iOS 17.5; Scale/3.00)`; `Shop/42
 * CFNetwork/1494.0.7 Darwin/23.4.0`. Such a one ends where its line, a quotation mark, `<`, a backslash or, behind
 * `=`, an `&` does: what else stands in the line is masked with it. Names of libraries, `okhttp/4.9.2`, are none by
 * their shape.
 */
export function findUserAgents({ codes, count }: Characters, senders: readonly (readonly number[])[]): Stretch[] {
  const found: Stretch[] = [];
  let done = 0;
  for (let at = 0; at < count; at++) {
    const code = codes[at] as number;
    const from = code === open ? beforeComment(codes, at) : code === slash ? beforeNetwork(codes, at) : -1;
    if (from < done) continue;
    const to = endOfLine(codes, at, codes[from - 1] === equals);
    found.push({ from, to });
    done = to;
    at = to - 1;
  }
  for (const sender of senders) found.push(...occurrences(codes, count, sender));
  return found;
}

/** Where the product before a comment begins, or -1 if both are no User-Agent. */
function beforeComment(codes: readonly number[], at: number): number {
  let end = at;
  while (at - end < gapCharsMax && isGap(codes[end - 1] ?? 0)) end--;
  // Without a gap only a version's digit, or the `_` that a gap became, stands before the bracket.
  const last = codes[end - 1] ?? 0;
  if (end === at && !isDigit(last) && last !== underscore) return -1;
  let from = end;
  let version = -1;
  for (; at - from <= nameCharsMax && isProductChar(codes[from - 1] ?? 0); from--) {
    if (codes[from - 1] !== slash) continue;
    if (version >= 0) break;
    version = from;
  }
  if (version < 0 || from === version - 1 || !isDigit(codes[version] ?? 0)) return -1;
  const name = textOf(codes, from, version - 1);
  if (browsers.has(name) || name.endsWith("mozilla")) return from;
  return end < at && /^[a-z]/.test(name) && namesSystem(codes, at + 1) ? from : -1;
}

/** What stands between a product and its comment. */
function isGap(code: number): boolean {
  return code === space || code === plus || breaks.has(code) || code === 0xa0 || isUnseen(code);
}

function namesSystem(codes: readonly number[], start: number): boolean {
  let word = "";
  for (let at = start; at - start <= commentCharsMax; at++) {
    const code = codes[at] ?? close;
    if (isAsciiLetterOrDigit(code)) {
      word += String.fromCharCode(lower(code));
      continue;
    }
    if (systems.has(word)) return true;
    if (code === open || code === close || breaks.has(code)) return false;
    word = "";
  }
  return false;
}

const network = "cfnetwork";

/** Where `Name/1 CFNetwork/1494.0.7 Darwin/23.4.0` begins, of which `at` is the second slash; or -1. */
function beforeNetwork(codes: readonly number[], at: number): number {
  const start = at - network.length;
  if (start < 0 || !isDigit(codes[at + 1] ?? 0) || textOf(codes, start, at) !== network) return -1;
  if (codes[at - 1] !== 0x6b) return -1;
  let end = at + 1;
  while (end - at < nameCharsMax && isProductChar(codes[end] ?? 0)) end++;
  if (textOf(codes, end + 1, end + 8) !== "darwin/") return -1;
  let from = start;
  const gap = codes[start - 1];
  if (gap === space || gap === plus) {
    from = start - 1;
    while (start - from <= nameCharsMax && isProductChar(codes[from - 1] ?? 0)) from--;
  }
  return from === start - 1 ? start : from;
}

function isProductChar(code: number): boolean {
  return (
    isAsciiLetterOrDigit(code) || code === slash || code === 0x2e || code === 0x5f || code === 0x2d || code === 0x21
  );
}

/** Where a User-Agent must have ended. */
export function endOfLine(codes: readonly number[], start: number, inQuery: boolean): number {
  let at = start;
  for (; at < codes.length; at++) {
    const code = codes[at] as number;
    if (quotes.has(code) || breaks.has(code) || (inQuery && code === ampersand)) break;
  }
  return at;
}

/** Where `needle` stands with no letter or digit at its ends (Knuth, Morris and Pratt: no character is read twice). */
function occurrences(codes: readonly number[], count: number, needle: readonly number[]): Stretch[] {
  const found: Stretch[] = [];
  if (needle.length > count) return found;
  const failures = failuresOf(needle);
  for (let at = 0, length = 0; at < count; at++) {
    const code = lower(codes[at] as number);
    while (length > 0 && needle[length] !== code) length = failures[length - 1] as number;
    if (needle[length] === code) length++;
    if (length < needle.length) continue;
    const from = at + 1 - length;
    length = failures[length - 1] as number;
    const touched = isAsciiLetterOrDigit(codes[from - 1] ?? 0) || isAsciiLetterOrDigit(codes[at + 1] ?? 0);
    if (!touched && from >= (found.at(-1)?.to ?? 0)) found.push({ from, to: at + 1 });
  }
  return found;
}

function failuresOf(needle: readonly number[]): number[] {
  const failures = [0];
  for (let at = 1, length = 0; at < needle.length; at++) {
    while (length > 0 && needle[length] !== needle[at]) length = failures[length - 1] as number;
    if (needle[length] === needle[at]) length++;
    failures.push(length);
  }
  return failures;
}

function textOf(codes: readonly number[], from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) text += String.fromCharCode(lower(codes[at] ?? 0));
  return text;
}

function lower(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
}
