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
 * forms are their ASCII.
 */
export function foldSpelling(text: string): string {
  return foldBytes(encoder.encode(text.toLowerCase()));
}

/** The same of UTF-8 of which only ASCII is put in lower case. */
export function foldBytes(bytes: Uint8Array): string {
  let folded = "";
  for (let at = 0; at < bytes.length; at++) {
    const wide = bytes[at] === 0xef ? narrowOf(bytes, at) : 0;
    const byte = wide !== 0 ? wide : (bytes[at] as number);
    const skipped = wide !== 0 ? 2 : blankBytes(bytes, at) - 1;
    at += Math.max(skipped, 0);
    if (skipped > 0 && wide === 0) continue;
    if (!isWordByte(byte)) continue;
    if (folded.length === spellingBytesMax) return "";
    folded += String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
  }
  return folded;
}

/** The ASCII character that three bytes are the full-width form of (U+FF01 to U+FF5E), or 0. */
function narrowOf(bytes: Uint8Array, at: number): number {
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
  return byte >= 0x80 || (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}
