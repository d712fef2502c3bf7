import { americanAreas, bareBeginnings, lengthWords, phoneTable } from "./phone-table.ts";

/**
 * What a calling code's countries say of their numbers.
 *
 * Source: libphonenumber's metadata, by phone-table.ts, a word each: `+` the calling code, `t` a trunk prefix, `x` an
 * exit prefix, `!` and `m` as below, `ddd:n` that national numbers from these three digits on have lengths of set n.
 */
export interface PhoneFacts {
  readonly code: string;
  /** What stands before a national number within the country, carriers' codes too; shortest first. */
  readonly trunks: readonly string[];
  /** What stands before a calling code there; longest first. */
  readonly exits: readonly string[];
  /** True if most national numbers are written with a trunk prefix there. */
  readonly expectsTrunk: boolean;
  /** Argentina's mobiles: `15` behind the area code within the country, `9` before it from abroad. */
  readonly mobileFifteen: boolean;
  /** A bit for each length, by the first three digits: each entry is true from its first digits on. */
  readonly lengths: readonly (readonly [from: number, lengths: number])[];
  /** All lengths together. */
  readonly anyLength: number;
}

/** Exit prefix of most countries, taken everywhere. */
const commonExit = "00";

export const lengthSets: readonly number[] = wordsOf(lengthWords).map((word) => Number.parseInt(word, 16));
export const phoneFacts: readonly PhoneFacts[] = readTable();
const factsByCode = new Map(phoneFacts.map((facts) => [facts.code, facts]));
export const assignedAreas: ReadonlySet<string> = new Set(wordsOf(americanAreas));
export const writtenBare: ReadonlySet<string> = new Set(wordsOf(bareBeginnings));

function wordsOf(text: string): string[] {
  return text.trim().split(/\s+/);
}

function readTable(): PhoneFacts[] {
  const texts = phoneTable.trim().split(/\s+(?=\+)/);
  return texts.map((text) => {
    const [code = "", ...words] = text.slice(1).split(/\s+/);
    const tagged = (tag: string) => words.filter((word) => word.startsWith(tag)).map((word) => word.slice(1));
    const lengths = words.flatMap((word) => {
      const [from, set] = word.split(":");
      return set === undefined ? [] : [[Number(from), lengthSets[Number(set)] as number] as const];
    });
    const exits = [...new Set([commonExit, ...tagged("x")])].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    return {
      ...{ code, trunks: tagged("t"), exits, expectsTrunk: words.includes("!"), mobileFifteen: words.includes("m") },
      ...{ lengths, anyLength: lengths.reduce((all, [, each]) => all | each, 0) },
    };
  });
}

export function factsOfCode(code: string): PhoneFacts | null {
  return factsByCode.get(code) ?? null;
}

/** The facts of the calling code that digits begin with; no code begins with another one. */
export function factsLeading(digits: string): PhoneFacts | null {
  return factsByCode.get(digits.slice(0, 1)) ?? factsByCode.get(digits.slice(0, 2)) ?? factsOfCode(digits.slice(0, 3));
}

/** True if a national number of these digits can be: by its length and its first three digits. */
export function isPossibleNumber(facts: PhoneFacts, national: string): boolean {
  const first = Number(national.slice(0, 3).padEnd(3, "0"));
  const lengths = facts.lengths.findLast(([from]) => from <= first)?.[1] ?? 0;
  return national.length < 32 && ((lengths >> national.length) & 1) !== 0;
}

/** True if a national number of that country can have so many digits. */
export function isPossibleLength(facts: PhoneFacts, digits: number): boolean {
  return digits < 32 && ((facts.anyLength >> digits) & 1) !== 0;
}
