/** Purposes of consent, as bits. */
export const advertising = 1;
export const analytics = 2;
export const bothPurposes: number = advertising | analytics;

/**
 * What a spelling means, as bits: its purposes, and how it is read as a key, a category or a word.
 *
 * One spelling may mean several things: `denied` is a word for no, and the key of a list of what was denied.
 */
export const kinds = {
  advertising,
  analytics,
  /** A yes under this key refuses: `opt_out`, `do_not_sell`. */
  inverse: 1 << 2,
  /** A category that says nothing of either purpose; what stands below it is left alone. */
  unrelated: 1 << 3,
  /** Counts wherever the key stands in an event. */
  anywhere: 1 << 4,
  /** Wherever the key stands, what is below it is about consent. */
  container: 1 << 5,
  /** Holds the answer to what is around it: `{"status":"denied"}`. */
  state: 1 << 6,
  /** Lists what was allowed. */
  allow: 1 << 7,
  /** Lists what was denied. */
  deny: 1 << 8,
  yes: 1 << 9,
  no: 1 << 10,
  /** Three bits: how a text is coded. */
  tcf: 1 << 11,
  purposeDigits: 2 << 11,
  googleSignals: 3 << 11,
  googleDefaults: 4 << 11,
  usPrivacy: 5 << 11,
  iubenda: 6 << 11,
  formats: 7 << 11,
  /**
   * Names the category that an object is about: `{"category":"marketing","granted":false}`. Of a state: it may be about
   * something other than consent as a whole.
   */
  named: 1 << 14,
  /** Of a container: a no refuses both purposes. Of a purpose: counts as a key of the event or of its context. */
  outermost: 1 << 15,
} as const;

/** Longest folded spelling that is looked up. Units: bytes of UTF-8. */
export const spellingBytesMax = 64;

const encoder = new TextEncoder();

/**
 * Letters and digits in lower case, as a text of bytes; "" if there are none, or more than a spelling has. Full-width
 * forms are their ASCII; Latin, Greek and Cyrillic letters are put in lower case, others stay.
 */
export function foldSpelling(text: string): string {
  return foldBytes(encoder.encode(text));
}

/** The same of bytes, which need not be UTF-8. */
export function foldBytes(bytes: Uint8Array): string {
  let folded = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x80) {
      if (isWordByte(byte)) folded += String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
    } else {
      const blank = blankBytes(bytes, at);
      const narrow = blank === 0 ? narrowOf(bytes, at) : 0;
      const wide = blank === 0 && narrow === 0 ? lowerOf(bytes, at) : 0;
      at += blank > 0 ? blank - 1 : narrow > 0 ? 2 : wide > 0 ? 1 : 0;
      if (narrow > 0) folded += isWordByte(narrow) ? String.fromCharCode(narrow).toLowerCase() : "";
      else if (wide > 0) folded += String.fromCharCode(0xc0 | (wide >> 6), 0x80 | (wide & 0x3f));
      else if (blank === 0) folded += String.fromCharCode(byte);
    }
    if (folded.length > spellingBytesMax) return "";
  }
  return folded;
}

/** Of a letter of two bytes its lower case, by simple rules (U+00C0 to U+045F); 0 if there are no two bytes. */
function lowerOf(bytes: Uint8Array, at: number): number {
  const [first = 0, second = 0] = [bytes[at], bytes[at + 1]];
  if (first < 0xc3 || first > 0xd1 || second < 0x80 || second > 0xbf) return 0;
  const letter = ((first & 0x1f) << 6) | (second & 0x3f);
  const isUpper = (from: number, to: number) => letter >= from && letter <= to;
  if ((isUpper(0xc0, 0xde) && letter !== 0xd7) || isUpper(0x391, 0x3a9) || isUpper(0x410, 0x42f)) return letter + 0x20;
  if (isUpper(0x400, 0x40f)) return letter + 0x50;
  const isEven = letter % 2 === 0;
  if ((isUpper(0x100, 0x137) || isUpper(0x14a, 0x177)) && isEven) return letter + 1;
  return (isUpper(0x139, 0x148) || isUpper(0x179, 0x17e)) && !isEven ? letter + 1 : letter;
}

/** The ASCII character that three bytes are the full-width form of (U+FF01 to U+FF5E), or 0. */
function narrowOf(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0xef) return 0;
  const [second = 0, third = 0] = [bytes[at + 1], bytes[at + 2]];
  if (second === 0xbc && third >= 0x81 && third <= 0xbf) return third - 0x60;
  return second === 0xbd && third >= 0x80 && third <= 0x9e ? third - 0x20 : 0;
}

/**
 * Bytes of a space, dash, quote or mark that is not to be seen, or 0: U+00A0, U+00AD, U+2000 to U+202F, U+2040 to
 * U+206F, U+3000, U+FEFF.
 */
function blankBytes(bytes: Uint8Array, at: number): number {
  const [first, second = 0, third = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (first === 0xc2) return second === 0xa0 || second === 0xad ? 2 : 0;
  if (first === 0xe2 && second === 0x80) return third >= 0x80 && third <= 0xaf ? 3 : 0;
  if (first === 0xe2 && second === 0x81) return third >= 0x80 && third <= 0xaf ? 3 : 0;
  if (first === 0xe3 && second === 0x80) return third === 0x80 ? 3 : 0;
  return first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0;
}

function isWordByte(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}
