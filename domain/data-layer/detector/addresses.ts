import { type Characters, isAsciiLetterOrDigit, isDigit, isHexDigit, isUnseen, readCharacters } from "./characters.ts";
import type { Span } from "./emails.ts";
import { fileEndings, hostNames, namesVersion } from "./known-words.ts";
import { phoneDigitOf } from "./phone-characters.ts";

const dot = 0x2e;
const colon = 0x3a;
const slash = 0x2f;
/** The longest textual IPv6 address. Units: characters. */
const ipv6CharsMax = 45;
const portDigitsMax = 5;
const octetMax = 255;
/** From here on IPv4 addresses are nobody's: reserved, masks of networks, broadcast. */
const reservedOctet = 240;
const wordLettersMax = 24;
const separatorsMax = 4;
const endingLettersMax = 5;
const separators = new Set([..." \"'\\:=-_("].map((sign) => sign.charCodeAt(0)));
const tokenStarts = new Set([..." \"'\\(;,"].map((sign) => sign.charCodeAt(0)));

/**
 * Finds IP literals in a text, in linear time: whole values, in URLs, in sentences, percent-encoded, in fullwidth
 * signs, with characters in them that are not seen.
 *
 * IPv6: a longest run of hex digits, colons and dots with two colons or more, without dots and one single colon at its
 * ends, that is a valid address and more than `::`, or one with a port behind it (`:443`, `.443`). One without a digit
 * and with fewer than four groups is a word with colons, eight groups of two digits are a hardware address.
 * IPv4: a longest run of numbers joined by single dots that has exactly four, each of three digits at most and at most
 * 255, that is a host's: the first between 1 and 239, the last two not both 0. One behind a word of versions
 * (known-words.ts), in a product's name (`Edge/12.1.2.3`) or before a file's ending is a version.
 * No ASCII letter or digit may touch either. `versions` leaves IPv4 out: four-part version numbers look the same.
 */
export function findAddresses(text: string, versions: boolean): Span[] {
  if (!/[.:%\\&\uff0e\uff1a\uff61]/.test(text)) return [];
  const characters = readSeen(text);
  const v6 = findV6(characters);
  if (versions) return v6;
  const v4 = findV4(characters).filter((span) => !v6.some((other) => span.start < other.end && span.end > other.start));
  return [...v6, ...v4].sort((a, b) => a.start - b.start);
}

/**
 * The characters that are seen, fullwidth ones as ASCII; digits of other scripts too, where a dot stands between two of
 * them.
 */
function readSeen(text: string): Characters {
  const { codes, starts, count, plain } = readCharacters(text);
  const seen = [...codes.keys()].filter((at) => !isUnseen(codes[at] as number));
  return {
    count: seen.length,
    codes: plainDigits(seen.map((at) => narrow(codes[at] as number))),
    starts: [...seen.map((at) => starts[at] as number), starts[count] as number],
    plain,
  };
}

function plainDigits(codes: readonly number[]): readonly number[] {
  const isOther = (code = 0) => code >= 0x80 && phoneDigitOf(code) >= 0;
  if (!codes.some((code, at) => code === dot && isOther(codes[at - 1]) && isOther(codes[at + 1]))) return codes;
  return codes.map((code) => (isOther(code) ? phoneDigitOf(code) + 0x30 : code));
}

function narrow(code: number): number {
  if (code === 0xff61) return dot;
  if (code > 0xff00 && code < 0xff5f) return code - 0xfee0;
  return code;
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
      const last = standsAlone(codes, from, to) ? v6End(codes, from, to) : 0;
      if (last > 0) spans.push({ start: starts[from] as number, end: starts[last] as number });
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

/** Where the address ends, a port behind it left out; 0 if there is none. */
function v6End(codes: readonly number[], from: number, to: number): number {
  if (isV6(codes, from, to)) return to;
  let port = to;
  while (port > from && isDigit(codes[port - 1] as number)) port--;
  const digits = to - port;
  const sign = codes[port - 1];
  if (digits === 0 || digits > portDigitsMax || port - 1 <= from || (sign !== colon && sign !== dot)) return 0;
  return isV6(codes, from, port - 1) ? port - 1 : 0;
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
  if (halves.length === 2) return size > 0 && size < 8 && (size > 3 || /\d/.test(text));
  return size === 8 && !words.every((word) => word.length === 2);
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
    const octets: number[] = [];
    let fits = !isAsciiLetterOrDigit(codes[start - 1] ?? 0);
    for (;;) {
      const octetStart = at;
      let value = 0;
      for (; at < count && isDigit(codes[at] as number); at++) value = value * 10 + (codes[at] as number) - 0x30;
      if (at - octetStart > 3 || value > octetMax) fits = false;
      octets.push(value);
      if (codes[at] !== dot || !isDigit(codes[at + 1] ?? 0)) break;
      at++;
    }
    if (!fits || !isHost(octets) || isAsciiLetterOrDigit(codes[at] ?? 0)) continue;
    if (isVersion(codes, start) || isFile(codes, at)) continue;
    spans.push({ start: starts[start] as number, end: starts[at] as number });
  }
  return spans;
}

function isHost(octets: readonly number[]): boolean {
  const [first = 0, , third = 0, fourth = 0] = octets;
  return octets.length === 4 && first > 0 && first < reservedOctet && (third > 0 || fourth > 0);
}

/** Whether a word of versions stands before a number, or it is the version in a product's name. */
function isVersion(codes: readonly number[], start: number): boolean {
  let end = start;
  const isProduct = codes[end - 1] === slash;
  if (isProduct) end--;
  else while (start - end < separatorsMax && separators.has(codes[end - 1] ?? 0)) end--;
  let from = end;
  while (end - from < wordLettersMax && isLetter(codes[from - 1] ?? 0)) from--;
  if (from === end) return false;
  const word = String.fromCharCode(...codes.slice(from, end));
  if (!isProduct) return namesVersion(word.toLowerCase());
  if (hostNames.has(word.toLowerCase())) return false;
  return (
    from + 1 < end && isCapital(codes[from] as number) && (from === 0 || tokenStarts.has(codes[from - 1] as number))
  );
}

/** Whether a file's ending stands behind a number. */
function isFile(codes: readonly number[], end: number): boolean {
  if (codes[end] !== dot) return false;
  let to = end + 1;
  while (to - end <= endingLettersMax && isAsciiLetterOrDigit(codes[to] ?? 0)) to++;
  const ending = String.fromCharCode(...codes.slice(end + 1, to)).toLowerCase();
  return ending !== "log" && fileEndings.has(ending);
}

function isLetter(code: number): boolean {
  return isAsciiLetterOrDigit(code) && !isDigit(code);
}

/** A product's name begins with one, and not with `IP`. */
function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a && code !== 0x49;
}
