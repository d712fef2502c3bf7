import type { Sandbox, ScriptIssue } from "../../../ports/sandbox.ts";
import { findEmails } from "../../data-layer/detector/emails.ts";
import { caretAt } from "../../data-layer/expression/fault.ts";
import type { ConfigFault, DataLayerConfig } from "../../model/data-layer.ts";
import { type Result, succeed } from "../../model/failure.ts";

const path = "config.custom_js.code";
const caretColumnsMax = 100;

/**
 * What keeps a data layer's JavaScript from running, found by starting it where it would run.
 *
 * Code that is switched off is checked as well, so that switching it on can't fail; none is none.
 */
export async function checkCustomJs(
  sandbox: Pick<Sandbox, "check">,
  config: Pick<DataLayerConfig, "custom_js">,
): Promise<Result<readonly ConfigFault[]>> {
  const { enabled, code } = config.custom_js;
  if (code.trim() === "") {
    const message = "Custom JavaScript is on, but there is no code.";
    return succeed(enabled ? [{ path, code: "missing", message, hint }] : []);
  }
  const checked = await sandbox.check(code);
  if (!checked.ok) return checked;
  return succeed(checked.value === null ? [] : [faultOf(code, checked.value)]);
}

function faultOf(code: string, issue: ScriptIssue): ConfigFault {
  const { line, column } = issue;
  const at = line === null ? "" : column === null ? ` (line ${line})` : ` (line ${line}, column ${column})`;
  const position = line === null || column === null ? null : positionOf(code, line, column);
  const said = findEmails(issue.message).length > 0 ? "The code could not be started." : issue.message;
  return {
    path,
    code: issue.code,
    message: `${said}${at}`,
    ...(issue.code === "no_function" ? { hint } : {}),
    ...(position === null ? {} : { position, caret: shortCaret(code, position) }),
  };
}

const functionName = "process";
const hint = `function ${functionName}(event, context) { return event; }`;

/** 0-based character position of a line and column that count from 1. */
function positionOf(code: string, line: number, column: number): number {
  const before = code.split("\n").slice(0, line - 1);
  return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
}

/** The line with a caret below it; of a long line the part around the caret. */
function shortCaret(code: string, position: number): string {
  const [line, caret] = caretAt(code, position).split("\n") as [string, string];
  const from = Math.max(0, caret.length - caretColumnsMax / 2);
  return `${line.slice(from, from + caretColumnsMax)}\n${caret.slice(from)}`;
}
