/**
 * What a character is in a phone number: `space` for all that groups digits or is not seen, `list` for what stands
 * between two numbers, `mark` for what stands before an extension.
 */
export type PhoneClass = "digit" | "plus" | "space" | "dot" | "slash" | "list" | "mark" | "colon" | "letter" | "other";

/** First code points of the digit rows that count: ASCII, Arabic, NKo, those of South and East Asia, fullwidth. */
export const digitRows: readonly number[] = [
  ...[0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20],
  ...[0x1040, 0x17e0, 0x1810, 0xff10],
];
/** Quotation marks, brackets, dashes, spaces, marks of direction. Inclusive ranges. */
const spaces: readonly (readonly [number, number])[] = [
  [0xa0, 0xa0],
  [0xab, 0xab],
  [0xad, 0xad],
  [0xb7, 0xb7],
  [0xbb, 0xbb],
  [0x61c, 0x61c],
  [0x1680, 0x1680],
  [0x2000, 0x2027],
  [0x202a, 0x203a],
  [0x205f, 0x206f],
  [0x2212, 0x2212],
  [0x3000, 0x3000],
  [0x3008, 0x3011],
  [0xfeff, 0xfeff],
  [0xff08, 0xff09],
  [0xff0d, 0xff0d],
];
const letters: readonly (readonly [number, number])[] = [
  [0x41, 0x5a],
  [0x61, 0x7a],
  [0xaa, 0x1fff],
  [0x2c00, 0x2dff],
  [0x3040, 0xfdff],
  [0xff21, 0xff3a],
  [0xff41, 0xff5a],
];
const classes = new Map<number, PhoneClass>();
for (const [kind, signs] of [
  ["plus", "+\uff0b"],
  ["space", " \t'\"`()[]{}<>\\-*_"],
  ["dot", ".\uff0e"],
  ["slash", "/\uff0f"],
  ["list", "\n\r,|&\u060c\uff0c\u3001"],
  ["mark", "#;~\uff03\uff1b\uff5e"],
  ["colon", ":=\uff1a"],
] as const) {
  for (const sign of signs) classes.set(sign.charCodeAt(0), kind);
}

/** The digit that a code point is, or -1. */
export function phoneDigitOf(code: number): number {
  if (code < 0x80) return code >= 0x30 && code <= 0x39 ? code - 0x30 : -1;
  const first = digitRows.find((row) => code >= row && code <= row + 9);
  return first === undefined ? -1 : code - first;
}

export function phoneClassOf(code: number): PhoneClass {
  if (phoneDigitOf(code) >= 0) return "digit";
  const known = classes.get(code);
  if (known !== undefined) return known;
  const within = ([first, last]: readonly [number, number]) => code >= first && code <= last;
  if (spaces.some(within)) return "space";
  return letters.some(within) ? "letter" : "other";
}
