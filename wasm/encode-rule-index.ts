import { assert } from "../domain/model/failure.ts";
import type { Expression } from "../domain/model/program.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { beginningOf, flatTest, type Source, simplify, stringTag } from "./flat-tests.ts";

/** What a source must be for a rule to hold: a value with one of the tags, or a text with that key. */
interface Gate {
  readonly of: Source;
  readonly by: "tag" | "whole" | "beginning" | "end";
  /** Tags as bits, or a key of the text. */
  readonly key: number;
}

/** Gates of which one must be open, or null: the rule can hold for any event. None: it never can. */
type Gates = readonly Gate[] | null;

const tables = ["tag", "whole", "beginning", "end"] as const satisfies Gate["by"][];
/** How much a gate tells. */
const worth = { tag: 1, beginning: 2, end: 2, whole: 3 } as const satisfies Record<Gate["by"], number>;

const tagCount = 8;
const beginningBytes = 4;
const endBytes = 2;
const indexWords = 6;
const gateWords = 6;
const rulesMax = 0xffff;
const bucketsMax = 4_096;

const encoder = new TextEncoder();

/**
 * Writes what tells, by an event's values, the few rules that can hold for it: the others are not even looked at.
 *
 * Shape: assembly/candidates.ts. Returns its offset.
 */
export function encodeRuleIndex(
  writer: ByteWriter,
  conditions: readonly Expression[],
  sourceAt: (source: Source) => number,
): number {
  assert(conditions.length <= rulesMax, "there are too many rules to index them");
  const all = conditions.map(gatesOf);
  const bySource = new Map<number, Map<Gate["by"], [key: number, rule: number][]>>();
  all.forEach((gates, rule) => {
    for (const { of, by, key } of gates ?? []) {
      const source = sourceAt(of);
      const kinds = bySource.get(source) ?? new Map<Gate["by"], [number, number][]>();
      bySource.set(source, kinds);
      const entries = kinds.get(by) ?? [];
      kinds.set(by, entries);
      if (by !== "tag") entries.push([key, rule]);
      else for (let tag = 0; tag < tagCount; tag++) if ((key >> tag) & 1) entries.push([tag, rule]);
    }
  });
  const longs = Math.ceil(conditions.length / 64);
  const index = writer.words(indexWords + longs * 4);
  const gatesAt = writer.words(bySource.size * gateWords);
  const always = index + indexWords * 4;
  [always, longs, always + longs * 8, gatesAt, bySource.size].forEach((word, i) => {
    writer.setWord(index + i * 4, word);
  });
  all.forEach((gates, rule) => {
    if (gates === null) writer.setBit(always, rule);
  });
  [...bySource].forEach(([source, kinds], i) => {
    const at = gatesAt + i * gateWords * 4;
    writer.setWord(at, source);
    tables.forEach((by, k) => {
      const entries = kinds.get(by);
      if (entries !== undefined) writer.setWord(at + 4 + k * 4, writeTable(writer, entries, by === "tag"));
    });
  });
  return index;
}

/** Rules by the low bits of their keys: mask, offsets of where each bucket starts and the last one ends, rules. */
function writeTable(writer: ByteWriter, entries: readonly (readonly [number, number])[], byTag: boolean): number {
  let buckets = tagCount;
  while (!byTag && buckets < entries.length * 2 && buckets < bucketsMax) buckets *= 2;
  const lists = Array.from({ length: buckets }, () => new Set<number>());
  for (const [key, rule] of entries) lists[key & (buckets - 1)]?.add(rule);
  const at = writer.words(buckets + 2);
  writer.setWord(at, buckets - 1);
  lists.forEach((rules, bucket) => {
    const start = writer.shorts([...rules]);
    writer.setWord(at + 4 + bucket * 4, start);
    writer.setWord(at + 8 + bucket * 4, start + rules.size * 2);
  });
  return at;
}

function gatesOf(given: Expression): Gates {
  switch (given.op) {
    case "literal":
      return given.value === true ? null : [];
    case "and":
      return better(gatesOf(given.left), gatesOf(given.right));
    case "or":
      return either(gatesOf(given.left), gatesOf(given.right));
    case "in":
      return gatesOf(simplify(given));
    default:
      return gatesOfTest(given);
  }
}

function either(left: Gates, right: Gates): Gates {
  return left === null || right === null ? null : [...left, ...right];
}

function better(left: Gates, right: Gates): Gates {
  if (left === null || right === null) return left ?? right;
  const [a, b] = [left, right].map((gates) => Math.min(...gates.map(({ by }) => worth[by]))) as [number, number];
  return a > b || (a === b && left.length <= right.length) ? left : right;
}

function gatesOfTest(given: Expression): Gates {
  const test = flatTest(given);
  if (test === null) return null;
  const { of } = test;
  // What is missing is null.
  if (test.kind === "tags") return (test.tags & 1) !== 0 ? null : [{ of, by: "tag", key: test.tags }];
  if (test.kind === "number_order") return [{ of, by: "tag", key: 1 << 4 }];
  if (test.kind === "equals") return [{ of, by: "whole", key: wholeKey(encoder.encode(test.text)) }];
  const beginning = encoder.encode(beginningOf(test));
  if (beginning.length >= beginningBytes) return [{ of, by: "beginning", key: beginningKey(beginning) }];
  const text = encoder.encode(test.text);
  if (test.kind === "ends" && text.length >= endBytes) return [{ of, by: "end", key: endKey(text) }];
  return [{ of, by: "tag", key: stringTag }];
}

/** Of a text: length, first four bytes and last four; of a shorter one these are the same, zeros behind them. */
function wholeKey(bytes: Uint8Array): number {
  const last = bytes.subarray(bytes.length > 4 ? bytes.length - 4 : 0);
  return mixed((Math.imul(word(bytes), 0x9e3779b1) ^ word(last)) + bytes.length);
}

function beginningKey(bytes: Uint8Array): number {
  return mixed(word(bytes));
}

function endKey(bytes: Uint8Array): number {
  return mixed(word(bytes.subarray(bytes.length - endBytes)));
}

/** Up to four bytes, little endian. */
function word(bytes: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (bytes[i] ?? 0) << (i * 8);
  return value;
}

function mixed(value: number): number {
  return Math.imul(value, 0x85ebca6b) >>> 16;
}
