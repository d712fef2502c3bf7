// The two calls, and what the host needs around them. README.md has the calling sequence.
//
// `finish` takes one event after the other to its row and its bytes, by the short way (plain.ts) or by the stages in
// order. Hashes wait in their lanes across events and are written where they belong when four are there, or at the end.
import {
  addGiven, findGiven, firstGiven, forgetGiven, givenBytes, givenDeepAt, givenInContext, givenUnfitAt, startGiven,
  tooDeepAt,
} from "./batch-members";
import { dropClaims, putHostWord } from "./claims";
import { consentFlags, deniesAnalytics } from "./consent";
import { consentTableAt } from "./consent-table";
import { clearResident, PROGRAMS, takeResident, WORDS } from "./resident";
import { shapeEnvelope } from "./envelope";
import { layWords, wordBytesOf, wordRoom } from "./facts";
import { forgetKeys, keyTableAt, segmentsAt } from "./key-table";
import { hints, markBytes, marks, markText, useMarks } from "./marks";
import { memoryMax, resetMemory, reserve, setTop, slack, take, top } from "./memory";
import { BATCH, CONSENT, CONTEXT, EVENTS, IP, SENT_AT, SENT_AT_SNAKE, TRACK } from "./names";
import { USER_AGENT, USER_AGENT_SNAKE, WRITE_KEY } from "./names";
import { endOutput, outputEnd, startOutput, writeEvent } from "./output";
import { depthSeen, parseAgain, parseText } from "./parse";
import { forgetSteps, startPaths } from "./paths";
import { knownWordsAt } from "./known-words";
import { phoneTableAt } from "./phone-table";
import { keepPlain, mayBePlain, plainConsent, startPlain, writePlain } from "./plain";
import { setProgram } from "./program";
import { emailHash, foundFlags, phoneE164Hash, phoneHash, protect, setStage, setThorough } from "./protect";
import { droppingRule } from "./routing";
import {
  checkSchema, EVENT_TOO_LARGE, isConsentEvent, NOT_AN_OBJECT, refusalAt, refusalCode, refusalField, TOO_DEEP,
  UNSTORABLE,
} from "./schema";
import { refillSlots } from "./slots";
import { holdsSender, seeksSender, setClaim, setConnection } from "./signs";
import { dropHashes, flushHashes, hashMark, resetHashes } from "./sha256";
import { forgetSources } from "./sources";
import { trim, trimAt, trimBytes } from "./text";
import { faultAt, faultCode, unstorableEnd } from "./tokens";
import {
  ARRAY, endOf, firstOf, kindOf, lastMember, nextOf, NODE, NULL, OBJECT, readText, readyTree, specialOf, startOf, STRING,
  textAt, textBytes,
} from "./tree";
import { layVectors } from "./vectors";

export { consentTableAt, forgetKeys, knownWordsAt, layWords, phoneTableAt, segmentsAt };

// Faults of a body; 1 and 3 are the parser's.
const INVALID_UTF8: u32 = 2;
const BODY_NOT_AN_OBJECT: u32 = 4;
const EVENTS_MISSING: u32 = 5;
const TOO_MANY_EVENTS: u32 = 6;
const BATCH_MEMBERS_TOO_LARGE: u32 = 7;

const LIST_BATCH: u32 = 1;
const LIST_EVENTS: u32 = 2;
const LIST_EITHER: u32 = 3;

const PASS: u32 = 0;
const DROP: u32 = 1;
const REJECT: u32 = 2;
const DROP_CONSENT: u32 = 1;
const DROP_RULE: u32 = 5;

const ROW: u32 = 152;
/** Three hashes of an event, and the list of their copies. */
const STAGE: u32 = 192;
const LATER: u32 = 24;

// Bound of what comes out: the least source of a hash is `"x",` in a list, 4 bytes that become 67; what is added to an
// event is the host's word, three hashes, the objects that Layers' fields move to.
const growthMax: u32 = 17;
// Bounds of domain/model/limits.ts, and the levels of a batch that stand around an event.
const bodyDepthMax: u32 = 512;
const batchMembersBytesMax: u64 = 1024 * 1024;
const depthAroundEvent: u32 = 2;
const addedBytesMax: u32 = 1536;

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
/** Levels that an event may have. */
let depthMax: u32 = 0;
let bodyBytes: u32 = 0;
let bodyMarks: u32 = 0;
let bodyHints: u32 = 0;

/** Lays out static tables. Returns where the host writes the key table. */
export function init(): u32 {
  layVectors();
  clearPrograms();
  clearWords();
  return keyTableAt();
}

export function resultAt(): u32 {
  return result;
}

/** Empties memory for a body of `bytes`. Returns where the host writes it. */
export function begin(bytes: u32): u32 {
  body = resetMemory();
  reserve(bytes + slack);
  const zero = i8x16.splat(0);
  for (let at = body + bytes, end = at + slack; at < end; at += 16) v128.store(at, zero);
  setTop((body + bytes + slack + 15) & ~15);
  return body;
}

/** Place on the desk for a program of `bytes`, or 0: it is full. */
export function programRoom(bytes: u32): u32 {
  return takeResident(PROGRAMS, bytes);
}

/** Place on the desk for an entry of the host's word with texts of `bytes` (facts.ts), or 0: it is full. */
export function factRoom(bytes: u32): u32 {
  return takeResident(WORDS, wordRoom(bytes));
}

export function clearPrograms(): void {
  clearResident(PROGRAMS);
  forgetSteps();
}

export function clearWords(): void {
  clearResident(WORDS);
}

/**
 * Validates and indexes the body that the host wrote. Returns 0 or a fault's code. `levelsMax`: of an event;
 * `givenMax`: bytes of what a batch may give to one event, 0 if it gives nothing.
 */
export function scan(bytes: u32, levelsMax: u32, list: u32, eventsMax: u32, givenMax: u32): u32 {
  bodyBytes = bytes;
  depthMax = levelsMax;
  forgetGiven();
  const illFormed = markText(body, bytes, take(markBytes(bytes)));
  bodyMarks = marks;
  bodyHints = hints;
  if (illFormed >= 0) return fault(INVALID_UTF8, body + illFormed);
  unstorable = take(bytes);
  const root = take(NODE);
  const depth = max<u32>(bodyDepthMax, levelsMax + depthAroundEvent);
  if (!parseText(body, body + bytes, depth, unstorable, root)) return fault(faultCode, faultAt);
  unstorableStop = unstorableEnd;
  bodyDepth = depthSeen;
  if (kindOf(root) != OBJECT) return fault(BODY_NOT_AN_OBJECT, startOf(root));
  const found = findEvents(root, list, eventsMax);
  if (found != 0) return found;
  if (givenMax != 0 && listOf(root, list) != 0) {
    findGiven(root);
    const large = givenBytes > givenMax || <u64>givenBytes * eventCount > batchMembersBytesMax;
    if (large) return fault(BATCH_MEMBERS_TOO_LARGE, startOf(firstGiven()));
  }
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
  tellString(kindOf(event) == OBJECT ? claimed(event, which) : 0, 4);
}

/** The string that an event claims, or 0. */
function claimed(event: u32, which: u32): u32 {
  const context = lastMember(event, CONTEXT);
  const name = which == 0 ? IP : USER_AGENT;
  const inner = context != 0 && kindOf(context) == OBJECT ? lastMember(context, name) : 0;
  const own = inner != 0 && kindOf(inner) != NULL ? inner : givenInContext(name);
  if (own != 0 && kindOf(own) == STRING) return own;
  const outer = lastMember(event, which == 0 ? IP : USER_AGENT_SNAKE);
  return outer != 0 && kindOf(outer) == STRING ? outer : 0;
}

/** Room for what the host hands to `finish`, filled with zeros. */
export function room(bytes: u32): u32 {
  const start = take(bytes);
  memory.fill(start, 0, bytes);
  return start;
}

/**
 * Runs the data layer. `agent`: the connection's User-Agent, of `agentBytes`, 0 if there is none. `fact`: the entry (facts.ts) of all events, or 0; then `facts` has each event's, u32.
 * `type`: index in domain/model/event/event.ts or -1; `layers`: 1 for that dialect.
 */
export function finish(
  program: u32, fact: u32, facts: u32, type: i32, layers: u32, eventBytesMax: u32, agent: u32, agentBytes: u32,
): void {
  setProgram(program);
  trim(agent, agentBytes);
  setConnection(trimAt, trimBytes);
  forgetSources();
  resetHashes();
  useMarks(body, bodyMarks, bodyHints);
  startPaths(bodyDepth);
  startPlain();
  startGiven(bodyDepth > depthMax, depthMax, unstorable, unstorableStop);
  const stages = take(eventCount * STAGE);
  const laterAt = take(eventCount * LATER);
  const rows = take(eventCount * ROW);
  const bytes = rows + eventCount * ROW;
  const added = wordBytesMax(fact, facts) + addedBytesMax + givenBytes * growthMax;
  const bytesMax = <u64>bodyBytes * growthMax + <u64>eventCount * added;
  if (bytesMax > memoryMax) unreachable();
  setTop(bytes);
  reserve(<u32>bytesMax + 2 * slack);
  startOutput(bytes, bytes + <u32>bytesMax, laterAt);
  setTop((bytes + <u32>bytesMax + slack + 7) & ~7);
  const scratch = top;
  const shapeType: u32 = type < 0 ? 0 : type == 6 ? CONSENT : TRACK + type;
  const forced: u32 = shapeType == 0 && layers != 0 ? TRACK : shapeType;
  let unfit = unstorable;
  for (let i: u32 = 0; i < eventCount; i++) {
    const node = load<u32>(events + i * 4);
    const word = fact != 0 ? fact : load<u32>(facts + i * 4);
    while (unfit < unstorableStop && load<u32>(unfit) < startOf(node)) unfit += 4;
    const unfitAt: u32 = unfit < unstorableStop && load<u32>(unfit) < endOf(node) ? load<u32>(unfit) : 0;
    setTop(scratch);
    setStage(stages + i * STAGE);
    decide(node, i, startRow(rows + i * ROW), word, forced, layers != 0, shapeType, eventBytesMax, unfitAt);
  }
  flushHashes();
  endOutput();
  store<u32>(result, rows);
  store<u32>(result, outputEnd(), 4);
}

/** Bytes of the longest word. */
function wordBytesMax(fact: u32, facts: u32): u32 {
  if (fact != 0) return wordBytesOf(fact);
  let most: u32 = 0;
  for (let i: u32 = 0; i < eventCount; i++) most = max<u32>(most, wordBytesOf(load<u32>(facts + i * 4)));
  return most;
}

/** A row of an event that passes and has nothing yet. */
function startRow(row: u32): u32 {
  const nothing = i32x4.splat(-1);
  v128.store(row, i32x4(PASS, 0, -1, -1));
  v128.store(row, i32x4(-1, -1, 0, -1), 16);
  v128.store(row, nothing, 32);
  v128.store(row, nothing, 48);
  v128.store(row, nothing, 64);
  v128.store(row, nothing, 80);
  v128.store(row, nothing, 96);
  v128.store(row, nothing, 112);
  v128.store(row, nothing, 128);
  store<i64>(row, -1, ROW - 8);
  return row;
}

function settle(row: u32, verdict: u32, code: u32, detail: i32, field: i32): void {
  v128.store(row, i32x4(verdict, code, detail, field));
}

/** Takes one event to its row and its bytes. */
function decide(
  node: u32, event: u32, row: u32, fact: u32, forced: u32, layers: bool, shapeType: u32, eventBytesMax: u32,
  unfitAt: u32,
): void {
  const start = startOf(node);
  if (kindOf(node) != OBJECT) return settle(row, REJECT, NOT_AN_OBJECT, start - body, -1);
  if (bodyDepth > depthMax) {
    const deepAt = tooDeepAt(node, depthMax);
    if ((deepAt | givenDeepAt) != 0) {
      return settle(row, REJECT, TOO_DEEP, (deepAt != 0 ? deepAt : givenDeepAt) - body, -1);
    }
  }
  setClaim(0, 0);
  setThorough(false);
  if (givenBytes != 0) {
    readyTree(node);
    findSender(node);
    setThorough(seeksSender());
    const size = <i64>(endOf(node) - start) + addGiven(node);
    if (size > <i64>eventBytesMax) return settle(row, REJECT, EVENT_TOO_LARGE, start - body, -1);
    const unfit = unfitAt != 0 ? unfitAt : givenUnfitAt;
    if (unfit != 0) return settle(row, REJECT, UNSTORABLE, unfit - body, -1);
    return decideByStages(node, event, row, fact, forced, layers, shapeType);
  }
  if (endOf(node) - start > eventBytesMax) return settle(row, REJECT, EVENT_TOO_LARGE, start - body, -1);
  if (unfitAt != 0) return settle(row, REJECT, UNSTORABLE, unfitAt - body, -1);
  let pristine = node;
  if (!layers && mayBePlain(node, fact) && !holdsSender(start, endOf(node))) {
    const end = endOf(node);
    const mark = hashMark();
    if (writePlain(node, row, forced, fact)) return decidePlain(node, event, row, mark);
    dropHashes(mark);
    startRow(row);
    pristine = take(NODE);
    parseAgain(start, end, bodyDepth, pristine);
  }
  readyTree(pristine);
  setThorough(findSender(pristine));
  decideByStages(pristine, event, row, fact, forced, layers, shapeType);
}

/**
 * Makes known what an event claims as its User-Agent; true if that, or the connection's, may be anywhere else in it.
 */
function findSender(event: u32): bool {
  const own = claimed(event, 1);
  const start = startOf(event);
  const end = endOf(event);
  if (own == 0) return holdsSender(start, end);
  readText(own);
  trim(textAt, textBytes);
  setClaim(trimAt, trimBytes);
  return holdsSender(start, startOf(own)) || holdsSender(endOf(own), end);
}

/** Of an event that the short way has written. */
function decidePlain(node: u32, event: u32, row: u32, mark: u32): void {
  const rule = droppingRule(node, event + 1);
  const denied = deniesAnalytics(plainConsent) && !isConsentEvent();
  if (rule < 0 && !denied) {
    store<u32>(row, foundFlags | plainConsent, 24);
    return keepPlain();
  }
  dropHashes(mark);
  startRow(row);
  if (denied) settle(row, DROP, DROP_CONSENT, -1, -1);
  else settle(row, DROP, DROP_RULE, rule, -1);
}

/** All stages in turn, on a tree that is ready for edits: schema, consent, bots, personal data, geo and device, routing, writing. */
function decideByStages(
  node: u32, event: u32, row: u32, fact: u32, forced: u32, layers: bool, shapeType: u32,
): void {
  const start = startOf(node);
  shapeEnvelope(node, forced, layers, shapeType);
  if (!checkSchema(start, forced != 0)) return settle(row, REJECT, refusalCode, refusalAt - body, refusalField);
  const consent = consentFlags(node);
  if (deniesAnalytics(consent) && !isConsentEvent()) return settle(row, DROP, DROP_CONSENT, -1, -1);
  const drop = load<u32>(fact);
  if (drop != 0) return settle(row, DROP, drop, -1, -1);
  const geo = load<u32>(fact, 4);
  const device = load<u32>(fact, 12);
  const mark = hashMark();
  dropClaims(node, geo, device);
  protect(node);
  putHostWord(node, geo, device);
  refillSlots(node);
  const rule = droppingRule(node, event + 1);
  if (rule >= 0) {
    dropHashes(mark);
    return settle(row, DROP, DROP_RULE, rule, -1);
  }
  store<u32>(row, foundFlags | consent, 24);
  flushHashes();
  writeEvent(node, row, emailHash, phoneHash, phoneE164Hash);
}
