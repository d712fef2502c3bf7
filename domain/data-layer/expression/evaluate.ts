import { conditionNumberCharsMax } from "../../model/limits.ts";
import type { Expression } from "../../model/program.ts";
import { compileGlob } from "../glob.ts";
import { compareText, lowerText } from "../text.ts";
import { compareDecimals } from "./decimal.ts";
import { plainPatternOf } from "./pattern.ts";
import { viewOf } from "./view.ts";

/**
 * A value as a condition sees it. Numbers are their JSON text, so that none loses digits; an array is
 * only its length, an object only the fact that it is there. Missing is null.
 */
export type ConditionValue =
  | null
  | boolean
  | string
  | { readonly number: string }
  | { readonly items: number }
  | { readonly object: true };

/** Finds the value at a path of the envelope: case-sensitive, the last of duplicate keys, null where there is none. */
export type Lookup = (segments: readonly (string | number)[]) => ConditionValue;

/** A condition ready to run: true or false for any event, it can't fail. */
export type Condition = (lookup: Lookup) => boolean;

type Evaluate = (lookup: Lookup) => ConditionValue;

/** Makes a checked condition runnable; a condition holds only where it yields `true` itself. */
export function compileCondition(expression: Expression): Condition {
  const run = compile(expression);
  return (lookup) => run(lookup) === true;
}

function compile(expression: Expression): Evaluate {
  switch (expression.op) {
    case "literal": {
      const value = literal(expression.value);
      return () => value;
    }
    case "path":
      return (lookup) => lookup(expression.segments);
    case "lower":
    case "length":
    case "exists":
    case "not":
      return compileUnary(expression.op, compile(expression.of));
    case "and":
    case "or":
      return compileLogic(expression.op, compile(expression.left), compile(expression.right));
    case "matches": {
      const of = compile(expression.of);
      const matches = compilePattern(expression.glob);
      return (lookup) => {
        const value = of(lookup);
        return typeof value === "string" && matches(value);
      };
    }
    case "in": {
      const of = compile(expression.of);
      const list = expression.list.map(literal);
      return (lookup) => {
        const value = of(lookup);
        return list.some((item) => equal(value, item));
      };
    }
    default:
      return compileComparison(expression.op, compile(expression.left), compile(expression.right));
  }
}

function compilePattern(pattern: string): (text: string) => boolean {
  const plain = plainPatternOf(pattern);
  if (plain === null) {
    const glob = compileGlob(pattern);
    return (text) => glob(viewOf(text));
  }
  const { kind, text: part } = plain;
  if (kind === "equals") return (text) => text === part;
  if (kind === "starts") return (text) => text.startsWith(part);
  return kind === "ends" ? (text) => text.endsWith(part) : (text) => contains(viewOf(text), part);
}

function compileUnary(op: "lower" | "length" | "exists" | "not", of: Evaluate): Evaluate {
  switch (op) {
    case "lower":
      return (lookup) => lowered(of(lookup));
    case "length":
      return (lookup) => lengthOf(of(lookup));
    case "exists":
      return (lookup) => of(lookup) !== null;
    case "not":
      return (lookup) => of(lookup) !== true;
  }
}

function compileLogic(op: "and" | "or", left: Evaluate, right: Evaluate): Evaluate {
  if (op === "and") return (lookup) => left(lookup) === true && right(lookup) === true;
  return (lookup) => left(lookup) === true || right(lookup) === true;
}

type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "starts_with" | "ends_with";

const holds: Readonly<Record<Comparison, (left: ConditionValue, right: ConditionValue) => boolean>> = {
  "==": equal,
  "!=": (left, right) => !equal(left, right),
  "<": (left, right) => order(left, right, (sign) => sign < 0),
  "<=": (left, right) => order(left, right, (sign) => sign <= 0),
  ">": (left, right) => order(left, right, (sign) => sign > 0),
  ">=": (left, right) => order(left, right, (sign) => sign >= 0),
  contains: (left, right) => bothText(left, right, (text, part) => contains(viewOf(text), part)),
  starts_with: (left, right) => bothText(left, right, (text, part) => text.startsWith(part)),
  ends_with: (left, right) => bothText(left, right, (text, part) => text.endsWith(part)),
};

function compileComparison(op: Comparison, left: Evaluate, right: Evaluate): Evaluate {
  const test = holds[op];
  return (lookup) => test(left(lookup), right(lookup));
}

function literal(value: string | number | boolean | null): ConditionValue {
  return typeof value === "number" ? { number: String(value) } : value;
}

function lowered(value: ConditionValue): ConditionValue {
  return typeof value === "string" ? lowerText(viewOf(value)) : null;
}

/** Code points of a string, items of an array; else null. */
function lengthOf(value: ConditionValue): ConditionValue {
  if (typeof value === "string") return { number: String([...value].length) };
  return value !== null && typeof value === "object" && "items" in value ? { number: String(value.items) } : null;
}

/** Type-strict: values of two types are never equal; objects and arrays equal nothing. */
function equal(left: ConditionValue, right: ConditionValue): boolean {
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") return left === right;
  return isNumber(left) && isNumber(right) && compareDecimals(left.number, right.number) === 0;
}

/** A number that is compared: one of more characters than any measurement has equals none and has no order. */
function isNumber(value: object): value is { readonly number: string } {
  return "number" in value && (value.number as string).length <= conditionNumberCharsMax;
}

/** Only two numbers or two strings have an order; strings go by code point. */
function order(left: ConditionValue, right: ConditionValue, test: (sign: number) => boolean): boolean {
  if (typeof left === "string" && typeof right === "string") return test(compareText(left, right));
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") return false;
  return isNumber(left) && isNumber(right) && test(compareDecimals(left.number, right.number));
}

function bothText(left: ConditionValue, right: ConditionValue, test: (text: string, part: string) => boolean): boolean {
  return typeof left === "string" && typeof right === "string" && test(left, right);
}

/** Knuth, Morris and Pratt's search: linear for every text and part. */
function contains(text: string, part: string): boolean {
  if (part.length > text.length) return false;
  const fallback = new Int32Array(part.length + 1);
  for (let i = 1, k = 0; i < part.length; i++) {
    while (k > 0 && part[i] !== part[k]) k = fallback[k] as number;
    if (part[i] === part[k]) k++;
    fallback[i + 1] = k;
  }
  for (let i = 0, k = 0; ; i++) {
    if (k === part.length) return true;
    if (i === text.length) return false;
    while (k > 0 && text[i] !== part[k]) k = fallback[k] as number;
    if (text[i] === part[k]) k++;
  }
}
