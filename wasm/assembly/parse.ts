// One walk over the marked text: checks the grammar of JSON and lays out the tree (tree.ts), in document order.
//
// The walk has no stack: while a container is open, its node holds what was found around it and the container that it
// is in. What it reads on its way (strings with escapes, numbers, words) and what faults are is in tokens.ts.
import { keyInfo, findInfo } from "./key-table";
import { farMark, marksBias, marksFrom, nextMark } from "./marks";
import { reserve, setTop } from "./memory";
import { unescape } from "./text";
import {
  deepEscape, escapedEnd, fail, parseNumber, parseScalar, scalarKind, skipSpace, skipSpaces, startTokens, TOO_DEEP,
} from "./tokens";
import {
  ARRAY, CONSENT_KEY, CONSENTS, DIRTY, ESCAPED, HINTED, KEY_ESCAPED, NODE, NUMBER, OBJECT, ODD, PARTS, PATHED, ROW, ROW_SHIFT, SEGMENT, STIRRED,
  STRING, UNCLEAN,
} from "./tree";

/** Deepest container that was read; the root is 1. */
export let depthSeen: u32 = 0;

// What was found in a container: the infos of all keys in it, and
const SPACED: u32 = 1 << 16;
const DEEP_ESCAPE: u32 = 1 << 17;

/** Reads [at, end) as one JSON text into the node `root`, the last that was taken; false once a fault is set. */
export function parseText(at: u32, end: u32, depth: u32, unstorable: u32, root: u32): bool {
  depthSeen = 0;
  startTokens(unstorable);
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
      const sign = load<u32>(mark) & 0xffffff;
      if (sign == 0x223a22) {
        // A string: the marks of the key's end and its own beginning are taken off, so that the next is its end,
        // unless it lies far away.
        const info = keyInfo(p, mark - p);
        found |= info;
        meta = info << 16;
        const less = marks & (marks - 1);
        const rest = less & (less - 1);
        const end = rest != 0 ? p + <u32>ctz(rest) : nextMark(next + 2, bias);
        const behind = load<u32>(end) & 0xffffff;
        if ((behind & 0xff) == 0x22) {
          setPair(node, meta | STRING, next + 1);
          setPair(node + 8, end + 1, key);
          setPair(node + 16, next, free);
          p = end + 2;
          if (behind == 0x222c22) {
            node = free;
            free += NODE;
            continue;
          }
          p--;
          ended = true;
        }
      } else if ((sign & 0xff) == 0x22) {
        const info = keyInfo(p, mark - p);
        found |= info;
        meta = info << 16;
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
  return (found & (UNCLEAN | SPACED | DEEP_ESCAPE | CONSENT_KEY)) == 0 ? flags : flags | rareFlags(found);
}

function rareFlags(found: u32): u32 {
  const dirty: u32 = (found & SPACED) != 0 ? DIRTY << 8 : 0;
  const stirred: u32 = (found & (UNCLEAN | DEEP_ESCAPE)) != 0 ? STIRRED << 8 : 0;
  const odd: u32 = (found & (UNCLEAN | SPACED)) != 0 ? ODD << 8 : 0;
  const consents: u32 = (found & CONSENT_KEY) != 0 ? CONSENTS << 8 : 0;
  return dirty | stirred | odd | consents;
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
