// The two calls, and what the host needs around them. README.md has the calling sequence.
//
// `finish` makes two rounds over the events: the first decides, hashes and edits in the tree, so that hashes of many
// events fill the lanes; the second writes, when every hash is there. Between them each event has
// 40 bytes: 0 node · 4 verdict · 8 code · 12 detail · 16 field · 20 flags · 24, 28, 32 hashes (addresses or 0).
import { dropClaims, putHostWord } from "./claims";
import { shapeEnvelope } from "./envelope";
import { parseFacts } from "./facts";
import { keyTableAt } from "./key-table";
import { markBytes, markText } from "./marks";
import { resetMemory, reserve, setTop, take, top } from "./memory";
import { BATCH, CONSENT, CONTEXT, EVENTS, IP, SENT_AT, SENT_AT_SNAKE, TRACK } from "./names";
import { USER_AGENT, USER_AGENT_SNAKE, WRITE_KEY } from "./names";
import { outputEnd, startOutput, writeEvent } from "./output";
import { depthSeen, faultAt, faultCode, parseText, unstorableEnd } from "./parse";
import { startPaths } from "./paths";
import { setProgram } from "./program";
import { emailHash, foundFlags, phoneE164Hash, phoneHash, protect } from "./protect";
import { droppingRule } from "./routing";
import {
  checkSchema, consentFlags, deniesAnalytics, EVENT_TOO_LARGE, isConsentEvent, NOT_AN_OBJECT, refusalAt,
  refusalCode, refusalField, UNSTORABLE,
} from "./schema";
import { flushHashes, resetHashes } from "./sha256";
import { ARRAY, endOf, firstOf, kindOf, lastMember, nextOf, NODE, OBJECT, specialOf, startOf, STRING } from "./tree";

// Faults of a body; 1 and 3 are the parser's.
const INVALID_UTF8: u32 = 2;
const BODY_NOT_AN_OBJECT: u32 = 4;
const EVENTS_MISSING: u32 = 5;
const TOO_MANY_EVENTS: u32 = 6;

const LIST_BATCH: u32 = 1;
const LIST_EVENTS: u32 = 2;
const LIST_EITHER: u32 = 3;

const PASS: u32 = 0;
const DROP: u32 = 1;
const REJECT: u32 = 2;
const DROP_CONSENT: u32 = 1;
const DROP_RULE: u32 = 5;

const STATE: u32 = 40;
const ROW: u32 = 152;
const FACTS: u32 = 20;

/**
 * What a call tells the host, u32 each. scan: 0 fault position or count · 1, 2 write key · 3, 4 sentAt (addresses of
 * the string with its quotes; 0: none). claim: 1, 2 the string. finish: 0 rows · 1 end of the bytes.
 */
const result: u32 = <u32>memory.data(32, 16);

let body: u32 = 0;
let events: u32 = 0;
let eventCount: u32 = 0;
let unstorable: u32 = 0;
let unstorableStop: u32 = 0;
let bodyDepth: u32 = 0;

/** Lays out static tables. Returns where the host writes the key table. */
export function init(): u32 {
  return keyTableAt();
}

export function resultAt(): u32 {
  return result;
}

/** Empties memory for a body of `bytes`. Returns where the host writes it. */
export function begin(bytes: u32): u32 {
  body = resetMemory();
  reserve(bytes + 128);
  memory.fill(body + bytes, 0, 128);
  setTop((body + bytes + 128 + 15) & ~15);
  return body;
}

/** Validates and indexes the body that the host wrote. Returns 0 or a fault's code. */
export function scan(bytes: u32, depthMax: u32, list: u32, eventsMax: u32): u32 {
  const illFormed = markText(body, bytes, take(markBytes(bytes)));
  if (illFormed >= 0) return fault(INVALID_UTF8, body + illFormed);
  unstorable = take(bytes);
  const root = take(NODE);
  if (!parseText(body, body + bytes, depthMax, unstorable, root)) return fault(faultCode, faultAt);
  unstorableStop = unstorableEnd;
  bodyDepth = depthSeen;
  if (kindOf(root) != OBJECT) return fault(BODY_NOT_AN_OBJECT, startOf(root));
  const found = findEvents(root, list, eventsMax);
  if (found != 0) return found;
  tellString(lastMember(root, WRITE_KEY), 4);
  let sentAt: u32 = 0;
  for (let member = firstOf(root); member != 0; member = nextOf(member)) {
    if (specialOf(member) == SENT_AT || specialOf(member) == SENT_AT_SNAKE) sentAt = member;
  }
  tellString(sentAt, 12);
  store<u32>(result, eventCount);
  return 0;
}

function fault(code: u32, at: u32): u32 {
  store<u32>(result, at - body);
  return code;
}

/** Tells the host a string's span, or that there is none. */
function tellString(node: u32, offset: u32): void {
  const told = node != 0 && kindOf(node) == STRING;
  store<u32>(result + offset, told ? startOf(node) : 0);
  store<u32>(result + offset, told ? endOf(node) : 0, 4);
}

/** Fills `events`; returns 0 or a fault's code. */
function findEvents(root: u32, list: u32, eventsMax: u32): u32 {
  const array = listOf(root, list);
  if (list == LIST_BATCH || list == LIST_EVENTS) {
    if (array == 0) return fault(EVENTS_MISSING, startOf(root));
    if (kindOf(array) != ARRAY) return fault(EVENTS_MISSING, startOf(array));
  }
  events = take(4);
  eventCount = 0;
  const first = array == 0 ? root : firstOf(array);
  for (let node = first; node != 0; node = nextOf(node)) {
    if (eventCount == eventsMax) return fault(TOO_MANY_EVENTS, startOf(node));
    reserve(4);
    store<u32>(events + eventCount * 4, node);
    eventCount++;
    setTop(events + eventCount * 4);
  }
  setTop((events + eventCount * 4 + 7) & ~7);
  return 0;
}

function listOf(root: u32, list: u32): u32 {
  if (list == LIST_BATCH) return lastMember(root, BATCH);
  if (list == LIST_EVENTS) return lastMember(root, EVENTS);
  if (list != LIST_EITHER) return 0;
  const batch = lastMember(root, BATCH);
  if (batch != 0 && kindOf(batch) == ARRAY) return batch;
  const named = lastMember(root, EVENTS);
  return named != 0 && kindOf(named) == ARRAY ? named : 0;
}

/** Tells the string that an event claims: 0 its ip, 1 its user agent. Before `finish` only. */
export function claim(index: u32, which: u32): void {
  const event = load<u32>(events + index * 4);
  store<u32>(result, 0, 4);
  if (kindOf(event) != OBJECT) return;
  const context = lastMember(event, CONTEXT);
  if (context != 0 && kindOf(context) == OBJECT) {
    tellString(lastMember(context, which == 0 ? IP : USER_AGENT), 4);
    if (load<u32>(result, 4) != 0) return;
  }
  tellString(lastMember(event, which == 0 ? IP : USER_AGENT_SNAKE), 4);
}

/** Room for what the host hands to `finish`, filled with zeros. */
export function room(bytes: u32): u32 {
  const start = take(bytes);
  memory.fill(start, 0, bytes);
  return start;
}

/**
 * Runs the data layer. `facts`: the table (facts.ts) of `factsCount` entries, their texts; `factOf`: the entry of each
 * event, u32, or 0 if all have the first. `type`: index in domain/model/event.ts or -1; `layers`: 1 for that dialect.
 */
export function finish(
  program: u32, facts: u32, factsCount: u32, texts: u32, textsBytes: u32, factOf: u32, type: i32, layers: u32,
  eventBytesMax: u32,
): void {
  setProgram(program);
  resetHashes();
  parseFacts(facts, factsCount, texts, textsBytes);
  startPaths(bodyDepth);
  const states = take(eventCount * STATE);
  const shapeType: u32 = type < 0 ? 0 : type == 6 ? CONSENT : TRACK + type;
  const forced: u32 = shapeType == 0 && layers != 0 ? TRACK : shapeType;
  let unfit = unstorable;
  for (let i: u32 = 0; i < eventCount; i++) {
    const node = load<u32>(events + i * 4);
    const state = states + i * STATE;
    const fact = facts + (factOf == 0 ? 0 : load<u32>(factOf + i * 4) * FACTS);
    v128.store(state, i32x4(node, 0, 0, -1));
    v128.store(state, i32x4(-1, 0, 0, 0), 16);
    store<u64>(state, 0, 32);
    while (unfit < unstorableStop && load<u32>(unfit) < startOf(node)) unfit += 4;
    const unfitAt: u32 = unfit < unstorableStop && load<u32>(unfit) < endOf(node) ? load<u32>(unfit) : 0;
    decide(node, i, state, fact, forced, layers != 0, shapeType, eventBytesMax, unfitAt);
  }
  flushHashes();
  writeAll(states);
}

function settle(state: u32, verdict: u32, code: u32, detail: i32, field: i32): void {
  store<u32>(state, verdict, 4);
  store<u32>(state, code, 8);
  store<i32>(state, detail, 12);
  store<i32>(state, field, 16);
}

/** The first round for one event: schema, consent, bots, personal data, geo and device, routing. */
function decide(
  node: u32, event: u32, state: u32, fact: u32, forced: u32, layers: bool, shapeType: u32, eventBytesMax: u32,
  unfitAt: u32,
): void {
  const start = startOf(node);
  if (kindOf(node) != OBJECT) return settle(state, REJECT, NOT_AN_OBJECT, start - body, -1);
  if (endOf(node) - start > eventBytesMax) return settle(state, REJECT, EVENT_TOO_LARGE, start - body, -1);
  if (unfitAt != 0) return settle(state, REJECT, UNSTORABLE, unfitAt - body, -1);
  shapeEnvelope(node, forced, layers, shapeType);
  if (!checkSchema(start, forced != 0)) {
    return settle(state, REJECT, refusalCode, refusalAt - body, refusalField);
  }
  const consent = consentFlags();
  if (deniesAnalytics(consent) && !isConsentEvent()) return settle(state, DROP, DROP_CONSENT, -1, -1);
  const drop = load<u32>(fact);
  if (drop != 0) return settle(state, DROP, drop, -1, -1);
  const geo = load<u32>(fact, 4);
  const device = load<u32>(fact, 12);
  dropClaims(node, geo, device);
  protect(node);
  putHostWord(node, geo, device);
  const rule = droppingRule(node, event + 1);
  if (rule >= 0) return settle(state, DROP, DROP_RULE, rule, -1);
  store<u32>(state, foundFlags | consent, 20);
  store<u32>(state, emailHash, 24);
  store<u32>(state, phoneHash, 28);
  store<u32>(state, phoneE164Hash, 32);
}

/** The second round: rows and bytes. */
function writeAll(states: u32): void {
  const rows = take(eventCount * ROW);
  memory.fill(rows, 0xff, eventCount * ROW);
  setTop(rows + eventCount * ROW);
  startOutput(top);
  for (let i: u32 = 0; i < eventCount; i++) {
    const state = states + i * STATE;
    const row = rows + i * ROW;
    const event = load<u32>(state);
    const passes = load<u32>(state, 4) == PASS;
    v128.store(row, v128.load(state, 4));
    store<u32>(row, passes ? load<u32>(state, 20) : 0, 24);
    if (passes) writeEvent(event, row, load<u32>(state, 24), load<u32>(state, 28), load<u32>(state, 32));
  }
  store<u32>(result, rows);
  store<u32>(result, outputEnd(), 4);
}
