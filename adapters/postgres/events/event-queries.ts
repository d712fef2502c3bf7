import { type Kysely, sql, type Transaction } from "kysely";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { fail, type Result } from "../../../domain/model/failure.ts";
import { pageBytesMax, pageItemsMax } from "../../../domain/model/limits.ts";
import { type DropReason, dropCodes } from "../../../domain/model/outcome.ts";
import type { EventFilter, IntegrationLedger, Page, SourceLedger } from "../../../ports/event-store.ts";
import { type Position, readCursor, writeCursor } from "../cursor.ts";
import type { Database, IntegrationCount, SourceCount } from "../database.ts";
import { attempt } from "../failure.ts";
import { storedEventOf } from "../rows.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";
import { withAttributions } from "./event-attributions.ts";

const dropReasons = Object.keys(dropCodes) as DropReason[];

/** A moment as Postgres takes it. Units: milliseconds since the epoch. */
function moment(ms: number) {
  return sql<number>`to_timestamp(${ms}::float8 / 1000.0)`;
}

/** A tenant's events, newest first. Errors: `invalid_cursor`, `store_unavailable`. */
export async function readEvents(
  db: Kysely<Database>,
  orgId: string,
  filter: EventFilter,
): Promise<Result<Page<StoredEvent>>> {
  const after = filter.cursor === undefined ? null : readCursor(filter.cursor);
  if (filter.cursor !== undefined && after === null) return fail("invalid_cursor", { retry: "never" });
  if (filter.projectId !== undefined && !isUuid(filter.projectId)) return fail("not_found", { retry: "never" });
  const limit = Math.min(Math.max(1, filter.limit), pageItemsMax);
  return attempt(async () => {
    const { items, isWhole } = await withTenant(db, orgId, async (tx) => {
      const page = await selectPage(tx, orgId, filter, after, limit);
      return { ...page, items: await withAttributions(tx, orgId, page.rows.map(storedEventOf)) };
    });
    const last = items.at(-1);
    const more = !isWhole && last;
    return { items, nextCursor: more ? writeCursor({ atMs: last.receivedAtMs, id: last.id }) : null };
  });
}

/** Rows that Postgres measures at a time: of long events few fit a page, and the others are not to be written out. */
const measuredRowsMax = 64;
/** What an event is longer by where it is shown: the names of its members. */
const shownBytes = 1_024;

/** Rows until the limit or the page's bytes are reached, one at least; `isWhole` if no row follows. */
async function selectPage(
  tx: Transaction<Database>,
  orgId: string,
  filter: EventFilter,
  after: Position | null,
  limit: number,
) {
  const rows: Awaited<ReturnType<typeof selectMeasured>> = [];
  let bytes = 0;
  for (let at = after; ; ) {
    // One more than fit, which tells whether any follows.
    const rowsMax = Math.min(measuredRowsMax, limit + 1 - rows.length);
    const found = await selectMeasured(tx, orgId, filter, at, rowsMax, pageBytesMax - bytes);
    for (const row of found) {
      bytes += row.own_bytes;
      if (rows.length === limit || (rows.length > 0 && bytes > pageBytesMax)) return { rows, isWhole: false };
      rows.push(row);
    }
    const last = found.at(-1);
    if (last === undefined || last.measured < rowsMax) return { rows, isWhole: found.length === (last?.measured ?? 0) };
    at = { atMs: storedEventOf(last).receivedAtMs, id: last.event_id };
  }
}

/**
 * Up to `rowsMax` rows as far as they fit `bytesMax`, the first in any case; `measured` are those there were.
 *
 * A row's bytes are those of its text: what is stored compressed is long again once it is read.
 */
function selectMeasured(
  tx: Transaction<Database>,
  orgId: string,
  filter: EventFilter,
  after: Position | null,
  rowsMax: number,
  bytesMax: number,
) {
  const order = sql`(order by e.received_at desc, e.event_id desc rows unbounded preceding)`;
  const measured = tx
    .selectFrom(selectEvents(tx, orgId, filter, after, rowsMax).as("e"))
    .selectAll("e")
    .select([
      sql<number>`octet_length(e::text) + ${shownBytes}::int`.as("own_bytes"),
      sql<number>`(sum(octet_length(e::text) + ${shownBytes}::int) over ${order})::int`.as("all_bytes"),
      sql<number>`(count(*) over ())::int`.as("measured"),
      sql<number>`(row_number() over ${order})::int`.as("number"),
    ]);
  return tx
    .selectFrom(measured.as("m"))
    .selectAll("m")
    .where(({ or, eb }) => or([eb("m.number", "=", 1), eb("m.all_bytes", "<=", bytesMax)]))
    .orderBy("m.number")
    .execute();
}

function selectEvents(
  tx: Transaction<Database>,
  orgId: string,
  filter: EventFilter,
  after: Position | null,
  rowsMax: number,
) {
  const { projectId, appId, eventNames, userId, sinceMs, untilMs } = filter;
  let query = tx.selectFrom("sdk_events").selectAll().where("org_id", "=", orgId);
  if (projectId !== undefined) query = query.where("project_id", "=", projectId);
  if (appId !== undefined) query = query.where("app_id", "=", storable(appId));
  if (eventNames !== undefined) query = query.where("name", "=", sql<string>`any (${eventNames.map(storable)})`);
  if (userId !== undefined) query = query.where("user_id", "=", storable(userId));
  if (sinceMs !== undefined) query = query.where("received_at", ">=", moment(sinceMs));
  if (untilMs !== undefined) query = query.where("received_at", "<", moment(untilMs));
  if (after) {
    query = query
      .where("received_at", "<=", moment(after.atMs))
      .where(sql<boolean>`(received_at, event_id) < (${moment(after.atMs)}, ${after.id}::uuid)`);
  }
  return query.orderBy("received_at", "desc").orderBy("event_id", "desc").limit(rowsMax);
}

/** No stored text holds a NUL, and Postgres takes none: such a filter finds nothing. */
function storable(text: string): string {
  return text.replaceAll("\0", "\u{fffd}");
}

/** Counts per source, of all its shards. */
export function readSourceLedgers(db: Kysely<Database>, orgId: string): Promise<Result<SourceLedger[]>> {
  return attempt(async () => {
    const rows = await withTenant(db, orgId, (tx) =>
      tx
        .selectFrom("sources as s")
        .leftJoin("source_ledger as l", (on) =>
          on.onRef("l.org_id", "=", "s.org_id").onRef("l.source_id", "=", "s.source_id"),
        )
        .select("s.source_id")
        .select(() =>
          (["accepted", "stored", "duplicate", "dead", "damaged"] as const).map((name) => total(name).as(name)),
        )
        .select(() => dropReasons.map((reason) => total(`dropped_${reason}`).as(`dropped_${reason}`)))
        .where("s.org_id", "=", orgId)
        .groupBy("s.source_id")
        .orderBy("s.source_id")
        .execute(),
    );
    return rows.map((row) => sourceLedgerOf(row as Record<SourceCount, number> & { source_id: string }));
  });
}

function total(name: SourceCount | IntegrationCount) {
  return sql<number>`coalesce(sum(${sql.ref(`l.${name}`)}), 0)::bigint`;
}

function sourceLedgerOf(row: Record<SourceCount, number> & { source_id: string }): SourceLedger {
  const dropped: Partial<Record<DropReason, number>> = {};
  for (const reason of dropReasons) {
    const count = row[`dropped_${reason}`];
    if (count > 0) dropped[reason] = count;
  }
  const { accepted, stored, duplicate, dead, damaged } = row;
  return { sourceId: row.source_id, accepted, stored, duplicate, dead, damaged, dropped };
}

/** Counts per integration, and what waits for it, counted from the outbox in the same snapshot. */
export function readIntegrationLedgers(db: Kysely<Database>, orgId: string): Promise<Result<IntegrationLedger[]>> {
  return attempt(async () => {
    const rows = await withTenant(db, orgId, (tx) =>
      tx
        .selectFrom("integrations as i")
        .leftJoin("integration_ledger as l", (on) =>
          on.onRef("l.org_id", "=", "i.org_id").onRef("l.integration_id", "=", "i.integration_id"),
        )
        .select("i.integration_id")
        .select(() =>
          (["queued", "delivered", "dead", "expired", "canceled", "not_applicable"] as const).map((name) =>
            total(name).as(name),
          ),
        )
        .select(
          sql<number>`(
            select coalesce(sum(cardinality(o.event_ids)), 0) from outbox o
            where o.org_id = i.org_id and o.integration_id = i.integration_id
          )::bigint`.as("waiting"),
        )
        .where("i.org_id", "=", orgId)
        .groupBy(["i.org_id", "i.integration_id"])
        .orderBy("i.integration_id")
        .execute(),
    );
    return rows.map(({ integration_id: integrationId, not_applicable: notApplicable, ...counts }) => {
      return { integrationId, ...counts, notApplicable };
    });
  });
}
