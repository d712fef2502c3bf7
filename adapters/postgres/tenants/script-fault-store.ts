import { type Kysely, sql } from "kysely";
import type pg from "pg";
import type { ScriptFault } from "../../../ports/sandbox.ts";
import {
  type CountedFault,
  type FaultReport,
  keptFaultsMax,
  type ScriptFaultStore,
} from "../../../ports/script-fault-store.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { withTenant, withTenants } from "../tenant-scope.ts";

interface FaultRow {
  readonly version: number;
  readonly kind: ScriptFault;
  readonly line: number;
  readonly count: number;
  readonly first_at: number;
  readonly last_at: number;
}

/** Opens faults of custom JavaScript: written as the pipeline's role, read as the role of one tenant at a time. */
export function openScriptFaultStore(pipeline: pg.Pool, db: Kysely<Database>): ScriptFaultStore {
  return {
    add: (reports) =>
      attempt(async () => {
        if (reports.length === 0) return;
        const ids = reports.map(({ orgId }) => orgId);
        await withTenants(pipeline, ids, (client) => add(client, reports));
      }),
    overview: (orgId) =>
      attempt(() =>
        withTenant(db, orgId, async (tx) => {
          const faults = await sql<FaultRow>`
            select version, kind, line, count, first_at, last_at from script_faults
            where org_id = ${orgId} order by last_at desc, version desc, kind, line limit ${keptFaultsMax}`.execute(tx);
          const pauses = await sql<{ paused_until: number }>`
            select paused_until from script_pauses where org_id = ${orgId}`.execute(tx);
          return { faults: faults.rows.map(faultOf), pausedUntilMs: pauses.rows[0]?.paused_until ?? null };
        }),
      ),
  };
}

/** Rows are locked in the order of their keys, so that two processes that report at once wait for each other. */
async function add(client: pg.PoolClient, reports: readonly FaultReport[]): Promise<void> {
  const rows = reports.flatMap(({ orgId, faults }) =>
    faults.map(({ version, fault, line, count, firstAtMs, lastAtMs }) => {
      return { org_id: orgId, version, kind: fault, line: line ?? 0, count, first_ms: firstAtMs, last_ms: lastAtMs };
    }),
  );
  await client.query(
    `insert into script_faults as kept (org_id, version, kind, line, count, first_at, last_at)
    select org_id, version, kind, line, count, to_timestamp(first_ms / 1000), to_timestamp(last_ms / 1000)
    from jsonb_to_recordset($1) as added (org_id uuid, version integer, kind text, line integer, count bigint,
      first_ms double precision, last_ms double precision)
    order by org_id, version, kind, line
    on conflict (org_id, version, kind, line) do update set count = kept.count + excluded.count,
      first_at = least(kept.first_at, excluded.first_at), last_at = greatest(kept.last_at, excluded.last_at)`,
    [JSON.stringify(rows)],
  );
  await client.query(
    `delete from script_faults as kept using (
      select org_id, version, kind, line, row_number() over (partition by org_id order by last_at desc) as place
      from script_faults where org_id = any ($1::uuid[])
    ) as ranked
    where ranked.place > $2 and (kept.org_id, kept.version, kept.kind, kept.line)
      = (ranked.org_id, ranked.version, ranked.kind, ranked.line)`,
    [reports.map(({ orgId }) => orgId), keptFaultsMax],
  );
  const pauses = reports.filter(({ pausedUntilMs }) => pausedUntilMs !== null);
  await client.query(
    `insert into script_pauses as kept (org_id, paused_until)
    select org_id, to_timestamp(until_ms / 1000)
    from jsonb_to_recordset($1) as added (org_id uuid, until_ms double precision)
    order by org_id
    on conflict (org_id) do update set paused_until = greatest(kept.paused_until, excluded.paused_until)`,
    [JSON.stringify(pauses.map(({ orgId, pausedUntilMs }) => ({ org_id: orgId, until_ms: pausedUntilMs })))],
  );
}

function faultOf({ version, kind, line, count, first_at, last_at }: FaultRow): CountedFault {
  return { version, fault: kind, line: line === 0 ? null : line, count, firstAtMs: first_at, lastAtMs: last_at };
}
