import type { DeliveryVerdict, FrozenEvent, Integration } from "../../domain/model/delivery.ts";
import type { Consent } from "../../domain/model/event.ts";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { StoredEvent } from "../../domain/model/stored-event.ts";
import type { Transformation } from "../../domain/model/transformation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { IntegrationLedger, Page } from "../../ports/event-store.ts";
import type { DeadLetter, DeliveryReceipt, OutboundEvent, Outbox, OutboxClaim } from "../../ports/outbox.ts";
import type { Random } from "../../ports/random.ts";

export interface MemoryOutbox extends Outbox {
  /** Queues an event for an integration, due at once; what is queued already stays as it is. */
  enqueue(integration: Integration, event: StoredEvent, advertising?: Consent): void;
  /** Puts another configuration or secret in an integration's place. */
  replaceIntegration(integration: Integration): void;
  /** Puts an integration's transformations in place of those it has. */
  transform(integrationId: string, transformations: readonly Transformation[]): void;
  ledger(integrationId: string): IntegrationLedger;
  receipts(): readonly DeliveryReceipt[];
}

interface Row {
  readonly integrationId: string;
  readonly event: StoredEvent;
  readonly advertising: Consent;
  attempts: number;
  dueMs: number;
  ambiguousSinceMs: number | null;
  frozen: FrozenEvent | null;
  lease: { readonly claimId: string; readonly grantedMs: number; readonly untilMs: number } | null;
}

type Counts = Record<"queued" | "delivered" | "dead" | "expired", number>;

const rowsMax = 1_000_000;
const receiptsMax = 100_000;

/** Opens an outbox that lives and dies with the process, for tests of what stands on either side of one. */
export function openMemoryOutbox(options: { readonly clock: Clock; readonly random: Random }): MemoryOutbox {
  const { clock, random } = options;
  const integrations = new Map<string, Integration>();
  const transformations = new Map<string, readonly Transformation[]>();
  const rows = new Map<string, Row>();
  const counts = new Map<string, Counts>();
  const letters: DeadLetter[] = [];
  const receipts: DeliveryReceipt[] = [];
  let working = new AbortController();

  function countsOf(integrationId: string): Counts {
    const known = counts.get(integrationId) ?? { queued: 0, delivered: 0, dead: 0, expired: 0 };
    counts.set(integrationId, known);
    return known;
  }

  function enqueue(integration: Integration, event: StoredEvent, advertising: Consent = "unknown"): void {
    if (!integrations.has(integration.id)) integrations.set(integration.id, integration);
    const key = keyOf(integration.id, event.id);
    if (rows.has(key)) return;
    if (rows.size >= rowsMax) throw new RangeError("the outbox is full");
    const fresh = { attempts: 0, dueMs: clock.nowMs(), ambiguousSinceMs: null, frozen: null, lease: null };
    rows.set(key, { integrationId: integration.id, event, advertising, ...fresh });
    countsOf(integration.id).queued += 1;
    working.abort();
    working = new AbortController();
  }

  function dueRows(except: ReadonlySet<string>, nowMs: number): Map<string, Row[]> {
    const due = [...rows.values()]
      .filter((row) => row.dueMs <= nowMs && (row.lease === null || row.lease.untilMs <= nowMs))
      .filter((row) => integrations.get(row.integrationId)?.enabled && !except.has(row.integrationId))
      .sort((a, b) => a.dueMs - b.dueMs);
    const byIntegration = new Map<string, Row[]>();
    for (const row of due) {
      const others = byIntegration.get(row.integrationId);
      if (others) others.push(row);
      else byIntegration.set(row.integrationId, [row]);
    }
    return byIntegration;
  }

  function lease(row: Row, claimId: string, nowMs: number, untilMs: number): OutboundEvent {
    if (row.lease && row.frozen) row.ambiguousSinceMs ??= row.lease.grantedMs;
    row.lease = { claimId, grantedMs: nowMs, untilMs };
    const { event, attempts, advertising, ambiguousSinceMs, frozen } = row;
    return { event, attempts, advertising, ambiguousSinceMs, frozen };
  }

  async function claim(bounds: Parameters<Outbox["claim"]>[0]): Promise<Result<OutboxClaim[]>> {
    const { claimsMax, eventsMax, nowMs } = bounds;
    const leaseUntilMs = nowMs + bounds.leaseMs;
    const claims = [...dueRows(new Set(bounds.except), nowMs)].slice(0, claimsMax).map(([integrationId, due]) => {
      const id = random.uuidv7();
      const events = due.slice(0, eventsMax).map((row) => lease(row, id, nowMs, leaseUntilMs));
      const own = (transformations.get(integrationId) ?? []).filter(({ enabled }) => enabled);
      const integration = integrations.get(integrationId) as Integration;
      return { id, integration, transformations: own, events, leaseUntilMs };
    });
    return succeed(claims);
  }

  async function endLeases(nowMs: number): Promise<Result<number>> {
    const held = [...rows.values()].filter((row) => row.lease !== null && row.lease.untilMs > nowMs);
    for (const row of held) if (row.lease) row.lease = { ...row.lease, claimId: "", untilMs: nowMs };
    return succeed(held.length);
  }

  /** The row of a claim's event, unless another claim holds it by now. */
  function heldRow(held: OutboxClaim, eventId: string): Row | undefined {
    const row = rows.get(keyOf(held.integration.id, eventId));
    return row?.lease?.claimId === held.id ? row : undefined;
  }

  async function freeze(held: OutboxClaim, frozen: readonly FrozenEvent[]): Promise<Result<void>> {
    const found = frozen.map((one) => ({ one, row: heldRow(held, one.eventId) }));
    if (found.some(({ row }) => !row)) return fail("lease_lost", { retry: "never" });
    for (const { one, row } of found) if (row) row.frozen ??= one;
    return succeed(undefined);
  }

  function settleRow(row: Row, verdict: DeliveryVerdict | undefined, nowMs: number, sentAtMs: number): void {
    row.lease = null;
    if (!verdict) return;
    if (verdict.kind === "retry") {
      row.attempts += verdict.counted ? 1 : 0;
      row.dueMs = verdict.atMs;
      if (verdict.effect === "unknown") row.ambiguousSinceMs ??= sentAtMs;
      return;
    }
    rows.delete(keyOf(row.integrationId, row.event.id));
    countsOf(row.integrationId)[verdict.kind] += 1;
    if (verdict.kind === "dead") letters.push(deadLetter(row, verdict.code, nowMs));
  }

  function deadLetter(row: Row, code: string, nowMs: number): DeadLetter {
    const { id: eventId, orgId, messageId } = row.event;
    const { integrationId } = row;
    return { id: random.uuidv7(), orgId, integrationId, eventId, messageId, stage: "relay", code, createdAtMs: nowMs };
  }

  async function settle(
    held: OutboxClaim,
    verdicts: ReadonlyMap<string, DeliveryVerdict>,
    made: readonly DeliveryReceipt[],
    nowMs: number,
  ): Promise<Result<void>> {
    const firstSentMs = made.reduce((first, receipt) => Math.min(first, receipt.startedAtMs), nowMs);
    for (const { event } of held.events) {
      const row = heldRow(held, event.id);
      if (row) settleRow(row, verdicts.get(event.id), nowMs, firstSentMs);
    }
    receipts.push(...made);
    receipts.splice(0, receipts.length - receiptsMax);
    return succeed(undefined);
  }

  async function deadLetters(
    orgId: string,
    page: Parameters<Outbox["deadLetters"]>[1],
  ): Promise<Result<Page<DeadLetter>>> {
    const newestFirst = letters.filter((letter) => letter.orgId === orgId).reverse();
    const start = page.cursor === undefined ? 0 : newestFirst.findIndex((letter) => letter.id === page.cursor) + 1;
    const items = newestFirst.slice(start, start + page.limit);
    const isLast = start + items.length >= newestFirst.length;
    return succeed({ items, nextCursor: isLast ? null : (items.at(-1)?.id ?? null) });
  }

  function ledger(integrationId: string): IntegrationLedger {
    const waiting = [...rows.values()].filter((row) => row.integrationId === integrationId).length;
    return { integrationId, ...countsOf(integrationId), waiting };
  }

  return {
    enqueue,
    replaceIntegration: (integration) => void integrations.set(integration.id, integration),
    transform: (integrationId, own) => void transformations.set(integrationId, own),
    ledger,
    receipts: () => receipts,
    claim,
    endLeases,
    freeze,
    settle,
    deadLetters,
    awaitWork: (waitMs) => clock.sleep(waitMs, working.signal),
  };
}

function keyOf(integrationId: string, eventId: string): string {
  return `${integrationId}/${eventId}`;
}
