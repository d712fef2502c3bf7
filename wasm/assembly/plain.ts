// The short way of events as SDKs send them: one walk checks, hashes, removes, masks and writes, from the body straight
// into the output. Its result is that of the stages one after the other (envelope, schema, claims, protect, output),
// which take every other event: those with white space, escaped keys or a special name twice, those that must be
// rebuilt, and those that are refused. The walk may give up in the middle: what it wrote is forgotten, and the event is
// read again.
//
// Worked value: of `{"type":"page","userId":"u","context":{"ip":"1.2.3.4"}}`, with a host that knows the country, the
// walk notes type and userId, cuts ip and puts `"geo":{"country":"DE"}` before the context's end.
import { bitOfKey, findLeft, findNamed } from "./claims";
import { consentFlags } from "./consent";
import { treatmentOf } from "./contacts";
import { cut, emit, from, out, place, placeOf, putMembers, replaced, startEdits, takeBack } from "./edits";
import { fieldsOf } from "./facts";
import { nextHint } from "./marks";
import { CONTEXT, DEVICE, GEO, nameEnd, nameStart, SENT_AT, TYPE, USER_AGENT, USER_AGENT_SNAKE } from "./names";
import { WRITE_KEY, WRITE_KEY_SNAKE } from "./names";
import {
  ANY, AT_CONTEXT, AT_DEVICE, AT_ROOT, capture, checkRoom, DEVICE_MODEL, DEVICE_OS, endEvent, GEO_COUNTRY, GEO_REGION,
  innerLevel, noteField, startEvent, writeLater, writeValue,
} from "./output";
import {
  innerBits, keyBits, leadsOf, leadsOn, openAt, openCount, reachedHash, reachedRedact, resetStep, rootPaths, stepPaths,
  stepPlain, stepSpecial,
} from "./paths";
import { none, TREAT_REMOVE, trustsClaims } from "./program";
import {
  CHANGED, detectValue, emailHash, hashValue, isHashLong, isId, isLoudHash, KEEP, normaliserOf, phoneE164Hash,
  phoneHash, protectId, REMOVE, setHashRoom, stageIdentity, startIdentity, stepUnder,
} from "./protect";
import { fieldBytesMax, isCapturable, isFit } from "./schema";
import { flushHashes } from "./sha256";
import { isBrowser } from "./signs";
import { clearSlots, slot, slotPlace } from "./slots";
import {
  addFlags, ARRAY, CONSENTS, copyNode, endOf, firstOf, flagsOf, HINTED, infoOf, keyEndOf, keyStartOf, kindOf, nextOf,
  OBJECT, ODD, PARTS, ROW, ROW_SHIFT, SPECIAL, startOf, STIRRED, STRING, TOUCHY, VERSIONS,
} from "./tree";

/** Of a node's first word: what a member can have to itself that wants a closer look. */
const BUSY: u32 = (TOUCHY << 16) | ((HINTED | STIRRED) << 8);

/** No hint stands between the last one that was looked for and this. */
let hintAt: u32 = 0;
let eventEnd: u32 = 0;
let keepsGeo: bool = false;
/** The host's word on the device, or 0; and whether a claimed device took it in. */
let hostDevice: u32 = 0;
let merged: bool = false;

/** True once something was met that the stages must see. */
let gaveUp: bool = false;

/** True if a configured path takes away all of `context`, consent and all. */
let losesContext: bool = false;

/** Consent bits of the event that was written last. */
export let plainConsent: u32 = 0;

/** Once a call, behind `startPaths`. */
export function startPlain(): void {
  losesContext = false;
  rootPaths();
  if (openCount == 0) return;
  const key = nameStart(CONTEXT) + 1;
  stepPaths(openAt, openCount, key, nameEnd(CONTEXT) - 1 - key);
  losesContext = reachedRedact || reachedHash != none;
}

/** False if it can be told from afar that the stages must take an event; `fact`: its entry (facts.ts). */
export function mayBePlain(event: u32, fact: u32): bool {
  if (losesContext || (flagsOf(event) & ODD) != 0 || load<u32>(fact) != 0) return false;
  return load<u32>(fact, 8) != 0 || (load<u32>(fact, 4) | load<u32>(fact, 12)) == 0;
}

/**
 * Checks, protects and writes an event; false: the stages must take it, and its nodes are no longer what was read.
 * `forced`: the type's name, or 0. Nothing is final before `keepPlain`: who drops the event instead leaves no trace.
 */
export function writePlain(event: u32, row: u32, forced: u32, fact: u32): bool {
  startEvent(row);
  startIdentity();
  clearSlots();
  plainConsent = (flagsOf(event) & CONSENTS) == 0 ? 0 : consentFlags(event);
  const source = startOf(event);
  startEdits(event);
  hintAt = 0;
  eventEnd = endOf(event);
  keepsGeo = trustsClaims() && load<u32>(fact, 4) == 0;
  hostDevice = load<u32>(fact, 12);
  merged = false;
  gaveUp = false;
  rootPaths();
  const paths = openAt;
  const count = openCount;
  const lead = count == 0 ? 0 : leadsOf(false);
  for (let member = firstOf(event), next: u32 = 0; member != 0; member = next) {
    next = nextOf(member);
    const special = infoOf(member) & SPECIAL;
    if (special - 1 > 30) {
      if (matters(member, signsOfAny(member, count))) visit(event, member, ANY, special, paths, count);
      continue;
    }
    const place = slotPlace(false, special);
    if (load<u32>(place) != 0 || (isHashLong(member) && isLoudHash(member))) return false;
    store<u32>(place, member);
    if (special <= SENT_AT) {
      if (!isCapturable(member) || endOf(member) - startOf(member) > fieldBytesMax) return false;
      if (special != TYPE && matters(member, signsOf(member, lead >> special))) {
        visit(event, member, AT_ROOT, special, paths, count);
        if (kindOf(member) == 0) continue;
      }
      const at = placeOf(startOf(member));
      noteField(special - 1, at, at + endOf(member) - startOf(member));
    } else if (special == CONTEXT) {
      if (kindOf(member) != OBJECT || !writeContext(member, paths, count, fact)) return false;
    } else if (special == WRITE_KEY || special == WRITE_KEY_SNAKE) {
      cut(member);
    } else if (matters(member, signsOf(member, lead >> special))) {
      visit(event, member, AT_ROOT, special, paths, count);
    }
  }
  if (gaveUp || (load<u32>(fact, 8) != 0 && slot(CONTEXT) == 0) || !isFit(source, forced)) return false;
  emit(eventEnd);
  checkRoom(out, 3 * 64);
  return true;
}

/** The context, and the host's word at its end. */
function writeContext(context: u32, paths: u32, count: u32, fact: u32): bool {
  let below: u32 = 0;
  let belowCount: u32 = 0;
  if (count != 0 && leadsOn(false, CONTEXT)) {
    stepSpecial(false, CONTEXT, paths, count, keyStartOf(context) + 1, 7);
    below = openAt;
    belowCount = openCount;
  }
  const end = endOf(context);
  const lead = belowCount == 0 ? 0 : leadsOf(true);
  for (let member = firstOf(context), next: u32 = 0; member != 0; member = next) {
    next = nextOf(member);
    const special = infoOf(member) & SPECIAL;
    if (special - 1 > 30) {
      if (matters(member, signsOfAny(member, belowCount))) visit(context, member, ANY, special, below, belowCount);
      continue;
    }
    const place = slotPlace(true, special);
    if (load<u32>(place) != 0) return false;
    store<u32>(place, member);
    if (special == DEVICE || special == GEO) {
      if (special == DEVICE && kindOf(member) != OBJECT) return false;
      if (claims(member, special, below, belowCount)) continue;
    }
    if (matters(member, signsOf(member, lead >> special))) {
      visit(context, member, AT_CONTEXT, special, below, belowCount);
    } else if (kindOf(member) == OBJECT) {
      noteInside(member, special);
    }
  }
  const word = load<u32>(fact, 8);
  if (word == 0) return true;
  const geo = load<u32>(fact, 4);
  if (!merged) putWord(end, geo, hostDevice, word, load<u32>(fact, 16), fieldsOf(fact));
  else if (geo != 0) putWord(end, geo, 0, word, endOf(geo), fieldsOf(fact));
  return true;
}

/** Makes final what `writePlain` wrote. */
export function keepPlain(): void {
  let end = endEvent(out);
  end = writeLater(emailHash, 28, end);
  end = writeLater(phoneHash, 32, end);
  writeLater(phoneE164Hash, 36, end);
}

/** Members of a container below the context's own, with captured fields in it or of any other. */
function walk(object: u32, level: u32, paths: u32, count: u32): void {
  for (let member = firstOf(object), next: u32 = 0; member != 0; member = next) {
    next = nextOf(member);
    const special = infoOf(member) & SPECIAL;
    if (matters(member, signsOfAny(member, count))) visit(object, member, level, special, paths, count);
    if (level != ANY && special != 0) note(member, level);
  }
}

// Which members need a visit is hard to predict, so one branch on all signs of it tells most of those that do not.

/** Signs that a member with a special name has something to itself, or that a path leads there (`lead`, bit 0). */
@inline
function signsOf(member: u32, lead: u32): u32 {
  return (load<u32>(member) & BUSY) | (lead & 1);
}

/** The same of a member with whatever key, while `count` paths are open. */
@inline
function signsOfAny(member: u32, count: u32): u32 {
  return load<u32>(member) & (BUSY | (count == 0 ? 0 : keyBits));
}

/** True if there are signs, or the detector may find something in the member. */
@inline
function matters(member: u32, signs: u32): bool {
  if ((signs | <u32>(hintAt < endOf(member))) == 0) return false;
  return signs != 0 || hintsWithin(member);
}

/** True if one of `count` open paths may lead under a member's key. */
@inline
function leads(member: u32, count: u32): bool {
  return count != 0 && (load<u32>(member) & keyBits) != 0;
}

/** The container of the member that is visited. */
let holder: u32 = 0;

/** Steps under a member's key, then does what must be done to it and below. */
function visit(object: u32, member: u32, level: u32, special: u32, paths: u32, count: u32): void {
  holder = object;
  resetStep();
  if (count != 0) {
    const key = keyStartOf(member) + 1;
    const keyBytes = keyEndOf(member) - 1 - key;
    if (level <= AT_CONTEXT && level != ANY && special - 1 < 31) {
      if (leadsOn(level == AT_CONTEXT, special)) stepSpecial(level == AT_CONTEXT, special, paths, count, key, keyBytes);
    } else if (leads(member, count)) {
      const isPlain = (infoOf(member) & PARTS) == 0 && stepPlain(paths, count, key, keyBytes);
      if (!isPlain) stepUnder(member, paths, count);
    }
  }
  if (reachedRedact) remove(member, special);
  else touch(member, level, special, openAt, openCount, reachedHash);
}

function touch(member: u32, level: u32, special: u32, below: u32, belowCount: u32, pattern: u32): void {
  const info = infoOf(member);
  const row = (info >> ROW_SHIFT) & ROW;
  const treatment = row == 0 ? 0 : treatmentOf(row, member, holder);
  if (treatment == TREAT_REMOVE) return remove(member, special);
  if (treatment != 0 || pattern != none) {
    return hash(member, treatment, treatment != 0 ? 0 : normaliserOf(pattern, row), false);
  }
  if (level == AT_ROOT && isId(special) && kindOf(member) == STRING) {
    if (isHinted(member)) hash(member, 0, 0, true);
    return;
  }
  value(member, level == ANY ? ANY : innerLevel(level, special, kindOf(member)), below, belowCount, info & VERSIONS);
}

/** Removes a member; a claimed User-Agent that is known by no shape is looked for everywhere, and by the stages. */
function remove(member: u32, special: u32): void {
  if ((special == USER_AGENT || special == USER_AGENT_SNAKE) && kindOf(member) == STRING) {
    const at = startOf(member) + 1;
    if (!isBrowser(at, endOf(member) - 1 - at)) gaveUp = true;
  }
  cut(member);
}

function value(node: u32, level: u32, paths: u32, count: u32, versions: u32): void {
  const kind = kindOf(node);
  if (kind == STRING) {
    if (!isHinted(node)) return;
    const start = startOf(node);
    const end = endOf(node);
    if (detectValue(node, versions != 0) == CHANGED) place(node, start, end);
    return;
  }
  if (kind > ARRAY) return;
  const within = (STIRRED << 8) | (count == 0 ? 0 : innerBits);
  if (level == ANY && (load<u32>(node) & within) == 0 && !hintsWithin(node)) return;
  if (kind == OBJECT) return walk(node, level, paths, count);
  for (let item = firstOf(node); item != 0; item = nextOf(item)) value(item, ANY, paths, count, versions);
}

function isHinted(node: u32): bool {
  return (flagsOf(node) & HINTED) != 0 || hintsWithin(node);
}

function hintsWithin(node: u32): bool {
  const end = endOf(node);
  if (hintAt >= end) return false;
  hintAt = nextHint(startOf(node), eventEnd);
  return hintAt < end;
}

/** Hashes a member's value; one string's 64 digits are written where they stay, even if they come later. */
function hash(member: u32, treatment: u32, normaliser: u32, id: bool): void {
  const before = from;
  const start = startOf(member);
  const end = endOf(member);
  const single = kindOf(member) == STRING;
  emit(start);
  checkRoom(out, 128);
  if (single) setHashRoom(out);
  if (id) addFlags(member, HINTED);
  const fate = id ? protectId(member) : hashValue(member, treatment, normaliser);
  setHashRoom(0);
  if (fate == KEEP) return;
  if (fate == REMOVE) {
    takeBack(before);
    return cut(member);
  }
  // The mask of an id.
  if (single && startOf(member) != out) return place(member, start, end);
  if (!single) {
    // Hashes in a list lie in memory of this event until they are there.
    flushHashes();
    stageIdentity();
    const written = writeValue(member, ANY, out);
    store<u32>(member, out, 4);
    store<u32>(member, written, 8);
  }
  replaced(end, endOf(member));
}

/** Notes where a captured field of a container below the context comes to lie. */
@inline
function note(member: u32, level: u32): void {
  if (kindOf(member) != 0) capture(member, level, placeOf(startOf(member)));
}

/** Notes what is captured in an object of the context that nothing happens to. */
function noteInside(object: u32, special: u32): void {
  const inner = innerLevel(AT_CONTEXT, special, OBJECT);
  if (inner == ANY) return;
  for (let member = firstOf(object); member != 0; member = nextOf(member)) {
    if ((infoOf(member) & SPECIAL) != 0) note(member, inner);
  }
}

/** Takes a claimed geo or device: true if the host's word has dealt with it. */
function claims(member: u32, special: u32, paths: u32, count: u32): bool {
  if (special == GEO) {
    if (keepsGeo) return false;
    cut(member);
    return true;
  }
  if (hostDevice == 0) return false;
  mergeDevice(member, paths, count);
  return true;
}

/** A claimed device: what it names itself stays, what else the host knows is put at its end. */
function mergeDevice(device: u32, paths: u32, count: u32): void {
  resetStep();
  if (count != 0 && leadsOn(true, DEVICE)) stepSpecial(true, DEVICE, paths, count, keyStartOf(device) + 1, 6);
  if (reachedRedact || reachedHash != none) return cut(device);
  const end = endOf(device);
  const named = findNamed(device, hostDevice);
  walkDevice(device, named, openAt, openCount);
  merged = true;
  const first = firstOf(hostDevice);
  if (first == 0) return;
  if (named == 0) {
    const text = startOf(hostDevice) + 1;
    const shift = putMembers(end, text, endOf(hostDevice) - 1 - text) - text;
    for (let member = first; member != 0; member = nextOf(member)) lend(device, member, shift);
    return;
  }
  // What was named may be gone by now.
  const left = findLeft(device, hostDevice);
  for (let member = first, bit: u32 = 1; member != 0; member = nextOf(member), bit <<= 1) {
    if ((left & bit) != 0) continue;
    const text = keyStartOf(member);
    lend(device, member, putMembers(end, text, endOf(member) - text) - text);
  }
}

/** Lets rules and columns find a member of the host's in a claimed device. */
function lend(device: u32, member: u32, shift: u32): void {
  const lent = copyNode(member);
  store<u32>(lent, firstOf(device), 20);
  store<u32>(device, lent, 24);
  if ((infoOf(member) & SPECIAL) != 0) capture(member, AT_DEVICE, startOf(member) + shift);
}

/** As `walk`, of a claimed device: what the host knows better than the event (a bit each in `named`) is left out. */
function walkDevice(device: u32, named: u32, paths: u32, count: u32): void {
  for (let member = firstOf(device), next: u32 = 0; member != 0; member = next) {
    next = nextOf(member);
    const bit = bitOfKey(hostDevice, member);
    if (bit != 0 && (named & bit) == 0) {
      cut(member);
      continue;
    }
    const special = infoOf(member) & SPECIAL;
    if (matters(member, signsOfAny(member, count))) visit(device, member, AT_DEVICE, special, paths, count);
    if (special != 0) note(member, AT_DEVICE);
  }
}

/**
 * Puts the host's word, or its geo alone, at the end of the context, which ended at `end` in the source. Rules find its
 * parts in the context's slots, though they are no members of it.
 */
function putWord(end: u32, geo: u32, device: u32, word: u32, wordEnd: u32, fields: u32): void {
  const shift = putMembers(end, word, wordEnd - word) - word;
  if (device != 0) {
    store<u32>(slotPlace(true, DEVICE), device);
    noteLent(DEVICE_MODEL, fields, shift);
    noteLent(DEVICE_OS, fields + 8, shift);
  }
  if (geo != 0) {
    store<u32>(slotPlace(true, GEO), geo);
    noteLent(GEO_COUNTRY, fields + 16, shift);
    noteLent(GEO_REGION, fields + 24, shift);
  }
}

/** Notes a field of the host's word, if it has it. */
@inline
function noteLent(field: u32, span: u32, shift: u32): void {
  const start = load<u32>(span);
  if (start != 0) noteField(field, start + shift, load<u32>(span, 4) + shift);
}
