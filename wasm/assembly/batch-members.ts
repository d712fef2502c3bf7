// What a batch says once for all of its events: the last `context` and `integrations` of the body's root, where they
// are objects with members, or `integrations` a word (adapters/reference-kernel/batch-members.ts is the twin).
//
// Each event takes copies of their nodes, whose spans stay where they were sent. So that looking for an event's own
// members takes n·log n whatever their keys are, each object has a table, made once a call:
//
//   0 count u32 · 4 unused · entries of 24 bytes in document order: 0 node · 4 key's text · 8 its bytes · 12 table of
//   the value, or 0 · 16 the event's own member, while it is merged · 20 is 1 where a later duplicate counts instead
//   behind them the addresses of all entries, u32 each, ordered by length, bytes and place
//
// Worked value: `{"b":1,"a":{"c":2},"b":3}` has the entries b, a, b, the first with a 1 at 20, and the order a, b, b.
import { same, setTop, take, top } from "./memory";
import { CONTEXT, INTEGRATIONS } from "./names";
import {
  addFlags, append, ARRAY, CONSENTS, copyNode, DIRTY, endOf, firstOf, flagsOf, KEY_ESCAPED, keyStartOf, kindOf, lastMember,
  nextOf, NULL, OBJECT, readKey, readyTree, specialOf, startOf, STIRRED, textAt, textBytes,
} from "./tree";

const ENTRY: u32 = 24;

let contextGiven: u32 = 0;
let integrationsGiven: u32 = 0;
let contextTable: u32 = 0;
let integrationsTable: u32 = 0;
/** Bytes of the members as they were sent, keys included; 0: there are none. */
export let givenBytes: u32 = 0;

export function forgetGiven(): void {
  contextGiven = 0;
  integrationsGiven = 0;
  givenBytes = 0;
}

/** Finds what a batch gives to its events. */
export function findGiven(root: u32): void {
  contextGiven = given(root, CONTEXT, false);
  integrationsGiven = given(root, INTEGRATIONS, true);
  givenBytes = bytesOf(contextGiven) + bytesOf(integrationsGiven);
}

/** `answers`: a word in place of an object counts, too, as `false` refuses all integrations. */
function given(root: u32, name: u32, answers: bool): u32 {
  const member = lastMember(root, name);
  if (member != 0 && answers && kindOf(member) > ARRAY && kindOf(member) != NULL) return member;
  return member != 0 && kindOf(member) == OBJECT && firstOf(member) != 0 ? member : 0;
}

function bytesOf(member: u32): u32 {
  return member == 0 ? 0 : endOf(member) - keyStartOf(member);
}

/** The two members in the order in which they stand in the body, 0 for what there is not. */
export function firstGiven(): u32 {
  if (contextGiven == 0 || integrationsGiven == 0) return contextGiven | integrationsGiven;
  return startOf(contextGiven) < startOf(integrationsGiven) ? contextGiven : integrationsGiven;
}
export function secondGiven(): u32 {
  return contextGiven == 0 || integrationsGiven == 0 ? 0 : contextGiven ^ integrationsGiven ^ firstGiven();
}

/** The member of the batch's context with that special name, or 0. */
export function givenInContext(name: u32): u32 {
  return contextGiven == 0 ? 0 : lastMember(contextGiven, name);
}

/** The first byte of the first container in `node` deeper than `depthMax`, itself 1 deep; or 0. */
export function tooDeepAt(node: u32, depthMax: u32): u32 {
  if (kindOf(node) > ARRAY) return 0;
  if (depthMax == 0) return startOf(node);
  for (let child = firstOf(node); child != 0; child = nextOf(child)) {
    const at = tooDeepAt(child, depthMax - 1);
    if (at != 0) return at;
  }
  return 0;
}

/** The first place in what is given that is too deep, and that can't be stored; 0: none. */
export let givenDeepAt: u32 = 0;
export let givenUnfitAt: u32 = 0;

/**
 * Once a call, before the first event. `mayBeDeep`: something in the body is deeper than `depthMax`; `unfit` to
 * `unfitEnd`: first bytes of what can't be stored, u32 each, ascending.
 */
export function startGiven(mayBeDeep: bool, depthMax: u32, unfit: u32, unfitEnd: u32): void {
  givenDeepAt = 0;
  givenUnfitAt = 0;
  if (givenBytes == 0) return;
  const first = firstGiven();
  const second = secondGiven();
  if (mayBeDeep) givenDeepAt = tooDeepAt(first, depthMax - 1);
  if (mayBeDeep && second != 0 && givenDeepAt == 0) givenDeepAt = tooDeepAt(second, depthMax - 1);
  // What nests too deeply has all events rejected: nothing walks it.
  if (givenDeepAt != 0) return;
  givenUnfitAt = unfitWithin(first, unfit, unfitEnd);
  if (givenUnfitAt == 0 && second != 0) givenUnfitAt = unfitWithin(second, unfit, unfitEnd);
  contextTable = readyMember(contextGiven);
  integrationsTable = readyMember(integrationsGiven);
}

/** The first token of a value that can't be stored, or 0. */
function unfitWithin(node: u32, unfit: u32, unfitEnd: u32): u32 {
  for (let at = unfit; at < unfitEnd; at += 4) {
    if (load<u32>(at) >= startOf(node)) return load<u32>(at) < endOf(node) ? load<u32>(at) : 0;
  }
  return 0;
}

function readyMember(member: u32): u32 {
  if (member == 0) return 0;
  readyTree(member);
  return kindOf(member) == OBJECT ? makeTable(member) : 0;
}

function makeTable(object: u32): u32 {
  let count: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) count++;
  const table = take(8 + count * (ENTRY + 4));
  const order = table + 8 + count * ENTRY;
  store<u32>(table, count);
  let entry = table + 8;
  let place = order;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    readKey(member);
    store<u32>(entry, member);
    store<u32>(entry, textAt, 4);
    store<u32>(entry, textBytes, 8);
    store<u32>(entry, 0, 12);
    store<u32>(entry, 0, 20);
    store<u32>(place, entry);
    entry += ENTRY;
    place += 4;
  }
  sort(order, count);
  for (let i: u32 = 0; i < count; i++) {
    const at = load<u32>(order + i * 4);
    const isLast = i + 1 == count || !hasKey(load<u32>(order + i * 4, 4), load<u32>(at, 4), load<u32>(at, 8));
    if (!isLast) store<u32>(at, 1, 20);
    else if (kindOf(load<u32>(at)) == OBJECT) store<u32>(at, makeTable(load<u32>(at)), 12);
  }
  return table;
}

/** Heapsort of entries by their keys. */
function sort(order: u32, count: u32): void {
  for (let i = count >> 1; i > 0; i--) sift(order, i - 1, count);
  for (let end = count; end > 1; end--) {
    const last = order + (end - 1) * 4;
    const greatest = load<u32>(order);
    store<u32>(order, load<u32>(last));
    store<u32>(last, greatest);
    sift(order, 0, end - 1);
  }
}

function sift(order: u32, from: u32, count: u32): void {
  const entry = load<u32>(order + from * 4);
  let at = from;
  while (<u32>(2 * at + 1) < count) {
    let child: u32 = 2 * at + 1;
    if (<u32>(child + 1) < count && isBefore(load<u32>(order + child * 4), load<u32>(order + child * 4, 4))) child++;
    const greater = load<u32>(order + child * 4);
    if (!isBefore(entry, greater)) break;
    store<u32>(order + at * 4, greater);
    at = child;
  }
  store<u32>(order + at * 4, entry);
}

function isBefore(a: u32, b: u32): bool {
  const order = compareKey(a, load<u32>(b, 4), load<u32>(b, 8));
  return order < 0 || (order == 0 && a < b);
}

/** Negative where an entry's key is before that one: by length, then by bytes. */
function compareKey(entry: u32, at: u32, bytes: u32): i32 {
  const own = load<u32>(entry, 8);
  if (own != bytes) return own < bytes ? -1 : 1;
  return memory.compare(load<u32>(entry, 4), at, bytes);
}

function hasKey(entry: u32, at: u32, bytes: u32): bool {
  return load<u32>(entry, 8) == bytes && same(load<u32>(entry, 4), at, bytes);
}

/** The last entry with that key, or 0. */
function entryOf(table: u32, at: u32, bytes: u32): u32 {
  const count = load<u32>(table);
  const order = table + 8 + count * ENTRY;
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKey(load<u32>(order + middle * 4), at, bytes) <= 0) low = middle + 1;
    else high = middle;
  }
  const found = low == 0 ? 0 : load<u32>(order + (low - 1) * 4);
  return found != 0 && hasKey(found, at, bytes) ? found : 0;
}

/** Puts what the batch says into an event that is ready for edits; returns by how many bytes it grew, as sent. */
export function addGiven(event: u32): i32 {
  // Consent is looked for in what was put in, too.
  addFlags(event, DIRTY | STIRRED | CONSENTS);
  const grown = addMember(event, contextGiven, contextTable, true);
  return grown + addMember(event, integrationsGiven, integrationsTable, false);
}

function addMember(event: u32, member: u32, table: u32, mustBeObject: bool): i32 {
  if (member == 0) return 0;
  return fill(event, lastMember(event, specialOf(member)), member, table, mustBeObject);
}

/** Lets `parent`, whose own member of that name is `own` or 0, take a member. */
function fill(parent: u32, own: u32, member: u32, table: u32, mustBeObject: bool): i32 {
  if (own == 0) {
    append(parent, copyTree(member));
    return endOf(member) - keyStartOf(member) + 1;
  }
  const kind = kindOf(own);
  if (kind == NULL || (mustBeObject && kind != OBJECT)) {
    const grown = endOf(member) - startOf(member) - (endOf(own) - startOf(own));
    replaceValue(own, copyTree(member));
    return grown;
  }
  return kind == OBJECT && table != 0 ? merge(own, table) : 0;
}

function merge(own: u32, table: u32): i32 {
  // What takes members is written anew, and looked through by all stages.
  addFlags(own, DIRTY | STIRRED | CONSENTS);
  const end = table + 8 + load<u32>(table) * ENTRY;
  for (let entry = table + 8; entry < end; entry += ENTRY) store<u32>(entry, 0, 16);
  const mark = top;
  for (let member = firstOf(own); member != 0; member = nextOf(member)) {
    readKey(member);
    const entry = entryOf(table, textAt, textBytes);
    if (entry != 0) store<u32>(entry, member, 16);
    setTop(mark);
  }
  let grown: i32 = 0;
  for (let entry = table + 8; entry < end; entry += ENTRY) {
    if (load<u32>(entry, 20) != 0) continue;
    grown += fill(own, load<u32>(entry, 16), load<u32>(entry), load<u32>(entry, 12), false);
  }
  return grown;
}

/** A copy of a member with all that is in it, as the last of its siblings. */
function copyTree(node: u32): u32 {
  const made = copyNode(node);
  if (kindOf(node) > ARRAY) return made;
  let last: u32 = 0;
  for (let child = firstOf(node); child != 0; child = nextOf(child)) {
    const copied = copyTree(child);
    if (last == 0) store<u32>(made, copied, 24);
    else store<u32>(last, copied, 20);
    last = copied;
  }
  store<u32>(made, last, 28);
  return made;
}

/** Gives a member another one's value, under its own key. */
function replaceValue(own: u32, from: u32): void {
  store<u8>(own, kindOf(from));
  store<u8>(own, (flagsOf(own) & KEY_ESCAPED) | (flagsOf(from) & ~KEY_ESCAPED), 1);
  store<u32>(own, startOf(from), 4);
  store<u32>(own, endOf(from), 8);
  store<u64>(own, load<u64>(from, 24), 24);
}
