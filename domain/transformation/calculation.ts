import { type ConditionFault, conditionFault } from "../data-layer/expression/fault.ts";
import { lowerText, trimText } from "../data-layer/text.ts";

/** What a calculation works with; null for what is missing, is of the wrong type or can't be calculated. */
export type Calculated = string | number | boolean | null;

/** Reads a path of the event; whatever is no scalar is null. */
export type ReadPath = (segments: readonly (string | number)[]) => Calculated;

export type Calculation = (read: ReadPath) => Calculated;

export type CheckedCalculation =
  | { readonly ok: true; readonly run: Calculation; readonly cost: number }
  | { readonly ok: false; readonly fault: ConditionFault };

export const expressionCharsMax = 2_000;
/** Values, operators and functions of one expression. */
export const expressionCostMax = 100;
export const resultCharsMax = 2_000;
const nestingMax = 16;
const roundDigitsMax = 6;

type Token = {
  readonly kind: "name" | "string" | "number" | "sign" | "end";
  readonly text: string;
  readonly at: number;
};

const tokenForm = /\s*(?:([\p{L}_$][\p{L}\p{N}_$]*)|(\d+(?:\.\d+)?)|"([^"\\]*)"|'([^'\\]*)'|([-+*/(),.[\]]))/uy;

type Call = { readonly least: number; readonly most: number; readonly run: (values: Calculated[]) => Calculated };

const argumentsMax = 20;
const functions: Readonly<Record<string, Call>> = {
  concat: { least: 1, most: argumentsMax, run: (values) => bounded(values.map(textOf).join("")) },
  coalesce: { least: 1, most: argumentsMax, run: (values) => values.find((value) => value !== null) ?? null },
  lower: { least: 1, most: 1, run: ([value]) => onText(value, lowerText) },
  upper: { least: 1, most: 1, run: ([value]) => onText(value, (text) => text.toUpperCase()) },
  trim: { least: 1, most: 1, run: ([value]) => onText(value, trimText) },
  text: { least: 1, most: 1, run: ([value]) => (value === null || value === undefined ? null : textOf(value)) },
  number: { least: 1, most: 1, run: ([value]) => numberOf(value) },
  round: { least: 1, most: 2, run: ([value, digits]) => rounded(value, digits) },
};

/**
 * Reads an expression by this grammar and makes it runnable:
 *
 *     sum     = product { ("+" | "-") product }
 *     product = value { ("*" | "/") value }
 *     value   = number | string | path | name "(" sum { "," sum } ")" | "(" sum ")" | "-" value
 *     path    = name { "." name | "[" index "]" | "[" string "]" }
 *
 * Functions: concat, coalesce, lower, upper, trim, text, number, round(value, digits). Signs work on numbers only;
 * what has no result is null. No expression can fail or take more than linear time.
 */
export function checkCalculation(expression: string): CheckedCalculation {
  if (expression.length > expressionCharsMax) {
    const message = `More than ${expressionCharsMax} characters.`;
    return { ok: false, fault: conditionFault("too_long", expressionCharsMax, message) };
  }
  const tokens = tokenize(expression);
  if ("code" in tokens) return { ok: false, fault: tokens };
  const reader = new Reader(tokens);
  const run = reader.readAll();
  if (run === null) return { ok: false, fault: reader.fault };
  if (reader.cost <= expressionCostMax) return { ok: true, run, cost: reader.cost };
  const message = `The expression has ${reader.cost} parts; ${expressionCostMax} are allowed.`;
  return { ok: false, fault: conditionFault("too_costly", 0, message) };
}

function tokenize(expression: string): Token[] | ConditionFault {
  const tokens: Token[] = [];
  let at = 0;
  while (expression.slice(at).trim() !== "") {
    tokenForm.lastIndex = at;
    const match = tokenForm.exec(expression);
    const start = at + (expression.slice(at).length - expression.slice(at).trimStart().length);
    if (match === null) return strayCharacter(expression, start);
    const [, name, number, double, single, sign] = match;
    if (name !== undefined) tokens.push({ kind: "name", text: name, at: start });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, at: start });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign, at: start });
    else tokens.push({ kind: "string", text: double ?? single ?? "", at: start });
    at = tokenForm.lastIndex;
  }
  return [...tokens, { kind: "end", text: "", at: expression.length }];
}

function strayCharacter(expression: string, at: number): ConditionFault {
  const isQuote = expression[at] === "'" || expression[at] === '"';
  if (isQuote) return conditionFault("unclosed_string", at, "This string does not end, or holds a backslash.");
  return conditionFault("unexpected_character", at, "This character means nothing here.");
}

/** Every `read…` returns null once a fault is set. */
class Reader {
  fault: ConditionFault = conditionFault("empty", 0, "The expression is empty.", "properties.price * 2");
  cost = 0;
  private readonly tokens: readonly Token[];
  private next = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  readAll(): Calculation | null {
    const run = this.readChain(["+", "-"], () => this.readProduct());
    if (run === null || this.token.kind === "end") return run;
    return this.fail("expected_operator", "Here + - * / or the end should stand.");
  }

  private get token(): Token {
    return this.tokens[this.next] as Token;
  }

  private readProduct(): Calculation | null {
    return this.readChain(["*", "/"], () => this.readValue());
  }

  private readChain(signs: readonly string[], read: () => Calculation | null): Calculation | null {
    let left = read();
    while (left !== null && this.token.kind === "sign" && signs.includes(this.token.text)) {
      const { text } = this.token;
      this.next += 1;
      this.cost += 1;
      const [first, second]: (Calculation | null)[] = [left, read()];
      if (!first || !second) return null;
      left = (path) => arithmetic(text, first(path), second(path));
    }
    return left;
  }

  private readValue(): Calculation | null {
    const { kind, text } = this.token;
    this.cost += 1;
    if (kind === "number" || kind === "string") {
      const value = kind === "number" ? Number(text) : text;
      this.next += 1;
      return () => value;
    }
    if (kind === "name") return this.tokens[this.next + 1]?.text === "(" ? this.readCall() : this.readPath();
    if (this.take("-")) {
      const of = this.nested(() => this.readValue());
      return of === null ? null : (path) => arithmetic("-", 0, of(path));
    }
    if (!this.take("(")) {
      return this.fail("expected_value", "Here a path, a number, a string or a function should stand.");
    }
    const inner = this.readSum();
    return inner !== null && this.expect(")") ? inner : null;
  }

  private readSum(): Calculation | null {
    return this.nested(() => this.readChain(["+", "-"], () => this.readProduct()));
  }

  private readCall(): Calculation | null {
    const { text } = this.token;
    const called = Object.hasOwn(functions, text) ? functions[text] : undefined;
    if (called === undefined) {
      return this.fail("unexpected_token", `Functions are ${Object.keys(functions).join(", ")}.`);
    }
    const start = this.next;
    this.next += 2;
    const values: Calculation[] = [];
    do {
      const value = this.readSum();
      if (value === null) return null;
      values.push(value);
    } while (this.take(","));
    if (!this.expect(")")) return null;
    if (values.length < called.least || values.length > called.most) {
      this.next = start;
      return this.fail("expected_value", `${text} takes ${called.least} to ${called.most} values.`);
    }
    return (path) => called.run(values.map((value) => value(path)));
  }

  private readPath(): Calculation | null {
    const segments: (string | number)[] = [this.token.text];
    if (segments[0] === "identity") return this.fail("expected_path", "The identity block can't be calculated with.");
    this.next += 1;
    for (;;) {
      if (this.take(".")) {
        if (this.token.kind !== "name") return this.fail("expected_path", "A name should follow the dot.");
        segments.push(this.token.text);
        this.next += 1;
      } else if (this.take("[")) {
        const { kind, text } = this.token;
        const isIndex = kind === "number" && /^\d{1,6}$/.test(text);
        if (!isIndex && kind !== "string") return this.fail("bad_index", "In brackets stands an index or a name.");
        segments.push(isIndex ? Number(text) : text);
        this.next += 1;
        if (!this.expect("]")) return null;
      } else return (read) => read(segments);
    }
  }

  private nested<T>(read: () => T | null): T | null {
    if (this.depth === nestingMax) return this.fail("too_nested", `More than ${nestingMax} levels are not allowed.`);
    this.depth += 1;
    const value = read();
    this.depth -= 1;
    return value;
  }

  private take(sign: string): boolean {
    if (this.token.kind !== "sign" || this.token.text !== sign) return false;
    this.next += 1;
    return true;
  }

  private expect(sign: string): boolean {
    if (this.take(sign)) return true;
    this.fail("unexpected_token", `Here ${sign} should stand.`);
    return false;
  }

  private fail(code: ConditionFault["code"], message: string): null {
    const { kind, at } = this.token;
    this.fault = conditionFault(kind === "end" ? "unexpected_end" : code, at, message);
    return null;
  }
}

function arithmetic(sign: string, left: Calculated, right: Calculated): Calculated {
  if (typeof left !== "number" || typeof right !== "number") return null;
  const results: Readonly<Record<string, number>> = {
    "+": left + right,
    "-": left - right,
    "*": left * right,
    "/": left / right,
  };
  return finite(results[sign] as number);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function onText(value: Calculated | undefined, change: (text: string) => string): Calculated {
  return typeof value === "string" ? bounded(change(value)) : null;
}

function bounded(text: string): string | null {
  return text.length > resultCharsMax ? null : text;
}

function textOf(value: Calculated): string {
  return value === null ? "" : String(value);
}

function numberOf(value: Calculated | undefined): number | null {
  if (typeof value === "number") return finite(value);
  return typeof value === "string" && /^\s*-?\d{1,15}(\.\d{1,15})?\s*$/.test(value) ? Number(value) : null;
}

function rounded(value: Calculated | undefined, digits: Calculated | undefined = 0): number | null {
  if (typeof value !== "number" || typeof digits !== "number") return null;
  const places = Math.min(roundDigitsMax, Math.max(0, Math.trunc(digits)));
  const scaled = Math.round(Math.abs(value) * 10 ** places + Number.EPSILON * Math.abs(value) * 10 ** places);
  return finite((Math.sign(value) * scaled) / 10 ** places);
}
