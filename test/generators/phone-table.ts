import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type DigitPattern, parseDigitPattern } from "./digit-pattern.ts";

/** A country's entry of `metadata.max.json`, by position. Source: libphonenumber-js, `source/metadata.js`. */
type Country = readonly [
  code: string,
  exits: string,
  numbers: string,
  lengths: readonly number[],
  formats: readonly (readonly [pattern: string, format: string, leading?: unknown, trunk?: string, optional?: 1])[] | 0,
  trunk: string | 0,
  spare: unknown,
  trunks?: string | 0,
  replacement?: string | 0,
  ...more: unknown[],
];

interface Metadata {
  readonly country_calling_codes: Readonly<Record<string, readonly string[]>>;
  readonly countries: Readonly<Record<string, Country>>;
  readonly nonGeographic: Readonly<Record<string, Country>>;
}

const packageName = "libphonenumber-js";
const leadingDigits = 3;
const columns = 116;
/** Prefixes of a country that are written out; carriers' codes of some countries are hundreds. */
const prefixesMax = 64;
/** A national number this long can't be told from one with its country's code, where both are written bare. */
const bareLength = 11;
const areaDigits = 3;
const americanLength = 10;
const argentinasMobiles = "9$1";

const required = createRequire(import.meta.url);
const metadata = JSON.parse(readFileSync(required.resolve(`${packageName}/metadata.max.json`), "utf8")) as Metadata;
const { version } = JSON.parse(readFileSync(required.resolve(`${packageName}/package.json`), "utf8"));
const beginnings = Array.from({ length: 10 ** leadingDigits }, (_, i) => String(i).padStart(leadingDigits, "0"));

/** The text of domain/data-layer/phone-table.ts, made from the metadata of the package that is installed. */
export function phoneTableText(): string {
  const sets: number[] = [];
  const codes = Object.entries({ ...metadata.country_calling_codes, ...nonGeographic() });
  codes.sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = codes.flatMap(([code, names]) => rowWords(code, names.map(countryOf), sets));
  const source = `${packageName} ${version}, metadata.max.json (MIT)`;
  return `// Made by test/generators/write-phone-table.ts from ${source}, which holds the
// facts of Google's libphonenumber (Apache-2.0). What the words mean says phone-facts.ts.

/** Sets of lengths that national numbers have, in hex: bit n for n digits. */
export const lengthWords = \`
${wrapped(sets.map((set) => set.toString(16)))}
\`;

/** A word each, behind that of the calling code. */
export const phoneTable = \`
${wrapped(rows)}
\`;

/** Area codes of calling code 1 that are assigned. */
export const americanAreas = \`
${wrapped(americanAreas())}
\`;

/** First digits of national numbers of ${bareLength} digits that are written without any prefix in their country. */
export const bareBeginnings = \`
${wrapped(bareBeginnings())}
\`;
`;
}

function nonGeographic(): Record<string, string[]> {
  return Object.fromEntries(Object.keys(metadata.nonGeographic).map((code) => [code, [code]]));
}

function countryOf(name: string): Country {
  return (metadata.countries[name] ?? metadata.nonGeographic[name]) as Country;
}

function rowWords(code: string, countries: readonly Country[], sets: number[]): string[] {
  const [main] = countries as [Country];
  const words = [`+${code}`];
  words.push(...unique(countries.flatMap(trunksOf)).map((trunk) => `t${trunk}`));
  words.push(...unique(splitTop(main[1] || "").flatMap(prefixes)).map((exit) => `x${exit}`));
  if (expectsTrunk(main)) words.push("!");
  if (main[8] === argentinasMobiles) words.push("m");
  const patterns = countries.map((country) => [parseDigitPattern(country[2]), setOf(country[3])] as const);
  let last = -1;
  for (const beginning of beginnings) {
    const set = patterns.reduce((all, [pattern, possible]) => all | (pattern.lengthsFrom(beginning) & possible), 0);
    if (!sets.includes(set)) sets.push(set);
    if (sets.indexOf(set) !== last) words.push(`${beginning}:${sets.indexOf(set)}`);
    last = sets.indexOf(set);
  }
  return words;
}

function setOf(lengths: readonly number[]): number {
  return lengths.reduce((set, length) => set | (1 << length), 0);
}

/** What may stand before a national number within the country, carriers' codes where they are few. */
function trunksOf(country: Country): string[] {
  const trunk = country[5] || "";
  const pattern = country[7] || trunk;
  const parts = splitTop(pattern).flatMap((part) => {
    // What is a whole number, or an area in a group, is no prefix.
    if (part.endsWith("$") || country[8] === argentinasMobiles) return [];
    return prefixes(part.replaceAll(/\(\\d\{\d+,\d+\}\)/g, "")) ?? [];
  });
  const all = [...(trunk === "" ? [] : [trunk]), ...parts];
  return all.filter((text) => text !== "");
}

function prefixes(pattern: string): string[] {
  try {
    return parseDigitPattern(pattern).matches(prefixesMax) ?? [];
  } catch {
    return [];
  }
}

/** Alternatives at the top of a pattern. */
function splitTop(pattern: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const char of pattern) {
    if (char === "(") depth++;
    if (char === ")") depth--;
    if (char === "|" && depth === 0) parts.push("");
    else parts.push(`${parts.pop()}${char}`);
  }
  return parts;
}

/** Shortest first; of one length in order. */
function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== "").sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

/** True if most numbers of the country are written with the trunk prefix there. */
function expectsTrunk(country: Country): boolean {
  const trunk = country[5] || "";
  const formats = country[4] || [];
  if (trunk === "") return false;
  const expecting = formats.filter((format) => (format[3] ?? "").toString().includes(trunk) && format[4] !== 1);
  return expecting.length * 2 > formats.length;
}

/** Patterns of a country's kinds of numbers: fixed and mobile lines, free and paid ones … */
function kindsOf(country: Country): (readonly [DigitPattern, number])[] {
  const kinds = (country[11] ?? []) as readonly (readonly [string, (readonly number[])?] | 0)[];
  return kinds.flatMap((kind) =>
    kind === 0 ? [] : [[parseDigitPattern(kind[0]), setOf(kind[1] ?? country[3])] as const],
  );
}

function americanAreas(): string[] {
  const names = metadata.country_calling_codes["1"] ?? [];
  const kinds = names.flatMap((name) => kindsOf(countryOf(name)));
  const assigned = (area: string) =>
    kinds.some(([pattern, possible]) => (pattern.lengthsFrom(area) & possible & (1 << americanLength)) !== 0);
  return beginnings.map((beginning) => beginning.slice(0, areaDigits)).filter(assigned);
}

/** Of mobile lines: fixed ones have an area code, which is left out only with the rest of the number. */
function bareBeginnings(): string[] {
  const bare = Object.values(metadata.countries).filter((country) => !expectsTrunk(country));
  const mobiles = bare.flatMap((country) => kindsOf(country).slice(1, 2));
  return beginnings.filter((beginning) =>
    mobiles.some(([pattern, possible]) => (pattern.lengthsFrom(beginning) & possible & (1 << bareLength)) !== 0),
  );
}

function wrapped(words: readonly string[]): string {
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1) as string;
    if (line === "" || line.length + word.length >= columns) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.filter((line) => line !== "").join("\n");
}
