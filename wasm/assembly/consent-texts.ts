// Texts that state consent: lists of names, names with answers, and the codes of the IAB and of Google
// (adapters/reference-kernel/consent-texts.ts is the twin).
import { answerNamed } from "./consent";
import {
  BOTH, foldText, GOOGLE_DEFAULTS, GOOGLE_SIGNALS, kindsOfFolded, kindsOfKnown, kindsOfName, kindsOfTcfPurpose, NO,
  PURPOSE_DIGITS, TCF, US_PRIVACY, YES,
} from "./consent-table";
import { take } from "./memory";

/** Where the decoded text ends. */
let decodedEnd: u32 = 0;

/** The text, `%XX` decoded once, in memory above `top`. */
function percentDecode(at: u32, bytes: u32): u32 {
  const start = take(bytes);
  let out = start;
  for (let p = at, end = at + bytes; p < end; p++) {
    const byte = <u32>load<u8>(p);
    const high = byte == 0x25 && p + 2 < end ? hexDigit(load<u8>(p, 1)) : -1;
    const low = high >= 0 ? hexDigit(load<u8>(p, 2)) : -1;
    store<u8>(out++, low < 0 ? byte : (high << 4) | low);
    if (low >= 0) p += 2;
  }
  decodedEnd = out;
  return start;
}

function hexDigit(byte: u32): i32 {
  if (byte - 0x30 < 10) return byte - 0x30;
  return (byte | 0x20) - 0x61 < 6 ? (byte | 0x20) - 0x57 : -1;
}

/** `, ; |` and line feed part names of a list. */
function partsNames(byte: u32): bool {
  return byte == 0x2c || byte == 0x3b || byte == 0x7c || byte == 0x0a;
}

/** The purposes of all names in a text. */
export function foldPieces(at: u32, bytes: u32, iubenda: bool): u32 {
  let about: u32 = 0;
  let from = percentDecode(at, bytes);
  for (let p = from, end = decodedEnd; p <= end; p++) {
    if (p < end && !partsNames(load<u8>(p))) continue;
    foldText(from, p - from);
    about |= kindsOfName(iubenda) & BOTH;
    from = p + 1;
  }
  return about;
}

/** `{ } [ ] , ; & |` and line feed end a pair, `:` and `=` part its name from its answer. */
function endsPair(byte: u32): bool {
  return partsNames(byte) || byte == 0x26 || (byte | 0x20) == 0x7b || (byte | 0x20) == 0x7d;
}

/** Takes all names with answers in a text. */
export function eachPair(at: u32, bytes: u32, iubenda: bool): void {
  let from = percentDecode(at, bytes);
  // The kinds of the name before, if one stands in the same stretch.
  let before: u32 = 0;
  for (let p = from, end = decodedEnd; p <= end; p++) {
    const byte = p < end ? <u32>load<u8>(p) : 0x2c;
    const ends = endsPair(byte);
    if (!ends && byte != 0x3a && byte != 0x3d) continue;
    foldText(from, p - from);
    if (before != 0) {
      const kinds = kindsOfFolded();
      answerNamed(before, (kinds & NO) != 0 ? NO : kinds & YES);
    }
    before = ends ? 0 : kindsOfName(iubenda);
    from = p + 1;
  }
}

/** Takes what a text in one of the formats says; false if it is not in that format. */
export function readCoded(format: u32, at: u32, bytes: u32): bool {
  if (format == TCF) return readTcf(at, bytes);
  if (format == PURPOSE_DIGITS) return readPurposeDigits(at, bytes);
  if (format == GOOGLE_SIGNALS) return readGoogleSignals(at, bytes);
  if (format == GOOGLE_DEFAULTS) return readGoogleDefaults(at, bytes);
  return format == US_PRIVACY && readUsPrivacy(at, bytes);
}

const purposesMax: u32 = 10;
const tcfConsentsBit: u32 = 152;
const tcfInterestsBit: u32 = 176;
const tcfCharsMin: u32 = 34;

/** The six bits of a sign of base64url, or -1. */
function sextet(byte: u32): i32 {
  if (byte - 0x41 < 26) return byte - 0x41;
  if (byte - 0x61 < 26) return byte - 0x47;
  if (byte - 0x30 < 10) return byte + 4;
  return byte == 0x2d ? 62 : byte == 0x5f ? 63 : -1;
}

@inline
function tcfBit(at: u32, bit: u32): u32 {
  return (<u32>sextet(load<u8>(at + bit / 6)) >> (5 - (bit % 6))) & 1;
}

/** A purpose is refused that has neither consent nor a legitimate interest. */
function readTcf(at: u32, bytes: u32): bool {
  if (bytes < tcfCharsMin || load<u8>(at) != 0x43) return false;
  for (let i: u32 = 0; i < tcfCharsMin; i++) if (sextet(load<u8>(at + i)) < 0) return false;
  for (let i: u32 = 0; i < purposesMax; i++) {
    const consents = tcfBit(at, tcfConsentsBit + i) != 0;
    const refused = !consents && tcfBit(at, tcfInterestsBit + i) == 0;
    answerNamed(kindsOfTcfPurpose(i + 1), consents ? YES : refused ? NO : 0);
  }
  return true;
}

function readPurposeDigits(at: u32, bytes: u32): bool {
  if (bytes == 0) return false;
  for (let i: u32 = 0; i < bytes; i++) if (load<u8>(at + i) - 0x30 > 1) return false;
  for (let i: u32 = 0; i < min(bytes, purposesMax); i++) {
    answerNamed(kindsOfTcfPurpose(i + 1), load<u8>(at + i) == 0x31 ? YES : NO);
  }
  return true;
}

/** `1` yes, `0` no, `-` nothing; anything else: -1. */
function signal(byte: u32): i32 {
  return byte == 0x31 ? YES : byte == 0x30 ? NO : byte == 0x2d ? 0 : -1;
}

function readGoogleSignals(at: u32, bytes: u32): bool {
  if (bytes != 4 || load<u16>(at) != 0x3147) return false;
  const storage = signal(load<u8>(at, 2));
  const analytics = signal(load<u8>(at, 3));
  if (storage < 0 || analytics < 0) return false;
  answerNamed(kindsOfKnown("adstorage"), storage);
  answerNamed(kindsOfKnown("analyticsstorage"), analytics);
  return true;
}

/** Two digits, then a letter and a digit for each signal. */
function readGoogleDefaults(at: u32, bytes: u32): bool {
  if (bytes < 4 || load<u8>(at) != 0x31 || load<u8>(at, 1) - 0x30 >= 10) return false;
  let read = false;
  for (let i: u32 = 0, p = at + 2; i < 4 && p + 2 <= at + bytes; i++, p += 2) {
    const letter = <u32>load<u8>(p);
    if (letter - 0x61 >= 26 || load<u8>(p, 1) - 0x30 >= 10) break;
    read = true;
    const refuses = letter == 0x6d || letter == 0x70 || letter == 0x71 || letter == 0x75;
    const grants = letter == 0x6e || letter == 0x72 || letter == 0x74 || letter == 0x76;
    answerNamed(kindsOfGoogle(i), refuses ? NO : grants ? YES : 0);
  }
  return read;
}

function kindsOfGoogle(index: u32): u32 {
  if (index == 0) return kindsOfKnown("adstorage");
  if (index == 1) return kindsOfKnown("analyticsstorage");
  return kindsOfKnown(index == 2 ? "aduserdata" : "adpersonalization");
}

/** Version 1, then three of `Y N -`: the second tells whether the sale was objected to. */
function readUsPrivacy(at: u32, bytes: u32): bool {
  if (bytes != 4 || load<u8>(at) != 0x31) return false;
  for (let i: u32 = 1; i < 4; i++) {
    const sign = <u32>load<u8>(at + i) | 0x20;
    if (sign != 0x79 && sign != 0x6e && load<u8>(at + i) != 0x2d) return false;
  }
  answerNamed(kindsOfKnown("donotsell"), (load<u8>(at, 2) | 0x20) == 0x79 ? YES : 0);
  return true;
}
