// The detector (domain/data-layer/detector): a whole value that is a phone number first, then emails, then addresses.
// A text that has a sign of more, a key of the table or a User-Agent (signs.ts), is handed to the host as a whole.
//
// Spans are kept as pairs of addresses [start u32, end u32] in the order of the text, in memory above `top`.
import { AT, DIGIT, DOT, HYPHEN, LETTER, OTHER, QUOTE } from "./characters";
import { asBytes, characterCount, classOf, codeAt, isAsciiLetterOrDigit, placeOf, plain, readCharacters } from "./characters";
import { findAddresses } from "./addresses";
import { lowerEmail } from "./email";
import { isFileEnding } from "./known-words";
import { same, take } from "./memory";
import { isPhone } from "./phone-values";
import { addressMode, MODE_MASK, phoneMode } from "./program";
import {
  AT_SIGN, claimAt, claimBytes, colonCount, connectionAt, connectionBytes, dotCount, ENCODED, holdsSender, NAMED,
  PLUS, signsOf, wantsHost, WIDE,
} from "./signs";

/** The text with its masks, and whether it differs from what was given. */
export let detectedAt: u32 = 0;
export let detectedBytes: u32 = 0;
export let detectedEdit: bool = false;
export let detectedEmail: bool = false;
export let detectedPhone: bool = false;
export let detectedAddress: bool = false;
/** True if the whole text was a phone number and is masked. */
export let maskedPhone: bool = false;

const emailMask: u32 = <u32>memory.data<u8>([0x5b, 0x65, 0x6d, 0x61, 0x69, 0x6c, 0x5d, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const phoneMask: u32 = <u32>memory.data<u8>([0x5b, 0x70, 0x68, 0x6f, 0x6e, 0x65, 0x5d, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
const addressMask: u32 = <u32>memory.data<u8>([0x5b, 0x69, 0x70, 0x5d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Masks a text for the host's sake: [at, at + bytes), `how` as `HOW_` says, the sender's User-Agents. Writes a byte of
 * what it found and the text behind it to `to`; returns the bytes of the text. Room: four times the bytes and 64.
 */
@external("host", "detect")
declare function hostDetect(
  at: u32, bytes: u32, how: u32, connectionAt: u32, connectionBytes: u32, claimAt: u32, claimBytes: u32, to: u32,
): u32;

const HOW_ADDRESSES: u32 = 4;
const HOW_VERSIONS: u32 = 16;
const HOW_KEY: u32 = 32;
const FOUND_EMAIL: u32 = 1;
const FOUND_PHONE: u32 = 2;
const FOUND_ADDRESS: u32 = 4;

function detectByHost(at: u32, bytes: u32, versions: bool, key: bool): void {
  const how =
    phoneMode() | (addressMode() * HOW_ADDRESSES) | (versions ? HOW_VERSIONS : 0) | (key ? HOW_KEY : 0);
  const room = take(4 * bytes + 64);
  detectedBytes = hostDetect(at, bytes, how, connectionAt, connectionBytes, claimAt, claimBytes, room);
  detectedAt = room + 1;
  const found = <u32>load<u8>(room);
  detectedEmail = (found & FOUND_EMAIL) != 0;
  detectedPhone = (found & FOUND_PHONE) != 0;
  detectedAddress = (found & FOUND_ADDRESS) != 0;
  detectedEdit = detectedBytes != bytes || !same(at, detectedAt, bytes);
}

/** Looks at a text; `versions`: it stands under a key of version numbers, `key`: it is a key. */
export function detect(at: u32, bytes: u32, versions: bool, key: bool): void {
  detectedAt = at;
  detectedBytes = bytes;
  detectedEdit = false;
  detectedEmail = false;
  detectedAddress = false;
  maskedPhone = false;
  const signs = signsOf(at, bytes);
  detectedPhone = (signs & PLUS) != 0 && phoneMode() != 0 && isPhone(at, bytes);
  if (detectedPhone && phoneMode() == MODE_MASK) {
    maskedPhone = true;
    detectedAt = phoneMask;
    detectedBytes = 7;
    detectedEdit = true;
    return;
  }
  const dots = dotCount;
  const colons = colonCount;
  let viewAt = at;
  let viewBytes = bytes;
  if ((signs & (ENCODED | AT_SIGN)) != 0) {
    readCharacters(at, bytes);
    if ((signs & ENCODED) != 0) {
      viewAt = asBytes();
      viewBytes = <u32>characterCount;
    }
  }
  if ((signs & (ENCODED | NAMED)) != 0 && wantsHost(viewAt, viewBytes)) return detectByHost(at, bytes, versions, key);
  if (holdsSender(viewAt, viewAt + viewBytes)) return detectByHost(at, bytes, versions, key);
  if ((signs & (ENCODED | AT_SIGN)) != 0) {
    spans = take((characterCount + 1) * 8);
    spanCount = 0;
    findEmails();
    detectedEmail = spanCount > 0;
    if (detectedEmail) maskSpans(spans, spanCount, emailMask, 7);
  }
  if (addressMode() == 0) return;
  if ((signs & (ENCODED | WIDE)) == 0 && dots <= 2 && colons <= 1) return;
  const found = findAddresses(detectedAt, detectedBytes, versions);
  const count = load<u32>(found);
  detectedAddress = count > 0;
  if (detectedAddress && addressMode() == MODE_MASK) maskSpans(found + 8, count, addressMask, 4);
}

/** True if the text as a whole is one address, nothing of it encoded. */
export function isEmail(at: u32, bytes: u32): bool {
  if (lowerEmail(at, bytes, unused)) return true;
  let found = false;
  for (let i: u32 = 0; i < bytes && !found; i++) found = load<u8>(at + i) == 0x40;
  if (!found) return false;
  readCharacters(at, bytes);
  if (!plain) return false;
  spans = take((characterCount + 1) * 8);
  spanCount = 0;
  findEmails();
  return spanCount > 0 && load<u32>(spans) == at && load<u32>(spans, 4) == at + bytes;
}

/** Where the lower case goes that nobody asked for. */
const unused: u32 = <u32>memory.data(64, 16);

/** Longest ending of a file's name. */
const endingCharsMax: i32 = 5;

let spans: u32 = 0;
let spanCount: u32 = 0;

function maskSpans(list: u32, count: u32, mask: u32, maskBytes: u32): void {
  const end = detectedAt + detectedBytes;
  const room = take(detectedBytes + count * maskBytes);
  let out = room;
  let from = detectedAt;
  for (let i: u32 = 0; i < count; i++) {
    const start = load<u32>(list + i * 8);
    memory.copy(out, from, start - from);
    out += start - from;
    memory.copy(out, mask, maskBytes);
    out += maskBytes;
    from = load<u32>(list + i * 8, 4);
  }
  memory.copy(out, from, end - from);
  detectedAt = room;
  detectedBytes = out + (end - from) - room;
  detectedEdit = true;
}

/** The automaton of domain/data-layer/detector/emails.ts, over the characters that were read. */
function findEmails(): void {
  let from: i32 = 0;
  for (let at: i32 = 0; at < characterCount; at++) {
    if (classOf(codeAt(at)) != AT) continue;
    const start = localStart(at, from);
    if (start == at || isRepository(start, at)) continue;
    const end = codeAt(at + 1) == 0x5b ? literalEnd(at + 1) : domainEnd(at + 1);
    if (end < 0) continue;
    store<u32>(spans + spanCount * 8, placeOf(start));
    store<u32>(spans + spanCount * 8, placeOf(end), 4);
    spanCount++;
    from = end;
    at = end - 1;
  }
}

/** `git@host:path`, `ssh://git@host/path`: nobody's address. */
function isRepository(start: i32, at: i32): bool {
  if (at - start != 3 || codeAt(start) != 0x67 || codeAt(start + 1) != 0x69 || codeAt(start + 2) != 0x74) return false;
  let end = at + 1;
  for (; end < characterCount; end++) {
    const kind = classOf(codeAt(end));
    if (kind != LETTER && kind != DIGIT && kind != HYPHEN && kind != DOT) break;
  }
  return end < characterCount && (codeAt(end) == 0x3a || codeAt(end) == 0x2f);
}

function localStart(at: i32, from: i32): i32 {
  let start = at;
  while (start > from && isLocal(codeAt(start - 1))) start--;
  if (start < at || start == from || classOf(codeAt(at - 1)) != QUOTE) return start;
  for (let open = at - 2; open >= from; open--) if (classOf(codeAt(open)) == QUOTE) return open;
  return at;
}

const literalCharsMax: i32 = 64;

/** The end of an address in brackets, or -1. */
function literalEnd(open: i32): i32 {
  let signs: u32 = 0;
  for (let at = open + 1; at - open <= literalCharsMax; at++) {
    const code = codeAt(at);
    if (code == 0x5d) return signs > 1 ? at + 1 : -1;
    if (code == 0x2e || code == 0x3a) signs++;
    else if (!isAsciiLetterOrDigit(code)) return -1;
  }
  return -1;
}

function isLocal(code: u32): bool {
  const kind = classOf(code);
  return kind != AT && kind != QUOTE && kind != OTHER;
}

function domainEnd(start: i32): i32 {
  let end: i32 = -1;
  let labels: i32 = 0;
  let numbers: i32 = 0;
  let isScale = false;
  let isFile = false;
  let at = start;
  while (true) {
    const labelStart = at;
    let digits: i32 = 0;
    for (; at < characterCount; at++) {
      const kind = classOf(codeAt(at));
      if (kind != LETTER && kind != DIGIT && kind != HYPHEN) break;
      if (kind == DIGIT) digits++;
    }
    const size = at - labelStart;
    if (size == 0) break;
    // A version: 18.2.0-rc
    if (labels == 2 && numbers == 2 && codeAt(labelStart) - 0x30 < 10) return -1;
    // A scale factor: 2x
    if (numbers == labels && size > 1 && digits == size - 1 && (codeAt(at - 1) | 0x20) == 0x78) isScale = true;
    if (digits == size) numbers++;
    labels++;
    isFile = labels > 1 && isEnding(labelStart, size);
    if (labels > 1 && !isFile && size > 1 && isLetter(labelStart) && isLetter(labelStart + 1)) end = at;
    if (at >= characterCount || classOf(codeAt(at)) != DOT) break;
    at++;
  }
  return isScale && isFile ? -1 : end;
}

function isLetter(at: i32): bool {
  return classOf(codeAt(at)) == LETTER;
}

const ending: u32 = <u32>memory.data(16, 16);

/** True if a label is the ending of a file's name. */
function isEnding(start: i32, size: i32): bool {
  if (size > endingCharsMax) return false;
  for (let i = 0; i < size; i++) {
    const code = codeAt(start + i);
    if (code >= 0x80) return false;
    store<u8>(ending + i, code - 0x41 < 26 ? code | 0x20 : code);
  }
  return isFileEnding(ending, size);
}
