// One walk over the marked text: checks the grammar of JSON and lays out the tree (tree.ts), in document order.
//
// The walk has no stack: while a container is open, its node holds what was found around it and the container that it
// is in. Functions take the address they start at and return the one behind what they read, or 0 once a fault is set.
// The position of a fault is the first byte that no JSON text can have there; zeros behind the text stand for its end.
import { keyInfo, findInfo } from "./key-table";
import { farMark, marksBias, marksFrom, nextMark } from "./marks";
import { reserve, setTop } from "./memory";
import { isStorable } from "./number";
import { isHex, readHex4, unescape } from "./text";
import {
  ARRAY, DIRTY, ESCAPED, FALSE, HINTED, KEY_ESCAPED, NODE, NULL, NUMBER, OBJECT, ODD, PARTS, PATHED, ROW,
  ROW_SHIFT, SEGMENT, STIRRED, STRING, TRUE, UNCLEAN,
} from "./tree";
import { every } from "./vectors";

export const INVALID_JSON: u32 = 1;
export const TOO_DEEP: u32 = 3;

export let faultCode: u32 = 0;
export let faultAt: u32 = 0;
/** Deepest container that was read; the root is 1. */
export let depthSeen: u32 = 0;

/** Next free entry of the list of what can't be stored. */
export let unstorableEnd: u32 = 0;
/** A number without exponent of at most this many bytes can always be stored. */
const plainNumberBytesMax: u32 = 300;

// What was found in a container: the infos of all keys in it, and
const SPACED: u32 = 1 << 16;
const DEEP_ESCAPE: u32 = 1 << 17;

function fail(at: u32, code: u32 = INVALID_JSON): u32 {
  faultCode = code;
  faultAt = at;
  return 0;
}

/** Reads [at, end) as one JSON text into the node `root`, the last that was taken; false once a fault is set. */
export function parseText(at: u32, end: u32, depth: u32, unstorable: u32, root: u32): bool {
  depthSeen = 0;
  unstorableEnd = unstorable;
  faultCode = 0;
  // One node for two bytes at most, a value and what separates it from the next; and one for each bracket that nothing
  // closes.
  reserve((((end - at) >> 1) + min<u32>(depth, end - at) + 2) * NODE);
  let p = parseTree(skipSpace(at), root, depth);
  if (p == 0) return false;
  p = skipSpace(p);
  if (p == end) return true;
  fail(p);
  return false;
}

/** Reads a value again that was read before, [at, end), into the node `root`, which is the last that was taken. */
export function parseAgain(at: u32, end: u32, depth: u32, root: u32): void {
  reserve(((end - at) >> 1) * NODE + 2 * NODE);
  if (parseTree(at, root, depth) != end) unreachable();
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
  return p;
}

/** Two words of a node in one step. */
@inline
function setPair(at: u32, first: u32, second: u32): void {
  store<u64>(at, <u64>first | (<u64>second << 32));
}

@inline
function setValue(node: u32, meta: u32, start: u32, end: u32): void {
  setPair(node, meta, start);
  store<u32>(node, end, 8);
}

function parseTree(at: u32, root: u32, depthMax: u32): u32 {
  if ((load<u8>(at) | 0x20) != 0x7b) return parseLone(at, root);
  const bias = marksBias;
  let p = at;
  let node = root;
  /** Where the next node goes. */
  let free = root + NODE;
  let container: u32 = 0;
  /** What ends the container. */
  let closer: u32 = 0;
  let depth: u32 = 0;
  let found: u32 = 0;
  while (true) {
    // Here a value begins, behind the key of `node` where it has one.
    let meta: u32 = 0;
    let ended = false;
    if (closer == 0x7d) {
      if (load<u8>(p) != 0x22) return fail(p);
      const key = p++;
      const marks = marksFrom(p, bias);
      const mark = marks != 0 ? p + <u32>ctz(marks) : farMark(p, bias);
      let next = mark + 1;
      const sign = load<u32>(mark);
      if ((sign & 0xff) == 0x22) {
        const info = keyInfo(p, mark - p);
        found |= info;
        meta = info << 16;
        if ((sign & 0xffff00) == 0x223a00) {
          // A string: the marks of the key's end and its own beginning are taken off, so that the next is its end,
          // unless it lies far away.
          const less = marks & (marks - 1);
          const rest = less & (less - 1);
          const end = rest != 0 ? p + <u32>ctz(rest) : nextMark(next + 2, bias);
          const behind = load<u32>(end);
          if ((behind & 0xff) == 0x22) {
            setPair(node, meta | STRING, next + 1);
            setPair(node + 8, end + 1, key);
            setPair(node + 16, next, free);
            p = end + 2;
            if ((behind & 0xffff00) == 0x222c00) {
              node = free;
              free += NODE;
              continue;
            }
            p--;
            ended = true;
          }
        }
      } else {
        next = parseEscapedKey(key, mark, node);
        if (next == 0) return 0;
        found |= escapedInfo;
        meta = (escapedInfo << 16) | (KEY_ESCAPED << 8);
      }
      if (!ended) {
        p = next;
        if (load<u8>(p) != 0x3a) {
          p = skipSpaces(p);
          if (load<u8>(p) != 0x3a) return fail(p);
          found |= SPACED;
        }
        store<u32>(node, key, 12);
        store<u32>(node, next, 16);
        if (load<u8>(++p) <= 0x20) {
          p = skipSpaces(p);
          found |= SPACED;
        }
      }
    } else {
      store<u64>(node, 0, 12);
    }
    if (!ended) {
      const byte = <u32>load<u8>(p);
      if ((byte | 0x20) == 0x7b) {
        if (++depth > depthMax) return fail(p, TOO_DEEP);
        if (depth > depthSeen) depthSeen = depth;
        // While it is open, its node holds what was found around it and the container that it is in.
        setPair(node, meta | (byte == 0x7b ? OBJECT : ARRAY), p);
        setPair(node + 24, found, container);
        container = node;
        closer = byte + 2;
        found = 0;
        if (load<u8>(++p) <= 0x20) {
          p = skipSpaces(p);
          found = SPACED;
        }
        if (load<u8>(p) != closer) {
          node = free;
          free += NODE;
          continue;
        }
      } else if (byte == 0x22) {
        const start = p;
        p = nextMark(p + 1, bias);
        meta |= STRING;
        if (load<u8>(p) == 0x22) {
          p++;
        } else {
          p = escapedEnd(start, p);
          if (p == 0) return 0;
          meta |= ESCAPED << 8;
          // Other escapes stand for nothing that the detector needs, and leave the bytes around them apart.
          if (deepEscape) {
            meta |= HINTED << 8;
            found |= DEEP_ESCAPE;
          }
        }
        setValue(node, meta, start, p);
      } else {
        const start = p;
        const plain = byte - 0x30 < 10;
        p = plain ? parseNumber(p) : parseScalar(p, byte);
        if (p == 0) return 0;
        setValue(node, meta | (plain ? NUMBER : scalarKind), start, p);
      }
    }
    // Here a value ended, or an empty container began: a comma, the end of the container, of several containers.
    while (true) {
      const sign = <u32>load<u8>(p++);
      if (sign == 0x2c) break;
      if (sign != closer) {
        p = skipSpaces(p - 1);
        const next = <u32>load<u8>(p);
        if (next != 0x2c && next != closer) return fail(p);
        found |= SPACED;
        continue;
      }
      store<u32>(node, 0, 20);
      const first = container + NODE;
      const around = load<u32>(container, 24);
      const outer = load<u32>(container, 28);
      store<u32>(container, load<u32>(container) | flagsFor(found));
      store<u32>(container, p, 8);
      store<u32>(container, free == first ? 0 : first, 24);
      found |= around;
      node = container;
      container = outer;
      depth--;
      if (outer == 0) {
        store<u32>(root, 0, 20);
        setTop(free);
        return p;
      }
      closer = load<u8>(outer) == OBJECT ? 0x7d : 0x5d;
    }
    if (load<u8>(p) <= 0x20) {
      p = skipSpaces(p);
      found |= SPACED;
    }
    store<u32>(node, free, 20);
    node = free;
    free += NODE;
  }
}

/** What was found in a container, as flags where they stand in its first word. */
@inline
function flagsFor(found: u32): u32 {
  let flags: u32 = 0;
  if ((found & (ROW << ROW_SHIFT)) != 0) flags = STIRRED << 8;
  if ((found & (SEGMENT | PARTS)) != 0) flags |= PATHED << 8;
  return (found & (UNCLEAN | SPACED | DEEP_ESCAPE)) == 0 ? flags : flags | rareFlags(found);
}

function rareFlags(found: u32): u32 {
  const dirty: u32 = (found & SPACED) != 0 ? DIRTY << 8 : 0;
  const stirred: u32 = (found & (UNCLEAN | DEEP_ESCAPE)) != 0 ? STIRRED << 8 : 0;
  const odd: u32 = (found & (UNCLEAN | SPACED)) != 0 ? ODD << 8 : 0;
  return dirty | stirred | odd;
}

/** A text that is a single value and no container. */
function parseLone(at: u32, root: u32): u32 {
  store<u64>(root, 0, 12);
  store<u32>(root, 0, 20);
  setTop(root + NODE);
  const byte = <u32>load<u8>(at);
  let end: u32 = 0;
  scalarKind = STRING;
  if (byte == 0x22) {
    const mark = nextMark(at + 1, marksBias);
    end = load<u8>(mark) == 0x22 ? mark + 1 : escapedEnd(at, mark);
  } else {
    end = parseScalar(at, byte);
  }
  if (end != 0) setValue(root, scalarKind, at, end);
  return end;
}

/** Kind of the value that `parseScalar` read last. */
let scalarKind: u32 = 0;

/** Reads a value that is neither a string nor a container; `byte`: its first. */
function parseScalar(at: u32, byte: u32): u32 {
  scalarKind = byte == 0x74 ? TRUE : byte == 0x6e ? NULL : byte == 0x66 ? FALSE : NUMBER;
  if (scalarKind == TRUE) return parseWord(at, 0x65757274);
  if (scalarKind == NULL) return parseWord(at, 0x6c6c756e);
  return scalarKind == FALSE ? parseFalse(at) : parseNumber(at);
}

/** Info of the key with escapes that was read last: it means what its unescaped text means, and is never learned. */
let escapedInfo: u32 = 0;

function parseEscapedKey(at: u32, mark: u32, node: u32): u32 {
  const end = escapedEnd(at, mark);
  if (end == 0) return 0;
  // Unescaped into the room of nodes to come: each byte of the text has 16 there.
  const room = node + NODE;
  escapedInfo = findInfo(room, unescape(at + 1, end - 1, room) - room) | UNCLEAN | PARTS;
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
      p = nextMark(p + 2, marksBias);
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
    p = nextMark(p, marksBias);
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

function parseWord(at: u32, word: u32): u32 {
  if (load<u32>(at) == word) return at + 4;
  let p = at;
  for (let rest = word; <u32>load<u8>(p) == (rest & 0xff); rest >>= 8) p++;
  return fail(p);
}

function parseFalse(at: u32): u32 {
  if (load<u32>(at) != 0x736c6166) return parseWord(at, 0x736c6166);
  return load<u8>(at, 4) == 0x65 ? at + 5 : fail(at + 4);
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

/** Reads a number: up to 15 plain digits with a point or none in one step, whatever else byte by byte. */
function parseNumber(at: u32): u32 {
  const others = ~i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(at), every(0x30)), every(10)));
  const whole = <u32>ctz(others);
  if (whole == 0 || whole > 15 || (whole > 1 && load<u8>(at) == 0x30)) return parseLongNumber(at);
  let end = at + whole;
  if (load<u8>(end) == 0x2e) {
    const digits = <u32>ctz(others >> (whole + 1));
    if (digits == 0 || whole + 1 + digits > 15) return parseLongNumber(at);
    end += digits + 1;
  }
  return (load<u8>(end) | 0x20) == 0x65 ? parseLongNumber(at) : end;
}

function parseLongNumber(at: u32): u32 {
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
  return p;
}
