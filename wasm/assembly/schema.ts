// What an event must be (adapters/reference-kernel/schema.ts is the twin).
import { ALIAS, CONSENT, EVENT, TRACK, TYPE } from "./names";
import { ANONYMOUS_ID, MESSAGE_ID, SENT_AT, USER_ID } from "./names";
import {
  endOf, ESCAPED, flagsOf, kindOf, NULL, NUMBER, readText, startOf, STRING, textBytes, textIs,
} from "./tree";
import { setTop, top } from "./memory";
import { slot } from "./slots";

// Codes of domain/model/outcome.ts.
export const NOT_AN_OBJECT: u32 = 32;
const TYPE_MISSING: u32 = 33;
const TYPE_UNKNOWN: u32 = 34;
const EVENT_MISSING: u32 = 35;
const IDENTITY_MISSING: u32 = 36;
const FIELD_TYPE: u32 = 37;
const FIELD_TOO_LONG: u32 = 38;
export const EVENT_TOO_LARGE: u32 = 39;
export const UNSTORABLE: u32 = 40;
export const TOO_DEEP: u32 = 41;

/** Bytes of an id or a name in UTF-8 (domain/model/limits.ts). */
export const fieldBytesMax: u32 = 512;

/** Of a refusal: its code, the address it is about, the captured field or -1. */
export let refusalCode: u32 = 0;
export let refusalAt: u32 = 0;
export let refusalField: i32 = -1;

function refuse(code: u32, at: u32, field: i32): bool {
  refusalCode = code;
  refusalAt = at;
  refusalField = field;
  return false;
}

/** True if the event is fit; `start` is its first byte. Order: type, captured fields, name, identity. */
export function checkSchema(start: u32, forced: bool): bool {
  if (forced) isTrack = textIs(slot(TYPE), TRACK);
  return (forced || checkType(start)) && checkFields() && checkName(start) && checkIdentity(start);
}

/** True if an event is fit whose captured fields are known to be, and has the type that is forced, if one is. */
export function isFit(start: u32, forced: u32): bool {
  if (forced != 0) {
    const type = slot(TYPE);
    if (type == 0 || kindOf(type) != STRING || (flagsOf(type) & ESCAPED) != 0 || !textIs(type, forced)) return false;
    isTrack = forced == TRACK;
  } else if (!checkType(start)) {
    return false;
  }
  return checkName(start) && checkIdentity(start);
}

let isTrack: bool = false;

function checkType(start: u32): bool {
  const node = slot(TYPE);
  if (node == 0) return refuse(TYPE_MISSING, start, 0);
  if (kindOf(node) == NULL) return refuse(TYPE_MISSING, startOf(node), 0);
  if (kindOf(node) != STRING) return refuse(FIELD_TYPE, startOf(node), 0);
  isTrack = textIs(node, TRACK);
  if (isTrack) return true;
  for (let name = TRACK + 1; name <= ALIAS; name++) if (textIs(node, name)) return true;
  return refuse(TYPE_UNKNOWN, startOf(node), 0);
}

/** Captured fields at the top, in the order of domain/model/event/event.ts: their names follow one another from 2 on. */
function checkFields(): bool {
  for (let name = MESSAGE_ID; name <= SENT_AT; name++) {
    const node = slot(name);
    if (node == 0) continue;
    if (!isCapturable(node)) return refuse(FIELD_TYPE, startOf(node), name - 1);
    if (isTooLong(node)) return refuse(FIELD_TOO_LONG, startOf(node), name - 1);
  }
  return true;
}

function checkName(start: u32): bool {
  if (!isTrack) return true;
  const node = slot(EVENT);
  if (node == 0) return refuse(EVENT_MISSING, start, 2);
  return (kindOf(node) == STRING && endOf(node) - startOf(node) > 2) || refuse(EVENT_MISSING, startOf(node), 2);
}

function checkIdentity(start: u32): bool {
  return names(slot(USER_ID)) || names(slot(ANONYMOUS_ID)) || refuse(IDENTITY_MISSING, start, 4);
}

/** True if an id is there and not empty. */
function names(node: u32): bool {
  return node != 0 && (kindOf(node) == NUMBER || (kindOf(node) == STRING && endOf(node) - startOf(node) > 2));
}

/** A bit for each kind. */
const capturableKinds: u32 = (1 << STRING) | (1 << NUMBER) | (1 << NULL);

@inline
export function isCapturable(node: u32): bool {
  return ((capturableKinds >> kindOf(node)) & 1) != 0;
}

export function isTooLong(node: u32): bool {
  const bytes = endOf(node) - startOf(node);
  if (bytes <= fieldBytesMax) return false;
  if (kindOf(node) != STRING) return true;
  if ((flagsOf(node) & ESCAPED) == 0) return bytes - 2 > fieldBytesMax;
  const mark = top;
  readText(node);
  setTop(mark);
  return textBytes > fieldBytesMax;
}

/** True if the event states consent; only its own path gives an event that type. */
export function isConsentEvent(): bool {
  return textIs(slot(TYPE), CONSENT);
}
