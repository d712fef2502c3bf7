// The tree of values: one node of 32 bytes each, in document order, linked; members keep their order and duplicates.
//
//   0 kind u8 · 1 flags u8 · 2 key info u16 (bits below) · 4 start · 8 end: the value's bytes, quotes included
//   12 key start · 16 key end: quotes included, 0 for items · 20 next sibling · 24 first child · 28 last child, once
//   the tree was made ready for edits; the last two of containers only
//
// Spans are addresses and always hold valid JSON text: of the body where nothing was changed, else of memory that an
// edit took. What has children and no text of its own (start 0) was made here.
import { nextHint } from "./marks";
import { nameEnd, nameStart } from "./names";
import { copy, same, setTop, take, top } from "./memory";
import { unescape } from "./text";

export const NODE: u32 = 32;

export const OBJECT: u32 = 1;
export const ARRAY: u32 = 2;
export const STRING: u32 = 3;
export const NUMBER: u32 = 4;
export const TRUE: u32 = 5;
export const FALSE: u32 = 6;
export const NULL: u32 = 7;

/** The string holds a backslash. */
export const ESCAPED: u32 = 1;
export const KEY_ESCAPED: u32 = 2;
/** The container differs from its span: a child was changed, or there is white space in it. */
export const DIRTY: u32 = 4;
/** The detector may find something in the string. */
export const HINTED: u32 = 8;
/** Somewhere in the container is a key or a string that personal data rules must look at. */
export const STIRRED: u32 = 16;
/** Somewhere in the container is white space, a key with escapes or one that the detector must see. */
export const ODD: u32 = 32;
/** Somewhere in the container is a key that a configured path may be about; of what the parser left only. */
export const PATHED: u32 = 64;
/** Somewhere in the container is a key at which consent may begin. */
export const CONSENTS: u32 = 128;

/** Bits of the key info. */
export const SPECIAL: u32 = 0x7f;
export const ROW_SHIFT: u32 = 7;
export const ROW: u32 = 0xf;
export const VERSIONS: u32 = 1 << 11;
/** The key must pass the detector, and can't be learned. */
export const UNCLEAN: u32 = 1 << 12;
/** The key is empty, has dots or is not ASCII. */
export const PARTS: u32 = 1 << 13;
/** The key may be a segment of a configured path, of whatever program. */
export const SEGMENT: u32 = 1 << 14;
/** Consent may begin at the key (consent.ts). */
export const CONSENT_KEY: u32 = 1 << 15;
/** None of these bits: only a configured path can be about the key. */
export const TOUCHY: u32 = (ROW << ROW_SHIFT) | UNCLEAN;

@inline
export function kindOf(node: u32): u32 {
  return <u32>load<u8>(node);
}
@inline
export function flagsOf(node: u32): u32 {
  return <u32>load<u8>(node, 1);
}
@inline
export function addFlags(node: u32, flags: u32): void {
  store<u8>(node, flagsOf(node) | flags, 1);
}
@inline
export function clearFlags(node: u32, flags: u32): void {
  store<u8>(node, flagsOf(node) & ~flags, 1);
}
@inline
export function infoOf(node: u32): u32 {
  return <u32>load<u16>(node, 2);
}
@inline
export function specialOf(node: u32): u32 {
  return infoOf(node) & SPECIAL;
}
@inline
export function startOf(node: u32): u32 {
  return load<u32>(node, 4);
}
@inline
export function endOf(node: u32): u32 {
  return load<u32>(node, 8);
}
@inline
export function keyStartOf(node: u32): u32 {
  return load<u32>(node, 12);
}
@inline
export function keyEndOf(node: u32): u32 {
  return load<u32>(node, 16);
}
@inline
export function nextOf(node: u32): u32 {
  return load<u32>(node, 20);
}
@inline
export function firstOf(node: u32): u32 {
  return load<u32>(node, 24);
}
@inline
export function lastOf(node: u32): u32 {
  return load<u32>(node, 28);
}

/**
 * Makes what the parser left ready for edits: last children, and the detector's hints. Recursion ends at the depth
 * that the parser allowed.
 */
export function readyTree(node: u32): void {
  if (kindOf(node) == STRING && nextHint(startOf(node), endOf(node)) < endOf(node)) addFlags(node, HINTED);
  if (kindOf(node) > ARRAY) return;
  let last: u32 = 0;
  let stirred = false;
  for (let child = firstOf(node); child != 0; child = nextOf(child)) {
    last = child;
    const kind = kindOf(child);
    if (kind == STRING) {
      if ((flagsOf(child) & HINTED) == 0) {
        const end = endOf(child);
        if (nextHint(startOf(child), end) >= end) continue;
        addFlags(child, HINTED);
      }
      stirred = true;
    } else if (kind <= ARRAY) {
      readyTree(child);
      stirred = stirred || (flagsOf(child) & STIRRED) != 0;
    }
  }
  store<u32>(node, last, 28);
  if (stirred) addFlags(node, STIRRED);
}

/** The unescaped text that was read last. */
export let textAt: u32 = 0;
export let textBytes: u32 = 0;

/** Reads a string's text into `textAt` and `textBytes`; unescaped text takes memory above `top`. */
export function readText(node: u32): void {
  readSpan(startOf(node), endOf(node), (flagsOf(node) & ESCAPED) != 0);
}

export function readKey(node: u32): void {
  readSpan(keyStartOf(node), keyEndOf(node), (flagsOf(node) & KEY_ESCAPED) != 0);
}

function readSpan(start: u32, end: u32, escaped: bool): void {
  textAt = start + 1;
  textBytes = end - start - 2;
  if (!escaped) return;
  const room = take(textBytes);
  textBytes = unescape(textAt, end - 1, room) - room;
  textAt = room;
}

/** True if the string's text is the special name. */
export function textIs(node: u32, name: u32): bool {
  const expected = nameStart(name) + 1;
  const bytes = nameEnd(name) - expected - 1;
  if ((flagsOf(node) & ESCAPED) == 0) {
    const start = startOf(node) + 1;
    if (endOf(node) - start - 1 != bytes) return false;
    if (bytes > 8) return same(start, expected, bytes);
    return (load<u64>(start) ^ load<u64>(expected)) << (64 - (bytes << 3)) == 0;
  }
  const before = top;
  readText(node);
  const equal = textBytes == bytes && same(textAt, expected, bytes);
  setTop(before);
  return equal;
}

/** The last member with that special name, as `JSON.parse` would have it, or 0. */
export function lastMember(object: u32, name: u32): u32 {
  let found: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    if (specialOf(member) == name) found = member;
  }
  return found;
}

/** Makes a node without span. */
export function makeNode(kind: u32): u32 {
  const node = take(NODE);
  v128.store(node, i32x4(kind, 0, 0, 0));
  v128.store(node, i8x16.splat(0), 16);
  return node;
}

/** A second node for the same value and key, to stand in another place; children are shared. */
export function copyNode(from: u32): u32 {
  const node = take(NODE);
  copy(node, from, NODE);
  store<u32>(node, 0, 20);
  return node;
}

export function append(parent: u32, node: u32): void {
  const last = lastOf(parent);
  if (last == 0) store<u32>(parent, node, 24);
  else store<u32>(last, node, 20);
  store<u32>(parent, node, 28);
  addFlags(parent, DIRTY | STIRRED);
}

/** Turns a value, whatever it is, into an empty object in the same place. */
export function makeEmpty(node: u32): void {
  store<u8>(node, OBJECT);
  clearFlags(node, ESCAPED | HINTED);
  addFlags(node, DIRTY);
  store<u32>(node, 0, 4);
  store<u32>(node, 0, 8);
  store<u32>(node, 0, 24);
  store<u32>(node, 0, 28);
}

/** True of a member that a removal took out while slots still name it. */
@inline
export function isGone(node: u32): bool {
  return kindOf(node) == 0;
}

/** Takes out a child; `before` is the one that stays before it, or 0. */
export function unlink(parent: u32, before: u32, node: u32): void {
  const next = nextOf(node);
  if (before == 0) store<u32>(parent, next, 24);
  else store<u32>(before, next, 20);
  if (next == 0) store<u32>(parent, before, 28);
  addFlags(parent, DIRTY);
}
