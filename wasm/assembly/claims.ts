// What the host knows goes before what the client claims (adapters/reference-kernel/places.ts is the twin).
import { same, setTop, take, top } from "./memory";
import { openObject } from "./members";
import { CONTEXT, DEVICE, GEO, TYPE } from "./names";
import { trustsClaims } from "./program";
import { contextCount, contextSlot, slot } from "./slots";
import {
  addFlags, append, copyNode, DIRTY, endOf, firstOf, isGone, keyEndOf, keyStartOf, kindOf, lastMember, lastOf,
  makeEmpty, nextOf, NUMBER, OBJECT, readKey, specialOf, startOf, STRING, textAt, textBytes, unlink,
} from "./tree";

/** Takes out claims, before anything else looks at them; `geo`, `device`: nodes of the host's word, or 0. */
export function dropClaims(event: u32, geo: u32, device: u32): void {
  const keepsGeo = trustsClaims() && geo == 0;
  if (contextCount < 2 && contextSlot(DEVICE) == 0 && (keepsGeo || contextSlot(GEO) == 0)) return;
  for (let member = firstOf(event); member != 0; member = nextOf(member)) {
    if (specialOf(member) != CONTEXT || kindOf(member) != OBJECT) continue;
    if (!keepsGeo) dropSpecial(member, GEO);
    const claimed = lastMember(member, DEVICE);
    if (claimed == 0) continue;
    if (kindOf(claimed) != OBJECT) {
      makeEmpty(claimed);
      addDirty(member, event);
    }
    if (device != 0 && dropKnown(claimed, device)) addDirty(member, event);
  }
}

function addDirty(context: u32, event: u32): void {
  addFlags(context, DIRTY);
  addFlags(event, DIRTY);
}

function dropSpecial(object: u32, name: u32): void {
  let before: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    if (specialOf(member) == name) unlink(object, before, member);
    else before = member;
  }
}

/** Takes out what the host knows better: all of its members but those that the event names; true if there was one. */
function dropKnown(object: u32, host: u32): bool {
  const mark = top;
  // The last member of each of the host's names, where that is one that the event names; u32 each.
  const named = take(countOf(host) * 4);
  memory.fill(named, 0, countOf(host) * 4);
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    const place = placeOfKey(host, member);
    if (place >= 0) store<u32>(named + place * 4, isNamed(member) ? member : 0);
  }
  let before: u32 = 0;
  let dropped = false;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    const place = placeOfKey(host, member);
    if (place < 0 || load<u32>(named + place * 4) != 0) {
      before = member;
    } else {
      unlink(object, before, member);
      dropped = true;
    }
  }
  setTop(mark);
  return dropped;
}

export function countOf(object: u32): u32 {
  let count: u32 = 0;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) count++;
  return count;
}

/** True if a member of a claimed device counts: text or a number; of `type` the words are the host's. */
export function isNamed(member: u32): bool {
  if (specialOf(member) == TYPE) return false;
  const kind = kindOf(member);
  return kind == NUMBER || (kind == STRING && endOf(member) - startOf(member) > 2);
}

/** Members of a host's device that have a bit: one with more is for the long way. */
export const bitsMax: u32 = 32;

/** The bit of the host's first member with a member's key, or 0; both are spelled plainly. */
export function bitOfKey(host: u32, member: u32): u32 {
  const key = keyStartOf(member);
  const bytes = keyEndOf(member) - key;
  for (let known = firstOf(host), bit: u32 = 1; known != 0; known = nextOf(known), bit <<= 1) {
    const start = keyStartOf(known);
    if (keyEndOf(known) - start == bytes && same(start, key, bytes)) return bit;
  }
  return 0;
}

/** The bits of what a claimed device names itself: of each name its last member counts. */
export function findNamed(device: u32, host: u32): u32 {
  let named: u32 = 0;
  for (let member = firstOf(device); member != 0; member = nextOf(member)) {
    const bit = bitOfKey(host, member);
    named = isNamed(member) ? named | bit : named & ~bit;
  }
  return named;
}

/** The bits of what is in a device still. */
export function findLeft(device: u32, host: u32): u32 {
  let left: u32 = 0;
  for (let member = firstOf(device); member != 0; member = nextOf(member)) {
    if (!isGone(member)) left |= bitOfKey(host, member);
  }
  return left;
}

/** Where among an object's members the first with a member's key stands; -1: there is none. */
function placeOfKey(object: u32, like: u32): i32 {
  const mark = top;
  readKey(like);
  const at = textAt;
  const bytes = textBytes;
  let found: i32 = -1;
  let place: i32 = 0;
  for (let member = firstOf(object); member != 0 && found < 0; member = nextOf(member), place++) {
    readKey(member);
    if (textBytes == bytes && same(textAt, at, bytes)) found = place;
  }
  setTop(mark);
  return found;
}

/** True if a member up to `last` has the key. */
function holdsKey(object: u32, last: u32, like: u32): bool {
  const mark = top;
  readKey(like);
  const at = textAt;
  const bytes = textBytes;
  let found = false;
  for (let member = last == 0 ? 0 : firstOf(object); member != 0 && !found; member = nextOf(member)) {
    readKey(member);
    found = textBytes == bytes && same(textAt, at, bytes);
    if (member == last) break;
  }
  setTop(mark);
  return found;
}

/** Puts the host's word in, what the device lacks of it, at the ends of their objects. */
export function putHostWord(event: u32, geo: u32, device: u32): void {
  if (geo == 0 && device == 0) return;
  // The context of the slots may be gone by now: its key was under a redacted path, or the like.
  let context = slot(CONTEXT);
  if (context == 0 || isGone(context)) {
    context = openObject(event, CONTEXT);
  } else {
    addFlags(event, DIRTY);
  }
  if (geo != 0) append(context, copyNode(geo));
  if (device == 0) return;
  if (lastMember(context, DEVICE) == 0) {
    append(context, copyNode(device));
    return;
  }
  const target = openObject(context, DEVICE);
  const last = lastOf(target);
  for (let member = firstOf(device); member != 0; member = nextOf(member)) {
    if (!holdsKey(target, last, member)) append(target, copyNode(member));
  }
}
