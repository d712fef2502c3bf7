import type { Expression } from "../../model/program.ts";
import { type ConditionFault, type ConditionFaultCode, conditionFault } from "./fault.ts";
import type { Token } from "./tokens.ts";

/** A parsed condition with the place of each of its nodes, so that checks can point at them. */
export interface ParsedCondition {
  readonly expression: Expression;
  readonly positions: ReadonlyMap<Expression, number>;
}

type Literal = string | number | boolean | null;
type Binary = Extract<Expression, { left: Expression }>["op"];

/** Parentheses, brackets of functions and `not` inside each other. */
export const nestingMax = 32;

const comparisons: Readonly<Record<string, Binary>> = {
  "==": "==",
  "=": "==",
  "!=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  contains: "contains",
  starts_with: "starts_with",
  ends_with: "ends_with",
};
const words = ["and", "or", "not", "in", "exists", "matches", "contains", "starts_with", "ends_with"];
const constants: Readonly<Record<string, Literal>> = { true: true, false: false, null: null };
const functions = ["lower", "length"] as const;

/**
 * Parses tokens by this grammar:
 *
 *     or         = and { ("or" | "||") and }
 *     and        = not { ("and" | "&&") not }
 *     not        = ("not" | "!") not | comparison
 *     comparison = "exists" path | "exists" "(" path ")"
 *                | value [ "exists" | "matches" string | "in" list | operator value ]
 *     operator   = "==" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "starts_with" | "ends_with"
 *     value      = "(" or ")" | ("lower" | "length") "(" value ")" | literal | path
 *     path       = name { "." name | "[" index "]" | "[" string "]" }
 *     list       = "[" literal { "," literal } "]"
 *     literal    = string | number | "true" | "false" | "null"
 */
export function parseCondition(tokens: readonly Token[]): ParsedCondition | ConditionFault {
  const parser = new Parser(tokens);
  const expression = parser.readAll();
  return expression === null ? parser.fault : { expression, positions: parser.positions };
}

/** Every `read…` returns null once a fault is set. */
class Parser {
  fault: ConditionFault = conditionFault("empty", 0, "The condition is empty.");
  readonly positions = new Map<Expression, number>();
  private readonly tokens: readonly Token[];
  private next = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  readAll(): Expression | null {
    const expression = this.readOr();
    if (expression === null || this.token.kind === "end") return expression;
    return this.fail("expected_operator", "Here the condition should go on with an operator, or end.", this.hint());
  }

  private get token(): Token {
    return this.tokens[this.next] as Token;
  }

  private readOr(): Expression | null {
    return this.readChain("or", ["or", "||"], () => this.readAnd());
  }

  private readAnd(): Expression | null {
    return this.readChain("and", ["and", "&&"], () => this.readNot());
  }

  private readChain(op: "and" | "or", spellings: readonly string[], read: () => Expression | null): Expression | null {
    let left = read();
    while (left !== null && spellings.some((spelling) => this.is(spelling))) {
      const { position } = this.token;
      this.next++;
      const right = read();
      if (right === null) return null;
      left = this.place({ op, left, right }, position);
    }
    return left;
  }

  private readNot(): Expression | null {
    if (!this.is("not") && !this.is("!")) return this.readComparison();
    const { position } = this.token;
    return this.nested(() => {
      this.next++;
      const of = this.readNot();
      return of === null ? null : this.place({ op: "not", of }, position);
    });
  }

  private readComparison(): Expression | null {
    if (this.is("exists")) return this.readExists();
    const left = this.readValue();
    if (left === null) return null;
    const { position, text } = this.token;
    if (this.take("exists")) return this.place({ op: "exists", of: left }, position);
    if (this.take("matches")) return this.readMatches(left, position);
    if (this.take("in")) return this.readIn(left, position);
    if (this.token.kind === "string" || !Object.hasOwn(comparisons, text)) return left;
    this.next++;
    const right = this.readValue();
    return right === null ? null : this.place({ op: comparisons[text] as Binary, left, right }, position);
  }

  private readExists(): Expression | null {
    const { position } = this.token;
    this.next++;
    const open = this.take("(");
    if (this.token.kind !== "word")
      return this.fail("expected_path", "exists asks for a path.", "exists(properties.x)");
    const of = this.readPath();
    if (of === null || (open && !this.expect(")"))) return null;
    return this.place({ op: "exists", of }, position);
  }

  private readMatches(of: Expression, position: number): Expression | null {
    const open = this.take("(");
    if (this.token.kind !== "string") {
      return this.fail("expected_string", "matches asks for a pattern in quotes.", "event matches 'Test*'");
    }
    const glob = this.token.text;
    this.next++;
    if (open && !this.expect(")")) return null;
    return this.place({ op: "matches", of, glob }, position);
  }

  private readIn(of: Expression, position: number): Expression | null {
    if (!this.take("[")) return this.fail("expected_list", "in asks for a list.", "event in ['A', 'B']");
    const list: Literal[] = [];
    do {
      const value = this.readLiteral();
      if (value === undefined)
        return this.fail("expected_value", "A list holds strings, numbers, true, false or null.");
      list.push(value);
    } while (this.take(","));
    return this.expect("]") ? this.place({ op: "in", of, list }, position) : null;
  }

  private readValue(): Expression | null {
    const { position, kind, text } = this.token;
    if (kind === "sign" && text === "(") {
      return this.nested(() => {
        this.next++;
        const inner = this.readOr();
        return inner !== null && this.expect(")") ? inner : null;
      });
    }
    const value = this.readLiteral();
    if (value !== undefined) return this.place({ op: "literal", value }, position);
    const called = functions.find((name) => this.is(name) && this.tokens[this.next + 1]?.text === "(");
    if (called !== undefined) return this.readCall(called, position);
    if (kind === "word" && !words.includes(text)) return this.readPath();
    return this.fail(
      "expected_value",
      "Here a path, a string, a number, true, false or null should stand.",
      this.hint(),
    );
  }

  private readCall(op: (typeof functions)[number], position: number): Expression | null {
    return this.nested(() => {
      this.next += 2;
      const of = this.readValue();
      return of !== null && this.expect(")") ? this.place({ op, of }, position) : null;
    });
  }

  /** Undefined, with nothing consumed, where no literal stands. */
  private readLiteral(): Literal | undefined {
    const { kind, text } = this.token;
    if (kind !== "string" && kind !== "number" && !(kind === "word" && Object.hasOwn(constants, text)))
      return undefined;
    this.next++;
    return kind === "string" ? text : kind === "number" ? Number(text) : (constants[text] as Literal);
  }

  private readPath(): Expression | null {
    const { position } = this.token;
    const segments: (string | number)[] = [this.token.text];
    this.next++;
    for (;;) {
      if (this.take(".")) {
        if (this.token.kind !== "word") return this.fail("expected_path", "A name should follow the dot.", this.hint());
        segments.push(this.token.text);
        this.next++;
      } else if (this.take("[")) {
        const segment = this.readIndex();
        if (segment === null) return null;
        segments.push(segment);
      } else {
        return this.place({ op: "path", segments }, position);
      }
    }
  }

  private readIndex(): string | number | null {
    const { kind, text } = this.token;
    if (kind !== "string" && !(kind === "number" && /^\d{1,6}$/.test(text))) {
      return this.fail("bad_index", "In brackets stands an index from 0, or a name in quotes.", 'items[0] or ["key"]');
    }
    this.next++;
    if (!this.expect("]")) return null;
    return kind === "string" ? text : Number(text);
  }

  private nested(read: () => Expression | null): Expression | null {
    if (this.depth === nestingMax) return this.fail("too_nested", `More than ${nestingMax} levels are not allowed.`);
    this.depth++;
    const expression = read();
    this.depth--;
    return expression;
  }

  private is(text: string): boolean {
    return this.token.text === text && (this.token.kind === "word" || this.token.kind === "sign");
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false;
    this.next++;
    return true;
  }

  private expect(text: string): boolean {
    if (this.take(text)) return true;
    this.fail("unexpected_token", `Here ${text} should stand.`, this.hint());
    return false;
  }

  private hint(): string | null {
    const { kind, text } = this.token;
    if (kind !== "word") return null;
    const lower = text.toLowerCase();
    if (lower !== text && (words.includes(lower) || Object.hasOwn(constants, lower))) return `Write ${lower}.`;
    if (text === "not") return "Put not before the whole comparison: not (event in ['A'])";
    const others: Readonly<Record<string, string>> = {
      is: "==",
      equals: "==",
      like: "matches",
      startsWith: "starts_with",
    };
    return Object.hasOwn(others, text) ? `Write ${others[text]}.` : null;
  }

  private fail(code: ConditionFaultCode, message: string, hint: string | null = null): null {
    const { kind, position } = this.token;
    const ended = kind === "end" && code !== "too_nested";
    this.fault = conditionFault(ended ? "unexpected_end" : code, position, message, hint);
    return null;
  }

  private place(expression: Expression, position: number): Expression {
    this.positions.set(expression, position);
    return expression;
  }
}
