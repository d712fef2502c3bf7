import { assert } from "../domain/model/failure.ts";
import type { Expression, RoutingRule } from "../domain/model/program.ts";
import type { ByteWriter } from "./byte-writer.ts";

type Literal = string | number | boolean | null;

/** Operators by number (assembly/routing.ts). */
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
const pathOp = 5;
const matchesOp = 21;
const inOp = 22;

const expressionWords = 4;
const ruleWords = 2;
const pathWords = 4;
/** The last is the kernel's own. */
const segmentWords = 4;

/** Offsets of the parts of the encoded rules. */
export interface EncodedRules {
  readonly rules: number;
  readonly paths: number;
  readonly pathCount: number;
}

/** Writes routing rules; equal paths are written once, so that an event's value is looked up once. */
export function encodeRules(writer: ByteWriter, rules: readonly RoutingRule[]): EncodedRules {
  const encoder = new RuleEncoder(writer);
  const at = writer.words(rules.length * ruleWords);
  rules.forEach((rule, i) => {
    writer.setWord(at + i * 8, encoder.expression(rule.condition));
    writer.setWord(at + i * 8 + 4, rule.action === "drop" ? 1 : 0);
  });
  return { rules: at, paths: encoder.writePaths(), pathCount: encoder.pathCount };
}

class RuleEncoder {
  private readonly writer: ByteWriter;
  private readonly paths = new Map<string, readonly (string | number)[]>();

  constructor(writer: ByteWriter) {
    this.writer = writer;
  }

  get pathCount(): number {
    return this.paths.size;
  }

  /** Returns the offset of what it wrote. */
  expression(given: Expression): number {
    const at = this.writer.words(expressionWords);
    this.node(at, ...this.words(given));
    return at;
  }

  writePaths(): number {
    const { writer } = this;
    const table = writer.words(this.paths.size * pathWords);
    [...this.paths.values()].forEach((segments, i) => {
      const at = writer.words(segments.length * segmentWords);
      writer.setWord(table + i * 16, at);
      writer.setWord(table + i * 16 + 4, segments.length);
      segments.forEach((segment, k) => {
        this.segment(at + k * 16, segment);
      });
    });
    return table;
  }

  private segment(at: number, segment: string | number): void {
    if (typeof segment === "number") {
      assert(Number.isInteger(segment) && segment >= 0 && segment < 0x7fffffff, "an index of a path is no index");
      this.writer.setWord(at, segment + 1);
      return;
    }
    const { offset, bytes } = this.writer.text(segment);
    this.writer.setWord(at + 4, offset);
    this.writer.setWord(at + 8, bytes);
  }

  /** Operator and operands of an expression, written where they need room. */
  private words(given: Expression): number[] {
    switch (given.op) {
      case "literal":
        return this.literal(given.value);
      case "path":
        return [pathOp, this.pathNumber(given.segments)];
      case "lower":
      case "length":
      case "exists":
      case "not":
        return [unaryOps[given.op], this.expression(given.of)];
      case "matches": {
        const { offset, bytes } = this.writer.text(given.glob);
        return [matchesOp, this.expression(given.of), offset, bytes];
      }
      case "in": {
        const list = this.writer.words(given.list.length * expressionWords);
        given.list.forEach((item, i) => {
          this.node(list + i * 16, ...this.literal(item));
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

  private pathNumber(segments: readonly (string | number)[]): number {
    const name = JSON.stringify(segments);
    if (!this.paths.has(name)) this.paths.set(name, segments);
    return [...this.paths.keys()].indexOf(name);
  }

  private node(at: number, ...words: number[]): void {
    words.forEach((word, i) => {
      this.writer.setWord(at + i * 4, word);
    });
  }
}
