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
  /** Names the category that an object is about: `{"category":"marketing","granted":false}`. */
  named: 1 << 14,
  /** Of a container: a no refuses both purposes. Of a purpose: counts as a key of the event or of its context. */
  outermost: 1 << 15,
} as const;

/** Longest folded spelling that is looked up. Units: bytes of UTF-8. */
export const spellingBytesMax = 64;

const encoder = new TextEncoder();

/** Letters and digits in lower case, as a text of bytes; "" if there are none, or more than can be a spelling. */
export function foldSpelling(text: string): string {
  return foldBytes(encoder.encode(text.toLowerCase()));
}

/** The same of UTF-8 of which only ASCII is put in lower case. */
export function foldBytes(bytes: Uint8Array): string {
  let folded = "";
  for (const byte of bytes) {
    if (!isWordByte(byte)) continue;
    if (folded.length === spellingBytesMax) return "";
    folded += String.fromCharCode(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
  }
  return folded;
}

function isWordByte(byte: number): boolean {
  const letter = byte | 0x20;
  return byte >= 0x80 || (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}
