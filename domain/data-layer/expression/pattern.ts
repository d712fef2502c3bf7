/** A pattern that is a text with stars at its ends or none: it is compared or searched for, in the whole text. */
export interface PlainPattern {
  readonly kind: "equals" | "starts" | "ends" | "contains";
  readonly text: string;
}

/** Null for a pattern with a question mark, or with a star inside. */
export function plainPatternOf(glob: string): PlainPattern | null {
  const [, before, text, behind] = /^(\**)([^*?]*)(\**)$/s.exec(glob) ?? [];
  if (text === undefined) return null;
  if (before === "") return { kind: behind === "" ? "equals" : "starts", text };
  // Stars alone: whatever is a text begins with nothing.
  if (text === "") return { kind: "starts", text };
  return { kind: behind === "" ? "ends" : "contains", text };
}
