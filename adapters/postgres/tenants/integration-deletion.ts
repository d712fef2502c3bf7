import { type Kysely, sql, type Transaction } from "kysely";
import type { Principal } from "../../../domain/model/tenant.ts";
import { announce, audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { ledgerShards } from "../events/store-counts.ts";
import { isCollision, NotApplied } from "../failure.ts";
import { integrationOf } from "../rows.ts";
import { isUuid, lockOrganization, withTenant } from "../tenant-scope.ts";
import { toldOf } from "./integration-changes.ts";

type Tx = Transaction<Database>;

const triesMax = 4;

/**
 * Hides an integration for good: its secrets and transformations are gone, what waits for it is canceled, its receipts,
 * dead letters and books stay. Shape: its version from now on. Errors: `not_found`, `version_conflict`.
 *
 * A request that is under way is not taken back: its receipt is kept, its events were canceled. Who stores or settles
 * at the same time holds the integration's row by its foreign key, so that nothing is queued behind the deletion.
 */
export async function deleteIntegration(
  db: Kysely<Database>,
  by: Principal,
  integrationId: string,
  expectedVersion: number | null,
): Promise<number> {
  if (!isUuid(integrationId)) throw new NotApplied("not_found");
  for (let tries = 1; ; tries += 1) {
    try {
      return await withTenant(db, by.orgId, (tx) => deleteOnce(tx, by, integrationId, expectedVersion));
    } catch (error) {
      if (tries >= triesMax || !isCollision(error)) throw error;
    }
  }
}

async function deleteOnce(
  tx: Tx,
  by: Principal,
  integrationId: string,
  expectedVersion: number | null,
): Promise<number> {
  await lockOrganization(tx, by.orgId);
  // Rows before the integration, the order in which a relay settles; what came in between goes with the second look.
  const atFirst = await cancelWaiting(tx, by.orgId, integrationId);
  const row = await tx
    .selectFrom("integrations")
    .selectAll()
    .where("org_id", "=", by.orgId)
    .where("integration_id", "=", integrationId)
    .where("deleted_at", "is", null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new NotApplied("not_found");
  if (expectedVersion !== null && expectedVersion !== row.version) throw new NotApplied("version_conflict");
  const canceled = atFirst + (await cancelWaiting(tx, by.orgId, integrationId));
  await tx
    .updateTable("integrations")
    .set({
      ...{ enabled: false, paused_at: null, sealed_secrets: "{}", version: row.version + 1 },
      ...{ deleted_at: sql<number>`now()`, updated_at: sql`now()` },
    })
    .where("integration_id", "=", integrationId)
    .execute();
  const own = sql`org_id = ${by.orgId}::uuid and integration_id = ${integrationId}::uuid`;
  await sql`delete from transformations where ${own}`.execute(tx);
  await sql`delete from integration_states where ${own}`.execute(tx);
  await sql`
    insert into integration_ledger as l (org_id, integration_id, shard, canceled)
    values (${by.orgId}, ${integrationId}, pg_backend_pid() % ${sql.lit(ledgerShards)}, ${canceled})
    on conflict (org_id, integration_id, shard) do update set canceled = l.canceled + excluded.canceled`.execute(tx);
  const { vendor } = row;
  const old = { vendor, ...toldOf(integrationOf(row)) };
  await audit(tx, by, "integration_deleted", integrationId, { old, new: { canceled } });
  await announce(tx, by.orgId);
  return row.version + 1;
}

/** Takes away what waits, leased or not. Units: events. */
async function cancelWaiting(tx: Tx, orgId: string, integrationId: string): Promise<number> {
  const { rows } = await sql<{ events: number }>`
    with gone as (
      delete from outbox where org_id = ${orgId}::uuid and integration_id = ${integrationId}::uuid returning event_ids
    )
    select coalesce(sum(cardinality(event_ids)), 0)::integer as events from gone`.execute(tx);
  return rows[0]?.events ?? 0;
}
