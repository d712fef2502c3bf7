// Values in the form that vendors hash (domain/data-layer/normalise.ts). Latin names and cities and emails are done here,
// phones in phones.ts; dates, genders, zips, states, countries and what holds other characters go to the host, which has the
// rules.
import { take } from "./memory";
import { lower, lowerAt, lowerBytes, trim, trimAt, trimBytes } from "./text";

export const EMAIL: u32 = 0;
export const PHONE: u32 = 1;
export const PERSON_NAME: u32 = 2;
export const CITY: u32 = 3;
export const PLAIN: u32 = 9;
/** In a pattern's place: take the normaliser of the key's own row. */
export const OF_ROW: u32 = 255;

/** Normal form by the host's rules, written to `to`; returns its bytes. Room: three times the bytes and 16. */
@external("host", "normalise")
declare function hostNormalise(name: u32, at: u32, bytes: u32, to: u32): u32;

export let normalAt: u32 = 0;
export let normalBytes: u32 = 0;

/** Brings a text into its normal form; nothing left of it: 0 bytes. */
export function normalise(name: u32, at: u32, bytes: u32): void {
  if (name == PLAIN || name == EMAIL) {
    trim(at, bytes);
    normalAt = trimAt;
    normalBytes = trimBytes;
    if (name == PLAIN) return;
    if (mayHoldUnseen(normalAt, normalBytes)) {
      normalAt = take(bytes * 3 + 16);
      normalBytes = hostNormalise(name, at, bytes, normalAt);
      return;
    }
    lower(normalAt, normalBytes);
    normalAt = lowerAt;
    normalBytes = lowerBytes;
    return;
  }
  normalAt = take(bytes * 3 + 16);
  const inPlace = name == PERSON_NAME || name == CITY;
  if (inPlace && isLatin(at, bytes)) normalBytes = latin(at, bytes, name == PERSON_NAME, normalAt) - normalAt;
  else normalBytes = hostNormalise(name, at, bytes, normalAt);
}

/** False of ASCII and of what begins with other bytes than zero width characters, marks and soft hyphens do. */
function mayHoldUnseen(at: u32, bytes: u32): bool {
  for (let p = at; p < at + bytes; p++) {
    const byte = <u32>load<u8>(p);
    if (byte == 0xc2 || byte == 0xe1 || byte == 0xe2 || byte == 0xef) return true;
  }
  return false;
}

/** True of ASCII and U+00C0 to U+00FF. */
function isLatin(at: u32, bytes: u32): bool {
  for (let p = at; p < at + bytes; p++) {
    const byte = <u32>load<u8>(p);
    if (byte < 0x80) continue;
    if (byte != 0xc3) return false;
    p++;
  }
  return true;
}

/**
 * Writes a Latin text in lower case and returns its end. Of a city letters stay; of a name all but punctuation and
 * signs, and one space where any white space stood between two of them: `O'Neil \t & 2 Co.` is `oneil 2 co`.
 */
function latin(at: u32, bytes: u32, isName: bool, to: u32): u32 {
  let out = to;
  let gap = false;
  for (let p = at; p < at + bytes; p++) {
    let byte = <u32>load<u8>(p);
    let next: u32 = 0;
    if ((byte | 0x20) - 0x61 < 26) {
      byte |= 0x20;
    } else if (byte == 0xc3) {
      // Letters but for U+00D7 and U+00F7, which are signs; those up to U+00DE are capitals.
      next = <u32>load<u8>(++p);
      if (next == 0x97 || next == 0xb7) continue;
      if (next <= 0x9e) next += 0x20;
    } else {
      if (!isName) continue;
      if (byte == 0x20 || byte - 9 <= 4) {
        gap = out != to;
        continue;
      }
      // Digits, and control characters, which are neither.
      if (byte - 0x30 >= 10 && byte > 0x20 && byte != 0x7f) continue;
    }
    if (gap) store<u8>(out++, 0x20);
    gap = false;
    store<u8>(out++, byte);
    if (next != 0) store<u8>(out++, next);
  }
  return out;
}
