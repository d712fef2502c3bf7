// Configured paths as one trie for hashing and redacting; the walk holds a set of trie nodes that are still open.
//
// A set is a run of u32 on a stack of its own; a step under a key pushes the next set. `*` is any one key, or any one
// part of a key with dots. The stack has room for every node at every depth, so it can't overflow.
// Worked value: paths a.b and a.*.c. Under key `a` the set {root} gives {a}; under `b` it gives {a.*} and says that
// a.b is reached; under a key `a.b` the set {root} says the same in one step.
import { same, take } from "./memory";
import { isResident } from "./resident";
import { none, programAt, programWord } from "./program";
import { PARTS, PATHED, SEGMENT } from "./tree";
import { every } from "./vectors";

/** After a step: the first hash pattern that ends here or `none`, whether a redacted path does, the open set. */
export let reachedHash: u32 = none;
export let reachedRedact: bool = false;
export let openAt: u32 = 0;
export let openCount: u32 = 0;

let stack: u32 = 0;
let generation: u32 = 0;

/** Of a member's first word: bits of a key that a path may be about, of a container that may hold such a key. */
export let keyBits: u32 = 0;
export let innerBits: u32 = 0;

/** Starts with the root in the set; `depth` is the deepest container of the body. */
export function startPaths(depth: u32): void {
  // Under a `*` every key may be meant.
  const all = programWord(11) != 0 ? ~(<u32>0) : 0;
  keyBits = all | ((PARTS | SEGMENT) << 16);
  innerBits = all | (PATHED << 8);
  const count = programWord(6);
  stack = take((count * (depth + 2) + 1) * 4);
  generation = 0;
  for (let node: u32 = 0; node < count; node++) store<u32>(nodeAt(node), 0, 16);
  if (stepsOf != programAt(0) || !isResident(stepsOf)) forgetSteps();
}

/** The set at the root of an event: empty if nothing is configured. */
export function rootPaths(): void {
  openAt = stack;
  openCount = programWord(6) > 1 ? 1 : 0;
  store<u32>(stack, 0);
}

const plainKey: u32 = <u32>memory.data(64, 16);
const plainKeyMax: u32 = 32;

/**
 * One step under a key of one part, ASCII, as it is written. False if it is too long for this way.
 * Its lower case goes to a place of its own: no memory is taken.
 */
export function stepPlain(from: u32, count: u32, key: u32, bytes: u32): bool {
  if (bytes > plainKeyMax) return false;
  for (let i: u32 = 0; i < bytes; i += 16) {
    const x = v128.load(key + i);
    const upper = i8x16.lt_u(i8x16.sub(x, every(0x41)), every(26));
    v128.store(plainKey + i, v128.or(x, v128.and(upper, every(0x20))));
  }
  startStep(from, count);
  for (let i: u32 = 0; i < count; i++) {
    const node = load<u32>(from + i * 4);
    const star = load<u32>(nodeAt(node), 8);
    if (star != 0) arrive(star);
    const child = childOf(node, plainKey, bytes);
    if (child != 0) arrive(child);
  }
  return true;
}

/** As after a step that leads nowhere. */
@inline
export function resetStep(): void {
  reachedHash = none;
  reachedRedact = false;
  openCount = 0;
}

function startStep(from: u32, count: u32): void {
  reachedHash = none;
  reachedRedact = false;
  generation++;
  openAt = from + count * 4;
  openCount = 0;
}

// What a step under a special name leads to, from the set of an event's root and from that of its context: the same for
// all events under a program. By special name 12 bytes each: 0 hash pattern · 4 redacts · 8 open node + 1, 0 none, ~0 unknown.
const rootSteps: u32 = <u32>memory.data(32 * 12, 16);
const contextSteps: u32 = <u32>memory.data(32 * 12, 16);
const unknown: u32 = 0xffffffff;
/** A bit for each special name below 32 that may lead somewhere, from either set. */
let rootLeads: u32 = 0;
let contextLeads: u32 = 0;

/** The program that the steps are of. */
let stepsOf: u32 = 0;

/** Another program, perhaps in the place of one before. */
export function forgetSteps(): void {
  stepsOf = programAt(0);
  memory.fill(rootSteps, 0xff, 32 * 12);
  memory.fill(contextSteps, 0xff, 32 * 12);
  rootLeads = ~(<u32>0);
  contextLeads = ~(<u32>0);
}

/** False if it is known that nothing is open or reached under a special name below 32. */
@inline
export function leadsOn(inContext: bool, special: u32): bool {
  return ((leadsOf(inContext) >> special) & 1) != 0;
}

/** The same for all of them, a bit each. */
@inline
export function leadsOf(inContext: bool): u32 {
  return inContext ? contextLeads : rootLeads;
}

/** A step under a special name below 32. */
export function stepSpecial(inContext: bool, special: u32, from: u32, count: u32, key: u32, bytes: u32): void {
  const step = (inContext ? contextSteps : rootSteps) + special * 12;
  const open = load<u32>(step, 8);
  if (open == unknown) {
    stepPlain(from, count, key, bytes);
    if (openCount > 1) return;
    store<u32>(step, reachedHash);
    store<u32>(step, <u32>reachedRedact, 4);
    store<u32>(step, openCount == 0 ? 0 : load<u32>(openAt) + 1, 8);
    if (reachedHash == none && !reachedRedact && openCount == 0) leadNowhere(inContext, special);
    return;
  }
  openAt = from + count * 4;
  reachedHash = load<u32>(step);
  reachedRedact = load<u32>(step, 4) != 0;
  openCount = <u32>(open != 0);
  store<u32>(openAt, open - 1);
}

function leadNowhere(inContext: bool, special: u32): void {
  const others = ~((<u32>1) << special);
  if (inContext) contextLeads &= others;
  else rootLeads &= others;
}

/** One step from a set under a key in lower case. The new set stands behind the old one. */
export function stepPaths(from: u32, count: u32, key: u32, bytes: u32): void {
  startStep(from, count);
  for (let i: u32 = 0; i < count; i++) {
    const node = load<u32>(from + i * 4);
    const star = load<u32>(nodeAt(node), 8);
    if (star != 0) arrive(star);
    walkParts(node, key, key + bytes);
  }
}

@inline
function nodeAt(node: u32): u32 {
  return programAt(programWord(5) + node * 24);
}

/** Follows every part of a key from a node, by its edge and by `*`. */
function walkParts(node: u32, part: u32, end: u32): void {
  let partEnd = part;
  while (partEnd < end && load<u8>(partEnd) != 0x2e) partEnd++;
  const child = childOf(node, part, partEnd - part);
  const star = load<u32>(nodeAt(node), 8);
  if (partEnd == end) {
    if (child != 0) arrive(child);
    if (star != 0) arrive(star);
    return;
  }
  if (child != 0) walkParts(child, partEnd + 1, end);
  if (star != 0) walkParts(star, partEnd + 1, end);
}

function arrive(node: u32): void {
  const at = nodeAt(node);
  if (load<u32>(at, 16) == generation) return;
  store<u32>(at, generation, 16);
  reachedHash = min<u32>(reachedHash, load<u32>(at));
  if (load<u32>(at, 4) != 0) reachedRedact = true;
  if (load<u32>(at, 12) == 0) return;
  store<u32>(openAt + openCount * 4, node);
  openCount++;
}

function childOf(node: u32, part: u32, bytes: u32): u32 {
  const edges = programAt(programWord(7));
  const mask = programWord(8);
  let slot = edgeHash(node, part, bytes) & mask;
  while (true) {
    const edge = edges + slot * 16;
    const child = load<u32>(edge);
    if (child == 0) return 0;
    const fits = load<u32>(edge, 4) == node && load<u32>(edge, 12) == bytes;
    if (fits && same(programAt(load<u32>(edge, 8)), part, bytes)) return child;
    slot = (slot + 1) & mask;
  }
}

/** A mix of the node, the length, the first and the last four bytes of a segment, as the host computes it. */
function edgeHash(node: u32, at: u32, bytes: u32): u32 {
  let head: u32 = 0;
  let tail: u32 = 0;
  if (bytes >= 4) {
    head = load<u32>(at);
    tail = load<u32>(at + bytes - 4);
  } else if (bytes > 0) {
    head = <u32>load<u8>(at);
    tail = <u32>load<u8>(at + bytes - 1);
  }
  const hash = ((head ^ rotl<u32>(tail, 13) ^ (bytes << 24)) + node * 0x9e3779b1) * 0x85ebca6b;
  return hash ^ (hash >> 15);
}
