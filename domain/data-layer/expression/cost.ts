import { conditionTextBytesMax } from "../../model/limits.ts";
import type { Expression } from "../../model/program.ts";
import { plainPatternOf } from "./pattern.ts";

/**
 * What each part of a condition may take of one event, whatever the event holds. Units: nanoseconds.
 *
 * Source: measured with the kernel in Bun on texts of 31 KB that nearly match, one long object, one long number
 * (`test/wasm/kernel-costs.long.test.ts` measures again).
 */
const nsOf = {
  part: 30,
  /** A path is looked up once an event, in an object with as many members as fit one. */
  path: 8_000,
  /** `lower()` of a path is made once an event, of anything else each time. */
  lower: 3_000,
  length: 1_000,
  numbers: 1_000,
  /** Two texts of the event, equal up to their ends. */
  texts: 1_000,
  orderOfTexts: 10_000,
  search: 6_500,
  searchedByte: 7,
  searchMax: 13_000,
  pattern: 8_000,
  patternSign: 50,
  /** Of a pattern for bots, 32 signs of it, on the longest User-Agent that is judged. */
  userAgentWord: 4_500,
  userAgentText: 500,
} as const;

/** Adds up what conditions may take of one event together: what they share is counted once. Units: nanoseconds. */
export function conditionsNs(conditions: readonly Expression[]): number {
  const shared = new Set<string>();

  function onceOf(given: Expression, ns: number): number {
    const name = JSON.stringify(given);
    if (shared.has(name)) return 0;
    shared.add(name);
    return ns;
  }

  function total(given: Expression): number {
    const parts = "left" in given ? total(given.left) + total(given.right) : "of" in given ? total(given.of) : 0;
    return nsOf.part + parts + ownNs(given);
  }

  function ownNs(given: Expression): number {
    switch (given.op) {
      case "path":
        return onceOf(given, nsOf.path);
      case "lower":
        return given.of.op === "path" ? onceOf(given, nsOf.lower) : nsOf.lower;
      case "length":
        return nsOf.length;
      case "in":
        return given.list.length * nsOf.part + (given.list.some(isNumber) ? nsOf.numbers : 0);
      case "matches":
        return patternNs(given.glob);
      case "contains":
        return given.right.op === "literal" ? searchNs(String(given.right.value)) : nsOf.searchMax;
      default:
        return "left" in given && given.op !== "and" && given.op !== "or" ? comparisonNs(given.op, given) : 0;
    }
  }

  return conditions.reduce((sum, condition) => sum + total(condition), 0);
}

function comparisonNs(op: string, { left, right }: { readonly left: Expression; readonly right: Expression }): number {
  const literals = [left, right].flatMap((side) => (side.op === "literal" ? [side.value] : []));
  if (literals.some(isNumber)) return nsOf.numbers;
  if (literals.length > 0) return 0;
  return ["<", "<=", ">", ">="].includes(op) ? nsOf.orderOfTexts : nsOf.texts + nsOf.numbers;
}

function patternNs(glob: string): number {
  const plain = plainPatternOf(glob);
  if (plain !== null) return plain.kind === "contains" ? searchNs(plain.text) : 0;
  // Without a star before it, a text shows at once whether it matches.
  const [, ...behindStars] = glob.split("*");
  if (behindStars.every((stretch) => stretch === "")) return nsOf.part;
  return nsOf.pattern + glob.length * nsOf.patternSign;
}

/** What an organisation's patterns for bots may take of one User-Agent together. Units: nanoseconds. */
export function userAgentPatternsNs(patterns: readonly string[]): number {
  return patterns.reduce((sum, pattern) => {
    const signs = pattern.replaceAll("*", "").length;
    return (
      sum + (plainPatternOf(pattern) === null ? nsOf.userAgentWord * Math.ceil((signs + 1) / 32) : nsOf.userAgentText)
    );
  }, 0);
}

function searchNs(text: string): number {
  if (text.length > conditionTextBytesMax) return 0;
  return Math.min(nsOf.searchMax, nsOf.search + text.length * nsOf.searchedByte);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}
