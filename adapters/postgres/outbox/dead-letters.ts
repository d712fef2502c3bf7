import { type Kysely, type RawBuilder, sql } from "kysely";
import { fail, type Result } from "../../../domain/model/failure.ts";
import { pageItemsMax } from "../../../domain/model/limits.ts";
import type { DeadLetter, DeadLetterFilter, DeadLetters } from "../../../ports/dead-letters.ts";
import type { Page } from "../../../ports/event-store.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";

interface DeadLetterRow {
  readonly dead_letter_id: string;
  readonly org_id: string;
  readonly integration_id: string | null;
  readonly event_id: string | null;
  readonly message_id: string | null;
  readonly event_name: string | null;
  readonly stage: "store" | "relay";
  readonly code: string;
  readonly created_at: number;
  readonly ambiguous_since: number | null;
}

/** A tenant's dead letters, newest first. Errors: `invalid_cursor`, `store_unavailable`. */
export async function readDeadLetters(
  db: Kysely<Database>,
  orgId: string,
  page: Parameters<DeadLetters["deadLetters"]>[1],
): Promise<Result<Page<DeadLetter>>> {
  const after = page.cursor === undefined ? null : readCursor(page.cursor);
  if (page.cursor !== undefined && after === null) return fail("invalid_cursor", { retry: "never" });
  const limit = Math.min(Math.max(1, page.limit), pageItemsMax);
  return attempt(async () => {
    const conditions = conditionsOf(page);
    if (after) conditions.push(sql`(d.created_at, d.dead_letter_id) < (${moment(after.atMs)}, ${after.id}::uuid)`);
    const { rows } = await withTenant(db, orgId, (tx) =>
      sql<DeadLetterRow>`
        select d.*, e.name as event_name
        from dead_letters d
        left join sdk_events e
          on e.org_id = d.org_id and e.received_at = d.received_at and e.event_id = d.event_id
        where d.org_id = ${orgId}::uuid and ${sql.join(conditions, sql` and `)}
        order by d.created_at desc, d.dead_letter_id desc
        limit ${limit + 1}`.execute(tx),
    );
    const items = rows.slice(0, limit).map(deadLetterOf);
    const last = items.at(-1);
    const more = rows.length > limit && last;
    return { items, nextCursor: more ? writeCursor({ atMs: last.createdAtMs, id: last.id }) : null };
  });
}

function deadLetterOf(row: DeadLetterRow): DeadLetter {
  return {
    id: row.dead_letter_id,
    orgId: row.org_id,
    integrationId: row.integration_id,
    eventId: row.event_id,
    messageId: row.message_id,
    eventName: row.event_name,
    stage: row.stage,
    code: row.code,
    createdAtMs: row.created_at,
    ambiguousSinceMs: row.ambiguous_since,
  };
}

/** A moment as Postgres takes it. Units: milliseconds since the epoch. */
export function moment(ms: number): RawBuilder<unknown> {
  return sql`to_timestamp(${ms}::float8 / 1000.0)`;
}

/**
 * The conditions that a filter puts on dead letters `d`; one that always holds if it puts none.
 *
 * An id in another form than ours matches nothing, and reaches no statement: Postgres would quote it in its message.
 */
export function conditionsOf(filter: DeadLetterFilter): RawBuilder<unknown>[] {
  const { ids, integrationId, code, eventName, sinceMs, untilMs } = filter;
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (ids !== undefined) conditions.push(sql`d.dead_letter_id = any (${ids.filter(isUuid)}::uuid[])`);
  if (integrationId !== undefined) {
    conditions.push(isUuid(integrationId) ? sql`d.integration_id = ${integrationId}::uuid` : sql`false`);
  }
  if (code !== undefined) conditions.push(sql`d.code = ${storable(code)}`);
  if (sinceMs !== undefined) conditions.push(sql`d.created_at >= ${moment(sinceMs)}`);
  if (untilMs !== undefined) conditions.push(sql`d.created_at < ${moment(untilMs)}`);
  if (eventName !== undefined) {
    conditions.push(sql`exists (
      select from sdk_events n
      where n.org_id = d.org_id and n.received_at = d.received_at and n.event_id = d.event_id
        and n.name = ${storable(eventName)}
    )`);
  }
  return conditions;
}

/** No stored text holds a NUL, and Postgres takes none: such a filter finds nothing. */
export function storable(text: string): string {
  return text.replaceAll("\0", "\u{fffd}");
}
