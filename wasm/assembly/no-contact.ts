// What can be no email and no phone number under such a key (domain/data-layer/detector/no-contact.ts).
import { isAnswer } from "./known-words";

const wordBytesMax: u32 = 24;
const integerDigitsMax: u32 = 6;
const digitsMin: u32 = 5;
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

/** True for a word that answers a question, and under a key of phones for what can be no number. */
export function isNoContact(at: u32, bytes: u32, isPhone: bool): bool {
  if (bytes > wordBytesMax) return false;
  if (isPhone && isNoPhone(at, bytes)) return true;
  // An answer is a digit alone, or begins with a letter.
  if (bytes != 1 && (<u32>load<u8>(at) | 0x20) - 0x61 > 25) return false;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    store<u8>(lowered + i, byte - 0x41 < 26 ? byte | 0x20 : byte);
  }
  return isAnswer(lowered, bytes);
}

/** Words with fewer than five digits, a small decimal number, a size: ASCII without signs of encodings or at-signs. */
function isNoPhone(at: u32, bytes: u32): bool {
  let digits: u32 = 0;
  let letters: u32 = 0;
  let others: u32 = 0;
  let last: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    const byte = <u32>load<u8>(at + i);
    if (byte - 0x20 > 0x5e || byte == 0x25 || byte == 0x26 || byte == 0x40 || byte == 0x5c) return false;
    if (byte - 0x30 < 10) {
      digits++;
      continue;
    }
    last = i;
    if ((byte | 0x20) - 0x61 < 26) letters++;
    else if (!isJoining(byte)) others++;
  }
  if (digits == 0) return letters > 0 || others == 0;
  if (letters > 0 && digits < digitsMin) return true;
  if (digits != bytes - 1) return false;
  const sign = <u32>load<u8>(at + last);
  const behind = bytes - 1 - last;
  if (sign == 0x2e) return last - 1 < 2 && behind - 1 < 2;
  return (sign | 0x20) == 0x78 && last - 3 < 3 && behind - 3 < 3;
}

/** What words are joined with. */
function isJoining(byte: u32): bool {
  return byte == 0x20 || byte == 0x21 || byte == 0x27 || byte == 0x5f || (byte >= 0x2a && byte <= 0x2e);
}
