// The values that rules look at: what stands at a path of the sanitised event, or its lower case; each found once an
// event, however many rules ask.
//
//   source   40 bytes: 0 segments' offset · 4 count · 8 offset of the source that this is the lower case of, or 0 ·
//            12 event (0: none) · 16 tag · 20 address, 24 bytes of a string's or number's text (24: items of an array) ·
//            28 offset of another source, or 0 · 32 order of a number (number.ts), or NO_NUMBER
//   segment  16 bytes: 0 index + 1, or 0 · 4 offset of the key · 8 bytes of its text · 12 its special name once that is
//            known (0)
//   key      0, 8 first eight bytes of its text and their mask · 16, 24 the next eight and theirs · 32 text, in quotes
import { specialName } from "./key-table";
import { same, setTop, top } from "./memory";
import { CONTEXT } from "./names";
import { NUMBER_BYTES, readOrder } from "./number";
import { programAt, programWord } from "./program";
import { flushHashes } from "./sha256";
import { contextSlot, slot } from "./slots";
import { lower, lowerAt, lowerBytes } from "./text";
import { viewOf } from "./view";
import {
  ARRAY, endOf, ESCAPED, FALSE, firstOf, flagsOf, isGone, KEY_ESCAPED, keyStartOf, kindOf, nextOf, NUMBER, OBJECT,
  readKey, readText, SPECIAL, specialOf, startOf, STRING, textAt, textBytes, TRUE,
} from "./tree";

/** Tags of values. */
export const V_NULL: u32 = 0;
export const V_FALSE: u32 = 1;
export const V_TRUE: u32 = 2;
export const V_STRING: u32 = 3;
export const V_NUMBER: u32 = 4;
export const V_ITEMS: u32 = 5;
export const V_OBJECT: u32 = 6;

/** Stands for the order of what is no number: beyond that of all numbers. */
const NO_NUMBER: i64 = i64.MAX_VALUE;

/** Marks a segment whose special name is known. */
const KNOWN: u32 = 1 << 16;
/** Bytes of a hash with its quotes. */
const HASH_SPAN: u32 = 66;
const SEGMENT: u32 = 16;
const KEY_TEXT: u32 = 32;

let root: u32 = 0;
let eventNumber: u32 = 0;

/** Begins a call: an earlier one numbered its events alike. */
export function forgetSources(): void {
  for (let source = programWord(13); source != 0; source = load<u32>(programAt(source), 28)) {
    store<u32>(programAt(source), 0, 12);
  }
}

/** Begins an event; all that was found before is forgotten. */
export function startSources(event: u32, number: u32): void {
  root = event;
  eventNumber = number;
}

/** Finds the source's value, unless it is known. */
@inline
export function find(source: u32): void {
  if (load<u32>(source, 12) != eventNumber) resolve(source);
}

@inline
export function tagOf(source: u32): u32 {
  return load<u32>(source, 16);
}

/** Readable even where there is no text. */
@inline
export function valueAtOf(source: u32): u32 {
  return load<u32>(source, 20);
}

@inline
export function valueBytesOf(source: u32): u32 {
  return load<u32>(source, 24);
}

@inline
export function orderOf(source: u32): i64 {
  return load<i64>(source, 32);
}

function resolve(source: u32): void {
  const origin = load<u32>(source, 8);
  store<u32>(source, eventNumber, 12);
  if (origin != 0) resolveLower(source, programAt(origin));
  else setNode(source, nodeAt(programAt(load<u32>(source)), load<u32>(source, 4)));
}

@inline
function setValue(source: u32, tag: u32, at: u32, bytes: u32): void {
  store<u32>(source, tag, 16);
  store<u32>(source, at, 20);
  store<u32>(source, bytes, 24);
  store<i64>(source, NO_NUMBER, 32);
}

function resolveLower(source: u32, origin: u32): void {
  if (load<u32>(origin, 12) != eventNumber) resolve(origin);
  if (tagOf(origin) != V_STRING) return setValue(source, V_NULL, source, 0);
  lower(valueAtOf(origin), viewOf(valueAtOf(origin), valueBytesOf(origin)));
  setValue(source, V_STRING, lowerAt, lowerBytes);
}

function setNode(source: u32, node: u32): void {
  if (node == 0) return setValue(source, V_NULL, source, 0);
  const kind = kindOf(node);
  const start = startOf(node);
  const bytes = endOf(node) - start;
  if (kind == STRING) {
    // The text may be a hash that still waits in its lane.
    if (bytes == HASH_SPAN) flushHashes();
    if ((flagsOf(node) & ESCAPED) == 0) return setValue(source, V_STRING, start + 1, bytes - 2);
    readText(node);
    return setValue(source, V_STRING, textAt, textBytes);
  }
  if (kind == NUMBER) {
    setValue(source, V_NUMBER, start, bytes);
    if (bytes <= NUMBER_BYTES) store<i64>(source, readOrder(start, start + bytes), 32);
  } else if (kind == ARRAY) {
    setItems(source, node);
  } else {
    const tag = kind == OBJECT ? V_OBJECT : kind == TRUE ? V_TRUE : kind == FALSE ? V_FALSE : V_NULL;
    setValue(source, tag, source, 0);
  }
}

function setItems(source: u32, array: u32): void {
  let items: u32 = 0;
  for (let item = firstOf(array); item != 0; item = nextOf(item)) items++;
  setValue(source, V_ITEMS, source, items);
}

/** What stands at a path, or 0, or a node that was taken out: neither has a kind, and nothing is under it. */
function nodeAt(segments: u32, count: u32): u32 {
  const end = segments + count * SEGMENT;
  let node = root;
  let segment = segments;
  do {
    const kind = kindOf(node);
    node = kind == OBJECT ? memberAt(node, segment) : kind == ARRAY ? itemAt(node, load<u32>(segment)) : 0;
    segment += SEGMENT;
  } while (segment < end);
  return node;
}

/** The special name of a segment, found once a call. */
function nameSegment(segment: u32): u32 {
  const info = specialName(programAt(load<u32>(segment, 4)) + KEY_TEXT + 1, load<u32>(segment, 8) - 2) | KNOWN;
  store<u32>(segment, info, 12);
  return info;
}

/** The item whose index is one less; none for a segment that is a key. */
function itemAt(array: u32, number: u32): u32 {
  if (number == 0) return 0;
  let item = firstOf(array);
  for (let i: u32 = 1; i < number && item != 0; i++) item = nextOf(item);
  return item;
}

/** The last member with that key. */
function memberAt(object: u32, segment: u32): u32 {
  let special = load<u32>(segment, 12);
  if (special == 0) special = nameSegment(segment);
  special &= SPECIAL;
  if (special == 0) return namedMember(object, segment);
  if (special < 32) {
    if (object == root) return slot(special);
    if (object == slot(CONTEXT)) return contextSlot(special);
  }
  return specialMember(object, special);
}

// Where a key stands among others is hard to predict: the walks below have no branch on it.

function specialMember(object: u32, special: u32): u32 {
  let found: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    found = select<u32>(member, found, specialOf(member) == special);
  }
  return found;
}

function namedMember(object: u32, segment: u32): u32 {
  const key = programAt(load<u32>(segment, 4));
  const word = load<u64>(key);
  const mask = load<u64>(key, 8);
  const word2 = load<u64>(key, 16);
  const mask2 = load<u64>(key, 24);
  let found: u32 = 0;
  let metas: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    const at = keyStartOf(member);
    const meta = load<u32>(member);
    metas |= meta;
    const differs = ((load<u64>(at) ^ word) & mask) | ((load<u64>(at, 8) ^ word2) & mask2);
    // What was taken out has no kind.
    found = select<u32>(member, found, (differs | <u64>(meta == 0)) == 0);
  }
  if ((metas & (KEY_ESCAPED << 8)) != 0) return anyMember(object, segment);
  // Of a long key that was its beginning.
  return found == 0 || load<u32>(segment, 8) <= 16 ? found : anyMember(object, segment);
}

/** The same, whatever the keys look like. */
function anyMember(object: u32, segment: u32): u32 {
  const key = programAt(load<u32>(segment, 4)) + KEY_TEXT + 1;
  const bytes = load<u32>(segment, 8) - 2;
  let found: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    if (specialOf(member) != 0 || isGone(member)) continue;
    const mark = top;
    readKey(member);
    if (textBytes == bytes && same(textAt, key, bytes)) found = member;
    setTop(mark);
  }
  return found;
}
