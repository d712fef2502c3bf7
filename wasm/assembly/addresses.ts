// IP literals in a text (domain/data-layer/detector/addresses.ts), in linear time.
//
// A list of spans: 0 count u32, from 8 on pairs [start u32, end u32] in the order of the text.
import { characterCount, codeAt, isAsciiLetterOrDigit, keepSeen, placeOf, readCharacters } from "./characters";
import { take } from "./memory";
import { isHex } from "./text";
import { isFileEnding, isHostName, namesVersion } from "./known-words";

const dot: u32 = 0x2e;
const colon: u32 = 0x3a;
/** The longest textual IPv6 address. Units: characters. */
const ipv6CharsMax: i32 = 45;
const octetMax: u32 = 255;
const slash: u32 = 0x2f;
const portDigitsMax: i32 = 5;
/** From here on IPv4 addresses are nobody's. */
const reservedOctet: u32 = 240;
const wordLettersMax: i32 = 24;
const separatorsMax: i32 = 4;
const endingLettersMax: i32 = 5;

@inline
function isDigit(code: u32): bool {
  return code - 0x30 < 10;
}

@inline
function isHexCode(code: u32): bool {
  return code < 0x80 && isHex(code);
}

/** Finds them in a text; `versions` leaves IPv4 out. */
export function findAddresses(at: u32, bytes: u32, versions: bool): u32 {
  readCharacters(at, bytes);
  keepSeen();
  const six = newList();
  findV6(six);
  if (versions) return six;
  const four = newList();
  findV4(four);
  return merge(six, four);
}

function newList(): u32 {
  const list = take(8 + ((<u32>characterCount >> 1) + 1) * 8);
  store<u32>(list, 0);
  return list;
}

function push(list: u32, start: u32, end: u32): void {
  const count = load<u32>(list);
  store<u32>(list + 8 + count * 8, start);
  store<u32>(list + 8 + count * 8, end, 4);
  store<u32>(list, count + 1);
}

/** Both in the order of the text, without those of `four` that overlap one of `six`. */
function merge(six: u32, four: u32): u32 {
  const sixCount = load<u32>(six);
  const fourCount = load<u32>(four);
  if (sixCount == 0) return four;
  if (fourCount == 0) return six;
  const list = take(8 + (sixCount + fourCount) * 8);
  store<u32>(list, 0);
  let i: u32 = 0;
  for (let j: u32 = 0; j < fourCount; j++) {
    const start = load<u32>(four + 8 + j * 8);
    const end = load<u32>(four + 8 + j * 8, 4);
    while (i < sixCount && load<u32>(six + 8 + i * 8, 4) <= start) {
      push(list, load<u32>(six + 8 + i * 8), load<u32>(six + 8 + i * 8, 4));
      i++;
    }
    if (i < sixCount && load<u32>(six + 8 + i * 8) < end) continue;
    push(list, start, end);
  }
  for (; i < sixCount; i++) push(list, load<u32>(six + 8 + i * 8), load<u32>(six + 8 + i * 8, 4));
  return list;
}

let from: i32 = 0;
let to: i32 = 0;

function findV6(list: u32): void {
  for (let at: i32 = 0; at < characterCount; at++) {
    let end = at;
    let colons: i32 = 0;
    for (; end < characterCount; end++) {
      const code = codeAt(end);
      if (code == colon) colons++;
      else if (code != dot && !isHexCode(code)) break;
    }
    if (colons > 1) {
      stripEnds(at, end);
      if (standsAlone() && (isV6() || isV6BeforePort())) push(list, placeOf(from), placeOf(to));
    }
    at = end;
  }
}

function stripEnds(start: i32, end: i32): void {
  from = start;
  to = end;
  while (codeAt(from) == dot) from++;
  while (to > from && codeAt(to - 1) == dot) to--;
  if (codeAt(from) == colon && codeAt(from + 1) != colon) from++;
  if (to > from && codeAt(to - 1) == colon && codeAt(to - 2) != colon) to--;
}

function standsAlone(): bool {
  return !isAsciiLetterOrDigit(codeAt(from - 1)) && !isAsciiLetterOrDigit(codeAt(to));
}

/** Takes a port of up to five digits off the end; true if an address is left. */
function isV6BeforePort(): bool {
  let port = to;
  while (port > from && isDigit(codeAt(port - 1))) port--;
  const digits = to - port;
  const sign = codeAt(port - 1);
  if (digits == 0 || digits > portDigitsMax || port - 1 <= from || (sign != colon && sign != dot)) return false;
  to = port - 1;
  return isV6();
}

/** Groups of 1 to 4 hex digits, eight of them, or fewer with one `::`; the last two may be an IPv4 address. */
function isV6(): bool {
  if (to - from > ipv6CharsMax) return false;
  let size: i32 = 0;
  let gaps: i32 = 0;
  let pairs: i32 = 0;
  let isWord = true;
  for (let i = from; i < to; i++) if (isDigit(codeAt(i))) isWord = false;
  let at = from;
  if (at >= to) return false;
  if (codeAt(at) == colon) {
    if (at + 1 >= to || codeAt(at + 1) != colon) return false;
    gaps = 1;
    at += 2;
  }
  while (at < to) {
    let end = at;
    let dotted = false;
    for (; end < to && codeAt(end) != colon; end++) if (codeAt(end) == dot) dotted = true;
    if (dotted) {
      if (end != to || !isV4(at, end)) return false;
      size += 2;
      break;
    }
    if (end == at || end - at > 4) return false;
    size++;
    if (end - at == 2) pairs++;
    if (end == to) break;
    at = end + 1;
    // A single colon must be followed by a group, two are the gap.
    if (at == to) return false;
    if (codeAt(at) == colon) {
      if (++gaps > 1) return false;
      at++;
    }
  }
  // Words with colons, and hardware addresses, are none.
  return gaps == 1 ? size > 0 && size < 8 && (size > 3 || !isWord) : size == 8 && pairs != 8;
}

function isV4(start: i32, end: i32): bool {
  let octets: i32 = 0;
  let at = start;
  while (true) {
    const octetStart = at;
    let value: u32 = 0;
    for (; at < end && isDigit(codeAt(at)); at++) value = value * 10 + codeAt(at) - 0x30;
    if (at == octetStart || at - octetStart > 3 || value > octetMax) return false;
    octets++;
    if (at == end) return octets == 4;
    if (codeAt(at) != dot) return false;
    at++;
  }
}

function findV4(list: u32): void {
  for (let at: i32 = 0; at < characterCount; at++) {
    if (!isDigit(codeAt(at))) continue;
    const start = at;
    let octets: i32 = 1;
    let first: u32 = 0;
    let third: u32 = 0;
    let fits = !isAsciiLetterOrDigit(codeAt(start - 1));
    let value: u32 = 0;
    while (true) {
      const octetStart = at;
      value = 0;
      for (; isDigit(codeAt(at)); at++) value = min<u32>(value * 10 + codeAt(at) - 0x30, 1000);
      if (at - octetStart > 3 || value > octetMax) fits = false;
      if (octets == 1) first = value;
      else if (octets == 3) third = value;
      if (codeAt(at) != dot || !isDigit(codeAt(at + 1))) break;
      octets++;
      at++;
    }
    if (!fits || octets != 4 || isAsciiLetterOrDigit(codeAt(at))) continue;
    if (first == 0 || first >= reservedOctet || (third | value) == 0) continue;
    if (!isVersion(start) && !isFile(at)) push(list, placeOf(start), placeOf(at));
  }
}

const word: u32 = <u32>memory.data(32, 16);

/** Whether a word of versions stands before a number, or it is the version in a product's name. */
function isVersion(start: i32): bool {
  let end = start;
  const isProduct = codeAt(end - 1) == slash;
  if (isProduct) end--;
  else while (start - end < separatorsMax && isSeparator(codeAt(end - 1))) end--;
  let from = end;
  while (end - from < wordLettersMax && isLetter(codeAt(from - 1))) from--;
  if (from == end) return false;
  for (let i = from; i < end; i++) store<u8>(word + (i - from), codeAt(i) | 0x20);
  if (isProduct) {
    const first = codeAt(from);
    if (isHostName(word, end - from)) return false;
    return from + 1 < end && first - 0x41 < 26 && first != 0x49 && (from == 0 || isTokenStart(codeAt(from - 1)));
  }
  return namesVersion(word, end - from);
}

/** Whether a file's ending stands behind a number. */
function isFile(end: i32): bool {
  if (codeAt(end) != dot) return false;
  let to = end + 1;
  for (; to - end <= endingLettersMax && isAsciiLetterOrDigit(codeAt(to)); to++) {
    const code = codeAt(to);
    store<u8>(word + (to - end - 1), isLetter(code) ? code | 0x20 : code);
  }
  return !(to - end == 4 && (load<u32>(word) & 0xffffff) == 0x676f6c) && isFileEnding(word, to - end - 1);
}

@inline
function isLetter(code: u32): bool {
  return (code | 0x20) - 0x61 < 26;
}

/** A space, quotation marks, a backslash, `: = - _ (`. */
function isSeparator(code: u32): bool {
  return isQuote(code) || code == 0x3a || code == 0x3d || code == 0x2d || code == 0x5f || code == 0x28;
}

function isTokenStart(code: u32): bool {
  return isQuote(code) || code == 0x28 || code == 0x3b || code == 0x2c;
}

@inline
function isQuote(code: u32): bool {
  return code == 0x20 || code == 0x22 || code == 0x27 || code == 0x5c;
}
