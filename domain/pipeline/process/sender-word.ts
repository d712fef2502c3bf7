import { foldSpelling, kinds } from "../../model/consent/kinds.ts";
import { answerOf, kindsOf } from "../../model/consent/words.ts";
import { answerOfChoice, choicesOf, speaksForAll } from "../../model/event/chosen-integrations.ts";
import { parseExact, writeExact } from "../../model/json/exact-json.ts";
import { isObject, type JsonObject, own } from "../../model/json/json.ts";

/** An event that has none of these, and says nothing that the kernel can read, has no word to keep. */
const signs = /consent|integrations/i;

/** What a sender said of consent and of where an event may go, put back into what a script returned. */
export interface Restored {
  /** The event as it goes on; null where nothing had to be put back. */
  readonly json: string | null;
  /** Whether the sender said anything of consent, at the top or in the context: then no script adds a grant. */
  readonly isStated: boolean;
}

/**
 * Puts back what custom JavaScript took from the sender's word, or changed in it.
 *
 * Shape: members about consent, at the event's top level and in its context, become the sender's own again, whatever
 * the script made of them; what a script denies counts by the kernel's flags. `integrations` keep each refusal of the
 * sender and gain the script's; a script may not open what the sender closed. `isHeard`: the kernel read consent in it.
 */
export function restoreSenderWord(sent: string, returned: string, isHeard: boolean): Restored {
  if (!isHeard && !signs.test(sent)) return { json: null, isStated: false };
  const before = parseExact(sent);
  const after = parseExact(returned);
  if (!isObject(before) || !isObject(after)) return { json: null, isStated: false };
  const [context, contextAfter] = [own(before, "context"), own(after, "context")];
  const inContext = isObject(context) ? restoreMembers(context, isObject(contextAfter) ? contextAfter : {}) : null;
  const atTop = restoreMembers(before, after);
  const isStated = atTop.isStated || inContext?.isStated === true;
  if (!atTop.isChanged && !inContext?.isChanged) return { json: null, isStated };
  const event = inContext?.isChanged ? { ...atTop.members, context: inContext.members } : atTop.members;
  return { json: writeExact(event), isStated };
}

interface RestoredMembers {
  readonly members: JsonObject;
  readonly isStated: boolean;
  readonly isChanged: boolean;
}

function restoreMembers(before: JsonObject, after: JsonObject): RestoredMembers {
  const members = { ...after };
  let isStated = false;
  let isChanged = false;
  for (const [key, value] of Object.entries(before)) {
    if (value === null) continue;
    const isConsent = isConsentKey(key);
    isStated ||= isConsent;
    if (!isConsent && key !== "integrations") continue;
    const restored = isConsent ? value : restoreChoice(value, own(after, key));
    if (isAlike(restored, own(after, key))) continue;
    Object.defineProperty(members, key, { value: restored, enumerable: true, writable: true, configurable: true });
    isChanged = true;
  }
  return { members, isStated, isChanged };
}

function isConsentKey(key: string): boolean {
  return (kindsOf(foldSpelling(key)) & (kinds.anywhere | kinds.container | kinds.outermost)) !== 0;
}

/** The sender's choice with what a script may add: refusals, and names where the sender closed nothing by `All`. */
function restoreChoice(before: unknown, after: unknown): unknown {
  const [sent, returned] = [choicesOf(before), choicesOf(after)];
  if (sent === null) return answerOf(before) === "no" ? before : after === undefined ? before : after;
  if (returned === null) return answerOf(after) === "no" ? after : before;
  const closesAll = Object.entries(sent).some(([name, word]) => speaksForAll(name) && answerOfChoice(word) === "no");
  const choices = new Map<string, unknown>();
  for (const [name, word] of Object.entries(sent)) {
    const changed = own(returned, name);
    if (answerOfChoice(word) === "no") choices.set(name, word);
    else if (changed !== undefined) choices.set(name, answerOfChoice(changed) === null ? word : changed);
  }
  for (const [name, word] of Object.entries(returned)) {
    const adds = !Object.hasOwn(sent, name) && (!closesAll || answerOfChoice(word) === "no");
    if (adds) choices.set(name, word);
  }
  return Object.fromEntries(choices);
}

function isAlike(left: unknown, right: unknown): boolean {
  return right !== undefined && writeExact(left) === writeExact(right);
}
