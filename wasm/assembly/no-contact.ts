// What can be no email and no phone number under such a key (domain/data-layer/detector/no-contact.ts).
import { isAnswer } from "./known-words";

const wordBytesMax: u32 = 24;
const integerDigitsMax: u32 = 6;
const lowered: u32 = <u32>memory.data(32, 16);

/** True for a number, as it is written, of up to six digits before its point and no exponent. */
export function isSmallNumber(at: u32, end: u32): bool {
  let p = load<u8>(at) == 0x2d ? at + 1 : at;
  const start = p;
  while (p < end && <u32>load<u8>(p) - 0x30 < 10) p++;
  if (p - start > integerDigitsMax) return false;
  if (p < end && load<u8>(p) == 0x2e) {
    p++;
    while (p < end && <u32>load<u8>(p) - 0x30 < 10) p++;
  }
  return p == end;
}

/** True for a word that answers a question, and under a key of phones for short words without digits. */
export function isNoContact(at: u32, bytes: u32, isPhone: bool): bool {
  if (bytes > wordBytesMax) return false;
  if (isPhone && isWords(at, bytes)) return true;
  // An answer is a digit alone, or begins with a letter.
  if (bytes != 1 && (<u32>load<u8>(at) | 0x20) - 0x61 > 25) return false;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    store<u8>(lowered + i, byte - 0x41 < 26 ? byte | 0x20 : byte);
  }
  return isAnswer(lowered, bytes);
}

function isWords(at: u32, bytes: u32): bool {
  for (let i: u32 = 0; i < bytes; i++) if (!isWordByte(load<u8>(at + i))) return false;
  return true;
}

/** A letter, or what words are joined with. */
function isWordByte(byte: u32): bool {
  if ((byte | 0x20) - 0x61 < 26 || byte == 0x20 || byte == 0x21 || byte == 0x27 || byte == 0x5f) return true;
  return byte >= 0x2a && byte <= 0x2e;
}
