// The host's word, parsed once and shared by the events it is about; on a desk it lasts from call to call.
//
// The host writes a table of 56 bytes each: 0 drop code · 4 geo start · 8 geo end · 12 device start · 16 device end
// (addresses, 0: no word). Texts lie in one stretch, each followed by a zero. Here the starts become nodes, and the
// ends become the bounds of the word as it stands in a context: `"geo":{…},"device":{…}`; 0 and 0 if a text is spelled
// in a way that is not copied. Then, at 20, start and end of the fields that are captured from it: the device's model
// and os, the country, the region; 0 and 0 where there is none. At 52 the bytes that the word can take.
// Nothing changes an entry or its nodes once they were laid.
import { bitsMax, countOf } from "./claims";
import { isResident, setResidentTop, WORDS } from "./resident";
import { markBytes, markText } from "./marks";
import { copy, setTop, slack, take, top } from "./memory";
import { setKey } from "./members";
import { COUNTRY, DEVICE, GEO, MODEL, OS, REGION } from "./names";
import { parseText } from "./parse";
import { isCapturable, isTooLong } from "./schema";
import { quote, quotedEnd, quotedEscaped } from "./text";
import { unstorableEnd } from "./tokens";
import {
  addFlags, ARRAY, clearFlags, DIRTY, endOf, ESCAPED, firstOf, flagsOf, KEY_ESCAPED, keyEndOf, keyStartOf, kindOf,
  nextOf, NODE, OBJECT, readKey, readText, specialOf, startOf, textAt, textBytes,
} from "./tree";

/** Bytes of an entry. */
const FACTS: u32 = 56;
const FIELDS: u32 = 20;
const BYTES: u32 = 52;
const depthMax: u32 = 8;

/** Room on a desk for an entry with texts of `bytes`: for them, their marks, nodes and spelling anew. */
export function wordRoom(bytes: u32): u32 {
  return FACTS + 48 * bytes + 2048;
}

/** Bytes that an entry's word can take in an event. */
@inline
export function wordBytesOf(fact: u32): u32 {
  return load<u32>(fact, BYTES);
}

/** Makes nodes of what the host wrote: behind it where that is on a desk, else in the memory of the call. */
export function layWords(table: u32, count: u32, texts: u32, textsBytes: u32): void {
  if (!isResident(table)) return parseFacts(table, count, texts, textsBytes);
  const before = top;
  const end = texts + textsBytes;
  memory.fill(end, 0, slack);
  setTop((end + slack + 7) & ~7);
  parseFacts(table, count, texts, textsBytes);
  if (top > table + wordRoom(textsBytes)) unreachable();
  setResidentTop(WORDS, top);
  setTop(before);
}

function parseFacts(table: u32, count: u32, texts: u32, textsBytes: u32): void {
  if (textsBytes == 0) return;
  if (markText(texts, textsBytes, take(markBytes(textsBytes))) >= 0) unreachable();
  for (let at = table; at < table + count * FACTS; at += FACTS) {
    const bytes = load<u32>(at, 8) - load<u32>(at, 4) + load<u32>(at, 16) - load<u32>(at, 12) + 32;
    const room = take(bytes);
    const geo = parseFact(load<u32>(at, 4), load<u32>(at, 8), GEO);
    const copied = respelled;
    const device = parseFact(load<u32>(at, 12), load<u32>(at, 16), DEVICE);
    let end = room;
    const many = device != 0 && countOf(device) > bitsMax;
    if (!copied && !respelled && !many) end = putPart(device, putPart(geo, room, room), room);
    store<u32>(at, geo, 4);
    store<u32>(at, end == room ? 0 : room, 8);
    store<u32>(at, device, 12);
    store<u32>(at, end == room ? 0 : end, 16);
    noteFields(at + FIELDS, device, MODEL, OS);
    noteFields(at + FIELDS + 16, geo, COUNTRY, REGION);
    store<u32>(at, bytes, BYTES);
  }
}

/** Notes two members of a part of the word where they are fit to be captured; the last of a name counts. */
function noteFields(at: u32, part: u32, first: u32, second: u32): void {
  if (part == 0) return;
  for (let member = firstOf(part); member != 0; member = nextOf(member)) {
    const name = specialOf(member);
    if (name != first && name != second) continue;
    const fits = isCapturable(member) && !isTooLong(member);
    const place = name == first ? at : at + 8;
    store<u32>(place, fits ? startOf(member) : 0);
    store<u32>(place, fits ? endOf(member) : 0, 4);
  }
}

/** Where an entry has the two fields of its device, of its geo behind them. */
@inline
export function fieldsOf(fact: u32): u32 {
  return fact + FIELDS;
}

/** Writes a part of the word to `out` and lets the nodes point there. */
function putPart(part: u32, out: u32, word: u32): u32 {
  if (part == 0) return out;
  let at = out;
  if (at != word) store<u8>(at++, 0x2c);
  const keyBytes = keyEndOf(part) - keyStartOf(part);
  copy(at, keyStartOf(part), keyBytes);
  at += keyBytes;
  store<u8>(at++, 0x3a);
  const start = startOf(part);
  const bytes = endOf(part) - start;
  copy(at, start, bytes);
  move(part, at - start);
  return at + bytes;
}

/** Lets a value and all that is in it point elsewhere, its own key aside. */
function move(node: u32, by: u32): void {
  store<u32>(node, startOf(node) + by, 4);
  store<u32>(node, endOf(node) + by, 8);
  if (kindOf(node) > ARRAY) return;
  const keyed = kindOf(node) == OBJECT;
  for (let child = firstOf(node); child != 0; child = nextOf(child)) {
    move(child, by);
    if (!keyed) continue;
    store<u32>(child, keyStartOf(child) + by, 12);
    store<u32>(child, keyEndOf(child) + by, 16);
  }
}

/** True if the fact that was parsed last is spelled anew. */
let respelled: bool = false;

/** The node of an object; what the host hands over is never anything else. */
function parseFact(start: u32, end: u32, name: u32): u32 {
  respelled = false;
  if (start == 0) return 0;
  const unstorable = take(end - start);
  const node = take(NODE);
  if (!parseText(start, end, depthMax, unstorable, node)) unreachable();
  if (unstorableEnd != unstorable || kindOf(node) != OBJECT) unreachable();
  respelled = respell(node);
  setKey(node, name);
  return node;
}

/** Spells escapes as `JSON.stringify` does; true if something differs from its span now. */
function respell(node: u32): bool {
  const flags = flagsOf(node);
  let changed = (flags & DIRTY) != 0;
  if ((flags & KEY_ESCAPED) != 0) {
    readKey(node);
    store<u32>(node, quote(textAt, textBytes), 12);
    store<u32>(node, quotedEnd, 16);
    if (!quotedEscaped) clearFlags(node, KEY_ESCAPED);
    changed = true;
  }
  if ((flags & ESCAPED) != 0) {
    readText(node);
    store<u32>(node, quote(textAt, textBytes), 4);
    store<u32>(node, quotedEnd, 8);
    if (!quotedEscaped) clearFlags(node, ESCAPED);
    changed = true;
  }
  if (kindOf(node) > ARRAY) return changed;
  for (let child = firstOf(node); child != 0; child = nextOf(child)) {
    if (!respell(child)) continue;
    addFlags(node, DIRTY);
    changed = true;
  }
  return changed;
}
