import { type Kysely, sql } from "kysely";
import { type EventTail, type TailFilter, tailCountMax } from "../../../ports/event-tail.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { storedEventOf } from "../rows.ts";
import { withTenant } from "../tenant-scope.ts";

/** Opens the newest events of one tenant at a time. */
export function openEventTail(db: Kysely<Database>): EventTail {
  return {
    newestMs: (orgId) =>
      attempt(async () => {
        const newest = await withTenant(db, orgId, (tx) =>
          tx
            .selectFrom("sdk_events")
            .select("received_at")
            .where("org_id", "=", orgId)
            .orderBy("received_at", "desc")
            .limit(1)
            .executeTakeFirst(),
        );
        return newest?.received_at ?? null;
      }),
    since: (orgId, filter, sinceMs, limit) =>
      attempt(() =>
        withTenant(db, orgId, async (tx) => {
          const from = sql`sdk_events where ${matching(orgId, filter, sinceMs)}`;
          const { rows } = await sql<Parameters<typeof storedEventOf>[0]>`
            select * from ${from} order by received_at desc, event_id desc limit ${limit}`.execute(tx);
          if (rows.length < limit) return { items: rows.map(storedEventOf), matched: rows.length };
          const counted = await sql<{ matched: number }>`
            select count(*) as matched from (select 1 from ${from} limit ${tailCountMax}) as counted`.execute(tx);
          return { items: rows.map(storedEventOf), matched: Number(counted.rows[0]?.matched ?? rows.length) };
        }),
      ),
  };
}

function matching(orgId: string, filter: TailFilter, sinceMs: number) {
  const conditions = [sql`org_id = ${orgId}`, sql`received_at >= to_timestamp(${sinceMs}::float8 / 1000.0)`];
  if (filter.projectId !== undefined) conditions.push(sql`project_id = ${filter.projectId}`);
  if (filter.sourceId !== undefined) conditions.push(sql`source_id = ${filter.sourceId}`);
  if (filter.eventNames !== undefined) {
    const names = filter.eventNames.map((name) => name.replaceAll("\0", "\u{fffd}"));
    conditions.push(sql`name = any (${names}::text[])`);
  }
  return sql.join(conditions, sql` and `);
}
