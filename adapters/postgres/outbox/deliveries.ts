import { type Kysely, type RawBuilder, sql } from "kysely";
import type { FailureClass } from "../../../domain/model/delivery.ts";
import { fail, type Result } from "../../../domain/model/failure.ts";
import { pageItemsMax } from "../../../domain/model/limits.ts";
import type { Deliveries, Delivery, DeliveryFilter } from "../../../ports/deliveries.ts";
import type { Page } from "../../../ports/event-store.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";
import { moment, storable } from "./dead-letters.ts";

interface DeliveryRow {
  readonly batch_id: string;
  readonly org_id: string;
  readonly integration_id: string;
  readonly event_ids: readonly string[];
  readonly attempt: number;
  readonly started_at: number;
  readonly duration_ms: number;
  readonly ok: boolean;
  readonly code: string;
  readonly failure_class: FailureClass | null;
  readonly trace_id: string | null;
  readonly warnings: readonly string[] | null;
}

/** A tenant's receipts, newest first. Errors: `invalid_cursor`, `store_unavailable`. */
export async function readDeliveries(
  db: Kysely<Database>,
  orgId: string,
  page: Parameters<Deliveries["deliveries"]>[1],
): Promise<Result<Page<Delivery>>> {
  const after = page.cursor === undefined ? null : readCursor(page.cursor);
  if (page.cursor !== undefined && after === null) return fail("invalid_cursor", { retry: "never" });
  const limit = Math.min(Math.max(1, page.limit), pageItemsMax);
  return attempt(async () => {
    const conditions = conditionsOf(page);
    if (after) conditions.push(sql`(b.started_at, b.batch_id) < (${moment(after.atMs)}, ${after.id}::uuid)`);
    const { rows } = await withTenant(db, orgId, (tx) =>
      sql<DeliveryRow>`
        select b.* from delivery_batches b
        where b.org_id = ${orgId}::uuid and ${sql.join(conditions, sql` and `)}
        order by b.started_at desc, b.batch_id desc
        limit ${limit + 1}`.execute(tx),
    );
    const items = rows.slice(0, limit).map(deliveryOf);
    const last = items.at(-1);
    const more = rows.length > limit && last;
    return { items, nextCursor: more ? writeCursor({ atMs: last.startedAtMs, id: last.id }) : null };
  });
}

function conditionsOf(filter: DeliveryFilter): RawBuilder<unknown>[] {
  const { integrationId, eventId, code, ok, sinceMs, untilMs } = filter;
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (integrationId !== undefined) {
    conditions.push(isUuid(integrationId) ? sql`b.integration_id = ${integrationId}::uuid` : sql`false`);
  }
  if (eventId !== undefined) conditions.push(isUuid(eventId) ? sql`${eventId}::uuid = any (b.event_ids)` : sql`false`);
  if (code !== undefined) conditions.push(sql`b.code = ${storable(code)}`);
  if (ok !== undefined) conditions.push(sql`b.ok = ${ok}`);
  if (sinceMs !== undefined) conditions.push(sql`b.started_at >= ${moment(sinceMs)}`);
  if (untilMs !== undefined) conditions.push(sql`b.started_at < ${moment(untilMs)}`);
  return conditions;
}

function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.batch_id,
    orgId: row.org_id,
    integrationId: row.integration_id,
    eventIds: row.event_ids,
    attempt: row.attempt,
    startedAtMs: row.started_at,
    durationMs: row.duration_ms,
    ok: row.ok,
    code: row.code,
    failureClass: row.failure_class,
    traceId: row.trace_id,
    ...(row.warnings === null ? {} : { warnings: row.warnings }),
  };
}
