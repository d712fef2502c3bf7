import type pg from "pg";
import type { DeliveryVerdict } from "../../../domain/model/delivery.ts";
import type { DeliveryReceipt } from "../../../ports/deliveries.ts";
import type { OutboxClaim } from "../../../ports/outbox.ts";
import { addToIntegrationLedger } from "../events/store-counts.ts";
import { withTenants } from "../tenant-scope.ts";
import { ambiguityOf, type FrozenParts } from "./outbox-claim.ts";

interface ClaimedRow {
  readonly received_at: number;
  readonly event_ids: readonly string[];
  readonly attempts: number;
  readonly ambiguous_since: number | null;
  readonly frozen: Readonly<Record<string, FrozenParts>> | null;
}

/** Events that go back to the queue with one history, to be one row again. */
interface Waiting {
  readonly receivedAtMs: number;
  readonly attempts: number;
  readonly ambiguousSinceMs: number | null;
  readonly dueAtMs: number;
  readonly eventIds: string[];
  readonly frozen: Record<string, FrozenParts>;
}

/** A dead letter to be: what the row says of its event, and the verdict's code. What the vendor may know is kept. */
interface DeadLettered {
  readonly eventId: string;
  readonly receivedAtMs: number;
  readonly ambiguousSinceMs: number | null;
  readonly frozen: FrozenParts | null;
  readonly code: string;
}

interface Settlement {
  delivered: number;
  expired: number;
  notApplicable: number;
  readonly deadLettered: DeadLettered[];
  readonly waiting: Map<string, Waiting>;
}

/** What is frozen is read only if some of it must be kept: it is most of what a row holds. */
const takeRowsText = `
  delete from outbox
  where org_id = $1 and integration_id = $2 and due_at = to_timestamp($3::float8 / 1000.0) and claim_id = $4
  returning received_at, event_ids, attempts, ambiguous_since, case when $5 then frozen end as frozen`;

/**
 * Ends a claim in one transaction: its rows go, a verdict's effect takes their place, and the ledger moves with them.
 *
 * Rows that another claim holds by now are not touched, nor is anything counted for them. Receipts are kept in any
 * case: the requests were made.
 */
export async function settleClaim(
  pool: pg.Pool,
  claim: OutboxClaim,
  verdicts: ReadonlyMap<string, DeliveryVerdict>,
  receipts: readonly DeliveryReceipt[],
  nowMs: number,
): Promise<void> {
  const { orgId, id: integrationId } = claim.integration;
  await withTenants(pool, [orgId], async (client) => {
    const values = [orgId, integrationId, claim.leaseUntilMs, claim.id, needsFrozen(claim, verdicts)];
    const taken = await client.query<ClaimedRow>(takeRowsText, values);
    const known = new Set(claim.events.map(({ event }) => event.id));
    const attemptedAtMs = attemptedAt(receipts, nowMs);
    const settlement: Settlement = { delivered: 0, expired: 0, notApplicable: 0, deadLettered: [], waiting: new Map() };
    for (const row of taken.rows) {
      for (const eventId of row.event_ids) {
        if (known.has(eventId)) settleEvent(settlement, row, eventId, verdicts.get(eventId), attemptedAtMs, nowMs);
        else settlement.expired += 1;
      }
    }
    await insertWaiting(client, claim, [...settlement.waiting.values()]);
    await insertReceipts(client, claim, receipts);
    await insertDeadLetters(client, claim, settlement.deadLettered, nowMs);
    const { delivered, expired, notApplicable, deadLettered } = settlement;
    const counts = {
      delivered,
      expired,
      dead: deadLettered.length,
      queued: -notApplicable,
      not_applicable: notApplicable,
    };
    await addToIntegrationLedger(client, [{ orgId, integrationId, ...counts }]);
  });
}

/** Whether any event may be sent again, at once or as a dead letter: then what was frozen of it stays with it. */
function needsFrozen(claim: OutboxClaim, verdicts: ReadonlyMap<string, DeliveryVerdict>): boolean {
  return claim.events.some(({ event }) => ["retry", "dead"].includes(verdicts.get(event.id)?.kind ?? "retry"));
}

/** When the claim's first request went out; doubts about an event can't be older within this claim. */
function attemptedAt(receipts: readonly DeliveryReceipt[], nowMs: number): number {
  return receipts.reduce((first, receipt) => Math.min(first, receipt.startedAtMs), nowMs);
}

function settleEvent(
  settlement: Settlement,
  row: ClaimedRow,
  eventId: string,
  verdict: DeliveryVerdict | undefined,
  attemptedAtMs: number,
  nowMs: number,
): void {
  if (verdict?.kind === "delivered") settlement.delivered += 1;
  else if (verdict?.kind === "expired") settlement.expired += 1;
  else if (verdict?.kind === "not_applicable") settlement.notApplicable += 1;
  else if (verdict?.kind === "dead") {
    const ambiguousSinceMs = ambiguityOf(row, eventId) ?? (verdict.effect === "unknown" ? attemptedAtMs : null);
    const frozen = row.frozen?.[eventId] ?? null;
    settlement.deadLettered.push({
      eventId,
      receivedAtMs: row.received_at,
      ambiguousSinceMs,
      frozen,
      code: verdict.code,
    });
  } else keepWaiting(settlement, row, eventId, verdict, attemptedAtMs, nowMs);
}

/** An event without a verdict was not attempted: it is due at once, its history unchanged. */
function keepWaiting(
  settlement: Settlement,
  row: ClaimedRow,
  eventId: string,
  retry: Extract<DeliveryVerdict, { kind: "retry" }> | undefined,
  attemptedAtMs: number,
  nowMs: number,
): void {
  const isAmbiguous = retry?.effect === "unknown";
  const history = {
    receivedAtMs: row.received_at,
    attempts: row.attempts + (retry?.counted ? 1 : 0),
    ambiguousSinceMs: ambiguityOf(row, eventId) ?? (isAmbiguous ? attemptedAtMs : null),
    dueAtMs: retry?.atMs ?? nowMs,
  };
  const key = JSON.stringify(history);
  const group = settlement.waiting.get(key) ?? { ...history, eventIds: [], frozen: {} };
  group.eventIds.push(eventId);
  const frozen = row.frozen?.[eventId];
  if (frozen) group.frozen[eventId] = frozen;
  settlement.waiting.set(key, group);
}

const insertWaitingText = `
  insert into outbox (org_id, integration_id, received_at, event_ids, due_at, attempts, ambiguous_since, frozen)
  select $1, $2, to_timestamp(received / 1000.0), ids::uuid[], to_timestamp(due / 1000.0), attempts,
    to_timestamp(ambiguous / 1000.0), nullif(frozen::jsonb, '{}'::jsonb)
  from unnest($3::float8[], $4::text[], $5::float8[], $6::int[], $7::float8[], $8::text[])
    as w (received, ids, due, attempts, ambiguous, frozen)`;

async function insertWaiting(client: pg.PoolClient, claim: OutboxClaim, rows: readonly Waiting[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(insertWaitingText, [
    claim.integration.orgId,
    claim.integration.id,
    rows.map((row) => row.receivedAtMs),
    rows.map((row) => `{${row.eventIds.join(",")}}`),
    rows.map((row) => row.dueAtMs),
    rows.map((row) => row.attempts),
    rows.map((row) => row.ambiguousSinceMs),
    rows.map((row) => JSON.stringify(row.frozen)),
  ]);
}

/** Ids come from the claim, so that a settlement that is tried again after a lost answer writes none twice. */
const insertReceiptsText = `
  insert into delivery_batches (
    org_id, integration_id, batch_id, event_ids, attempt, started_at, duration_ms, ok, code, trace_id,
    failure_class, warnings
  )
  select $1, $2, md5($10::text || ' ' || n)::uuid, ids::uuid[], attempt, to_timestamp(started / 1000.0), duration, ok,
    code, trace, class, warnings::text[]
  from unnest(
    $3::text[], $4::int[], $5::float8[], $6::int[], $7::boolean[], $8::text[], $9::text[], $11::text[],
    $12::text[]
  ) with ordinality as r (ids, attempt, started, duration, ok, code, trace, class, warnings, n)
  on conflict do nothing`;

async function insertReceipts(
  client: pg.PoolClient,
  claim: OutboxClaim,
  receipts: readonly DeliveryReceipt[],
): Promise<void> {
  if (receipts.length === 0) return;
  await client.query(insertReceiptsText, [
    claim.integration.orgId,
    claim.integration.id,
    receipts.map((receipt) => `{${receipt.eventIds.join(",")}}`),
    receipts.map((receipt) => receipt.attempt),
    receipts.map((receipt) => receipt.startedAtMs),
    receipts.map((receipt) => Math.round(receipt.durationMs)),
    receipts.map((receipt) => receipt.ok),
    receipts.map((receipt) => receipt.code),
    receipts.map((receipt) => receipt.traceId?.replaceAll("\0", "") ?? null),
    claim.id,
    receipts.map((receipt) => receipt.failureClass),
    receipts.map(({ warnings }) => (warnings === undefined ? null : `{${warnings.join(",")}}`)),
  ]);
}

const insertDeadLettersText = `
  insert into dead_letters (
    org_id, source_id, integration_id, event_id, message_id, received_at, stage, code, created_at, ambiguous_since,
    frozen
  )
  select $1, source, $2, event, message, to_timestamp(received / 1000.0), 'relay', code,
    to_timestamp($3::float8 / 1000.0), to_timestamp(ambiguous / 1000.0), frozen::jsonb
  from unnest($4::uuid[], $5::uuid[], $6::text[], $7::float8[], $8::text[], $9::float8[], $10::text[])
    as b (source, event, message, received, code, ambiguous, frozen)`;

async function insertDeadLetters(
  client: pg.PoolClient,
  claim: OutboxClaim,
  deadLettered: readonly DeadLettered[],
  nowMs: number,
): Promise<void> {
  if (deadLettered.length === 0) return;
  const events = new Map(claim.events.map(({ event }) => [event.id, event]));
  await client.query(insertDeadLettersText, [
    claim.integration.orgId,
    claim.integration.id,
    nowMs,
    deadLettered.map(({ eventId }) => events.get(eventId)?.sourceId),
    deadLettered.map(({ eventId }) => eventId),
    deadLettered.map(({ eventId }) => events.get(eventId)?.messageId),
    deadLettered.map(({ receivedAtMs }) => receivedAtMs),
    deadLettered.map(({ code }) => code),
    deadLettered.map(({ ambiguousSinceMs }) => ambiguousSinceMs),
    deadLettered.map(({ frozen }) => (frozen === null ? null : JSON.stringify(frozen))),
  ]);
}
