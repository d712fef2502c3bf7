// Consent: everything in an event that says yes or no to a purpose (adapters/reference-kernel/consent.ts is the twin).
//
// Only containers in which the parser saw a key about consent are searched, so that other events cost one test of a bit.
import { eachPair, readCoded } from "./consent-texts";
import {
  ADVERTISING, ALLOW, ANALYTICS, ANYWHERE, BOTH, CONTAINER, DENY, foldText, FORMATS, INVERSE, IUBENDA, kindsOfFolded,
  kindsOfName, NAMED, NO, OUTERMOST, STATE, UNRELATED, YES,
} from "./consent-table";
import { foldPieces } from "./consent-texts";
import { setTop, top } from "./memory";
import { CONTEXT } from "./names";
import {
  ARRAY, CONSENT_KEY, CONSENTS, endOf, FALSE, firstOf, flagsOf, infoOf, kindOf, nextOf, NULL, NUMBER, OBJECT, readKey,
  readText, specialOf, startOf, STRING, textAt, textBytes, TRUE,
} from "./tree";

const granted: u32 = 1;
const denied: u32 = 2;
const advertisingShift: u32 = 4;
const analyticsShift: u32 = 6;

// What a value is about, in one word: the purposes, INVERSE, ALLOW or DENY as in the table, and
const REFUSES_ALL: u32 = 1 << 16;
const IS_ITEM: u32 = 1 << 17;
const OF_IUBENDA: u32 = 1 << 18;
const LISTS: u32 = ALLOW | DENY;

let grantedPurposes: u32 = 0;
let deniedPurposes: u32 = 0;

/** The consent bits of the flags column. */
export function consentFlags(event: u32): u32 {
  if ((flagsOf(event) & CONSENTS) == 0) return 0;
  grantedPurposes = 0;
  deniedPurposes = 0;
  search(event, 0);
  return (bitsOf(ADVERTISING) << advertisingShift) | (bitsOf(ANALYTICS) << analyticsShift);
}

export function deniesAnalytics(flags: u32): bool {
  return ((flags >> analyticsShift) & 3) == denied;
}

function bitsOf(purpose: u32): u32 {
  if ((deniedPurposes & purpose) != 0) return denied;
  return (grantedPurposes & purpose) != 0 ? granted : 0;
}

/** The kinds of a member's key. */
function kindsOfKey(member: u32, iubenda: bool): u32 {
  const mark = top;
  readKey(member);
  foldText(textAt, textBytes);
  setTop(mark);
  return kindsOfName(iubenda);
}

/** Folds a string's text. */
function fold(node: u32): void {
  const mark = top;
  readText(node);
  foldText(textAt, textBytes);
  setTop(mark);
}

/**
 * One word for everything directly below a key such as `gdpr`: `{"consent": false}` refuses both purposes,
 * `{"opt_out": true}` advertising. Where a name says what the object is about, it is not everything.
 */
function wholeAnswers(node: u32): void {
  if (kindOf(node) != OBJECT) return;
  let denied: u32 = 0;
  for (let member = firstOf(node); member != 0; member = nextOf(member)) {
    const kinds = kindsOfKey(member, false);
    if ((kinds & (NAMED | STATE)) == NAMED) return;
    if ((kinds & STATE) == 0 || (kinds & OUTERMOST) == 0) continue;
    const said = answerOf(member);
    if ((kinds & INVERSE) == 0 && said == NO) denied |= BOTH;
    else if ((kinds & INVERSE) != 0 && said == YES) denied |= ADVERTISING;
  }
  deniedPurposes |= denied;
}

/** Looks for keys about consent; `depth` 0: the event's own members, 1: those of its context. */
function search(node: u32, depth: u32): void {
  for (let member = firstOf(node); member != 0; member = nextOf(member)) {
    if ((infoOf(member) & CONSENT_KEY) != 0) {
      const kinds = kindsOfKey(member, false);
      const outermost = depth <= 1 && (kinds & OUTERMOST) != 0;
      if (outermost && (kinds & (CONTAINER | BOTH)) == 0) wholeAnswers(member);
      if (outermost || (kinds & (ANYWHERE | CONTAINER)) != 0) {
        enter(kinds, member, outermost && (kinds & CONTAINER) != 0);
        continue;
      }
    }
    if (kindOf(member) <= ARRAY && (flagsOf(member) & CONSENTS) != 0) {
      search(member, depth == 0 && specialOf(member) == CONTEXT ? 1 : 2);
    }
  }
}

/** A key that consent begins at. */
function enter(kinds: u32, node: u32, refusesAll: bool): void {
  if (coded(kinds, node)) return;
  let place = (kinds & (BOTH | INVERSE)) | listOf(kinds);
  if (refusesAll) place |= REFUSES_ALL;
  if ((kinds & FORMATS) == IUBENDA) place |= OF_IUBENDA;
  value(node, place);
}

@inline
function listOf(kinds: u32): u32 {
  return (kinds & DENY) != 0 ? DENY : kinds & ALLOW;
}

/** A member below a key about consent. */
function below(kinds: u32, node: u32, around: u32): void {
  if ((kinds & UNRELATED) != 0 || coded(kinds, node)) return;
  const about = kinds & BOTH;
  const inverse = (around ^ kinds) & INVERSE;
  const place = (around & ~(IS_ITEM | INVERSE)) | ((kinds & FORMATS) == IUBENDA ? OF_IUBENDA : 0);
  const kind = kindOf(node);
  if (about != 0) {
    if ((around & LISTS) != 0) listedKey(about, node, place);
    else value(node, about | inverse | (place & OF_IUBENDA));
  } else if ((kinds & (STATE | ALLOW | DENY)) != 0) {
    const list = listOf(kinds);
    const kept = (kinds & NAMED) != 0 ? place & ~REFUSES_ALL : place;
    value(node, (list != 0 ? (kept & ~LISTS) | list : kept) | inverse);
  } else if (kind <= ARRAY) {
    value(node, (place & ~REFUSES_ALL) | (around & INVERSE));
  } else if (kind == STRING) {
    if ((place & LISTS) != 0) names(node, place);
    else if ((place & BOTH) == 0 && (kinds & NAMED) == 0) pairs(node, place);
  }
}

function value(node: u32, place: u32): void {
  const kind = kindOf(node);
  if (kind == ARRAY) {
    if (isPair(node, place)) return;
    for (let item = firstOf(node); item != 0; item = nextOf(item)) value(item, place | IS_ITEM);
  } else if (kind == OBJECT) {
    object(node, place & ~IS_ITEM);
  } else if (kind == STRING) {
    text(node, place);
  } else if (kind == NUMBER && (place & LISTS) != 0 && (place & IS_ITEM) != 0) {
    names(node, place);
  } else {
    answer(answerOf(node), place);
  }
}

/** Takes a name and its answer as two items; false if the items are none. */
function isPair(array: u32, place: u32): bool {
  const name = firstOf(array);
  if ((place & LISTS) != 0 || name == 0 || kindOf(name) != STRING) return false;
  const second = nextOf(name);
  if (second == 0 || nextOf(second) != 0) return false;
  fold(name);
  const kinds = kindsOfName((place & OF_IUBENDA) != 0);
  if ((kinds & BOTH) == 0) return false;
  below(kinds, second, place);
  return true;
}

function object(node: u32, around: u32): void {
  let place = around;
  for (let member = firstOf(node); member != 0; member = nextOf(member)) {
    if (kindOf(member) != STRING) continue;
    fold(member);
    const said = kindsOfName(false);
    if ((said & FORMATS) == IUBENDA) place |= OF_IUBENDA;
    if ((said & (BOTH | UNRELATED)) == 0 || (kindsOfKey(member, false) & NAMED) == 0) continue;
    if ((said & BOTH) != 0) place = (place & ~BOTH) | (said & BOTH);
    else place &= ~(BOTH | REFUSES_ALL);
  }
  const iubenda = (place & OF_IUBENDA) != 0;
  for (let member = firstOf(node); member != 0; member = nextOf(member)) {
    below(kindsOfKey(member, iubenda), member, place);
  }
}

function text(node: u32, place: u32): void {
  if ((place & LISTS) != 0 && names(node, place)) return;
  const said = answerOf(node);
  if (said != 0) answer(said, place);
  else if ((place & BOTH) == 0) pairs(node, place);
}

/** A key of a list's object is a name. */
function listedKey(about: u32, node: u32, place: u32): void {
  if (kindOf(node) == NULL) return;
  if ((place & DENY) == 0) value(node, about | (place & OF_IUBENDA));
  else if (answerOf(node) != NO) deniedPurposes |= about;
}

/** Names in a text (or a number) of a list, alone or between commas; false if it has none. */
function names(node: u32, place: u32): bool {
  const mark = top;
  readText(node);
  if (kindOf(node) == NUMBER) foldText(startOf(node), endOf(node) - startOf(node));
  else foldText(textAt, textBytes);
  const iubenda = (place & OF_IUBENDA) != 0;
  let about = kindsOfName(iubenda) & BOTH;
  if (about == 0) {
    if (kindOf(node) == NUMBER) about = foldPieces(startOf(node), endOf(node) - startOf(node), iubenda);
    else about = foldPieces(textAt, textBytes, iubenda);
  }
  setTop(mark);
  if ((place & DENY) != 0) deniedPurposes |= about;
  else grantedPurposes |= about;
  return about != 0;
}

/** YES, NO, or 0 for what can't be read. */
function answerOf(node: u32): u32 {
  const kind = kindOf(node);
  if (kind == TRUE) return YES;
  if (kind == FALSE) return NO;
  if (kind == NUMBER) return answerOfNumber(startOf(node), endOf(node));
  if (kind != STRING) return 0;
  const mark = top;
  readText(node);
  foldText(textAt, textBytes);
  const kinds = kindsOfFolded();
  const said = (kinds & NO) != 0 ? NO : kinds & YES;
  const answered = said == YES && beginsWithMinusOne(textAt, textBytes) ? 0 : said;
  setTop(mark);
  return answered;
}

/** `-1` is no 1, although folding leaves but the digit. */
function beginsWithMinusOne(at: u32, bytes: u32): bool {
  const end = at + bytes;
  while (at < end && load<u8>(at) == 0x20) at++;
  return end - at > 1 && load<u8>(at) == 0x2d && load<u8>(at, 1) == 0x31;
}

/** Any zero is a no, 1 and 1.00 a yes. */
function answerOfNumber(start: u32, end: u32): u32 {
  let at = start + <u32>(load<u8>(start) == 0x2d);
  const first = at;
  while (at < end && (load<u8>(at) == 0x30 || load<u8>(at) == 0x2e)) at++;
  if (at > first && (at == end || (load<u8>(at) | 0x20) == 0x65)) return NO;
  if (load<u8>(start) != 0x31) return 0;
  if (end - start == 1) return YES;
  if (load<u8>(start, 1) != 0x2e) return 0;
  for (at = start + 2; at < end; at++) if (load<u8>(at) != 0x30) return 0;
  return YES;
}

/** Takes an answer to the purposes of a place. */
export function answer(said: u32, place: u32): void {
  if (said == 0) return;
  const inverse = (place & INVERSE) != 0;
  const about = place & BOTH;
  if ((said == NO) == inverse) {
    if (!inverse) grantedPurposes |= about;
  } else if (about != 0) {
    deniedPurposes |= about;
  } else if ((place & (REFUSES_ALL | IS_ITEM)) == REFUSES_ALL) {
    deniedPurposes |= BOTH;
  }
}

/** Takes an answer to a name whose kinds are known. */
export function answerNamed(kinds: u32, said: u32): void {
  if ((kinds & BOTH) != 0) answer(said, kinds & (BOTH | INVERSE));
}

/** Names with their answers in a string. */
function pairs(node: u32, place: u32): void {
  const mark = top;
  readText(node);
  eachPair(textAt, textBytes, (place & OF_IUBENDA) != 0);
  setTop(mark);
}

/** A text in a form of its own; false if it is not in that form. */
function coded(kinds: u32, node: u32): bool {
  if ((kinds & FORMATS) == 0 || kindOf(node) != STRING) return false;
  const mark = top;
  readText(node);
  const read = readCoded(kinds & FORMATS, textAt, textBytes);
  setTop(mark);
  return read;
}
