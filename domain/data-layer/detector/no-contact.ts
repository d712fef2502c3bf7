import { answers } from "./known-words.ts";

const wordCharsMax = 24;
/** ASCII letters and what words are joined with. */
const wordsOnly = /^[ !'*+,.A-Z_a-z-]*$/;
const decimal = /^\d{1,2}\.\d{1,2}$/;
/** ASCII but for signs of encodings and at-signs. */
const plainOnly = /^[ -$'-?A-[\]-~]*$/;
const digitsMin = 5;
/** A screen's. */
const size = /^\d{3,5}x\d{3,5}$/i;
const small = /^-?\d{1,6}(?:\.\d+)?$/;

/**
 * True for what can be no email and no phone number under such a key, and so stays as it is: booleans, numbers of up to
 * six digits before the point (counts, shares), words that answer a question (`yes`, `opted_in`), and under a key of
 * phones words with fewer than five digits (`iPhone 15 Pro`), small decimal numbers (`7.4`) and sizes (`1080x1920`).
 *
 * Shape: `kind` of JSON; `text` is a string unescaped, a number as it is written.
 */
export function isNoContact(kind: string, text: string, isPhone: boolean): boolean {
  if (kind === "true" || kind === "false") return true;
  if (kind === "number") return small.test(text);
  if (kind !== "string" || text.length > wordCharsMax) return false;
  return (isPhone && isNoPhone(text)) || answers.has(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
}

function isNoPhone(text: string): boolean {
  if (wordsOnly.test(text) || decimal.test(text) || size.test(text)) return true;
  return plainOnly.test(text) && /[a-z]/i.test(text) && text.replace(/\D/g, "").length < digitsMin;
}
