import type { Clock } from "../../../ports/clock.ts";
import type { EventStore } from "../../../ports/event-store.ts";
import type { Sandbox } from "../../../ports/sandbox.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { DataLayerConfig, DataLayerVersion } from "../../model/data-layer.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import { isSessionEvent } from "../../model/session.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, invalid, requireRole } from "../refusal.ts";
import { type BacktestSide, createBacktestSide, type ScriptCounts } from "./backtest-script.ts";
import { checkDataLayer } from "./check-data-layer.ts";
import type { ScriptTrialParts } from "./dry-run-script.ts";
import { createTrial, type Judgement, type TrialParts } from "./dry-run-trial.ts";
import type { TrialGate } from "./trial-gate.ts";
import { createTally, type ShownTally } from "./trial-tally.ts";

export const backtestEventsMax = 10_000;
export const backtestMinutesMax = 60;
export const backtestExamplesMax = 20;
/** Longer ones end with what they have: the caller is still waiting. */
const backtestMsMax = 20_000;
const pageEventsMax = 200;
/** Events that are looked at together: scripts get them in one turn. */
const turnEvents = 50;
/** After so much work on events the processor is given to others. */
const sliceCharsMax = 128 * 1024;

export interface BacktestRequest {
  readonly config: unknown;
  readonly last?: number;
  readonly minutes?: number;
}

/** An event whose outcome would be another. */
export interface ChangedEvent {
  readonly event_id: string;
  readonly message_id: string;
  readonly from: Judgement["outcome"];
  readonly to: Judgement["outcome"];
  /** Why, under the candidate; null if it would pass. */
  readonly reason: Judgement["reason"];
  /** The candidate's rule that would drop it; null as well where custom JavaScript is on. */
  readonly rule: number | null;
}

export interface BacktestAnswer {
  readonly events: number;
  /** False if not all that was asked for could be looked at: too many events, or too little time. */
  readonly complete: boolean;
  readonly active: ShownTally & { readonly version: number; readonly custom_js: ScriptCounts | null };
  readonly candidate: ShownTally & { readonly custom_js: ScriptCounts | null };
  readonly changed: {
    readonly outcomes: number;
    /** Events that pass both, but would be stored differently. */
    readonly outputs: number;
    readonly examples: readonly ChangedEvent[];
  };
  readonly note: string;
}

export interface BacktestParts extends TrialParts, ScriptTrialParts {
  readonly sandbox: Pick<Sandbox, "run" | "check"> & Partial<Pick<Sandbox, "eventMsMax">>;
  readonly tenants: Pick<TenantStore, "dataLayer">;
  readonly store: Pick<EventStore, "events">;
  readonly clock: Clock;
  readonly gate: TrialGate;
}

const note =
  "Only stored events are looked at: what was dropped or refused when it came in is not among them. " +
  "They hold no User-Agent and no raw values any more, so bots are not judged again. " +
  "They are what the script of their time left, and the scripts of both run on that; " +
  "events of a script that failed or was paused count as unchanged.";

/** What is not the sender's any more has no kind: stored events are run as what passed before. */
const anySource = { kind: "server", defaultCallingCode: null } as const;

/** Makes the use case that compares a candidate with the current data layer over stored events; editors may. */
export function createBacktestDataLayer(parts: BacktestParts) {
  async function backtest(by: Principal, request: BacktestRequest, config: DataLayerConfig) {
    const active = await parts.tenants.dataLayer(by.orgId);
    if (!active.ok) return failed(active.failure);
    const comparison = createComparison(parts, by.orgId, active.value, config);
    const complete = await eachStored(by, request, comparison.add);
    if (!complete.ok) return complete;
    return granted({ ...comparison.show(), complete: complete.value, note });
  }

  /** Hands over the last stored events, newest first, but those Tidegate added. Shape: true unless time ran out. */
  async function eachStored(
    by: Principal,
    { last = backtestEventsMax, minutes }: BacktestRequest,
    add: (events: readonly StoredEvent[]) => Promise<number>,
  ): Promise<AdminResult<boolean>> {
    const startedMs = parts.clock.nowMs();
    const since = minutes === undefined ? {} : { sinceMs: startedMs - minutes * 60_000 };
    let left = last;
    let cursor: { cursor?: string } = {};
    let sliceChars = 0;
    while (left > 0) {
      const limit = Math.min(left, pageEventsMax);
      const page = await parts.store.events(by.orgId, { ...since, ...cursor, limit });
      if (!page.ok) return failed(page.failure);
      const sent = page.value.items.filter((event) => !isSessionEvent(event));
      for (let from = 0; from < sent.length; from += turnEvents) {
        sliceChars += await add(sent.slice(from, from + turnEvents));
        if (parts.clock.nowMs() - startedMs > backtestMsMax) return granted(false);
        if (sliceChars < sliceCharsMax) continue;
        await parts.clock.sleep(1);
        sliceChars = 0;
      }
      left -= sent.length;
      if (page.value.nextCursor === null || page.value.items.length === 0) return granted(true);
      cursor = { cursor: page.value.nextCursor };
    }
    return granted(minutes === undefined);
  }

  return async function backtestDataLayer(
    by: Principal,
    request: BacktestRequest,
  ): Promise<AdminResult<BacktestAnswer>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    if ((request.last === undefined) === (request.minutes === undefined)) return invalid([spanFault]);
    const checked = await checkDataLayer(parts.sandbox, request.config);
    if (!checked.ok) return checked;
    return await parts.gate(by.orgId, () => backtest(by, request, checked.value));
  };
}

/** Counts what two data layers make of the same events. `add` tells how much text it worked on. */
function createComparison(parts: BacktestParts, orgId: string, active: DataLayerVersion, config: DataLayerConfig) {
  const sideOf = (of: DataLayerConfig): BacktestSide =>
    createBacktestSide(parts, orgId, of, createTrial(parts, of, anySource));
  const [before, after] = [sideOf(active.config), sideOf(config)];
  const [activeTally, candidateTally] = [createTally(), createTally()];
  const examples: ChangedEvent[] = [];
  const counts = { events: 0, outcomes: 0, outputs: 0 };

  async function add(events: readonly StoredEvent[]): Promise<number> {
    const [froms, tos] = [await before.judge(events), await after.judge(events)];
    let chars = 0;
    for (const [index, event] of events.entries()) {
      chars += compare(event, froms[index] as Judgement, tos[index] as Judgement);
    }
    return chars;
  }

  function compare(event: StoredEvent, from: Judgement, to: Judgement): number {
    counts.events += 1;
    activeTally.add(from);
    candidateTally.add(to);
    if (from.outcome !== to.outcome || from.reason !== to.reason) {
      counts.outcomes += 1;
      if (examples.length < backtestExamplesMax) examples.push(changedEvent(event, from, to));
    } else if (from.text !== to.text) counts.outputs += 1;
    return from.text.length + to.text.length;
  }

  function show(): Omit<BacktestAnswer, "complete" | "note"> {
    const { events, outcomes, outputs } = counts;
    return {
      events,
      active: { version: active.version, ...activeTally.show(), custom_js: before.scriptCounts() },
      candidate: { ...candidateTally.show(), custom_js: after.scriptCounts() },
      changed: { outcomes, outputs, examples },
    };
  }

  return { add, show };
}

function changedEvent(event: StoredEvent, from: Judgement, to: Judgement): ChangedEvent {
  const ids = { event_id: event.id, message_id: event.messageId };
  return { ...ids, from: from.outcome, to: to.outcome, reason: to.reason, rule: to.rule };
}

const spanFault = {
  path: "last",
  code: "missing",
  message: "Send either `last`, how many stored events to take, or `minutes`, how far to go back.",
};
