// Writes rows and sanitised JSON. Rows stand first (domain/model/event/event.ts: 38 words each), the bytes behind them.
//
// What was not edited is copied in runs: neighbours in the source stay neighbours, so a run goes on as long as the
// next child starts one byte (the comma) behind the last one's end. Containers that hold captured fields are walked
// member by member, to learn where those fields come to lie.
// Worked value: `{"a":1,"ip":"x","b":2,"c":3}` without ip is `{`, the run `"a":1`, a comma, the run `"b":2,"c":3`, `}`.
import { copy } from "./memory";
import { COUNTRY, CONTEXT, DEVICE, GEO, MODEL, NAME, OS, REGION, SENT_AT } from "./names";
import { fieldBytesMax, isCapturable, isTooLong } from "./schema";
import {
  ARRAY, DIRTY, endOf, firstOf, flagsOf, keyEndOf, keyStartOf, kindOf, nextOf, NULL, OBJECT, specialOf, startOf,
} from "./tree";

/** What a container is to the captured fields. */
export const ANY: u32 = 0;
export const AT_ROOT: u32 = 1;
export const AT_CONTEXT: u32 = 2;
export const AT_OS: u32 = 3;
export const AT_DEVICE: u32 = 4;
export const AT_GEO: u32 = 5;

/** Word offset of the first captured field in a row; two words each. */
const FIELDS: u32 = 10;
const FIRST_OF_CONTEXT: u32 = 9;
const OS_NAME: u32 = 9;
export const DEVICE_MODEL: u32 = 10;
export const DEVICE_OS: u32 = 11;
export const GEO_COUNTRY: u32 = 12;
export const GEO_REGION: u32 = 13;
const FIELD_COUNT: u32 = 14;
const HASH_BYTES: u32 = 64;

let outEnd: u32 = 0;
let outBase: u32 = 0;
/** Behind the last byte that may be written; behind it there is slack for wide stores. */
let outLimit: u32 = 0;
let row: u32 = 0;
/** Pairs of a hash's address and where a copy of it goes, once all hashes are there. */
let later: u32 = 0;
let laterEnd: u32 = 0;

/** Where the bytes of the batch begin and may end; `laterAt`: room for 24 bytes an event. */
export function startOutput(at: u32, limit: u32, laterAt: u32): void {
  outBase = at;
  outEnd = at;
  outLimit = limit;
  later = laterAt;
  laterEnd = laterAt;
}

@inline
export function outputEnd(): u32 {
  return outEnd;
}

@inline
export function outputBase(): u32 {
  return outBase;
}

/** From here on fields are noted in this row. */
@inline
export function startEvent(intoRow: u32): void {
  row = intoRow;
}

/** Ends an event's JSON, whose last byte is before `out`; returns where what belongs to it goes on. */
@inline
export function endEvent(out: u32): u32 {
  store<u32>(row, outEnd - outBase, 16);
  store<u32>(row, out - outBase, 20);
  outEnd = out;
  return out;
}

/** Writes an event that passes: its JSON, the hashes behind it, and its spans into the row. */
export function writeEvent(event: u32, intoRow: u32, email: u32, phone: u32, phoneE164: u32): void {
  startEvent(intoRow);
  let out = endEvent(writeMembers(event, AT_ROOT, outEnd));
  out = writeHash(email, 28, out);
  out = writeHash(phone, 32, out);
  writeHash(phoneE164, 36, out);
}

function writeHash(hash: u32, column: u32, out: u32): u32 {
  if (hash == 0) return out;
  checkRoom(out, HASH_BYTES);
  store<u32>(row + column, out - outBase);
  copy(out, hash, HASH_BYTES);
  outEnd = out + HASH_BYTES;
  return outEnd;
}

/** Leaves room for a hash that may still be missing. Its own place must last: what lies behind the output does not. */
export function writeLater(hash: u32, column: u32, out: u32): u32 {
  if (hash == 0) return out;
  if (hash > outLimit) unreachable();
  store<u32>(row + column, out - outBase);
  store<u32>(laterEnd, hash);
  store<u32>(laterEnd, out, 4);
  laterEnd += 8;
  outEnd = out + HASH_BYTES;
  return outEnd;
}

/** Fills that room. All hashes must be there. */
export function endOutput(): void {
  for (let at = later; at < laterEnd; at += 8) copy(load<u32>(at, 4), load<u32>(at), HASH_BYTES);
}

/** What an event can become is bounded (kernel.ts), so this never ends anything; it is the belt to those braces. */
@inline
export function checkRoom(out: u32, bytes: u32): void {
  if (out + bytes > outLimit) unreachable();
}

@inline
function span(out: u32, start: u32, end: u32): u32 {
  checkRoom(out, end - start);
  copy(out, start, end - start);
  return out + end - start;
}

// Each writer takes where it writes and returns where the next one does.
function writeMembers(object: u32, level: u32, at: u32): u32 {
  let out = at;
  checkRoom(out, 16);
  store<u8>(out++, 0x7b);
  let runStart: u32 = 0;
  let runEnd: u32 = 0;
  let first = true;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    const start = keyStartOf(member);
    const value = startOf(member);
    const inner = level == ANY ? ANY : innerLevel(level, specialOf(member), kindOf(member));
    if (runStart == 0 || start != runEnd + 1) {
      if (runStart != 0) out = span(out, runStart, runEnd);
      checkRoom(out, 16);
      if (!first) store<u8>(out++, 0x2c);
      runStart = start;
    }
    first = false;
    if (value == keyEndOf(member) + 1 && (flagsOf(member) & DIRTY) == 0) {
      runEnd = endOf(member);
      // The run is written where `out` stands now.
      if (level != ANY) capture(member, level, out + value - runStart);
      if (inner != ANY) captureInside(member, inner, out - runStart);
      continue;
    }
    out = span(out, runStart, keyEndOf(member));
    runStart = 0;
    checkRoom(out, 16);
    store<u8>(out++, 0x3a);
    if (level != ANY) capture(member, level, out);
    out = writeValue(member, inner, out);
  }
  if (runStart != 0) out = span(out, runStart, runEnd);
  checkRoom(out, 16);
  store<u8>(out, 0x7d);
  return out + 1;
}

function writeItems(array: u32, at: u32): u32 {
  let out = at;
  checkRoom(out, 16);
  store<u8>(out++, 0x5b);
  let first = true;
  for (let item = firstOf(array); item != 0; item = nextOf(item)) {
    checkRoom(out, 16);
    if (!first) store<u8>(out++, 0x2c);
    first = false;
    out = writeValue(item, ANY, out);
  }
  checkRoom(out, 16);
  store<u8>(out, 0x5d);
  return out + 1;
}

export function writeValue(node: u32, level: u32, out: u32): u32 {
  if ((flagsOf(node) & DIRTY) == 0) {
    if (level != ANY) captureInside(node, level, out - startOf(node));
    return span(out, startOf(node), endOf(node));
  }
  return kindOf(node) == ARRAY ? writeItems(node, out) : writeMembers(node, level, out);
}

/** Notes the fields of a container that is copied as a whole; `shift`: from an address in the source to the output. */
function captureInside(object: u32, level: u32, shift: u32): void {
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    const special = specialOf(member);
    if (special == 0) continue;
    capture(member, level, startOf(member) + shift);
    const inner = innerLevel(level, special, kindOf(member));
    if (inner != ANY) captureInside(member, inner, shift);
  }
}

export function innerLevel(level: u32, special: u32, kind: u32): u32 {
  if (kind != OBJECT) return ANY;
  if (level == AT_ROOT) return special == CONTEXT ? AT_CONTEXT : ANY;
  if (level != AT_CONTEXT) return ANY;
  if (special == OS) return AT_OS;
  if (special == DEVICE) return AT_DEVICE;
  return special == GEO ? AT_GEO : ANY;
}

/** Notes where a captured field lies; what comes later under the same name takes its place. */
export function capture(member: u32, level: u32, at: u32): void {
  const special = specialOf(member);
  if (special == 0) return;
  if (level == AT_ROOT) {
    if (special <= SENT_AT) setField(special - 1, member, at);
    else if (special == CONTEXT) forget(FIRST_OF_CONTEXT, FIELD_COUNT);
  } else if (level == AT_CONTEXT) {
    if (special == OS) forget(OS_NAME, OS_NAME + 1);
    else if (special == DEVICE) forget(DEVICE_MODEL, DEVICE_OS + 1);
    else if (special == GEO) forget(GEO_COUNTRY, GEO_REGION + 1);
  } else if (level == AT_OS) {
    if (special == NAME) setField(OS_NAME, member, at);
  } else if (level == AT_DEVICE) {
    if (special == MODEL) setField(DEVICE_MODEL, member, at);
    else if (special == OS) setField(DEVICE_OS, member, at);
  } else {
    if (special == COUNTRY) setField(GEO_COUNTRY, member, at);
    else if (special == REGION) setField(GEO_REGION, member, at);
  }
}

function setField(field: u32, node: u32, at: u32): void {
  const slot = row + (FIELDS + 2 * field) * 4;
  const bytes = endOf(node) - startOf(node);
  const fits = isCapturable(node) && (field < FIRST_OF_CONTEXT || bytes <= fieldBytesMax || !isTooLong(node));
  store<i32>(slot, fits ? <i32>(at - outBase) : -1);
  store<i32>(slot, fits ? <i32>(at - outBase + bytes) : -1, 4);
}

/** Notes the bounds of a captured field that fits. */
@inline
export function noteField(field: u32, start: u32, end: u32): void {
  store<u64>(row + (FIELDS + 2 * field) * 4, <u64>(start - outBase) | (<u64>(end - outBase) << 32));
}

function forget(from: u32, to: u32): void {
  for (let field = from; field < to; field++) store<i64>(row + (FIELDS + 2 * field) * 4, -1);
}
