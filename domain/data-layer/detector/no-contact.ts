import { answers } from "./known-words.ts";

const wordCharsMax = 24;
/** ASCII letters and what words are joined with. */
const wordsOnly = /^[ !'*+,.A-Z_a-z-]*$/;
const small = /^-?\d{1,6}(?:\.\d+)?$/;

/**
 * True for what can be no email and no phone number under such a key, and so stays as it is: booleans, numbers of up to
 * six digits before the point (counts, shares), words that answer a question (`yes`, `opted_in`), and under a key of
 * phones short words without digits (`iPhone`).
 *
 * Shape: `kind` of JSON; `text` is a string unescaped, a number as it is written.
 */
export function isNoContact(kind: string, text: string, isPhone: boolean): boolean {
  if (kind === "true" || kind === "false") return true;
  if (kind === "number") return small.test(text);
  if (kind !== "string" || text.length > wordCharsMax) return false;
  return (isPhone && wordsOnly.test(text)) || answers.has(text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
}
