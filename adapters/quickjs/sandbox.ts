import { availableParallelism } from "node:os";
import type { Clock } from "../../ports/clock.ts";
import type { Sandbox, ScriptIssue } from "../../ports/sandbox.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { openJournal } from "./journal.ts";
import { startSandboxProcess } from "./sandbox-process.ts";
import { createTurns } from "./turns.ts";

export interface QuickJsSettings {
  readonly clock: Pick<Clock, "nowMs">;
  readonly telemetry: Telemetry;
  /** Processes at most; the last of them is the one that slow scripts share. Started when there is work. */
  readonly processes?: number;
}

const processesMin = 2;
const processesDefaultMax = 4;

/** Opens the sandbox: QuickJS in processes of its own, which are killed when a script does not end. */
export function openQuickJs(settings: QuickJsSettings): Sandbox {
  const { clock, telemetry } = settings;
  const wanted = settings.processes ?? Math.min(processesDefaultMax, availableParallelism());
  const turns = createTurns({ clock, journal: openJournal(telemetry), processes: Math.max(processesMin, wanted) });
  let checks: Promise<unknown> = Promise.resolve();

  /** One after another, each in a process of its own: code that nobody has checked yet. */
  function check(code: string): Promise<ScriptIssue | null> {
    const checked = checks.then(() => checkOnce(code));
    checks = checked;
    return checked;
  }

  return { run: turns.run, check, counters: turns.counters, close: turns.close };
}

async function checkOnce(code: string): Promise<ScriptIssue | null> {
  const issue = (kind: ScriptIssue["code"], message: string) => ({ code: kind, message, line: null, column: null });
  const checker = await startSandboxProcess().catch(() => null);
  if (!checker) return issue("start", "The sandbox could not be started.");
  const exchange = await checker.exchange({ kind: "check" }, [new TextEncoder().encode(code)]);
  checker.kill();
  if (exchange.kind === "ended") return issue("timeout", "The code does not come to an end.");
  return exchange.reply.kind === "checked" ? exchange.reply.issue : issue("start", "The code could not be started.");
}
