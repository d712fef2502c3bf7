import { findEmails } from "../detector/emails.ts";

/** What is wrong with a condition, where, and what to write instead. */
export interface ConditionFault {
  readonly code: ConditionFaultCode;
  readonly message: string;
  readonly hint: string | null;
  /** 0-based. Units: UTF-16 units. */
  readonly position: number;
}

export type ConditionFaultCode =
  | "empty"
  | "too_long"
  | "too_costly"
  | "too_nested"
  | "unexpected_character"
  | "unclosed_string"
  | "bad_escape"
  | "bad_number"
  | "unexpected_end"
  | "unexpected_token"
  | "expected_value"
  | "expected_operator"
  | "expected_string"
  | "expected_list"
  | "expected_path"
  | "bad_index"
  | "not_a_condition"
  | "condition_as_value"
  | "types_differ"
  | "no_order"
  | "pattern_too_long";

export function conditionFault(
  code: ConditionFaultCode,
  position: number,
  message: string,
  hint: string | null = null,
): ConditionFault {
  return { code, message, hint, position };
}

/**
 * The line of the condition that holds the position, and below it a caret under the position.
 *
 * An email in it is blotted out: an answer may end up in a log.
 */
export function caretAt(condition: string, position: number): string {
  const start = condition.lastIndexOf("\n", position - 1) + 1;
  const newline = condition.indexOf("\n", position);
  const line = condition.slice(start, newline < 0 ? condition.length : newline);
  return `${withoutEmails(line)}\n${" ".repeat(position - start)}^`;
}

/** As long as before, so that the caret still stands where it should. */
function withoutEmails(line: string): string {
  let shown = line;
  for (const { start, end } of findEmails(line)) {
    shown = shown.slice(0, start) + "•".repeat(end - start) + shown.slice(end);
  }
  return shown;
}
