// Hashes, removes and masks personal data in one event, in place (adapters/reference-kernel/protect.ts is the twin).
//
// One walk down the tree with the set of configured paths that are still open. Texts that an edit makes, and the 64
// bytes of each hash, take memory above `top` and stay there until the batch is written. Hashes may still be waiting
// in their lanes when this returns.
import { treatmentOf } from "./contacts";
import {
  detect, detectedAddress, detectedAt, detectedBytes, detectedEdit, detectedEmail, detectedPhone, isEmail, maskedPhone,
} from "./detector";
import { lowerEmail } from "./email";
import { copy, same, setTop, take, top } from "./memory";
import { ANONYMOUS_ID, GROUP_ID, MESSAGE_ID, PREVIOUS_ID, TYPE, USER_ID } from "./names";
import { EMAIL, normalAt, normalBytes, normalise, OF_ROW, PHONE, PLAIN } from "./normalise";
import { keyBits, openAt, openCount, reachedHash, reachedRedact, rootPaths, stepPaths, stepPlain } from "./paths";
import { isNoContact, isSmallNumber } from "./no-contact";
import { normalisePhone, phoneAt, phoneBytes, phoneInternational } from "./phones";
import {
  none, normaliserOfRow, programAt, programWord, TREAT_EMAIL, TREAT_PHONE_E164, TREAT_REMOVE,
} from "./program";
import { hashInto, hashLane, lane, laneBytesMax } from "./sha256";
import { slot } from "./slots";
import { isHash, lower, lowerAt, lowerBytes, quote, quotedEnd, quotedEscaped, trim, trimAt, trimBytes } from "./text";
import {
  addFlags, ARRAY, clearFlags, DIRTY, ESCAPED, FALSE, firstOf, flagsOf, HINTED, infoOf, KEY_ESCAPED, kindOf, nextOf,
  NULL, NUMBER, TRUE,
  endOf, keyEndOf, keyStartOf, OBJECT, PARTS, readKey, readText, ROW, ROW_SHIFT, SPECIAL, startOf, STIRRED, STRING,
  textAt, textBytes, TOUCHY, UNCLEAN, unlink, VERSIONS,
} from "./tree";

/** Bits of what the detector found, as in the flags column. */
export let foundFlags: u32 = 0;
/** Addresses of 64 hex bytes, or 0: the first in document order stays. */
export let emailHash: u32 = 0;
export let phoneHash: u32 = 0;
export let phoneE164Hash: u32 = 0;

const EMAIL_MASKED: u32 = 1;
const PHONE_FOUND: u32 = 2;
const ADDRESS_FOUND: u32 = 4;

// What becomes of a value.
export const KEEP: u32 = 0;
export const CHANGED: u32 = 1;
export const REMOVE: u32 = 2;

const HASH_BYTES: u32 = 64;

/** Three hashes' room of the event, which lasts as long as the batch. */
let stage: u32 = 0;
/** Where the next hash that replaces a value is written, or 0: into memory above `top`. */
let hashRoom: u32 = 0;

/** `stageAt`: 192 bytes for the event to come. */
export function setStage(stageAt: u32): void {
  stage = stageAt;
}

export function setHashRoom(at: u32): void {
  hashRoom = at;
}

export function startIdentity(): void {
  foundFlags = 0;
  emailHash = 0;
  phoneHash = 0;
  phoneE164Hash = 0;
}

/** True while every key and string of an event is looked at: the sender's User-Agent may be anywhere in it. */
let thorough: bool = false;

export function setThorough(is: bool): void {
  thorough = is;
}

export function protect(event: u32): void {
  startIdentity();
  rootPaths();
  for (let member = firstOf(event); member != 0; member = nextOf(member)) {
    if (isLoudHash(member)) addFlags(member, HINTED);
  }
  protectMembers(event, openAt, openCount, slot(TYPE), true);
}

/** True if something was changed or removed; `spared`: the one member that is left alone, or 0. */
function protectMembers(object: u32, paths: u32, pathCount: u32, spared: u32, isRoot: bool): bool {
  let before: u32 = 0;
  let changed = false;
  for (let member = firstOf(object), next: u32 = 0; member != 0; member = next) {
    next = nextOf(member);
    if (member == spared || isQuiet(member, pathCount)) {
      before = member;
      continue;
    }
    const fate = protectMember(object, member, paths, pathCount, isRoot);
    if (fate == REMOVE) {
      unlink(object, before, member);
      store<u8>(member, 0);
    } else {
      before = member;
    }
    changed = changed || fate != KEEP;
  }
  if (changed) addFlags(object, DIRTY);
  return changed;
}

/** True if nothing can happen to a member or below it. */
@inline
function isQuiet(member: u32, pathCount: u32): bool {
  const meta = load<u32>(member);
  if ((meta & ((TOUCHY << 16) | ((HINTED | STIRRED) << 8))) != 0 || thorough) return false;
  return pathCount == 0 || (meta & keyBits) == 0;
}

function protectMember(object: u32, member: u32, paths: u32, pathCount: u32, isRoot: bool): u32 {
  const info = infoOf(member);
  let below = paths;
  let belowCount: u32 = 0;
  let pattern = none;
  if (pathCount != 0 && (load<u32>(member) & keyBits) != 0) {
    const key = keyStartOf(member) + 1;
    const isPlain = (info & PARTS) == 0 && stepPlain(paths, pathCount, key, keyEndOf(member) - 1 - key);
    if (!isPlain) stepUnder(member, paths, pathCount);
    if (reachedRedact) return REMOVE;
    below = openAt;
    belowCount = openCount;
    pattern = reachedHash;
  }
  const row = (info >> ROW_SHIFT) & ROW;
  const treatment = row == 0 ? 0 : treatmentOf(row, member, object);
  if (treatment == TREAT_REMOVE) return REMOVE;
  const keyFate: u32 = ((info & UNCLEAN) != 0 || thorough) && maskKey(member) ? CHANGED : KEEP;
  let fate: u32;
  if (treatment != 0 || pattern != none) {
    fate = hashValue(member, treatment, treatment != 0 ? 0 : normaliserOf(pattern, row));
  } else if (isRoot && kindOf(member) == STRING && isId(info & SPECIAL)) {
    fate = protectId(member);
  } else {
    fate = protectValue(member, below, belowCount, (info & VERSIONS) != 0);
  }
  return fate == KEEP ? keyFate : fate;
}

/** A step of the configured paths under a member's key, in lower case. */
export function stepUnder(member: u32, paths: u32, pathCount: u32): void {
  const before = top;
  readKey(member);
  lower(textAt, textBytes);
  stepPaths(paths, pathCount, lowerAt, lowerBytes);
  setTop(before);
}

export function normaliserOf(pattern: u32, row: u32): u32 {
  let name = load<u32>(programAt(programWord(9)) + pattern * 4);
  if (name == OF_ROW) name = row == 0 ? PLAIN : normaliserOfRow(row);
  // A phone under a configured path is only trimmed: its country is not known.
  return name == PHONE ? PLAIN : name;
}

/** A bit for each special name of an id; all are below 32. */
const IDS: u32 = (1 << USER_ID) | (1 << ANONYMOUS_ID) | (1 << MESSAGE_ID) | (1 << GROUP_ID) | (1 << PREVIOUS_ID);

@inline
export function isId(special: u32): bool {
  return special < 32 && ((IDS >> special) & 1) != 0;
}

function protectValue(node: u32, paths: u32, pathCount: u32, versions: bool): u32 {
  const kind = kindOf(node);
  if (kind == STRING) {
    if ((flagsOf(node) & HINTED) == 0 && !thorough) return KEEP;
    return detectValue(node, versions);
  }
  if (pathCount == 0 && (flagsOf(node) & STIRRED) == 0 && !thorough) return KEEP;
  if (kind == OBJECT) return protectMembers(node, paths, pathCount, 0, false) ? CHANGED : KEEP;
  if (kind != ARRAY) return KEEP;
  let changed = false;
  for (let item = firstOf(node); item != 0; item = nextOf(item)) {
    if (protectValue(item, paths, pathCount, versions) != KEEP) changed = true;
  }
  if (!changed) return KEEP;
  addFlags(node, DIRTY);
  return CHANGED;
}

function detectText(at: u32, bytes: u32, versions: bool, key: bool): void {
  detect(at, bytes, versions, key);
  if (detectedEmail) foundFlags |= EMAIL_MASKED;
  if (detectedPhone) foundFlags |= PHONE_FOUND;
  if (detectedAddress) foundFlags |= ADDRESS_FOUND;
}

export function detectValue(node: u32, versions: bool): u32 {
  const before = top;
  readText(node);
  detectText(textAt, textBytes, versions, false);
  if (!detectedEdit) {
    setTop(before);
    return KEEP;
  }
  setText(node, detectedAt, detectedBytes);
  return CHANGED;
}

/** True if the key had to be changed. */
function maskKey(member: u32): bool {
  const before = top;
  readKey(member);
  detectText(textAt, textBytes, false, true);
  if (!detectedEdit) {
    setTop(before);
    return false;
  }
  store<u32>(member, quote(detectedAt, detectedBytes), 12);
  store<u32>(member, quotedEnd, 16);
  if (quotedEscaped) addFlags(member, KEY_ESCAPED);
  else clearFlags(member, KEY_ESCAPED);
  return true;
}

/** Gives a string another text, written as `JSON.stringify` would. */
function setText(node: u32, at: u32, bytes: u32): void {
  store<u32>(node, quote(at, bytes), 4);
  store<u32>(node, quotedEnd, 8);
  clearFlags(node, ESCAPED | HINTED);
  if (quotedEscaped) addFlags(node, ESCAPED);
}

/** True of a value that takes the bytes of a hash with its quotes. */
@inline
export function isHashLong(member: u32): bool {
  return endOf(member) - startOf(member) == HASH_BYTES + 2;
}

/** True of an id that is a hash with capitals in it, and written without escapes. */
export function isLoudHash(member: u32): bool {
  const start = startOf(member);
  if (!isHashLong(member) || kindOf(member) != STRING) return false;
  const special = infoOf(member) & SPECIAL;
  if (!isId(special) || special == MESSAGE_ID || !isHash(start + 1, HASH_BYTES)) return false;
  for (let i: u32 = 1; i <= HASH_BYTES; i++) if (<u32>load<u8>(start + i) - 0x41 < 6) return true;
  return false;
}

/**
 * A hash joins its twin in lower case. An id that would be masked is replaced by its hash, so that joins hold; but an address, which has too few values for
 * its hash to hide it, is masked, and a message id with one goes.
 */
export function protectId(node: u32): u32 {
  if ((flagsOf(node) & HINTED) == 0 && !thorough) return KEEP;
  readText(node);
  const at = textAt;
  const bytes = textBytes;
  if (isHash(at, bytes) && (infoOf(node) & SPECIAL) != MESSAGE_ID) {
    lower(at, bytes);
    if (same(lowerAt, at, bytes)) return KEEP;
    setText(node, lowerAt, bytes);
    return CHANGED;
  }
  detectText(at, bytes, false, false);
  if (!detectedEdit) return KEEP;
  if (!detectedEmail && !maskedPhone && detectedAddress) {
    if ((infoOf(node) & SPECIAL) == MESSAGE_ID) return REMOVE;
    setText(node, detectedAt, detectedBytes);
    return CHANGED;
  }
  const slot = makeHash(node);
  if (detectedEmail) {
    normalise(EMAIL, at, bytes);
    if (isEmail(normalAt, normalBytes)) {
      hashInto(normalAt, normalBytes, slot);
      return CHANGED;
    }
  } else if (maskedPhone) {
    normalisePhone(at, bytes, false);
    hashInto(phoneAt, phoneBytes, slot);
    return CHANGED;
  }
  hashInto(at, bytes, slot);
  return CHANGED;
}

/** Makes a string's text 64 bytes, to be filled with a hash; returns where they are. */
function makeHash(node: u32): u32 {
  const start = hashRoom != 0 ? hashRoom : take(HASH_BYTES + 2);
  store<u8>(start, 0x22);
  store<u8>(start + HASH_BYTES + 1, 0x22);
  store<u32>(node, start, 4);
  store<u32>(node, start + HASH_BYTES + 2, 8);
  clearFlags(node, ESCAPED | HINTED);
  return start + 1;
}

/** Hashes a string, each element of an array; what is of another kind must go. */
export function hashValue(node: u32, treatment: u32, normaliser: u32): u32 {
  const kind = kindOf(node);
  if (kind == NULL) return KEEP;
  if (kind == ARRAY) return hashItems(node, treatment, normaliser);
  if (kind != STRING) return treatment != 0 && isHarmless(node, kind) ? KEEP : REMOVE;
  if (treatment == TREAT_EMAIL && (flagsOf(node) & ESCAPED) == 0 && hashUsualEmail(node)) return CHANGED;
  readText(node);
  if (textBytes == 0) return KEEP;
  const at = textAt;
  const bytes = textBytes;
  if (treatment != 0 && isNoContact(at, bytes, treatment != TREAT_EMAIL)) return KEEP;
  trim(at, bytes);
  if (isHash(trimAt, trimBytes)) return keepHash(node, treatment, trimAt, bytes);
  if (treatment == 0) return hashPlain(node, normaliser, at, bytes);
  return treatment == TREAT_EMAIL ? hashEmail(node, at, bytes) : hashPhone(node, at, bytes);
}

function isHarmless(node: u32, kind: u32): bool {
  return kind == TRUE || kind == FALSE || (kind == NUMBER && isSmallNumber(startOf(node), endOf(node)));
}

function hashItems(node: u32, treatment: u32, normaliser: u32): u32 {
  let before: u32 = 0;
  let changed = false;
  for (let item = firstOf(node), next: u32 = 0; item != 0; item = next) {
    next = nextOf(item);
    const fate = hashValue(item, treatment, normaliser);
    if (fate == REMOVE) unlink(node, before, item);
    else before = item;
    changed = changed || fate != KEEP;
  }
  if (!changed) return KEEP;
  addFlags(node, DIRTY);
  return CHANGED;
}

/** What is a hash already is only put in lower case; `hash`: its 64 digits, `bytes`: of the whole text around it. */
function keepHash(node: u32, treatment: u32, hash: u32, bytes: u32): u32 {
  const room = take(HASH_BYTES);
  for (let i: u32 = 0; i < HASH_BYTES; i++) {
    const byte = <u32>load<u8>(hash + i);
    store<u8>(room + i, byte - 0x41 < 26 ? byte | 0x20 : byte);
  }
  if (treatment == TREAT_EMAIL) {
    if (emailHash == 0) emailHash = staged(0, room);
  } else if (treatment == TREAT_PHONE_E164) {
    if (phoneE164Hash == 0) phoneE164Hash = staged(2, room);
  } else if (treatment != 0) {
    if (phoneHash == 0) phoneHash = staged(1, room);
  }
  if (bytes == HASH_BYTES && same(room, hash, HASH_BYTES)) return KEEP;
  copy(makeHash(node), room, HASH_BYTES);
  return CHANGED;
}

/** Moves the identity's hashes, which must be there, to where they last as long as the batch. */
export function stageIdentity(): void {
  if (emailHash != 0) emailHash = staged(0, emailHash);
  if (phoneHash != 0) phoneHash = staged(1, phoneHash);
  if (phoneE164Hash != 0) phoneE164Hash = staged(2, phoneE164Hash);
}

function staged(place: u32, hash: u32): u32 {
  copy(stage + place * HASH_BYTES, hash, HASH_BYTES);
  return stage + place * HASH_BYTES;
}

function hashPlain(node: u32, normaliser: u32, at: u32, bytes: u32): u32 {
  normalise(normaliser, at, bytes);
  if (normalBytes == 0) return REMOVE;
  hashInto(normalAt, normalBytes, makeHash(node));
  return CHANGED;
}

/** Hashes an address that is nothing but one, and usual; false if it is not. */
function hashUsualEmail(node: u32): bool {
  const at = startOf(node) + 1;
  const bytes = endOf(node) - 1 - at;
  if (bytes > laneBytesMax || !lowerEmail(at, bytes, lane())) return false;
  const slot = makeHash(node);
  hashLane(bytes, slot);
  if (emailHash == 0) emailHash = slot;
  return true;
}

function hashEmail(node: u32, at: u32, bytes: u32): u32 {
  normalise(EMAIL, at, bytes);
  if (normalBytes == 0) return REMOVE;
  const slot = makeHash(node);
  hashInto(normalAt, normalBytes, slot);
  if (emailHash != 0) return CHANGED;
  const before = top;
  if (isEmail(normalAt, normalBytes)) emailHash = slot;
  setTop(before);
  return CHANGED;
}

function hashPhone(node: u32, at: u32, bytes: u32): u32 {
  normalisePhone(at, bytes, true);
  if (phoneBytes == 0) return REMOVE;
  const slot = makeHash(node);
  hashInto(phoneAt, phoneBytes, slot);
  if (!phoneInternational) return CHANGED;
  if (phoneHash == 0) phoneHash = slot;
  if (phoneE164Hash == 0) phoneE164Hash = hashE164();
  return CHANGED;
}

/** A plus and the digits; bare for mainland China, where the code 86 is dropped too. */
function hashE164(): u32 {
  const slot = stage + 2 * HASH_BYTES;
  if (load<u16>(phoneAt) == 0x3638) {
    hashInto(phoneAt + 2, phoneBytes - 2, slot);
    return slot;
  }
  const text = take(phoneBytes + 1);
  store<u8>(text, 0x2b);
  copy(text + 1, phoneAt, phoneBytes);
  hashInto(text, phoneBytes + 1, slot);
  return slot;
}
