import type pg from "pg";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { RecordToStore } from "../../../domain/model/event/stored-event.ts";
import { type DropReason, dropCodes } from "../../../domain/model/outcome.ts";
import type { RelayRule } from "../../../ports/event-store.ts";
import type { IntegrationCount, SourceCount } from "../database.ts";
import { integrationOf } from "../rows.ts";
import { storableMessageId } from "./store-checks.ts";
import type { Arrival } from "./store-events.ts";

/** What became of one record's events so far. */
export interface Tally {
  readonly record: RecordToStore;
  stored: number;
  duplicate: number;
  dead: number;
}

/** An event that can't be stored, and why. */
export interface NewDeadLetter extends Arrival {
  readonly code: string;
}

/** Rows a ledger has per source and integration, so that parallel transactions seldom wait for one. */
export const ledgerShards = 8;
const dropReasons = Object.keys(dropCodes) as DropReason[];
const sourceCounts: readonly SourceCount[] = [
  "accepted",
  "stored",
  "duplicate",
  "dead",
  ...dropReasons.map((reason) => `dropped_${reason}` as const),
];

const sum = (names: readonly string[]) => names.map((name) => `${name} = l.${name} + excluded.${name}`).join(", ");

const addToSourceLedgerText = `
  insert into source_ledger as l (org_id, source_id, shard, ${sourceCounts.join(", ")})
  select org, source, pg_backend_pid() % ${ledgerShards}, ${sourceCounts.map((name) => `sum(${name})`).join(", ")}
  from unnest($1::uuid[], $2::uuid[], ${sourceCounts.map((_, n) => `$${n + 3}::int[]`).join(", ")})
    as n (org, source, ${sourceCounts.join(", ")})
  group by org, source
  order by org, source
  on conflict (org_id, source_id, shard) do update set ${sum(sourceCounts)}`;

/** Adds what became of records to their sources' counts. */
export async function addToSourceLedger(client: pg.PoolClient, tallies: readonly Tally[]): Promise<void> {
  if (tallies.length === 0) return;
  await client.query(addToSourceLedgerText, [
    tallies.map(({ record }) => record.orgId),
    tallies.map(({ record }) => record.sourceId),
    tallies.map(({ record }) =>
      dropReasons.reduce((total, reason) => total + (record.dropped[reason] ?? 0), record.events.length),
    ),
    tallies.map((tally) => tally.stored),
    tallies.map((tally) => tally.duplicate),
    tallies.map((tally) => tally.dead),
    ...dropReasons.map((reason) => tallies.map(({ record }) => record.dropped[reason] ?? 0)),
  ]);
}

/** Counts to add for one integration. */
export type IntegrationCounts = { readonly orgId: string; readonly integrationId: string } & Readonly<
  Partial<Record<IntegrationCount, number>>
>;

const addToIntegrationLedgerText = `
  insert into integration_ledger as l (
    org_id, integration_id, shard, queued, delivered, dead, expired, not_applicable
  )
  select org, integration, pg_backend_pid() % ${ledgerShards}, sum(queued), sum(delivered), sum(dead), sum(expired),
    sum(not_applicable)
  from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[])
    as n (org, integration, queued, delivered, dead, expired, not_applicable)
  group by org, integration
  order by org, integration
  on conflict (org_id, integration_id, shard) do update set ${sum([
    "queued",
    "delivered",
    "dead",
    "expired",
    "not_applicable",
  ])}`;

/** Adds to integrations' counts. */
export async function addToIntegrationLedger(client: pg.PoolClient, rows: readonly IntegrationCounts[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(addToIntegrationLedgerText, [
    rows.map((row) => row.orgId),
    rows.map((row) => row.integrationId),
    rows.map((row) => row.queued ?? 0),
    rows.map((row) => row.delivered ?? 0),
    rows.map((row) => row.dead ?? 0),
    rows.map((row) => row.expired ?? 0),
    rows.map((row) => row.not_applicable ?? 0),
  ]);
}

const insertOutboxText = `
  insert into outbox (org_id, integration_id, received_at, event_ids, due_at)
  select org, integration, to_timestamp(ms / 1000.0), ids::uuid[], to_timestamp(ms / 1000.0)
  from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::text[]) as n (org, integration, ms, ids)
  returning outbox_id, integration_id`;

const deletedText = `
  select integration_id from integrations
  where (org_id, integration_id) in (select * from unnest($1::uuid[], $2::uuid[])) and deleted_at is not null`;

/**
 * Queues stored events for the enabled integrations of their projects: one row per record and integration.
 *
 * Shape: true if anything was queued. Events that deny advertising are never queued; those that an integration's
 * settings keep from the vendor are counted.
 */
export async function queueEvents(
  client: pg.PoolClient,
  arrivals: readonly Arrival[],
  relays: RelayRule,
): Promise<boolean> {
  const integrations = await integrationsOf(client, arrivals);
  if (integrations.size === 0) return false;
  const rows = new Map<string, { record: RecordToStore; integration: Integration; ids: string[] }>();
  const kept = new Map<string, { orgId: string; integrationId: string; not_applicable: number }>();
  for (const { record, event } of arrivals) {
    if (event.advertising === "denied") continue;
    for (const integration of integrations.get(record.projectId) ?? []) {
      const relayed = relays(integration, event);
      if (relayed === "not_applicable") {
        const { orgId, id: integrationId } = integration;
        const before = kept.get(integrationId)?.not_applicable ?? 0;
        kept.set(integrationId, { orgId, integrationId, not_applicable: before + 1 });
      }
      if (relayed !== true) continue;
      const key = `${record.id} ${integration.id}`;
      const row = rows.get(key) ?? { record, integration, ids: [] };
      row.ids.push(event.id);
      rows.set(key, row);
    }
  }
  const list = [...rows.values()];
  if (list.length === 0) {
    await addToIntegrationLedger(client, [...kept.values()]);
    return false;
  }
  const inserted = await client.query<OutboxRow>(insertOutboxText, [
    list.map((row) => row.record.orgId),
    list.map((row) => row.integration.id),
    list.map((row) => row.record.receivedAtMs),
    list.map((row) => `{${row.ids.join(",")}}`),
  ]);
  const deleted = await takeBackDeleted(client, list, inserted.rows);
  const counts = list
    .filter(({ integration }) => !deleted.has(integration.id))
    .map(({ record, integration, ids }) => {
      return { orgId: record.orgId, integrationId: integration.id, queued: ids.length };
    });
  await addToIntegrationLedger(client, [...counts, ...kept.values()]);
  return true;
}

interface OutboxRow {
  readonly outbox_id: string;
  readonly integration_id: string;
}

/**
 * Takes back what was queued for integrations that were deleted since they were read. From the insert on their rows
 * are held by its foreign key, so that a deletion comes before it or after this transaction. Shape: those ids.
 */
async function takeBackDeleted(
  client: pg.PoolClient,
  list: readonly { readonly record: RecordToStore; readonly integration: Integration }[],
  inserted: readonly OutboxRow[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ integration_id: string }>(deletedText, [
    list.map((row) => row.record.orgId),
    list.map((row) => row.integration.id),
  ]);
  const deleted = new Set(rows.map((row) => row.integration_id));
  const taken = inserted.filter((row) => deleted.has(row.integration_id)).map((row) => row.outbox_id);
  if (taken.length > 0) await client.query("delete from outbox where outbox_id = any ($1::uuid[])", [taken]);
  return deleted;
}

async function integrationsOf(
  client: pg.PoolClient,
  arrivals: readonly Arrival[],
): Promise<Map<string, Integration[]>> {
  const projects = [...new Set(arrivals.map(({ record }) => record.projectId))];
  const orgs = [...new Set(arrivals.map(({ record }) => record.orgId))];
  const { rows } = await client.query(
    `select * from integrations where org_id = any ($1::uuid[]) and project_id = any ($2::uuid[]) and enabled
    order by org_id, integration_id`,
    [orgs, projects],
  );
  const byProject = new Map<string, Integration[]>();
  for (const row of rows) {
    const integration = integrationOf(row);
    byProject.set(integration.projectId, [...(byProject.get(integration.projectId) ?? []), integration]);
  }
  return byProject;
}

const deadLetterText = `
  insert into dead_letters (org_id, source_id, event_id, message_id, received_at, stage, code, created_at)
  select org, source, event, message, to_timestamp(ms / 1000.0), 'store', code, to_timestamp(ms / 1000.0)
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::float8[], $6::text[])
    as n (org, source, event, message, ms, code)`;

/** Writes dead letters for events that can't be stored: ids and a code, nothing of what they said. */
export async function deadLetter(client: pg.PoolClient, newDeadLetters: readonly NewDeadLetter[]): Promise<void> {
  if (newDeadLetters.length === 0) return;
  await client.query(deadLetterText, [
    newDeadLetters.map(({ record }) => record.orgId),
    newDeadLetters.map(({ record }) => record.sourceId),
    newDeadLetters.map(({ event }) => event.id),
    newDeadLetters.map(({ event }) => storableMessageId(event.messageId)),
    newDeadLetters.map(({ record }) => record.receivedAtMs),
    newDeadLetters.map(({ code }) => code),
  ]);
}
