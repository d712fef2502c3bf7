import { conditionCharsMax, patternCharsMax } from "../../model/limits.ts";
import type { Expression } from "../../model/program.ts";
import { type ConditionFault, type ConditionFaultCode, conditionFault } from "./fault.ts";
import { type ParsedCondition, parseCondition } from "./parse.ts";
import { tokenize } from "./tokens.ts";

/** Nodes and list items of one condition. */
export const conditionCostMax = 200;

/**
 * A condition that can run, with its cost (its nodes and list items, and the characters of patterns that have to be
 * tried again and again); or the first thing that is wrong with it.
 */
export type CheckedCondition =
  | { readonly ok: true; readonly expression: Expression; readonly cost: number }
  | { readonly ok: false; readonly fault: ConditionFault };

type Kind = "condition" | "any" | "string" | "number" | "boolean" | "null";

/**
 * Reads a condition and refuses what can't be meant: comparisons that hold never or always, values used as conditions.
 *
 * Whoever writes a rule sees the fault at once, instead of a rule that silently never matches.
 */
export function checkCondition(text: string): CheckedCondition {
  if (text.length > conditionCharsMax) {
    return refused(conditionFault("too_long", conditionCharsMax, `More than ${conditionCharsMax} characters.`));
  }
  if (text.trim() === "") return refused(conditionFault("empty", 0, "The condition is empty.", "event == 'Test'"));
  const tokens = tokenize(text);
  if (!Array.isArray(tokens)) return refused(tokens);
  const parsed = parseCondition(tokens);
  if ("code" in parsed) return refused(parsed);
  const fault = checkTruth(parsed.expression, parsed);
  if (fault !== null) return refused(fault);
  const cost = costOf(parsed.expression);
  if (cost <= conditionCostMax) {
    return { ok: true, expression: parsed.expression, cost: cost + patternsCost(parsed.expression) };
  }
  const message = `The condition has ${cost} parts; ${conditionCostMax} are allowed.`;
  return refused(conditionFault("too_costly", 0, message, "Divide it into several rules."));
}

function refused(fault: ConditionFault): CheckedCondition {
  return { ok: false, fault };
}

/** Checks an expression that is asked whether it holds. */
function checkTruth(expression: Expression, parsed: ParsedCondition): ConditionFault | null {
  switch (expression.op) {
    case "and":
    case "or":
      return checkTruth(expression.left, parsed) ?? checkTruth(expression.right, parsed);
    case "not":
      return checkTruth(expression.of, parsed);
    case "exists":
    case "in":
      return checkOperand(expression.of, parsed);
    case "matches":
      return checkOperand(expression.of, parsed) ?? checkGlob(expression, parsed);
    case "path":
      return null;
    case "literal":
      return typeof expression.value === "boolean" ? null : notACondition(expression, parsed);
    case "lower":
    case "length":
      return notACondition(expression, parsed);
    default:
      return (
        checkOperand(expression.left, parsed) ??
        checkOperand(expression.right, parsed) ??
        checkTypes(expression.op, expression, kindOf(expression.left), kindOf(expression.right), parsed)
      );
  }
}

/** Checks an expression that is asked for its value. */
function checkOperand(expression: Expression, parsed: ParsedCondition): ConditionFault | null {
  if (kindOf(expression) === "condition") {
    const hint = "Join conditions with and, or; negate them with not.";
    return fault("condition_as_value", expression, parsed, "A condition can't be compared.", hint);
  }
  if (expression.op === "lower" && !["any", "string"].includes(kindOf(expression.of))) {
    return checkOperand(expression.of, parsed) ?? fault("types_differ", expression, parsed, "lower() is for strings.");
  }
  if (expression.op === "length" && !["any", "string"].includes(kindOf(expression.of))) {
    const inner = checkOperand(expression.of, parsed);
    return inner ?? fault("types_differ", expression, parsed, "length() is for strings and arrays.");
  }
  return expression.op === "lower" || expression.op === "length" ? checkOperand(expression.of, parsed) : null;
}

function checkTypes(
  op: string,
  expression: Expression,
  left: Kind,
  right: Kind,
  parsed: ParsedCondition,
): ConditionFault | null {
  const kinds = [left, right].filter((kind) => kind !== "any");
  if (["contains", "starts_with", "ends_with"].includes(op)) {
    if (kinds.every((kind) => kind === "string")) return null;
    return fault("types_differ", expression, parsed, `${op} compares strings.`, "Put the value in quotes.");
  }
  const ordered = op !== "==" && op !== "!=";
  if (ordered && kinds.some((kind) => kind !== "string" && kind !== "number")) {
    return fault("no_order", expression, parsed, "Only numbers and strings have an order.");
  }
  if (kinds.length < 2 || left === right) return null;
  return fault("types_differ", expression, parsed, "Values of two types are never equal.", typeHint(left, right));
}

function checkGlob(expression: Extract<Expression, { op: "matches" }>, parsed: ParsedCondition): ConditionFault | null {
  if (expression.glob.length <= patternCharsMax) return null;
  return fault("pattern_too_long", expression, parsed, `A pattern may have ${patternCharsMax} characters.`);
}

function typeHint(left: Kind, right: Kind): string | null {
  return left === "number" || right === "number" ? "Leave the quotes out, or put both in quotes." : null;
}

function kindOf(expression: Expression): Kind {
  switch (expression.op) {
    case "literal":
      return expression.value === null ? "null" : (typeof expression.value as "string" | "number" | "boolean");
    case "path":
      return "any";
    case "lower":
      return "string";
    case "length":
      return "number";
    default:
      return "condition";
  }
}

function notACondition(expression: Expression, parsed: ParsedCondition): ConditionFault {
  return fault(
    "not_a_condition",
    expression,
    parsed,
    "This is a value, not a condition.",
    "Compare it: event == 'Test'",
  );
}

function fault(
  code: ConditionFaultCode,
  expression: Expression,
  parsed: ParsedCondition,
  message: string,
  hint: string | null = null,
): ConditionFault {
  return conditionFault(code, parsed.positions.get(expression) ?? 0, message, hint);
}

function costOf(expression: Expression): number {
  if ("left" in expression) return 1 + costOf(expression.left) + costOf(expression.right);
  const own = expression.op === "in" ? 1 + expression.list.length : 1;
  return "of" in expression ? own + costOf(expression.of) : own;
}

function patternsCost(expression: Expression): number {
  if ("left" in expression) return patternsCost(expression.left) + patternsCost(expression.right);
  const own = expression.op === "matches" ? patternCost(expression) : 0;
  return "of" in expression ? own + patternsCost(expression.of) : own;
}

/**
 * What a pattern may cost for each character of a text that nearly matches it: the longest stretch behind a star, all
 * of whose signs a kernel may have to follow at once. One text between stars under a path is merely searched for.
 */
function patternCost({ of, glob }: Extract<Expression, { op: "matches" }>): number {
  const isPath = of.op === "path" || (of.op === "lower" && of.of.op === "path");
  if (isPath && /^\**[^*?]*\**$/.test(glob)) return 0;
  const [, ...behindStars] = glob.split("*");
  return Math.max(0, ...behindStars.map((stretch) => stretch.length));
}
