import type { ScriptCounters, ScriptFault, ScriptOutcome } from "../../ports/sandbox.ts";
import { type Telemetry, word } from "../../ports/telemetry.ts";

/** What is known of each organisation's scripts: counted, and told in few lines without any value. */
export interface Journal {
  record(orgId: string, outcomes: readonly ScriptOutcome[], nowMs: number): void;
  paused(orgId: string, untilMs: number): void;
  counters(orgId: string, pausedUntilMs: number | null): ScriptCounters | null;
}

const organizationsMax = 10_000;
/** Of one organisation's faults, one line in this time, with how many there were since the last. */
const logEveryMs = 10_000;

interface Page {
  returned: number;
  dropped: number;
  paused: number;
  failed: Partial<Record<ScriptFault, number>>;
  lastFault: ScriptCounters["lastFault"];
  unlogged: number;
  loggedAtMs: number;
}

/** Opens the journal of this process. Counts of organisations that ran longest ago are forgotten first. */
export function openJournal(telemetry: Telemetry): Journal {
  const pages = new Map<string, Page>();

  function pageOf(orgId: string): Page {
    const page = pages.get(orgId) ?? {
      returned: 0,
      dropped: 0,
      paused: 0,
      failed: {},
      lastFault: null,
      unlogged: 0,
      loggedAtMs: Number.NEGATIVE_INFINITY,
    };
    pages.delete(orgId);
    pages.set(orgId, page);
    const oldest = pages.keys().next().value;
    if (pages.size > organizationsMax && oldest !== undefined) pages.delete(oldest);
    return page;
  }

  function logFaults(orgId: string, page: Page, nowMs: number): void {
    const { lastFault } = page;
    if (page.unlogged === 0 || !lastFault || nowMs - page.loggedAtMs < logEveryMs) return;
    const { fault, line } = lastFault;
    const fields = { organization: word(orgId), fault: word(fault), line, events: page.unlogged };
    telemetry.log("warn", "custom JavaScript failed, its events go on unchanged", fields);
    page.unlogged = 0;
    page.loggedAtMs = nowMs;
  }

  return {
    record(orgId, outcomes, nowMs) {
      const page = pageOf(orgId);
      const counts = new Map<string, number>();
      for (const outcome of outcomes) {
        const name = outcome.kind === "failed" ? outcome.fault : outcome.kind;
        counts.set(name, (counts.get(name) ?? 0) + 1);
        if (outcome.kind !== "failed") {
          page[outcome.kind] += 1;
          continue;
        }
        const { fault, line } = outcome;
        page.failed[fault] = (page.failed[fault] ?? 0) + 1;
        page.lastFault = { fault, line, atMs: nowMs };
        page.unlogged += 1;
      }
      for (const [outcome, by] of counts) telemetry.count("custom_js_events_total", by, { outcome });
      logFaults(orgId, page, nowMs);
    },
    paused(orgId, untilMs) {
      telemetry.count("custom_js_pauses_total");
      const fields = { organization: word(orgId), until_ms: untilMs };
      telemetry.log("warn", "custom JavaScript takes too long and is paused, its events go on unchanged", fields);
    },
    counters(orgId, pausedUntilMs) {
      const page = pages.get(orgId);
      if (!page) return null;
      const { returned, dropped, failed, paused, lastFault } = page;
      return { orgId, returned, dropped, failed: { ...failed }, paused, pausedUntilMs, lastFault };
    },
  };
}
