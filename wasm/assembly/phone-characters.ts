// What a character is in a phone number (domain/data-layer/detector/phone-characters.ts).
export const PHONE_DIGIT: u32 = 0;
export const PHONE_PLUS: u32 = 1;
export const PHONE_SPACE: u32 = 2;
export const PHONE_DOT: u32 = 3;
export const PHONE_SLASH: u32 = 4;
export const PHONE_LIST: u32 = 5;
export const PHONE_MARK: u32 = 6;
export const PHONE_COLON: u32 = 7;
export const PHONE_LETTER: u32 = 8;
export const PHONE_OTHER: u32 = 9;

/** Value of the digit of one of four scripts that was classed last. */
export let phoneDigit: u32 = 0;

/** Classes of the ASCII signs 0x00 to 0x7f, a byte each. */
const ascii: u32 = <u32>memory.data<u8>([
  9, 9, 9, 9, 9, 9, 9, 9, 9, 2, 5, 9, 9, 5, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
  2, 9, 2, 6, 9, 9, 5, 2, 2, 2, 2, 1, 5, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 6, 2, 7, 2, 9,
  9, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 2, 2, 2, 9, 2,
  2, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 2, 5, 2, 6, 9,
]);

@inline
export function asciiPhoneClass(byte: u32): u32 {
  return <u32>load<u8>(ascii + byte);
}

/** First code points of the digit rows beyond ASCII, a word each. */
const digitRows: u32 = <u32>memory.data<u16>([
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20, 0x1040,
  0x17e0, 0x1810, 0xff10,
]);
const digitRowsCount: u32 = 19;

/** The digit that a code point beyond ASCII is; more than 9 if it is none. */
export function wideDigitOf(code: u32): u32 {
  for (let row: u32 = 0; row < digitRowsCount; row++) {
    const digit = code - <u32>load<u16>(digitRows + row * 2);
    if (digit <= 9) return digit;
  }
  return 10;
}

export function phoneClassOf(code: u32): u32 {
  if (code < 0x80) {
    phoneDigit = code - 0x30;
    return asciiPhoneClass(code);
  }
  phoneDigit = wideDigitOf(code);
  if (phoneDigit <= 9) return PHONE_DIGIT;
  if (code >= 0xff01 && code <= 0xff5e) return fullwidth(code);
  if (code == 0x60c || code == 0x3001) return PHONE_LIST;
  if (isSpace(code)) return PHONE_SPACE;
  if ((code >= 0xaa && code <= 0x1fff) || (code >= 0x2c00 && code <= 0x2dff)) return PHONE_LETTER;
  return code >= 0x3040 && code <= 0xfdff ? PHONE_LETTER : PHONE_OTHER;
}

/** The signs of fullwidth forms that stand for an ASCII sign with a meaning here. */
function fullwidth(code: u32): u32 {
  const plain = code - 0xfee0;
  if (plain == 0x2b) return PHONE_PLUS;
  if (plain == 0x2e) return PHONE_DOT;
  if (plain == 0x2f) return PHONE_SLASH;
  if (plain == 0x2c) return PHONE_LIST;
  if (plain == 0x23 || plain == 0x3b || plain == 0x7e) return PHONE_MARK;
  if (plain == 0x3a) return PHONE_COLON;
  if (plain == 0x28 || plain == 0x29 || plain == 0x2d) return PHONE_SPACE;
  return (plain | 0x20) - 0x61 < 26 ? PHONE_LETTER : PHONE_OTHER;
}

/** Quotation marks, brackets, dashes, spaces, marks of direction. */
function isSpace(code: u32): bool {
  return (
    code == 0xa0 || code == 0xab || code == 0xad || code == 0xb7 || code == 0xbb || code == 0x61c || code == 0x1680 ||
    (code >= 0x2000 && code <= 0x2027) || (code >= 0x202a && code <= 0x203a) || (code >= 0x205f && code <= 0x206f) ||
    code == 0x2212 || code == 0x3000 || (code >= 0x3008 && code <= 0x3011) || code == 0xfeff
  );
}
