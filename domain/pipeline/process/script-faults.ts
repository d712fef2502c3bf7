import type { Clock } from "../../../ports/clock.ts";
import type { Sandbox, Script, ScriptEvent, ScriptOutcome } from "../../../ports/sandbox.ts";
import {
  type CountedFault,
  type FaultReport,
  keptFaultsMax,
  type ScriptFaultStore,
} from "../../../ports/script-fault-store.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";

export interface ScriptFaultParts {
  readonly sandbox: Pick<Sandbox, "run" | "counters">;
  readonly store: Pick<ScriptFaultStore, "add">;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** A sandbox whose faults are told to their authors. */
export interface ReportedSandbox {
  readonly run: Sandbox["run"];
  /** Counts an event that the kernel refused after the script had returned it. */
  addRefusal(script: Script): void;
  /** Writes what happened since the last time. Shape: false if the store could not be reached; it is kept then. */
  flush(): Promise<boolean>;
  /** Writes again and again, and a last time when it is stopped. */
  report(signal: AbortSignal): Promise<void>;
}

export const reportEveryMs = 2_000;
/** Organisations with something to tell; what others' scripts do then is in the log only. */
export const reportingOrganizationsMax = 1_000;

interface Page {
  readonly faults: Map<string, CountedFault>;
  pausedUntilMs: number | null;
}

/** Makes a sandbox that keeps account of what fails in it, in few rows however many events fail. */
export function createReportedSandbox(parts: ScriptFaultParts): ReportedSandbox {
  const { sandbox, store, clock, telemetry } = parts;
  let pages = new Map<string, Page>();

  async function run(script: Script, events: readonly ScriptEvent[]): Promise<ScriptOutcome[]> {
    const outcomes = await sandbox.run(script, events);
    if (outcomes.some(({ kind }) => kind === "failed" || kind === "paused")) note(script, outcomes);
    return outcomes;
  }

  function note({ orgId, version }: Script, outcomes: readonly ScriptOutcome[]): void {
    const nowMs = clock.nowMs();
    const page = pageOf(orgId);
    for (const outcome of outcomes) {
      if (outcome.kind !== "failed") continue;
      const { fault, line } = outcome;
      if (page) addFault(page, { version, fault, line, count: 1, firstAtMs: nowMs, lastAtMs: nowMs });
    }
    const untilMs = sandbox.counters(orgId)?.pausedUntilMs ?? null;
    if (page && untilMs !== null) page.pausedUntilMs = untilMs;
  }

  function addRefusal({ orgId, version }: Script): void {
    const page = pageOf(orgId);
    const nowMs = clock.nowMs();
    const refusal = { version, fault: "refused_return", line: null, count: 1 } as const;
    if (page) addFault(page, { ...refusal, firstAtMs: nowMs, lastAtMs: nowMs });
  }

  function pageOf(orgId: string): Page | null {
    const known = pages.get(orgId);
    if (known || pages.size >= reportingOrganizationsMax) return known ?? null;
    const page: Page = { faults: new Map(), pausedUntilMs: null };
    pages.set(orgId, page);
    return page;
  }

  async function flush(): Promise<boolean> {
    const told = pages;
    if (told.size === 0) return true;
    pages = new Map();
    const reports = [...told].map(([orgId, page]): FaultReport => {
      return { orgId, faults: [...page.faults.values()], pausedUntilMs: page.pausedUntilMs };
    });
    const added = await store.add(reports);
    if (added.ok) return true;
    telemetry.log("warn", "faults of custom JavaScript were not written, trying again", {
      code: word(added.failure.code),
    });
    if (added.failure.retry !== "never") for (const report of reports) takeBack(report);
    return false;
  }

  function takeBack({ orgId, faults, pausedUntilMs }: FaultReport): void {
    const page = pageOf(orgId);
    if (!page) return;
    for (const fault of faults) addFault(page, fault);
    page.pausedUntilMs ??= pausedUntilMs;
  }

  async function report(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await flush();
      await clock.sleep(reportEveryMs, signal);
    }
    await flush();
  }

  return { run, addRefusal, flush, report };
}

/** Faults that are alike are one; beyond the bound the first kinds are kept, as they are what happened first. */
function addFault({ faults }: Page, { version, fault, line, count, firstAtMs, lastAtMs }: CountedFault): void {
  const key = `${version} ${fault} ${line}`;
  const known = faults.get(key);
  if (!known && faults.size >= keptFaultsMax) return;
  faults.set(key, {
    version,
    fault,
    line,
    count: (known?.count ?? 0) + count,
    firstAtMs: Math.min(known?.firstAtMs ?? firstAtMs, firstAtMs),
    lastAtMs: Math.max(known?.lastAtMs ?? lastAtMs, lastAtMs),
  });
}
