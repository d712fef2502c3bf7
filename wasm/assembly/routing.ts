// Routing conditions on the sanitised event (domain/data-layer/expression/evaluate.ts is the twin).
//
// An expression is 16 bytes: 0 op · 4 a · 8 b · 12 c; sub-expressions and texts are offsets from the program's start.
//   0 null · 1 false · 2 true · 3 string a, b bytes · 4 number a, b bytes (JSON text) · 5 path a (its number)
//   6 lower a · 7 length a · 8 exists a · 9 not a · 10 a and b · 11 a or b
//   12 a == b · 13 != · 14 < · 15 <= · 16 > · 17 >= · 18 contains · 19 starts_with · 20 ends_with
//   21 a matches glob at b, c bytes · 22 a in the c literals at b
//
// A value is a tag and, for strings and numbers, a text in `valueAt`, `valueBytes`. Texts made on the way take memory
// above `top`, given back after each rule. Each path is followed once an event.
import { specialName } from "./key-table";
import { compareNumbers } from "./number";
import { programAt, programWord } from "./program";
import { same, setTop, take, top } from "./memory";
import { flushHashes } from "./sha256";
import { CONTEXT, DEVICE, GEO } from "./names";
import { contextSlot, slot } from "./slots";
import { lower, lowerAt, lowerBytes } from "./text";
import { sequenceBytes } from "./utf8";
import {
  ARRAY, endOf, FALSE, firstOf, flagsOf, isGone, KEY_ESCAPED, keyEndOf, keyStartOf, kindOf, lastMember, nextOf,
  NUMBER, OBJECT, readKey, readText, SPECIAL, specialOf, startOf, STRING,
  textAt, textBytes, TRUE,
} from "./tree";

/** Marks a segment whose info is known. */
const KNOWN: u32 = 1 << 16;

/** Bytes of a hash with its quotes. */
const HASH_SPAN: u32 = 66;

const V_NULL: u32 = 0;
const V_FALSE: u32 = 1;
const V_TRUE: u32 = 2;
const V_STRING: u32 = 3;
const V_NUMBER: u32 = 4;
const V_ITEMS: u32 = 5;
const V_OBJECT: u32 = 6;

let valueAt: u32 = 0;
let valueBytes: u32 = 0;
let valueItems: u32 = 0;
let root: u32 = 0;
let eventNumber: u32 = 0;

/** Index of the first rule that holds and drops, or -1: what passes first wins, too. */
export function droppingRule(event: u32, number: u32): i32 {
  const rules = programAt(programWord(10));
  const count = <i32>programWord(11);
  root = event;
  eventNumber = number;
  for (let i: i32 = 0; i < count; i++) {
    const mark = top;
    const holds = evaluate(load<u32>(rules + i * 8)) == V_TRUE;
    setTop(mark);
    if (holds) return load<u32>(rules + i * 8, 4) != 0 ? i : -1;
  }
  return -1;
}

function truth(holds: bool): u32 {
  return holds ? V_TRUE : V_FALSE;
}

function evaluate(offset: u32): u32 {
  const at = programAt(offset);
  const op = load<u32>(at);
  const a = load<u32>(at, 4);
  const b = load<u32>(at, 8);
  if (op <= V_TRUE) return op;
  if (op <= V_NUMBER) {
    valueAt = programAt(a);
    valueBytes = b;
    return op;
  }
  if (op >= 12 && op <= 20) return truth(compare(op, a, b));
  switch (op) {
    case 5:
      return follow(a);
    case 6:
      return lowered(a);
    case 7:
      return lengthOf(a);
    case 8:
      return truth(evaluate(a) != V_NULL);
    case 9:
      return truth(evaluate(a) != V_TRUE);
    case 10:
      return truth(evaluate(a) == V_TRUE && evaluate(b) == V_TRUE);
    case 11:
      return truth(evaluate(a) == V_TRUE || evaluate(b) == V_TRUE);
    case 21:
      return truth(evaluate(a) == V_STRING && matches(programAt(b), programAt(b) + load<u32>(at, 12)));
    default:
      return truth(isIn(a, b, load<u32>(at, 12)));
  }
}

function lowered(a: u32): u32 {
  if (evaluate(a) != V_STRING) return V_NULL;
  lower(valueAt, valueBytes);
  valueAt = lowerAt;
  valueBytes = lowerBytes;
  return V_STRING;
}

/** Code points of a string, items of an array; else null. */
function lengthOf(a: u32): u32 {
  const tag = evaluate(a);
  let count: u32 = 0;
  if (tag == V_ITEMS) {
    count = valueItems;
  } else if (tag == V_STRING) {
    for (let p = valueAt; p < valueAt + valueBytes; p++) count += <u32>((load<u8>(p) & 0xc0) != 0x80);
  } else {
    return V_NULL;
  }
  const room = take(16) + 12;
  let p = room;
  do {
    store<u8>(--p, 0x30 + (count % 10));
    count /= 10;
  } while (count != 0);
  valueAt = p;
  valueBytes = room - p;
  return V_NUMBER;
}

/** An operand; most are paths and literals, which need no further call. */
@inline
function operand(offset: u32): u32 {
  const at = programAt(offset);
  const op = load<u32>(at);
  if (op == 5) return follow(load<u32>(at, 4));
  if (op != V_STRING && op != V_NUMBER) return evaluate(offset);
  valueAt = programAt(load<u32>(at, 4));
  valueBytes = load<u32>(at, 8);
  return op;
}

function compare(op: u32, a: u32, b: u32): bool {
  const left = operand(a);
  const leftAt = valueAt;
  const leftBytes = valueBytes;
  // What is not there is in no order and holds no text, whatever stands on the other side.
  if (left == V_NULL && op > 13) return false;
  const right = operand(b);
  if (op <= 13) return (op == 12) == equal(left, leftAt, leftBytes, right);
  if (op >= 18) return left == V_STRING && right == V_STRING && holdsText(op, leftAt, leftBytes);
  if (left != right || (left != V_STRING && left != V_NUMBER)) return false;
  const sign = left == V_STRING ? orderOfTexts(leftAt, leftBytes) : orderOfNumbers(leftAt, leftBytes);
  switch (op) {
    case 14:
      return sign < 0;
    case 15:
      return sign <= 0;
    case 16:
      return sign > 0;
    default:
      return sign >= 0;
  }
}

/** Type-strict: values of two types are never equal; objects and arrays equal nothing. */
function equal(left: u32, leftAt: u32, leftBytes: u32, right: u32): bool {
  if (left != right || left >= V_ITEMS) return false;
  if (left == V_STRING) return leftBytes == valueBytes && same(leftAt, valueAt, leftBytes);
  return left != V_NUMBER || orderOfNumbers(leftAt, leftBytes) == 0;
}

function orderOfNumbers(at: u32, bytes: u32): i32 {
  return compareNumbers(at, at + bytes, valueAt, valueAt + valueBytes);
}

/** By byte, which in UTF-8 is by code point. */
function orderOfTexts(at: u32, bytes: u32): i32 {
  const shorter = min<u32>(bytes, valueBytes);
  for (let i: u32 = 0; i < shorter; i++) {
    const differ = <i32>load<u8>(at + i) - <i32>load<u8>(valueAt + i);
    if (differ != 0) return differ;
  }
  return bytes < valueBytes ? -1 : <i32>(bytes > valueBytes);
}

function holdsText(op: u32, at: u32, bytes: u32): bool {
  if (valueBytes > bytes) return false;
  if (op == 19) return same(at, valueAt, valueBytes);
  if (op == 20) return same(at + bytes - valueBytes, valueAt, valueBytes);
  return contains(at, at + bytes, valueAt, valueBytes);
}

/** Knuth, Morris and Pratt's search: linear for every text and part. */
function contains(text: u32, end: u32, part: u32, bytes: u32): bool {
  const fallback = take((bytes + 1) * 4);
  store<u32>(fallback, 0);
  store<u32>(fallback, 0, 4);
  for (let i: u32 = 1, k: u32 = 0; i < bytes; i++) {
    while (k > 0 && load<u8>(part + i) != load<u8>(part + k)) k = load<u32>(fallback + k * 4);
    if (load<u8>(part + i) == load<u8>(part + k)) k++;
    store<u32>(fallback + (i + 1) * 4, k);
  }
  let p = text;
  let k: u32 = 0;
  while (true) {
    if (k == bytes) return true;
    if (p == end) return false;
    while (k > 0 && load<u8>(p) != load<u8>(part + k)) k = load<u32>(fallback + k * 4);
    if (load<u8>(p) == load<u8>(part + k)) k++;
    p++;
  }
}

/** `*` is any run, `?` one code point; after a mismatch only the last star moves on. */
function matches(pattern: u32, patternEnd: u32): bool {
  const end = valueAt + valueBytes;
  let p = pattern;
  let star: u32 = 0;
  let resume: u32 = 0;
  for (let t = valueAt; t < end; ) {
    const size = sequenceBytes(load<u8>(t));
    if (p < patternEnd && load<u8>(p) == 0x2a) {
      star = p++;
      resume = t;
    } else if (p < patternEnd && load<u8>(p) == 0x3f) {
      p++;
      t += size;
    } else if (p < patternEnd && sequenceBytes(load<u8>(p)) == size && same(p, t, size)) {
      p += size;
      t += size;
    } else if (star != 0) {
      p = star + 1;
      resume += sequenceBytes(load<u8>(resume));
      t = resume;
    } else {
      return false;
    }
  }
  while (p < patternEnd && load<u8>(p) == 0x2a) p++;
  return p == patternEnd;
}

function isIn(a: u32, list: u32, count: u32): bool {
  const tag = operand(a);
  const at = valueAt;
  const bytes = valueBytes;
  for (let i: u32 = 0; i < count; i++) if (equal(tag, at, bytes, operand(list + i * 16))) return true;
  return false;
}

/** The value at a path, from memory if another rule of this event asked for it. */
function follow(path: u32): u32 {
  const entry = programAt(programWord(12)) + path * 16;
  let node = load<u32>(entry, 12);
  if (load<u32>(entry, 8) != eventNumber) {
    node = nodeAt(programAt(load<u32>(entry)), load<u32>(entry, 4));
    store<u32>(entry, eventNumber, 8);
    store<u32>(entry, node, 12);
  }
  return node == 0 ? V_NULL : valueOf(node);
}

function valueOf(node: u32): u32 {
  const kind = kindOf(node);
  if (kind == STRING) {
    // The text may be a hash that still waits in its lane.
    if (endOf(node) - startOf(node) == HASH_SPAN) flushHashes();
    readText(node);
    valueAt = textAt;
    valueBytes = textBytes;
    return V_STRING;
  }
  if (kind == NUMBER) {
    valueAt = startOf(node);
    valueBytes = endOf(node) - valueAt;
    return V_NUMBER;
  }
  if (kind == ARRAY) {
    valueItems = 0;
    for (let item = firstOf(node); item != 0; item = nextOf(item)) valueItems++;
    return V_ITEMS;
  }
  if (kind == OBJECT) return V_OBJECT;
  return kind == TRUE ? V_TRUE : kind == FALSE ? V_FALSE : V_NULL;
}

function nodeAt(segments: u32, count: u32): u32 {
  let node = root;
  for (let i: u32 = 0; i < count && node != 0; i++) {
    const segment = segments + i * 16;
    const index = load<u32>(segment);
    if (index != 0) node = kindOf(node) == ARRAY ? itemAt(node, index - 1) : 0;
    else node = kindOf(node) == OBJECT ? memberAt(node, segment) : 0;
  }
  return node;
}

/** The special name of a segment, found once a call. */
@inline
function specialOfSegment(segment: u32): u32 {
  let info = load<u32>(segment, 12);
  if (info == 0) {
    info = specialName(programAt(load<u32>(segment, 4)), load<u32>(segment, 8)) | KNOWN;
    store<u32>(segment, info, 12);
  }
  return info & SPECIAL;
}

function itemAt(array: u32, index: u32): u32 {
  let item = firstOf(array);
  for (let i: u32 = 0; i < index && item != 0; i++) item = nextOf(item);
  return item;
}

/** The last member with that key. */
function memberAt(object: u32, segment: u32): u32 {
  const special = specialOfSegment(segment);
  if (object == root && special != 0 && special < 32) {
    // What was there before personal data was removed; made since, or one of several that is gone: walk.
    const known = slot(special);
    if (known != 0 && !isGone(known)) return known;
  } else if (special != 0 && special < 32 && object == slot(CONTEXT)) {
    // Geo and device are what the host adds to: walk for those.
    const known = contextSlot(special);
    if (known != 0 && !isGone(known) && special != GEO && special != DEVICE) return known;
  }
  if (special != 0) return lastMember(object, special);
  const key = programAt(load<u32>(segment, 4));
  const bytes = load<u32>(segment, 8);
  let found: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    if (specialOf(member) != 0) continue;
    if ((flagsOf(member) & KEY_ESCAPED) == 0) {
      const start = keyStartOf(member) + 1;
      if (keyEndOf(member) - 1 - start == bytes && same(start, key, bytes)) found = member;
      continue;
    }
    const mark = top;
    readKey(member);
    if (textBytes == bytes && same(textAt, key, bytes)) found = member;
    setTop(mark);
  }
  return found;
}
