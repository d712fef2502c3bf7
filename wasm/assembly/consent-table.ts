// What spellings mean for consent (domain/model/consent/kinds.ts): keys, categories and answers, found by their letters
// and digits in lower case.
//
//   spellings   from the host: u16 offset of an entry by hash, 4,096 slots; entries: bytes u8, kinds u16, folded text
//   folded      the spelling that is asked for, without quotes; 16 zeros behind it
//
// Worked value: `Opted-Out` is folded to `optedout`, whose kinds are a no, an answer's key and a list of what was denied.
import { same } from "./memory";
import { programAt, programWord } from "./program";

export const ADVERTISING: u32 = 1;
export const ANALYTICS: u32 = 2;
export const BOTH: u32 = 3;
export const INVERSE: u32 = 4;
export const UNRELATED: u32 = 8;
export const ANYWHERE: u32 = 16;
export const CONTAINER: u32 = 32;
export const STATE: u32 = 64;
export const ALLOW: u32 = 128;
export const DENY: u32 = 256;
export const YES: u32 = 512;
export const NO: u32 = 1024;
export const TCF: u32 = 1 << 11;
export const PURPOSE_DIGITS: u32 = 2 << 11;
export const GOOGLE_SIGNALS: u32 = 3 << 11;
export const GOOGLE_DEFAULTS: u32 = 4 << 11;
export const US_PRIVACY: u32 = 5 << 11;
export const IUBENDA: u32 = 6 << 11;
export const FORMATS: u32 = 7 << 11;
export const NAMED: u32 = 1 << 14;
export const OUTERMOST: u32 = 1 << 15;

const spellings: u32 = <u32>memory.data(49152, 16);
const slots: u32 = 4096;
/** Longest folded spelling that is looked up. */
const foldedMax: u32 = 64;
const folded: u32 = <u32>memory.data(80, 16);
/** Bytes in `folded`; 0: there is nothing to look up. */
let foldedBytes: u32 = 0;

/** Where the host writes the spellings. */
export function consentTableAt(): u32 {
  return spellings;
}

/** FNV-1a, as the host computes it. */
function hashOf(at: u32, bytes: u32): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < bytes; i++) hash = (hash ^ <u32>load<u8>(at + i)) * 0x01000193;
  return hash ^ (hash >>> 15);
}

@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** Folds a text, which need not be UTF-8. */
export function foldText(at: u32, bytes: u32): void {
  let size: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if (byte < 0x80) {
      if (byte - 0x41 < 26) store<u8>(folded + size++, byte | 0x20);
      else if (isDigit(byte) || byte - 0x61 < 26) store<u8>(folded + size++, byte);
    } else {
      const left = bytes - i;
      const blank = blankBytes(at + i, left);
      const narrow = byte == 0xef && left > 2 && blank == 0 ? narrowOf(at + i) : 0;
      const letter = blank == 0 && left > 1 ? lowerOf(byte, load<u8>(at + i, 1)) : 0;
      if (blank != 0) {
        i += blank - 1;
      } else if (narrow != 0) {
        i += 2;
        if (narrow - 0x41 < 26) store<u8>(folded + size++, narrow | 0x20);
        else if (isDigit(narrow) || narrow - 0x61 < 26) store<u8>(folded + size++, narrow);
      } else if (letter != 0) {
        i++;
        store<u8>(folded + size, 0xc0 | (letter >> 6));
        store<u8>(folded + size, 0x80 | (letter & 0x3f), 1);
        size += 2;
      } else {
        store<u8>(folded + size++, byte);
      }
    }
    if (size > foldedMax) {
      foldedBytes = 0;
      return;
    }
  }
  foldedBytes = size;
}

/** Of a letter of two bytes its lower case, by simple rules (U+00C0 to U+045F); 0 if they are none. */
function lowerOf(first: u32, second: u32): u32 {
  if (first - 0xc3 > 0xd1 - 0xc3 || (second & 0xc0) != 0x80) return 0;
  const letter = ((first & 0x1f) << 6) | (second & 0x3f);
  if ((letter - 0xc0 < 0x1f && letter != 0xd7) || letter - 0x391 < 0x19 || letter - 0x410 < 0x20) return letter + 0x20;
  if (letter - 0x400 < 0x10) return letter + 0x50;
  const odd = letter & 1;
  if ((letter - 0x100 < 0x38 || letter - 0x14a < 0x2e) && odd == 0) return letter + 1;
  return (letter - 0x139 < 0x10 || letter - 0x179 < 6) && odd != 0 ? letter + 1 : letter;
}

/** The ASCII character that three bytes are the full-width form of (U+FF01 to U+FF5E), or 0. */
function narrowOf(at: u32): u32 {
  const second = <u32>load<u8>(at, 1);
  const third = <u32>load<u8>(at, 2);
  if (second == 0xbc && third - 0x81 < 0x3f) return third - 0x60;
  return second == 0xbd && third - 0x80 < 0x1f ? third - 0x20 : 0;
}

/**
 * Bytes of a space, dash, quote or mark that is not to be seen, or 0; `left`: bytes of the text from there on. U+00A0,
 * U+00AD, U+2000 to U+202F, U+2040 to U+206F, U+3000, U+FEFF.
 */
function blankBytes(at: u32, left: u32): u32 {
  const first = <u32>load<u8>(at);
  const second = left > 1 ? <u32>load<u8>(at, 1) : 0;
  if (first == 0xc2) return second == 0xa0 || second == 0xad ? 2 : 0;
  const third = left > 2 ? <u32>load<u8>(at, 2) : 0;
  if (first == 0xe2 && (second == 0x80 || second == 0x81)) return third - 0x80 < 0x30 ? 3 : 0;
  if (first == 0xe3 && second == 0x80) return third == 0x80 ? 3 : 0;
  return first == 0xef && second == 0xbb && third == 0xbf ? 3 : 0;
}

/** The kinds of what was folded; 0 for what is not in the table. */
export function kindsOfFolded(): u32 {
  return kindsIn(0);
}

/** The same with `before` bytes ahead of it, which were put there. */
function kindsIn(before: u32): u32 {
  const at = folded - before;
  const bytes = foldedBytes + before;
  if (bytes == 0) return 0;
  let slot = hashOf(at, bytes) & (slots - 1);
  while (true) {
    const offset = <u32>load<u16>(spellings + slot * 2);
    if (offset == 0) return 0;
    const entry = spellings + offset;
    if (<u32>load<u8>(entry) == bytes && same(entry + 3, at, bytes)) return <u32>load<u16>(entry, 1);
    slot = (slot + 1) & (slots - 1);
  }
}

/** The kinds of a name that was folded, the organisation's own categories first; numbers are purposes. */
export function kindsOfName(iubenda: bool): u32 {
  let kinds = kindsIn(0);
  if (foldedBytes - 1 < 2 && isDigit(load<u8>(folded)) && isDigit(load<u8>(folded + foldedBytes - 1))) {
    kinds |= kindsOfPurpose(iubenda);
  }
  const own = ownPurposes();
  if (own < 0) return kinds;
  return (kinds & ~(BOTH | UNRELATED)) | (own == 0 ? UNRELATED : <u32>own);
}

/** Folds the name of a purpose of the TCF, or of iubenda's, whose number was folded. */
function kindsOfPurpose(iubenda: bool): u32 {
  const number = load<u16>(folded);
  const bytes = foldedBytes;
  // "purpose", "iubenda"
  store<u64>(folded, iubenda ? 0x61646e65627569 : 0x65736f70727570);
  store<u16>(folded, number, 7);
  foldedBytes = 7 + bytes;
  const kinds = kindsIn(0);
  store<u16>(folded, number);
  foldedBytes = bytes;
  return kinds;
}

/** The kinds of one of the TCF's purposes. */
export function kindsOfTcfPurpose(number: u32): u32 {
  // "purpose"
  store<u64>(folded, 0x65736f70727570);
  foldedBytes = 7;
  if (number > 9) store<u8>(folded + foldedBytes++, 0x31);
  store<u8>(folded + foldedBytes++, 0x30 + (number > 9 ? number - 10 : number));
  return kindsOfName(false);
}

/** The kinds of a text that is known beforehand. */
export function kindsOfKnown(text: string): u32 {
  foldedBytes = text.length;
  for (let i: i32 = 0; i < text.length; i++) store<u8>(folded + i, text.charCodeAt(i));
  return kindsOfName(false);
}

/** The purposes that the organisation gives to the name, or -1. Shape: encode-consent.ts. */
function ownPurposes(): i32 {
  const offset = programWord(16);
  if (offset == 0 || foldedBytes == 0) return -1;
  const table = programAt(offset);
  const mask = load<u32>(table);
  let slot = hashOf(folded, foldedBytes) & mask;
  while (true) {
    const entry = table + 8 + slot * 12;
    const bytes = load<u32>(entry, 4);
    if (bytes == 0) return -1;
    if (bytes == foldedBytes && same(programAt(load<u32>(entry)), folded, bytes)) return load<i32>(entry, 8);
    slot = (slot + 1) & mask;
  }
}

/** True if consent may begin at a key; it is unescaped. */
export function opensConsent(at: u32, bytes: u32): bool {
  foldText(at, bytes);
  return (kindsIn(0) & (ANYWHERE | CONTAINER | OUTERMOST)) != 0;
}
