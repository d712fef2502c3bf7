// One walk over the marked text: checks the grammar of JSON and builds the tree (tree.ts).
//
// Every function takes the address it starts at and returns the one behind what it read, or 0 once a fault is set.
// The position of a fault is the first byte that no JSON text can have there; zeros behind the text stand for its end.
import { keyInfo, findInfo } from "./key-table";
import { mayHide, nextMark } from "./marks";
import { reserve, setTop, top } from "./memory";
import { isStorable } from "./number";
import { isHex, readHex4, unescape } from "./text";
import {
  addFlags, ARRAY, DIRTY, ESCAPED, FALSE, HINTED, KEY_ESCAPED, NODE, NULL, NUMBER, OBJECT, PARTS, STIRRED,
  STRING, TOUCHY, TRUE, UNCLEAN,
} from "./tree";

export const INVALID_JSON: u32 = 1;
export const TOO_DEEP: u32 = 3;

export let faultCode: u32 = 0;
export let faultAt: u32 = 0;
/** Deepest container that was read; the root is 1. */
export let depthSeen: u32 = 0;

let depthMax: u32 = 0;
/** Counts white space between tokens: a container in which it grew is not compact. */
let spaces: u32 = 0;
/** Counts keys and strings that personal data rules must look at. */
let stirs: u32 = 0;
/** Next free entry of the list of what can't be stored. */
export let unstorableEnd: u32 = 0;
/** A number without exponent of at most this many bytes can always be stored. */
const plainNumberBytesMax: u32 = 300;

function fail(at: u32, code: u32 = INVALID_JSON): u32 {
  faultCode = code;
  faultAt = at;
  return 0;
}

/** Reads [at, end) as one JSON text into the node `root`; false once a fault is set. */
export function parseText(at: u32, end: u32, depth: u32, unstorable: u32, root: u32): bool {
  depthMax = depth;
  depthSeen = 0;
  spaces = 0;
  stirs = 0;
  unstorableEnd = unstorable;
  faultCode = 0;
  clear(root);
  // One node for two bytes at most: a value and what separates it from the next.
  reserve(((end - at) >> 1) * NODE + 2 * NODE);
  let p = parseValue(skipSpace(at), root, 1);
  if (p == 0) return false;
  p = skipSpace(p);
  if (p == end) return true;
  fail(p);
  return false;
}

@inline
function clear(node: u32): void {
  v128.store(node, i8x16.splat(0));
  v128.store(node, i8x16.splat(0), 16);
}

@inline
function skipSpace(at: u32): u32 {
  return load<u8>(at) > 0x20 ? at : skipSpaces(at);
}

function skipSpaces(at: u32): u32 {
  let p = at;
  while (true) {
    const byte = <u32>load<u8>(p);
    if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
    p++;
  }
  spaces += p - at;
  return p;
}

@inline
function setSpan(node: u32, kind: u32, start: u32, end: u32): void {
  store<u8>(node, kind);
  store<u32>(node, start, 4);
  store<u32>(node, end, 8);
}

@inline
function parseString(at: u32, node: u32): u32 {
  const end = nextMark(at + 1);
  if (load<u8>(end) != 0x22) return parseEscaped(at, end, node);
  setSpan(node, STRING, at, end + 1);
  if (mayHide(at + 1, end)) {
    addFlags(node, HINTED);
    stirs++;
  }
  return end + 1;
}

function parseValue(at: u32, node: u32, depth: u32): u32 {
  const byte = <u32>load<u8>(at);
  if (byte == 0x22) return parseString(at, node);
  if (byte == 0x7b) return parseObject(at, node, depth);
  if (byte == 0x5b) return parseArray(at, node, depth);
  if (byte == 0x74) return parseWord(at, 0x65757274, 4, node, TRUE);
  if (byte == 0x66) return parseFalse(at, node);
  if (byte == 0x6e) return parseWord(at, 0x6c6c756e, 4, node, NULL);
  return parseNumber(at, node);
}

function parseObject(at: u32, node: u32, depth: u32): u32 {
  if (depth > depthMax) return fail(at, TOO_DEEP);
  if (depth > depthSeen) depthSeen = depth;
  const spacesBefore = spaces;
  const stirsBefore = stirs;
  store<u8>(node, OBJECT);
  store<u32>(node, at, 4);
  let p = skipSpace(at + 1);
  if (load<u8>(p) != 0x7d) {
    let link = node + 24;
    let child: u32 = 0;
    while (true) {
      if (load<u8>(p) != 0x22) return fail(p);
      child = top;
      setTop(child + NODE);
      clear(child);
      store<u32>(link, child);
      link = child + 20;
      store<u32>(child, p, 12);
      let end = nextMark(p + 1);
      if (load<u8>(end) == 0x22) {
        const info = keyInfo(p + 1, end - p - 1);
        store<u16>(child, info, 2);
        stirs += <u32>((info & TOUCHY) != 0);
        end++;
      } else {
        end = parseEscapedKey(p, end, child);
        if (end == 0) return 0;
      }
      store<u32>(child, end, 16);
      // A colon and a quote, a comma and a quote: what most members have around their value.
      if (load<u16>(end) == 0x223a) {
        p = parseString(end + 1, child);
      } else {
        p = skipSpace(end);
        if (load<u8>(p) != 0x3a) return fail(p);
        p = skipSpace(p + 1);
        p = load<u8>(p) == 0x22 ? parseString(p, child) : parseValue(p, child, depth + 1);
      }
      if (p == 0) return 0;
      if (load<u16>(p) == 0x222c) {
        p++;
        continue;
      }
      p = skipSpace(p);
      if (load<u8>(p) != 0x2c) break;
      p = skipSpace(p + 1);
    }
    store<u32>(node, child, 28);
    if (load<u8>(p) != 0x7d) return fail(p);
  }
  if (spaces != spacesBefore) addFlags(node, DIRTY);
  if (stirs != stirsBefore) addFlags(node, STIRRED);
  store<u32>(node, p + 1, 8);
  return p + 1;
}

function parseArray(at: u32, node: u32, depth: u32): u32 {
  if (depth > depthMax) return fail(at, TOO_DEEP);
  if (depth > depthSeen) depthSeen = depth;
  const spacesBefore = spaces;
  const stirsBefore = stirs;
  store<u8>(node, ARRAY);
  store<u32>(node, at, 4);
  let p = skipSpace(at + 1);
  if (load<u8>(p) != 0x5d) {
    let link = node + 24;
    let child: u32 = 0;
    while (true) {
      child = top;
      setTop(child + NODE);
      clear(child);
      store<u32>(link, child);
      link = child + 20;
      p = parseValue(p, child, depth + 1);
      if (p == 0) return 0;
      p = skipSpace(p);
      if (load<u8>(p) != 0x2c) break;
      p = skipSpace(p + 1);
    }
    store<u32>(node, child, 28);
    if (load<u8>(p) != 0x5d) return fail(p);
  }
  if (spaces != spacesBefore) addFlags(node, DIRTY);
  if (stirs != stirsBefore) addFlags(node, STIRRED);
  store<u32>(node, p + 1, 8);
  return p + 1;
}

function parseEscaped(at: u32, mark: u32, node: u32): u32 {
  const end = escapedEnd(at, mark);
  if (end == 0) return 0;
  setSpan(node, STRING, at, end);
  addFlags(node, ESCAPED);
  // Other escapes stand for nothing that the detector needs, and leave the bytes around them apart.
  if (deepEscape || mayHide(at + 1, end - 1)) {
    addFlags(node, HINTED);
    stirs++;
  }
  return end;
}

/** A key with escapes means what its unescaped text means; it is never learned. */
function parseEscapedKey(at: u32, mark: u32, node: u32): u32 {
  const end = escapedEnd(at, mark);
  if (end == 0) return 0;
  addFlags(node, KEY_ESCAPED);
  stirs++;
  // Unescaped into the room of nodes to come: each byte of the text has 16 there.
  const room = top;
  store<u16>(node, findInfo(room, unescape(at + 1, end - 1, room) - room) | UNCLEAN | PARTS, 2);
  return end;
}

/** True if the string that was read last holds an escaped backslash or `\u`: text that its bytes don't show. */
let deepEscape: bool = false;

/** The end of a string that opens at `at` and has its first mark at `mark`: no quote. */
function escapedEnd(at: u32, mark: u32): u32 {
  let p = mark;
  let unfit = false;
  deepEscape = false;
  while (true) {
    const byte = <u32>load<u8>(p);
    if (byte == 0x22) break;
    if (byte != 0x5c) return fail(p);
    const letter = <u32>load<u8>(p, 1);
    if (letter != 0x75) {
      if (!isSimpleEscape(letter)) return fail(p + 1);
      if (letter == 0x5c) deepEscape = true;
      p = nextMark(p + 2);
      continue;
    }
    for (let i: u32 = 2; i < 6; i++) if (!isHex(load<u8>(p + i))) return fail(p + i);
    const code = readHex4(p + 2);
    deepEscape = true;
    p += 6;
    if (code == 0 || (code & 0xfc00) == 0xdc00) unfit = true;
    if ((code & 0xfc00) == 0xd800) {
      if (isLowSurrogate(p)) p += 6;
      else unfit = true;
    }
    p = nextMark(p);
  }
  if (unfit) listUnstorable(at);
  return p + 1;
}

function isLowSurrogate(at: u32): bool {
  if (load<u16>(at) != 0x755c) return false;
  for (let i: u32 = 2; i < 6; i++) if (!isHex(load<u8>(at + i))) return false;
  return (readHex4(at + 2) & 0xfc00) == 0xdc00;
}

function isSimpleEscape(letter: u32): bool {
  return (
    letter == 0x22 || letter == 0x5c || letter == 0x2f || letter == 0x62 || letter == 0x66 || letter == 0x6e ||
    letter == 0x72 || letter == 0x74
  );
}

function listUnstorable(at: u32): void {
  store<u32>(unstorableEnd, at);
  unstorableEnd += 4;
}

function parseWord(at: u32, word: u32, bytes: u32, node: u32, kind: u32): u32 {
  if (load<u32>(at) != word) {
    let p = at;
    for (let rest = word; <u32>load<u8>(p) == (rest & 0xff); rest >>= 8) p++;
    return fail(p);
  }
  setSpan(node, kind, at, at + bytes);
  return at + bytes;
}

function parseFalse(at: u32, node: u32): u32 {
  if (load<u32>(at) != 0x736c6166) return parseWord(at, 0x736c6166, 4, node, FALSE);
  if (load<u8>(at, 4) != 0x65) return fail(at + 4);
  setSpan(node, FALSE, at, at + 5);
  return at + 5;
}

@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

@inline
function skipDigits(at: u32): u32 {
  let p = at;
  while (isDigit(load<u8>(p))) p++;
  return p;
}

function parseNumber(at: u32, node: u32): u32 {
  let p = at;
  if (load<u8>(p) == 0x2d) p++;
  if (load<u8>(p) == 0x30) {
    p++;
  } else {
    const from = p;
    p = skipDigits(p);
    if (p == from) return fail(p);
  }
  if (load<u8>(p) == 0x2e) {
    const from = p + 1;
    p = skipDigits(from);
    if (p == from) return fail(p);
  }
  let exponential = false;
  if ((load<u8>(p) | 0x20) == 0x65) {
    exponential = true;
    p++;
    const sign = <u32>load<u8>(p);
    if (sign == 0x2b || sign == 0x2d) p++;
    const from = p;
    p = skipDigits(p);
    if (p == from) return fail(p);
  }
  if ((exponential || p - at > plainNumberBytesMax) && !isStorable(at, p)) listUnstorable(at);
  setSpan(node, NUMBER, at, p);
  return p;
}
