import { foldBytes, kinds } from "../../domain/model/consent/kinds.ts";
import { type Answer, answerOfKinds, kindsOf } from "../../domain/model/consent/words.ts";

/** A folded name, and what a text says of it. */
export type NamedAnswer = readonly [name: string, answer: Answer];

const encoder = new TextEncoder();
const percent = 0x25;
/** Bytes that part names of a list. */
const listSigns = bytesOf(",;|\n");
/** Bytes that end a pair of a name and its answer: of JSON, cookies, queries. */
const endSigns = bytesOf("{}[],;&|\n");
const pairSigns = bytesOf(":=");

/** Folded names of a text such as `,C0001,C0004,`. */
export function listPieces(text: string): string[] {
  return split(percentDecoded(text), listSigns).map(foldBytes);
}

/**
 * Names and answers that stand side by side in a text: JSON in a string, a cookie, a query.
 *
 * Worked value: `groups=C0001:1,C0004:0` has the pairs groups C0001, c0001 yes, c0004 no.
 */
export function textPairs(text: string): NamedAnswer[] {
  return split(percentDecoded(text), endSigns).flatMap((stretch) => {
    const parts = split(stretch, pairSigns).map(foldBytes);
    return parts.slice(1).map((part, i): NamedAnswer => [parts[i] as string, answerOfKinds(kindsOf(part))]);
  });
}

/** What a text in one of the formats of `kinds` says; nothing if it is not in that format. */
export function readCoded(format: number, text: string): NamedAnswer[] {
  if (format === kinds.tcf) return readTcf(text);
  if (format === kinds.purposeDigits) return readPurposeDigits(text);
  if (format === kinds.googleSignals) return readGoogleSignals(text);
  if (format === kinds.googleDefaults) return readGoogleDefaults(text);
  return format === kinds.usPrivacy && /^1[YNyn-]{3}$/.test(text)
    ? [["donotsell", /^..[Yy]/.test(text) ? "yes" : null]]
    : [];
}

const base64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Bits of a consent string of the TCF, version 2: where consents begin, where legitimate interests do. */
const tcfConsentsBit = 152;
const tcfInterestsBit = 176;
const tcfCharsMin = 34;
export const tcfPurposesMax = 10;

/** A purpose is refused that has neither consent nor a legitimate interest. */
function readTcf(text: string): NamedAnswer[] {
  if (!text.startsWith("C") || text.length < tcfCharsMin) return [];
  const sextets = [...text.slice(0, tcfCharsMin)].map((char) => base64Url.indexOf(char));
  if (sextets.includes(-1)) return [];
  const bit = (at: number) => ((sextets[Math.floor(at / 6)] as number) >> (5 - (at % 6))) & 1;
  return Array.from({ length: tcfPurposesMax }, (_, i): NamedAnswer => {
    const isRefused = bit(tcfConsentsBit + i) === 0 && bit(tcfInterestsBit + i) === 0;
    return [`purpose${i + 1}`, bit(tcfConsentsBit + i) === 1 ? "yes" : isRefused ? "no" : null];
  });
}

/** A digit for each purpose. */
function readPurposeDigits(text: string): NamedAnswer[] {
  if (!/^[01]+$/.test(text)) return [];
  return [...text.slice(0, tcfPurposesMax)].map((digit, i) => [`purpose${i + 1}`, digit === "1" ? "yes" : "no"]);
}

/** `G1` and a digit each for advertising and analytics. */
function readGoogleSignals(text: string): NamedAnswer[] {
  if (!/^G1[01-]{2}$/.test(text)) return [];
  const answer = (at: number): Answer => (text[at] === "1" ? "yes" : text[at] === "0" ? "no" : null);
  return [
    ["adstorage", answer(2)],
    ["analyticsstorage", answer(3)],
  ];
}

const googleNames = ["adstorage", "analyticsstorage", "aduserdata", "adpersonalization"];

/** Two digits, then a letter and a digit for each signal: `13r3u3r2r5`. */
function readGoogleDefaults(text: string): NamedAnswer[] {
  const [, letters] = /^1\d((?:[a-z]\d){1,4})/.exec(text) ?? [];
  if (letters === undefined) return [];
  return Array.from({ length: letters.length / 2 }, (_, i): NamedAnswer => {
    const letter = letters[i * 2] as string;
    return [googleNames[i] as string, "mpqu".includes(letter) ? "no" : "nrtv".includes(letter) ? "yes" : null];
  });
}

/** The text's bytes, `%XX` decoded once. */
function percentDecoded(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  let out = 0;
  for (let at = 0; at < bytes.length; at++) {
    const high = hexDigit(bytes[at + 1]);
    const low = hexDigit(bytes[at + 2]);
    const isCoded = bytes[at] === percent && high >= 0 && low >= 0;
    bytes[out++] = isCoded ? (high << 4) | low : (bytes[at] as number);
    if (isCoded) at += 2;
  }
  return bytes.subarray(0, out);
}

function hexDigit(byte: number | undefined): number {
  return byte === undefined ? -1 : "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
}

function split(bytes: Uint8Array, signs: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && !signs.includes(bytes[at] as number)) continue;
    pieces.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return pieces;
}

function bytesOf(signs: string): number[] {
  return [...encoder.encode(signs)];
}
