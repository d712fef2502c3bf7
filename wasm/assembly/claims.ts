// What the host knows goes before what the client claims (adapters/reference-kernel/places.ts is the twin).
import { same, setTop, top } from "./memory";
import { openObject } from "./members";
import { CONTEXT, DEVICE, GEO } from "./names";
import { trustsClaims } from "./program";
import { contextCount, contextSlot, slot } from "./slots";
import {
  addFlags, append, copyNode, DIRTY, firstOf, isGone, kindOf, lastMember, makeEmpty, nextOf, OBJECT, readKey, specialOf,
  textAt, textBytes, unlink,
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

/** Takes out members whose keys the host's object has; true if there was one. */
function dropKnown(object: u32, host: u32): bool {
  let before: u32 = 0;
  let dropped = false;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    if (hasKey(host, member)) {
      unlink(object, before, member);
      dropped = true;
    } else {
      before = member;
    }
  }
  return dropped;
}

function hasKey(object: u32, like: u32): bool {
  const mark = top;
  readKey(like);
  const at = textAt;
  const bytes = textBytes;
  let found = false;
  for (let member = firstOf(object); member != 0 && !found; member = nextOf(member)) {
    readKey(member);
    found = textBytes == bytes && same(textAt, at, bytes);
  }
  setTop(mark);
  return found;
}

/** Puts the host's word in, at the ends of their objects. */
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
  for (let member = firstOf(device); member != 0; member = nextOf(member)) append(target, copyNode(member));
}
