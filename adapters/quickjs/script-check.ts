import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { Sandbox, ScriptIssue } from "../../ports/sandbox.ts";
import { type Telemetry, word } from "../../ports/telemetry.ts";
import type { SandboxProcess } from "./sandbox-process.ts";

/** How often a process is started for one check: the first start may fail for a reason of the machine's own. */
const startsMax = 3;

export interface ScriptCheckParts {
  readonly telemetry: Pick<Telemetry, "log">;
  readonly start: () => Promise<SandboxProcess | null>;
}

type Checked = { readonly issue: ScriptIssue | null } | { readonly ended: string };

/**
 * Makes the check of code that nobody has checked yet: one after another, each in a process of its own.
 *
 * Errors: `sandbox_unavailable` where no process can do it; that says nothing of the code, and is logged.
 */
export function createScriptCheck({ telemetry, start }: ScriptCheckParts): Sandbox["check"] {
  let checks: Promise<unknown> = Promise.resolve();

  async function check(code: string): Promise<Result<ScriptIssue | null>> {
    let ended = "";
    for (let starts = 0; starts < startsMax; starts += 1) {
      const checked = await checkOnce(start, code);
      if ("issue" in checked) return succeed(checked.issue);
      ended = checked.ended;
    }
    telemetry.log("error", "custom JavaScript could not be checked: the sandbox does not work", { code: word(ended) });
    return fail("sandbox_unavailable");
  }

  return function checkScript(code) {
    const checked = checks.then(() => check(code));
    checks = checked;
    return checked;
  };
}

async function checkOnce(start: ScriptCheckParts["start"], code: string): Promise<Checked> {
  const checker = await start().catch(() => null);
  if (!checker) return { ended: "not_started" };
  try {
    const exchange = await checker.exchange({ kind: "check" }, [new TextEncoder().encode(code)]);
    if (exchange.kind === "answered") {
      return exchange.reply.kind === "checked" ? { issue: exchange.reply.issue } : { ended: "other_answer" };
    }
    if (!exchange.hung) return { ended: "ended" };
    const message = "The code does not come to an end.";
    return exchange.begun ? { issue: { code: "timeout", message, line: null, column: null } } : { ended: "hung" };
  } finally {
    checker.kill();
  }
}
