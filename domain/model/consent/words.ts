import { foldSpelling, kinds } from "./kinds.ts";
import { consentTable } from "./table.ts";

/** An answer: yes, no, or nothing that can be read. */
export type Answer = "yes" | "no" | null;

/** Entries of the table as they are looked up: folded spelling and kinds. */
export const consentEntries: readonly (readonly [folded: string, kinds: number])[] = consentTable.flatMap(
  ([bits, spellings]) =>
    spellings
      .trim()
      .split(/\s+/)
      .map((spelling) => [foldSpelling(spelling), bits] as const),
);

const kindsBySpelling = new Map(consentEntries);

/** The kinds of a folded spelling; 0 for what is not in the table. */
export function kindsOf(folded: string): number {
  return kindsBySpelling.get(folded) ?? 0;
}

/** The answer that a text gives, whatever its case and punctuation: `Opted-Out` is a no. `-1` is no 1. */
export function answerOfText(text: string): Answer {
  const answer = answerOfKinds(kindsOf(foldSpelling(text)));
  return answer === "yes" && /^ *-1/.test(text) ? null : answer;
}

export function answerOfKinds(bits: number): Answer {
  return (bits & kinds.no) !== 0 ? "no" : (bits & kinds.yes) !== 0 ? "yes" : null;
}

/** The answer of a number as it is written: any zero is a no, `1` and `1.00` a yes. */
export function answerOfNumber(text: string): Answer {
  if (/^-?[0.]+(?:[eE]|$)/.test(text)) return "no";
  return /^1(?:\.0+)?$/.test(text) ? "yes" : null;
}

/** The answer of a value that JSON or JavaScript holds. */
export function answerOf(value: unknown): Answer {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return answerOfText(value);
  return typeof value === "number" ? answerOfNumber(String(value)) : null;
}
