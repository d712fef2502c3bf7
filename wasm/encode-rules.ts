import { type PlainPattern, plainPatternOf } from "../domain/data-layer/expression/pattern.ts";
import { assert } from "../domain/model/failure.ts";
import type { Expression, RoutingRule } from "../domain/model/program.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { encodeRuleIndex } from "./encode-rule-index.ts";
import {
  beginningOf,
  type FlatTest,
  flatTest,
  isSource,
  numberTag,
  type Path,
  type Source,
  simplify,
  stringTag,
} from "./flat-tests.ts";

type Literal = string | number | boolean | null;

/** Operators by number (assembly/conditions.ts). */
const unaryOps = { lower: 6, length: 7, exists: 8, not: 9 } as const;
const binaryOps = {
  and: 10,
  or: 11,
  "==": 12,
  "!=": 13,
  "<": 14,
  "<=": 15,
  ">": 16,
  ">=": 17,
  contains: 18,
  starts_with: 19,
  ends_with: 20,
} as const;
/** What compares or searches for a pattern that is a text. */
const plainOps = {
  equals: binaryOps["=="],
  starts: binaryOps.starts_with,
  ends: binaryOps.ends_with,
  contains: binaryOps.contains,
} as const;
const sourceOp = 5;
const matchesOp = 21;
const inOp = 22;

/** Kinds of tests by number (assembly/routing.ts). */
const testOps = {
  tags: 0,
  equals: 1,
  starts: 2,
  ends: 3,
  contains: 4,
  glob: 5,
  text_order: 6,
  number_order: 7,
} as const satisfies Record<FlatTest["kind"], number>;
const exactNumberOp = 8;
const conditionOp = 9;

/** Where a test may lead besides to another one, which is even. */
const refuted = 1;
const passes = 3;
const drops = (rule: number): number => 5 + 2 * rule;

const expressionWords = 4;
const sourceWords = 10;
const testWords = 10;
/** The fourth is the kernel's own: what a key means, and that this is known. */
const segmentWords = 4;
/** Before a key's text: its first bytes. */
const keyWords = 8;
/** So few are quicker to try one by one. */
const unindexedRulesMax = 8;

const knownName = 1 << 16;
/** What no key begins with. */
const noKey = new Uint8Array(8);

const encoder = new TextEncoder();

/** What the program's head says of rules: the first test of all, or with an index the table of each rule's first. */
export interface EncodedRules {
  readonly tests: number;
  /** Offset, or 0: there is none. */
  readonly index: number;
  /** Offset of a source, each of which names another one, or 0: there is none. */
  readonly sources: number;
}

/** Writes routing rules; equal sources are written once, so that an event's value is looked up once. */
export function encodeRules(writer: ByteWriter, rules: readonly RoutingRule[]): EncodedRules {
  const ruleEncoder = new RuleEncoder(writer);
  const endOf = (rule: number) => (rules[rule]?.action === "drop" ? drops(rule) : passes);
  if (rules.length <= unindexedRulesMax) {
    const chain = (next: number, { condition }: RoutingRule, rule: number) =>
      ruleEncoder.test(condition, endOf(rule), next);
    const first = rules.reduceRight(chain, passes);
    return { tests: first, index: 0, sources: ruleEncoder.end() };
  }
  const tests = writer.words(rules.length);
  rules.forEach(({ condition }, rule) => {
    writer.setWord(tests + rule * 4, ruleEncoder.test(condition, endOf(rule), refuted));
  });
  const conditions = rules.map((rule) => rule.condition);
  const index = encodeRuleIndex(writer, conditions, (source) => ruleEncoder.source(source));
  return { tests, index, sources: ruleEncoder.end() };
}

class RuleEncoder {
  private readonly writer: ByteWriter;
  private readonly sources = new Map<string, number>();
  private lastSource = 0;
  /** What is seldom read is written last, so that tests and sources lie close together. */
  private readonly later: (() => void)[] = [];

  constructor(writer: ByteWriter) {
    this.writer = writer;
  }

  /** Writes what was left for later; returns the offset of the last source, which leads to all others. */
  end(): number {
    for (const write of this.later) write();
    return this.lastSource;
  }

  /** Writes the tests of a condition, last one first; returns the offset of the first, or where it leads at once. */
  test(given: Expression, onTrue: number, onFalse: number): number {
    switch (given.op) {
      case "literal":
        return given.value === true ? onTrue : onFalse;
      case "and":
        return this.test(given.left, this.test(given.right, onTrue, onFalse), onFalse);
      case "or":
        return this.test(given.left, onTrue, this.test(given.right, onTrue, onFalse));
      case "not":
        return this.test(given.of, onFalse, onTrue);
      case "!=":
        return this.test(simplify(given), onTrue, onFalse);
      case "in":
        if (!isSource(given.of)) return this.condition(given, onTrue, onFalse);
        return this.test(simplify(given), onTrue, onFalse);
      default: {
        const flat = flatTest(given);
        return flat === null ? this.condition(given, onTrue, onFalse) : this.flat(flat, onTrue, onFalse);
      }
    }
  }

  private condition(given: Expression, onTrue: number, onFalse: number): number {
    const expression = this.expression(given);
    const at = this.writer.words(testWords);
    this.put(at, conditionOp, expression, onFalse, onTrue);
    return at;
  }

  private flat(test: FlatTest, onTrue: number, onFalse: number): number {
    const { writer } = this;
    const source = this.source(test.of);
    const tags = test.kind === "tags" ? test.tags : test.kind === "number_order" ? numberTag : stringTag;
    const accept = "accept" in test ? test.accept : 0;
    const range = test.kind === "number_order" ? rangeOf(test.text, accept) : null;
    const op = test.kind === "number_order" && range === null ? exactNumberOp : testOps[test.kind];
    const at = writer.words(testWords);
    this.put(at, op | (accept << 8) | (tags << 16), source, onFalse, onTrue);
    if (range !== null) range.forEach((bound, i) => void writer.setLong(at + 16 + i * 8, bound));
    else this.firstBytes(at + 16, encoder.encode(beginningOf(test)));
    if (test.kind === "tags") return at;
    this.later.push(() => {
      const { offset, bytes } = writer.text(test.text);
      this.put(at + 32, offset, bytes);
    });
    return at;
  }

  /** The offset of a source's entry. */
  source(given: Source): number {
    const name = JSON.stringify(given);
    const known = this.sources.get(name);
    if (known !== undefined) return known;
    const at = given.op === "path" ? this.path(given) : this.lowered(this.source(given.of));
    this.sources.set(name, at);
    return at;
  }

  private newSource(): number {
    const at = this.writer.words(sourceWords);
    this.put(at + 28, this.lastSource);
    this.lastSource = at;
    return at;
  }

  private lowered(of: number): number {
    const at = this.newSource();
    this.put(at, 0, 0, of);
    return at;
  }

  private path({ segments }: Path): number {
    const at = this.newSource();
    const first = this.writer.words(segments.length * segmentWords);
    this.put(at, first, segments.length);
    segments.forEach((segment, i) => {
      this.segment(first + i * segmentWords * 4, segment);
    });
    return at;
  }

  private segment(at: number, segment: string | number): void {
    const isIndex = typeof segment === "number";
    assert(!isIndex || (Number.isInteger(segment) && segment >= 0 && segment < 0x7fffffff), "an index is no index");
    const quoted = isIndex ? "" : `"${segment}"`;
    // A key with a quote or a backslash is never written as it is.
    const encoded = isIndex || /["\\]/.test(segment) ? noKey : encoder.encode(quoted);
    this.later.push(() => {
      const key = this.writer.words(keyWords);
      this.firstBytes(key, encoded);
      this.firstBytes(key + 16, encoded.subarray(8));
      const { bytes } = this.writer.text(quoted);
      this.put(at, isIndex ? segment + 1 : 0, key, bytes, isIndex ? knownName : 0);
    });
  }

  /** Up to eight bytes, and the mask of as many. */
  private firstBytes(at: number, bytes: Uint8Array): void {
    bytes.subarray(0, 8).forEach((byte, i) => {
      this.writer.setByte(at + i, byte);
      this.writer.setByte(at + 8 + i, 0xff);
    });
  }

  /** An expression for what no flat test can do; returns the offset of what it wrote. */
  private expression(given: Expression): number {
    const at = this.writer.words(expressionWords);
    this.put(at, ...this.words(given));
    return at;
  }

  /** Operator and operands of an expression, written where they need room. */
  private words(given: Expression): number[] {
    switch (given.op) {
      case "literal":
        return this.literal(given.value);
      case "path":
        return [sourceOp, this.source(given)];
      case "lower":
        return isSource(given) ? [sourceOp, this.source(given)] : [unaryOps.lower, this.expression(given.of)];
      case "length":
      case "exists":
      case "not":
        return [unaryOps[given.op], this.expression(given.of)];
      case "matches": {
        const plain = plainPatternOf(given.glob);
        if (plain !== null) return [plainOps[plain.kind], this.expression(given.of), this.expression(literalOf(plain))];
        const { offset, bytes } = this.writer.text(given.glob);
        return [matchesOp, this.expression(given.of), offset, bytes];
      }
      case "in": {
        const list = this.writer.words(given.list.length * expressionWords);
        given.list.forEach((item, i) => {
          this.put(list + i * 16, ...this.literal(item));
        });
        return [inOp, this.expression(given.of), list, given.list.length];
      }
      default:
        return [binaryOps[given.op], this.expression(given.left), this.expression(given.right)];
    }
  }

  private literal(value: Literal): number[] {
    if (typeof value !== "string" && typeof value !== "number") return [value === null ? 0 : value ? 2 : 1];
    const { offset, bytes } = this.writer.text(String(value));
    return [typeof value === "string" ? 3 : 4, offset, bytes];
  }

  private put(at: number, ...words: number[]): void {
    words.forEach((word, i) => {
      this.writer.setWord(at + i * 4, word);
    });
  }
}

function literalOf({ text }: PlainPattern): Expression {
  return { op: "literal", value: text };
}

/** Orders beyond those of all numbers that have one. */
const orderAbsMax = 2n ** 62n;

/**
 * Least and greatest order (assembly/number.ts) of the numbers that compare with a literal as accepted, or null where
 * an order can't tell: the literal has an exponent, or too many digits.
 */
function rangeOf(literal: string, accept: number): readonly [bigint, bigint] | null {
  const [, minus, whole, fraction = ""] = /^(-?)(\d{1,13})(?:\.(\d{1,5}))?$/.exec(literal) ?? [];
  if (whole === undefined) return null;
  const value = BigInt(whole + fraction.padEnd(5, "0")) * 2n;
  const order = minus === "-" ? -value : value;
  const least = accept & 1 ? -orderAbsMax : accept & 2 ? order : order + 1n;
  return [least, accept & 4 ? orderAbsMax : accept & 2 ? order : order - 1n];
}
