import { type Kysely, sql, type Transaction } from "kysely";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { DeadLetterFilter, DeadLetters, Redriven } from "../../../ports/dead-letters.ts";
import { audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { ledgerShards } from "../events/store-counts.ts";
import { lockOrganization, withTenant } from "../tenant-scope.ts";
import { conditionsOf, moment } from "./dead-letters.ts";

type Bounds = Parameters<DeadLetters["redrive"]>[2];

/**
 * Moves dead letters back into the queue: their rows, the counts and the audit log in one transaction. What was frozen
 * goes with those that the vendor may have; the others get their names anew.
 *
 * One redrive of an organisation at a time, so that two that meet don't wait for each other's rows in a ring.
 */
export async function redriveLetters(
  db: Kysely<Database>,
  by: Principal,
  filter: DeadLetterFilter,
  bounds: Bounds,
): Promise<Redriven> {
  return withTenant(db, by.orgId, async (tx) => {
    await lockOrganization(tx, by.orgId);
    const leftAmbiguous = await countAmbiguous(tx, by.orgId, filter, bounds);
    const moved = await moveLetters(tx, by.orgId, filter, bounds);
    for (const { integration_id: integrationId, redriven } of moved) {
      await audit(tx, by, "dead_letters_redriven", integrationId, { old: null, new: { redriven } });
    }
    const redriven = moved.reduce((total, row) => total + row.redriven, 0);
    return { redriven, leftAmbiguous, more: redriven >= bounds.lettersMax };
  });
}

function relayed(orgId: string, filter: DeadLetterFilter) {
  const own = sql`d.org_id = ${orgId}::uuid and d.stage = 'relay' and d.event_id is not null
    and not exists (
      select from integrations i
      where i.org_id = d.org_id and i.integration_id = d.integration_id and i.deleted_at is not null
    )`;
  return sql`${own} and ${sql.join(conditionsOf(filter), sql` and `)}`;
}

async function countAmbiguous(
  tx: Transaction<Database>,
  orgId: string,
  filter: DeadLetterFilter,
  { ambiguousBeforeMs }: Bounds,
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n from dead_letters d
    where ${relayed(orgId, filter)} and d.ambiguous_since <= ${moment(ambiguousBeforeMs)}`.execute(tx);
  return rows[0]?.n ?? 0;
}

async function moveLetters(
  tx: Transaction<Database>,
  orgId: string,
  filter: DeadLetterFilter,
  { nowMs, ambiguousBeforeMs, lettersMax }: Bounds,
): Promise<{ integration_id: string; redriven: number }[]> {
  const { rows } = await sql<{ integration_id: string; redriven: number }>`
    with chosen as (
      select d.dead_letter_id from dead_letters d
      where ${relayed(orgId, filter)}
        and (d.ambiguous_since is null or d.ambiguous_since > ${moment(ambiguousBeforeMs)})
      order by d.created_at, d.dead_letter_id
      limit ${lettersMax}
    ), gone as (
      delete from dead_letters d using chosen c
      where d.org_id = ${orgId}::uuid and d.dead_letter_id = c.dead_letter_id
      returning d.*
    ), queued as (
      insert into outbox (org_id, integration_id, received_at, event_ids, due_at, ambiguous_since, frozen)
      select g.org_id, g.integration_id, g.received_at, array_agg(g.event_id order by g.event_id), ${moment(nowMs)},
        g.ambiguous_since, jsonb_object_agg(g.event_id, g.frozen)
          filter (where g.frozen is not null and g.ambiguous_since is not null)
      from gone g
      group by g.org_id, g.integration_id, g.received_at, g.ambiguous_since
    ), counted as (
      insert into integration_ledger as l (org_id, integration_id, shard, dead)
      select g.org_id, g.integration_id, pg_backend_pid() % ${sql.lit(ledgerShards)}, -count(*)
      from gone g
      group by g.org_id, g.integration_id
      order by g.integration_id
      on conflict (org_id, integration_id, shard) do update set dead = l.dead + excluded.dead
    )
    select g.integration_id, count(*)::integer as redriven from gone g group by g.integration_id order by 1`.execute(
    tx,
  );
  return rows;
}
