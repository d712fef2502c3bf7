import type { Clock } from "../../../ports/clock.ts";
import type { EventStore, IntegrationLedger, SourceLedger } from "../../../ports/event-store.ts";
import type { EventStream, SourceBacklog, StreamLoss, StreamLossCause } from "../../../ports/event-stream.ts";
import type { DropReason } from "../../model/outcome.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted } from "../refusal.ts";

/** accepted = stored + duplicate + dropped + dead + in_flight, each counted on its own. */
export interface SourceLine {
  readonly source_id: string;
  readonly accepted: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly dropped: Partial<Record<DropReason, number>>;
  readonly dead: number;
  /** Among the dead: events of records that the disk did not keep as they were written. */
  readonly damaged: number;
  readonly in_flight: number;
  /** Accepted events that are nowhere, after a damage: never more than what `losses` may have taken. */
  readonly missing: number;
  readonly balanced: boolean;
}

/** A span of time of which events may be missing, because a disk did not keep them. */
export interface LossLine {
  readonly cause: StreamLossCause;
  readonly found_at: string;
  readonly from: string;
  readonly to: string;
}

/** queued = delivered + dead + expired + canceled + waiting. */
export interface IntegrationLine {
  readonly integration_id: string;
  readonly queued: number;
  readonly delivered: number;
  readonly dead: number;
  readonly expired: number;
  readonly canceled: number;
  readonly waiting: number;
  /** Events of the project that are nothing for this integration, such as an app's for a website's pixel. */
  readonly not_applicable: number;
  readonly balanced: boolean;
}

export interface Ledger {
  readonly sources: readonly SourceLine[];
  readonly integrations: readonly IntegrationLine[];
  /** The latest first. */
  readonly losses: readonly LossLine[];
}

export interface LedgerParts {
  readonly store: Pick<EventStore, "sourceLedgers" | "integrationLedgers">;
  readonly stream: Pick<EventStream, "backlog" | "losses">;
  readonly clock: Pick<Clock, "sleep">;
}

const readsMax = 10;
const rereadMs = 20;

/**
 * Makes the use case that shows where every accepted event went; viewers may.
 *
 * Stream and store are counted apart, so a record that is just moving may be seen twice: the books are then read
 * again a few times before they are shown as not balanced.
 */
export function createShowLedger(parts: LedgerParts) {
  async function readBooks(orgId: string): Promise<AdminResult<Ledger>> {
    const backlog = await parts.stream.backlog(orgId);
    const sources = await parts.store.sourceLedgers(orgId);
    if (!sources.ok) return failed(sources.failure);
    const integrations = await parts.store.integrationLedgers(orgId);
    if (!integrations.ok) return failed(integrations.failure);
    const losses = await parts.stream.losses();
    return granted({
      sources: sourceLines(sources.value, backlog, losses.length > 0),
      integrations: integrations.value.map(integrationLine),
      losses: losses.map(lossLine),
    });
  }

  return async function showLedger(by: Principal): Promise<AdminResult<Ledger>> {
    let books = await readBooks(by.orgId);
    for (let reads = 1; reads < readsMax && books.ok && !isBalanced(books.value); reads += 1) {
      await parts.clock.sleep(rereadMs);
      books = await readBooks(by.orgId);
    }
    return books;
  };
}

function isBalanced(ledger: Ledger): boolean {
  return [...ledger.sources, ...ledger.integrations].every((line) => line.balanced);
}

function lossLine({ cause, foundMs, fromMs, toMs }: StreamLoss): LossLine {
  const at = (ms: number) => new Date(ms).toISOString();
  return { cause, found_at: at(foundMs), from: at(fromMs), to: at(toMs) };
}

function sourceLines(
  ledgers: readonly SourceLedger[],
  backlogs: readonly SourceBacklog[],
  mayMiss: boolean,
): SourceLine[] {
  const stored = new Map(ledgers.map((ledger) => [ledger.sourceId, ledger]));
  const waiting = new Map(backlogs.map((backlog) => [backlog.sourceId, backlog]));
  const ids = [...new Set([...stored.keys(), ...waiting.keys()])].sort();
  return ids.map((id) => sourceLine(id, mayMiss, stored.get(id), waiting.get(id)));
}

function sourceLine(id: string, mayMiss: boolean, ledger?: SourceLedger, backlog?: SourceBacklog): SourceLine {
  const accepted = backlog?.accepted ?? 0;
  const inFlight = backlog?.inFlight ?? 0;
  const { stored = 0, duplicate = 0, dead = 0, damaged = 0, dropped = {} } = ledger ?? {};
  const sum = stored + duplicate + dead + inFlight + Object.values(dropped).reduce((total, n) => total + n, 0);
  return {
    source_id: id,
    accepted,
    stored,
    duplicate,
    dropped,
    dead,
    damaged,
    in_flight: inFlight,
    missing: mayMiss ? Math.max(0, accepted - sum) : 0,
    balanced: accepted === sum,
  };
}

/** One integration's books as they are shown. */
export function integrationLine(ledger: IntegrationLedger): IntegrationLine {
  const { integrationId, queued, delivered, dead, expired, canceled, waiting, notApplicable } = ledger;
  const balanced = queued === delivered + dead + expired + canceled + waiting;
  const counts = { queued, delivered, dead, expired, canceled, waiting, not_applicable: notApplicable };
  return { integration_id: integrationId, ...counts, balanced };
}
