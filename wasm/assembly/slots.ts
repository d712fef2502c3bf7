// The last member of each special name, of an event and of its context: found in one walk each, used by all stages.
//
//   rootSlots, contextSlots    32 u32 each by special name; 0: none
//
// A stage that adds or removes members of these names fills them again, or says that they are out of date.
import { CONTEXT } from "./names";
import { firstOf, kindOf, nextOf, OBJECT, specialOf } from "./tree";

const rootSlots: u32 = <u32>memory.data(32 * 4, 16);
const contextSlots: u32 = <u32>memory.data(32 * 4, 16);

/** How many members of the event are named context: with two or more, stages walk instead of looking here. */
export let contextCount: u32 = 0;

@inline
export function slot(name: u32): u32 {
  return load<u32>(rootSlots + name * 4);
}

@inline
export function contextSlot(name: u32): u32 {
  return load<u32>(contextSlots + name * 4);
}

export function fillSlots(event: u32): void {
  contextCount = 0;
  clear(rootSlots);
  for (let member = firstOf(event); member != 0; member = nextOf(member)) {
    const name = specialOf(member);
    if (name >= 32) continue;
    store<u32>(rootSlots + name * 4, member);
    contextCount += <u32>(name == CONTEXT);
  }
}

/** Of an event as it is by now: rules look here. */
export function refillSlots(event: u32): void {
  fillSlots(event);
  fillContextSlots();
}

/** Forgets all slots, for a walk that fills them itself. */
export function clearSlots(): void {
  contextCount = 0;
  clear(rootSlots);
  clear(contextSlots);
}

/** Where the slot of a name below 32 is. */
@inline
export function slotPlace(inContext: bool, name: u32): u32 {
  return (inContext ? contextSlots : rootSlots) + name * 4;
}

/** Of the last context, which is an object or missing by now. */
export function fillContextSlots(): void {
  clear(contextSlots);
  const context = slot(CONTEXT);
  if (context == 0 || kindOf(context) != OBJECT) return;
  for (let member = firstOf(context); member != 0; member = nextOf(member)) {
    const name = specialOf(member);
    if (name < 32) store<u32>(contextSlots + name * 4, member);
  }
}

@inline
function clear(slots: u32): void {
  const zero = i8x16.splat(0);
  v128.store(slots, zero);
  v128.store(slots, zero, 16);
  v128.store(slots, zero, 32);
  v128.store(slots, zero, 48);
  v128.store(slots, zero, 64);
  v128.store(slots, zero, 80);
  v128.store(slots, zero, 96);
  v128.store(slots, zero, 112);
}
