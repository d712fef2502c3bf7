// Brings an event into the envelope, in place: no write key, the type that the shape gives, Layers' fields moved
// (adapters/reference-kernel/envelope.ts and layers-fields.ts are the twins).
import { openObject, setKey } from "./members";
import {
  ADVERTISING, ANALYTICS, ANONYMOUS_ID, APP, APP_BUILD, APP_ID, APP_NAME, APP_VERSION, ATT_STATUS, ATT_STATUS_CAMEL,
  BUILD, BUILD_NUMBER, BUNDLE_ID, CAMPAIGN, CLIENT_SESSION_ID, CONSENT, CONTENT, CONTEXT, DEVICE, DEVICE_MANUFACTURER,
  DEVICE_MODEL, DEVICE_OS, DEVICE_TYPE, ENVIRONMENT, EVENT_ID, ID, IDENTIFY, IDFA, IDFV, LOCALE, MANUFACTURER, MEDIUM,
  MESSAGE_ID, MODEL, NAME, NAMESPACE, OS, OS_NAME, OS_VERSION, PLATFORM, PROPERTIES, SENT_AT, SENT_AT_SNAKE,
  SESSION_ID, SOURCE, TERM, TIMEZONE, TRAITS, TYPE, USER_ID, USER_PROPERTIES, UTM_CAMPAIGN, UTM_CONTENT, UTM_MEDIUM,
  UTM_SOURCE, UTM_TERM, VERSION, WRITE_KEY, WRITE_KEY_SNAKE, nameEnd, nameStart,
} from "./names";
import { setTop, top } from "./memory";
import { fillContextSlots, fillSlots, slot } from "./slots";
import { lower, lowerAt, lowerBytes } from "./text";
import {
  addFlags, append, clearFlags, CONSENTS, DIRTY, endOf, ESCAPED, firstOf, HINTED, kindOf, lastMember, makeEmpty, makeNode,
  nextOf, NULL, NUMBER, OBJECT, readText, specialOf, startOf, STRING, textAt, textBytes, unlink,
} from "./tree";

/**
 * Leaves the slots filled. `type`: the special name of the type that is forced, or 0; `shapeType`: the shape's own,
 * which says where Layers' fields belong.
 */
export function shapeEnvelope(event: u32, type: u32, layers: bool, shapeType: u32): void {
  fillSlots(event);
  const moves = layers || type != 0 || slot(WRITE_KEY) != 0 || slot(WRITE_KEY_SNAKE) != 0;
  if (moves) {
    dropWriteKeys(event);
    if (type != 0) setType(event, type);
    if (layers) moveLayersFields(event, shapeType);
    fillSlots(event);
  }
  const context = slot(CONTEXT);
  if (context != 0 && kindOf(context) != OBJECT) makeEmpty(context);
  fillContextSlots();
}

function dropWriteKeys(event: u32): void {
  let before: u32 = 0;
  for (let member = firstOf(event); member != 0; member = nextOf(member)) {
    const special = specialOf(member);
    if (special == WRITE_KEY || special == WRITE_KEY_SNAKE) unlink(event, before, member);
    else before = member;
  }
}

function setType(event: u32, type: u32): void {
  let member = lastMember(event, TYPE);
  if (member == 0) {
    member = makeNode(STRING);
    setKey(member, TYPE);
    append(event, member);
  }
  store<u8>(member, STRING);
  clearFlags(member, ESCAPED | HINTED | DIRTY);
  store<u32>(member, nameStart(type), 4);
  store<u32>(member, nameEnd(type), 8);
  addFlags(event, DIRTY);
}

function moveLayersFields(event: u32, shapeType: u32): void {
  const keepsIdfa = isTrackingAuthorized(event);
  // A whole consent object goes first, so that it can't hide a single purpose stated beside it.
  let consents: u32 = 0;
  let lastConsent: u32 = 0;
  let others: u32 = 0;
  let lastOther: u32 = 0;
  let before: u32 = 0;
  for (let member = firstOf(event), next: u32 = 0; member != 0; member = next) {
    next = nextOf(member);
    const name = specialOf(member);
    const single = newName(name, shapeType);
    if (single == 0 && newPlace(name, shapeType) == 0) {
      before = member;
      continue;
    }
    const goes = kindOf(member) == NULL || (name == IDFA && !keepsIdfa);
    if (single != 0 && !goes) {
      rename(event, member, single);
      before = member;
      continue;
    }
    unlink(event, before, member);
    if (goes) continue;
    store<u32>(member, 0, 20);
    if (name == CONSENT) {
      if (lastConsent == 0) consents = member;
      else store<u32>(lastConsent, member, 20);
      lastConsent = member;
    } else {
      if (lastOther == 0) others = member;
      else store<u32>(lastOther, member, 20);
      lastOther = member;
    }
  }
  moveMembers(event, consents, shapeType);
  moveMembers(event, others, shapeType);
}

/** Appends the members of a chain where they belong. */
function moveMembers(event: u32, chain: u32, shapeType: u32): void {
  for (let member = chain, next: u32 = 0; member != 0; member = next) {
    next = nextOf(member);
    const place = newPlace(specialOf(member), shapeType);
    const context = openObject(event, CONTEXT);
    let parent = context;
    const inner = place >> 8;
    if (inner != 0) parent = openObject(parent, inner);
    rename(parent, member, place & 0xff);
    store<u32>(member, 0, 20);
    append(parent, member);
    // Consent is looked for in what was made here, too.
    addFlags(event, CONSENTS);
    addFlags(context, CONSENTS);
    addFlags(parent, CONSENTS);
  }
}

function rename(parent: u32, member: u32, name: u32): void {
  if (specialOf(member) == name) return;
  setKey(member, name);
  addFlags(parent, DIRTY);
}

function isTrackingAuthorized(event: u32): bool {
  const status = lastMember(event, ATT_STATUS);
  if (status == 0) return false;
  if (kindOf(status) == NUMBER) return endOf(status) - startOf(status) == 1 && load<u8>(startOf(status)) == 0x33;
  if (kindOf(status) != STRING) return false;
  const mark = top;
  readText(status);
  lower(textAt, textBytes);
  const at = lowerAt;
  setTop(mark);
  if (lowerBytes == 1) return load<u8>(at) == 0x33;
  // "authorized" and "authorised" differ in one byte: load it as an s.
  if (lowerBytes != 10 || (load<u8>(at, 7) != 0x73 && load<u8>(at, 7) != 0x7a)) return false;
  return load<u64>(at) == 0x7369726f68747561 + (<u64>(load<u8>(at, 7) - 0x73) << 56) && load<u16>(at, 8) == 0x6465;
}

/** The name a top-level member of a Layers event gets where it stands, or 0. */
function newName(name: u32, shapeType: u32): u32 {
  if (name == EVENT_ID) return MESSAGE_ID;
  if (name == EVENT_ID + 1 || name == EVENT_ID + 2) return USER_ID;
  if (name == EVENT_ID + 3 || name == EVENT_ID + 4) return ANONYMOUS_ID;
  if (name == SENT_AT_SNAKE) return SENT_AT;
  if (shapeType == IDENTIFY && (name == PROPERTIES || name == USER_PROPERTIES)) return TRAITS;
  return 0;
}

@inline
function under(parent: u32, name: u32): u32 {
  return (parent << 8) | name;
}

/** Where below `context` a top-level member of a Layers event belongs: an object in it · its name there; or 0. */
function newPlace(name: u32, shapeType: u32): u32 {
  if (shapeType == CONSENT) {
    if (name == CONSENT) return under(0, CONSENT);
    if (name == ADVERTISING || name == ANALYTICS) return under(CONSENT, name);
  }
  if (name >= OS_NAME && name <= TIMEZONE) return laterPlace(name);
  if (name < SESSION_ID || name > UTM_TERM) return 0;
  switch (name) {
    case SESSION_ID:
      return under(0, CLIENT_SESSION_ID);
    case PLATFORM:
      return under(OS, NAME);
    case OS_VERSION:
      return under(OS, VERSION);
    case DEVICE_MODEL:
      return under(DEVICE, MODEL);
    case IDFA:
    case IDFV:
      return under(DEVICE, name);
    case ATT_STATUS:
      return under(DEVICE, ATT_STATUS_CAMEL);
    case APP_ID:
      return under(APP, ID);
    case APP_VERSION:
      return under(APP, VERSION);
    case BUILD_NUMBER:
      return under(APP, BUILD);
    case LOCALE:
    case ENVIRONMENT:
      return under(0, name);
    case UTM_SOURCE:
      return under(CAMPAIGN, SOURCE);
    case UTM_MEDIUM:
      return under(CAMPAIGN, MEDIUM);
    case UTM_CAMPAIGN:
      return under(CAMPAIGN, NAME);
    case UTM_CONTENT:
      return under(CAMPAIGN, CONTENT);
    default:
      return under(CAMPAIGN, TERM);
  }
}

/** The same of the fields that were added later. */
function laterPlace(name: u32): u32 {
  switch (name) {
    case OS_NAME:
      return under(OS, NAME);
    case DEVICE_OS:
      return under(DEVICE, OS);
    case DEVICE_MANUFACTURER:
      return under(DEVICE, MANUFACTURER);
    case DEVICE_TYPE:
      return under(DEVICE, TYPE);
    case APP_NAME:
      return under(APP, NAME);
    case BUNDLE_ID:
      return under(APP, NAMESPACE);
    case APP_BUILD:
      return under(APP, BUILD);
    default:
      return under(0, TIMEZONE);
  }
}
