import { availableParallelism } from "node:os";
import type { Clock } from "../../ports/clock.ts";
import type { Sandbox } from "../../ports/sandbox.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { openJournal } from "./journal.ts";
import { startSandboxProcess } from "./sandbox-process.ts";
import { createScheduler } from "./scheduler.ts";
import { createScriptCheck } from "./script-check.ts";
import { timesFor } from "./script-times.ts";

export interface QuickJsSettings {
  readonly clock: Pick<Clock, "nowMs">;
  readonly telemetry: Telemetry;
  /** Processes at most; the last of them is the one that slow scripts share. Started when there is work. */
  readonly processes?: number;
  /** What one event may take of the processor. Units: milliseconds. */
  readonly eventMsMax?: number;
}

const processesMin = 2;
const processesDefaultMax = 4;

/** Opens the sandbox: QuickJS in processes of its own, which are killed when a script does not end. */
export function openQuickJs(settings: QuickJsSettings): Sandbox {
  const { clock, telemetry } = settings;
  const wanted = settings.processes ?? Math.min(processesDefaultMax, availableParallelism());
  const times = timesFor(settings.eventMsMax);
  const journal = openJournal(telemetry);
  const scheduler = createScheduler({ clock, journal, processes: Math.max(processesMin, wanted), times });
  const check = createScriptCheck({ telemetry, start: () => startSandboxProcess(times) });

  return {
    eventMsMax: times.eventMsMax,
    run: scheduler.run,
    check,
    counters: scheduler.counters,
    close: scheduler.close,
  };
}
