/**
 * The Unicode rules of the data layer, stated once for every kernel.
 * Lower case is ECMAScript's `toLowerCase` (root locale, full mapping); ASCII has the obvious fast path.
 */
export function lowerText(text: string): string {
  return text.toLowerCase();
}

/**
 * Removes white space at both ends: ECMAScript's set, which is TAB to CR, U+0020, U+00A0, U+1680, U+2000 to U+200A,
 * U+2028, U+2029, U+202F, U+205F, U+3000 and U+FEFF.
 */
export function trimText(text: string): string {
  return text.trim();
}

const sha256HexChars = 64;
const sha256Hex = /^[0-9a-f]{64}$/i;

/** The lowercase hash if `text` (trimmed) already is one, else null: what is hashed is never hashed again. */
export function alreadyHashed(text: string): string | null {
  if (text.length < sha256HexChars) return null;
  const trimmed = trimText(text);
  return sha256Hex.test(trimmed) ? trimmed.toLowerCase() : null;
}

/** Order of two strings by code point, which is also the order of their UTF-8 bytes. */
export function compareText(left: string, right: string): number {
  const chars = Math.min(left.length, right.length);
  for (let i = 0; i < chars; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1;
  }
  return left.length - right.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
