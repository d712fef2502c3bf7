import type { DeliveryVerdict, FailureClass, FrozenEvent, Integration } from "../../domain/model/delivery.ts";
import type { Consent } from "../../domain/model/event/event.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { Transformation } from "../../domain/model/transformation.ts";
import type { Clock } from "../../ports/clock.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetters } from "../../ports/dead-letters.ts";
import type { Delivery, DeliveryFilter, DeliveryReceipt } from "../../ports/deliveries.ts";
import type { DeliveryStatus, RequestCount, VendorState } from "../../ports/delivery-status.ts";
import type { IntegrationLedger, Page } from "../../ports/event-store.ts";
import type { OutboundEvent, Outbox, OutboxClaim } from "../../ports/outbox.ts";
import type { Random } from "../../ports/random.ts";
import type { RetryNow } from "../../ports/retry-now.ts";

export interface MemoryOutbox extends Outbox {
  /** Queues an event for an integration, due at once; what is queued already stays as it is. */
  enqueue(integration: Integration, event: StoredEvent, advertising?: Consent): void;
  /** Puts another configuration or secret in an integration's place. */
  replaceIntegration(integration: Integration): void;
  /** Takes away what waits for an integration, as its deletion does; nothing is queued for it any more. */
  cancel(integrationId: string): void;
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

type Counts = Record<"queued" | "delivered" | "dead" | "expired" | "canceled" | "notApplicable", number>;

const noCounts: Counts = { queued: 0, delivered: 0, dead: 0, expired: 0, canceled: 0, notApplicable: 0 };
const rowsMax = 1_000_000;
const receiptsMax = 100_000;

/** Opens an outbox that lives and dies with the process, for tests of what stands on either side of one. */
export function openMemoryOutbox(options: { readonly clock: Clock; readonly random: Random }): MemoryOutbox {
  const { clock, random } = options;
  const integrations = new Map<string, Integration>();
  const transformations = new Map<string, readonly Transformation[]>();
  const rows = new Map<string, Row>();
  const books = new Map<string, Counts>();
  const letters: { readonly letter: DeadLetter; readonly row: Row }[] = [];
  const receipts: Delivery[] = [];
  const canceled = new Set<string>();
  const vendors = new Map<string, VendorState>();
  const watching = new Set<Parameters<RetryNow["watchRetryNow"]>[0]>();
  let working = new AbortController();

  function countsOf(integrationId: string): Counts {
    const known = books.get(integrationId) ?? { ...noCounts };
    books.set(integrationId, known);
    return known;
  }

  function enqueue(integration: Integration, event: StoredEvent, advertising: Consent = "unknown"): void {
    if (canceled.has(integration.id)) return;
    if (!integrations.has(integration.id)) integrations.set(integration.id, integration);
    const key = keyOf(integration.id, event.id);
    if (rows.has(key)) return;
    if (rows.size >= rowsMax) throw new RangeError("the outbox is full");
    const fresh = { attempts: 0, dueMs: clock.nowMs(), ambiguousSinceMs: null, frozen: null, lease: null };
    rows.set(key, { integrationId: integration.id, event, advertising, ...fresh });
    countsOf(integration.id).queued += 1;
    wake();
  }

  const cancel = (integrationId: string) => {
    canceled.add(integrationId);
    integrations.delete(integrationId);
    countsOf(integrationId).canceled += takeRows(rows, integrationId);
  };

  function wake(): void {
    working.abort();
    working = new AbortController();
  }

  function dueRows(except: ReadonlySet<string>, nowMs: number): Map<string, Row[]> {
    const due = [...rows.values()]
      .filter((row) => row.dueMs <= nowMs && (row.lease === null || row.lease.untilMs <= nowMs))
      .filter((row) => isServed(integrations.get(row.integrationId)) && !except.has(row.integrationId))
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
    const counts = countsOf(row.integrationId);
    if (verdict.kind === "not_applicable") {
      counts.queued -= 1;
      counts.notApplicable += 1;
      return;
    }
    counts[verdict.kind] += 1;
    if (verdict.kind !== "dead") return;
    if (verdict.effect === "unknown") row.ambiguousSinceMs ??= sentAtMs;
    letters.push({ letter: deadLetter(row, verdict.code, nowMs), row });
  }

  function deadLetter(row: Row, code: string, nowMs: number): DeadLetter {
    const { id: eventId, orgId, messageId, name: eventName } = row.event;
    const { integrationId, ambiguousSinceMs } = row;
    const about = { orgId, integrationId, eventId, messageId, eventName, ambiguousSinceMs };
    return { id: random.uuidv7(), ...about, stage: "relay", code, createdAtMs: nowMs };
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
    const { orgId, id: integrationId } = held.integration;
    receipts.push(...made.map((receipt) => ({ id: random.uuidv7(), orgId, integrationId, ...receipt })));
    receipts.splice(0, receipts.length - receiptsMax);
    return succeed(undefined);
  }

  async function redrive(
    by: { readonly orgId: string },
    filter: DeadLetterFilter,
    { nowMs, ambiguousBeforeMs, lettersMax }: Parameters<DeadLetters["redrive"]>[2],
  ): ReturnType<DeadLetters["redrive"]> {
    const meant = letters.filter(({ letter }) => letter.orgId === by.orgId && isMeant(letter, filter));
    const certain = meant
      .filter(({ letter }) => !canceled.has(letter.integrationId ?? ""))
      .filter(({ row }) => (row.ambiguousSinceMs ?? Number.POSITIVE_INFINITY) > ambiguousBeforeMs);
    const taken = certain.slice(0, lettersMax);
    for (const one of taken) {
      letters.splice(letters.indexOf(one), 1);
      const frozen = one.row.ambiguousSinceMs === null ? null : one.row.frozen;
      const row = { ...one.row, attempts: 0, dueMs: nowMs, lease: null, frozen };
      rows.set(keyOf(row.integrationId, row.event.id), row);
      countsOf(row.integrationId).dead -= 1;
    }
    wake();
    const leftAmbiguous = meant.length - certain.length;
    return succeed({ redriven: taken.length, leftAmbiguous, more: taken.length >= lettersMax });
  }

  async function retryNow(integration: Parameters<RetryNow["retryNow"]>[0], nowMs: number): Promise<Result<void>> {
    for (const row of rows.values()) {
      if (row.integrationId === integration.id && row.lease === null) row.dueMs = Math.min(row.dueMs, nowMs);
    }
    for (const heard of watching) heard(integration);
    wake();
    return succeed(undefined);
  }

  function ledger(integrationId: string): IntegrationLedger {
    const waiting = [...rows.values()].filter((row) => row.integrationId === integrationId).length;
    return { integrationId, ...countsOf(integrationId), waiting };
  }

  return {
    enqueue,
    replaceIntegration: (integration) => void integrations.set(integration.id, integration),
    cancel,
    transform: (integrationId, own) => void transformations.set(integrationId, own),
    ledger,
    receipts: () => receipts,
    claim,
    endLeases,
    freeze,
    settle,
    async deadLetters(orgId, page) {
      const own = letters.map(({ letter }) => letter).filter((letter) => letter.orgId === orgId);
      return succeed(pageOf(own.filter((letter) => isMeant(letter, page)).reverse(), page));
    },
    redrive,
    retryNow,
    watchRetryNow: (heard) => added(watching, heard),
    async deliveries(orgId, page) {
      const own = receipts.filter((receipt) => receipt.orgId === orgId && isAskedFor(receipt, page));
      return succeed(pageOf(own.reverse(), page));
    },
    async saveVendorState({ id }, state) {
      vendors.set(id, state);
      return succeed(undefined);
    },
    async status(orgId, integrationId, sinceMs) {
      if (integrations.get(integrationId)?.orgId !== orgId) return fail("not_found", { retry: "never" });
      const made = receipts.filter((one) => one.integrationId === integrationId && one.startedAtMs >= sinceMs);
      const now = { oldestWaitingMs: oldestOf(rows, integrationId), vendor: vendors.get(integrationId) ?? null };
      return succeed({ ledger: ledger(integrationId), ...now, ...requestCounts(made) });
    },
    awaitWork: (waitMs) => clock.sleep(waitMs, working.signal),
  };
}

/** When the oldest event that waits was received; null if none waits. */
function oldestOf(rows: ReadonlyMap<string, Row>, integrationId: string): number | null {
  const waiting = [...rows.values()].filter((row) => row.integrationId === integrationId);
  return waiting.length === 0 ? null : Math.min(...waiting.map(({ event }) => event.receivedAtMs));
}

/** Takes an integration's rows away. Units: rows. */
function takeRows(rows: Map<string, Row>, integrationId: string): number {
  const own = [...rows].filter(([, row]) => row.integrationId === integrationId);
  for (const [key] of own) rows.delete(key);
  return own.length;
}

/** Puts one into a set; returns what takes it out. */
function added<T>(set: Set<T>, one: T): () => void {
  set.add(one);
  return () => void set.delete(one);
}

function requestCounts(made: readonly Delivery[]): Pick<DeliveryStatus, "delivered" | "failed"> {
  const sum = (some: readonly Delivery[]): RequestCount => {
    return { requests: some.length, events: some.reduce((total, { eventIds }) => total + eventIds.length, 0) };
  };
  const failed: Partial<Record<FailureClass, RequestCount>> = {};
  for (const failureClass of new Set(made.map((one) => one.failureClass))) {
    if (failureClass !== null) failed[failureClass] = sum(made.filter((one) => one.failureClass === failureClass));
  }
  return { delivered: sum(made.filter(({ ok }) => ok)), failed };
}

function isServed(integration: Integration | undefined): boolean {
  return integration?.enabled === true && integration.pausedAtMs === null;
}

function isMeant(letter: DeadLetter, filter: DeadLetterFilter): boolean {
  const { ids, integrationId, code, eventName, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY } = filter;
  if (ids !== undefined && !ids.includes(letter.id)) return false;
  if (integrationId !== undefined && letter.integrationId !== integrationId) return false;
  if (code !== undefined && letter.code !== code) return false;
  if (eventName !== undefined && letter.eventName !== eventName) return false;
  return letter.createdAtMs >= sinceMs && letter.createdAtMs < untilMs;
}

function isAskedFor(receipt: Delivery, filter: DeliveryFilter): boolean {
  const { integrationId, eventId, code, ok, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY } = filter;
  if (integrationId !== undefined && receipt.integrationId !== integrationId) return false;
  if (eventId !== undefined && !receipt.eventIds.includes(eventId)) return false;
  if (code !== undefined && receipt.code !== code) return false;
  if (ok !== undefined && receipt.ok !== ok) return false;
  return receipt.startedAtMs >= sinceMs && receipt.startedAtMs < untilMs;
}

/** A page of what is sorted already. The cursor is the id of the last item. */
function pageOf<T extends { readonly id: string }>(
  sorted: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Page<T> {
  const start = cursor === undefined ? 0 : sorted.findIndex(({ id }) => id === cursor) + 1;
  const items = sorted.slice(start, start + limit);
  const isLast = start + items.length >= sorted.length;
  return { items, nextCursor: isLast ? null : (items.at(-1)?.id ?? null) };
}

function keyOf(integrationId: string, eventId: string): string {
  return `${integrationId}/${eventId}`;
}
