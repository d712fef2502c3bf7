import type pg from "pg";
import type { Result } from "../../../domain/model/failure.ts";
import type { CountedRecord, DamagedRecord } from "../../../ports/event-store.ts";
import { attempt } from "../failure.ts";
import { isUuid, withTenants } from "../tenant-scope.ts";
import { ledgerShards } from "./store-counts.ts";

/** More events than any record holds, whatever an operator set: a larger count is damaged itself. */
const recordEventsMax = 1_000_000;

/** The record's id is claimed as that of a sound one would be, so that it counts once, however often it is seen. */
const countText = `
  with source as (
    select org_id, source_id, project_id from sources where org_id = $1 and source_id = $2
  ), claimed as (
    insert into records (org_id, record_id, source_id, project_id, received_at)
    select org_id, $3, source_id, project_id, now() from source
    on conflict do nothing
    returning org_id, source_id, record_id
  ), counted as (
    insert into source_ledger as l (org_id, source_id, shard, accepted, dead, damaged)
    select org_id, source_id, pg_backend_pid() % ${ledgerShards}, $4::bigint, $4::bigint, $4::bigint from claimed
    on conflict (org_id, source_id, shard) do update
    set accepted = l.accepted + excluded.accepted, dead = l.dead + excluded.dead, damaged = l.damaged + excluded.damaged
  ), told as (
    insert into dead_letters (org_id, source_id, event_id, received_at, stage, code, created_at)
    select org_id, source_id, record_id, now(), 'store', 'record_damaged', now() from claimed
  )
  select (select count(*) from source)::integer as sources, (select count(*) from claimed)::integer as claims`;

/** Counts records that can't be read for the sources that they were appended for. */
export function countDamaged(pool: pg.Pool, records: readonly DamagedRecord[]): Promise<Result<CountedRecord[]>> {
  return attempt(async () => {
    const outcomes: CountedRecord[] = [];
    for (const record of records) outcomes.push(await countOne(pool, record));
    return outcomes;
  });
}

async function countOne(pool: pg.Pool, { id, orgId, sourceId, accepted }: DamagedRecord): Promise<CountedRecord> {
  const isCount = Number.isInteger(accepted) && accepted >= 0 && accepted <= recordEventsMax;
  if (!isCount || ![id, orgId, sourceId].every(isUuid)) return "unknown";
  const { rows } = await withTenants(pool, [orgId], (client) =>
    client.query<{ sources: number; claims: number }>(countText, [orgId, sourceId, id, accepted]),
  );
  const [found] = rows;
  if (!found || found.sources === 0) return "unknown";
  return found.claims > 0 ? "counted" : "known";
}
