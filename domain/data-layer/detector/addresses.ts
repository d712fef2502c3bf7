import { type Characters, isAsciiLetterOrDigit, isDigit, isHexDigit, readCharacters } from "./characters.ts";
import type { Span } from "./emails.ts";

const dot = 0x2e;
const colon = 0x3a;
/** The longest textual IPv6 address. Units: characters. */
const ipv6CharsMax = 45;
const octetMax = 255;

/**
 * Finds IP literals in a text, in linear time: whole values, in URLs, in sentences, percent-encoded.
 *
 * IPv6: a longest run of hex digits, colons and dots with two colons or more, without dots and one single colon at its
 * ends, that is a valid address and more than `::`. IPv4: a longest run of numbers joined by single dots that has
 * exactly four, each of three digits at most and at most 255. No ASCII letter or digit may touch either.
 * `versions` leaves IPv4 out: four-part version numbers look the same.
 */
export function findAddresses(text: string, versions: boolean): Span[] {
  if (!/[.:%&\\]/.test(text)) return [];
  const characters = readCharacters(text);
  const v6 = findV6(characters);
  if (versions) return v6;
  const v4 = findV4(characters).filter((span) => !v6.some((other) => span.start < other.end && span.end > other.start));
  return [...v6, ...v4].sort((a, b) => a.start - b.start);
}

function findV6(characters: Characters): Span[] {
  const { codes, starts, count } = characters;
  const spans: Span[] = [];
  for (let at = 0; at < count; at++) {
    let end = at;
    let colons = 0;
    for (; end < count && isV6Part(codes[end] as number); end++) if (codes[end] === colon) colons++;
    if (colons > 1) {
      const [from, to] = withoutEnds(codes, at, end);
      if (standsAlone(codes, from, to) && isV6(codes, from, to)) {
        spans.push({ start: starts[from] as number, end: starts[to] as number });
      }
    }
    at = end;
  }
  return spans;
}

function isV6Part(code: number): boolean {
  return code === colon || code === dot || isHexDigit(code);
}

function withoutEnds(codes: readonly number[], start: number, end: number): [number, number] {
  let from = start;
  let to = end;
  while (codes[from] === dot) from++;
  while (to > from && codes[to - 1] === dot) to--;
  if (codes[from] === colon && codes[from + 1] !== colon) from++;
  if (to > from && codes[to - 1] === colon && codes[to - 2] !== colon) to--;
  return [from, to];
}

function standsAlone(codes: readonly number[], from: number, to: number): boolean {
  return !isAsciiLetterOrDigit(codes[from - 1] ?? 0) && !isAsciiLetterOrDigit(codes[to] ?? 0);
}

function isV6(codes: readonly number[], from: number, to: number): boolean {
  if (to - from > ipv6CharsMax) return false;
  const text = String.fromCharCode(...codes.slice(from, to));
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1);
  const mapped = last?.includes(".") && !text.endsWith("::");
  if (mapped && !isV4(last as string)) return false;
  const words = mapped ? groups.slice(0, -1) : groups;
  const size = words.length + (mapped ? 2 : 0);
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return false;
  return halves.length === 2 ? size > 0 && size < 8 : size === 8;
}

function isV4(text: string): boolean {
  const octets = text.split(".");
  return octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) <= octetMax);
}

function findV4(characters: Characters): Span[] {
  const { codes, starts, count } = characters;
  const spans: Span[] = [];
  for (let at = 0; at < count; at++) {
    if (!isDigit(codes[at] as number)) continue;
    const start = at;
    let octets = 1;
    let fits = !isAsciiLetterOrDigit(codes[start - 1] ?? 0);
    for (;;) {
      const octetStart = at;
      let value = 0;
      for (; at < count && isDigit(codes[at] as number); at++) value = value * 10 + (codes[at] as number) - 0x30;
      if (at - octetStart > 3 || value > octetMax) fits = false;
      if (codes[at] !== dot || !isDigit(codes[at + 1] ?? 0)) break;
      octets++;
      at++;
    }
    if (fits && octets === 4 && !isAsciiLetterOrDigit(codes[at] ?? 0)) {
      spans.push({ start: starts[start] as number, end: starts[at] as number });
    }
  }
  return spans;
}
