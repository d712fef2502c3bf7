import { type Kysely, type Selectable, sql } from "kysely";
import type pg from "pg";
import { fail, type Result } from "../../../domain/model/failure.ts";
import { pageItemsMax } from "../../../domain/model/limits.ts";
import type { AttributionFilter, AttributionStore, StoredAttribution } from "../../../ports/attribution-store.ts";
import type { Page } from "../../../ports/event-store.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";
import { claimTokens, settleTokens } from "./attribution-claim.ts";

/** Opens tokens of Apple's AdServices: exchanged as the pipeline's role, read as the role of one tenant at a time. */
export function openAttributionStore(
  pipeline: pg.Pool,
  db: Kysely<Database>,
  awaitWork: AttributionStore["awaitWork"],
): AttributionStore {
  return {
    claim: (bounds) => attempt(() => claimTokens(pipeline, bounds)),
    settle: (claim, steps, nowMs) => attempt(() => settleTokens(pipeline, claim, steps, nowMs)),
    list: (orgId, filter) => list(db, orgId, filter),
    find: (orgId, id) => find(db, orgId, id),
    awaitWork,
  };
}

async function list(
  db: Kysely<Database>,
  orgId: string,
  filter: AttributionFilter,
): Promise<Result<Page<StoredAttribution>>> {
  const after = filter.cursor === undefined ? null : readCursor(filter.cursor);
  if (filter.cursor !== undefined && after === null) return fail("invalid_cursor", { retry: "never" });
  const { projectId, state, anonymousId } = filter;
  if (projectId !== undefined && !isUuid(projectId)) return fail("not_found", { retry: "never" });
  const limit = Math.min(Math.max(1, filter.limit), pageItemsMax);
  return attempt(async () => {
    const rows = await withTenant(db, orgId, (tx) => {
      let query = tx.selectFrom("attributions").selectAll().where("org_id", "=", orgId);
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (state !== undefined) query = query.where("state", "=", state);
      if (anonymousId !== undefined) query = query.where("anonymous_id", "=", anonymousId.replaceAll("\0", "\u{fffd}"));
      if (after) {
        const moment = sql`to_timestamp(${after.atMs}::float8 / 1000.0)`;
        query = query.where(sql<boolean>`(received_at, attribution_id) < (${moment}, ${after.id}::uuid)`);
      }
      return query
        .orderBy("received_at", "desc")
        .orderBy("attribution_id", "desc")
        .limit(limit + 1)
        .execute();
    });
    const items = rows.slice(0, limit).map(attributionOf);
    const last = items.at(-1);
    const more = rows.length > limit && last;
    return { items, nextCursor: more ? writeCursor({ atMs: last.receivedAtMs, id: last.id }) : null };
  });
}

async function find(db: Kysely<Database>, orgId: string, id: string): Promise<Result<StoredAttribution>> {
  const nothing = fail<StoredAttribution>("not_found", { retry: "never" });
  if (!isUuid(id)) return nothing;
  const read = await attempt(() =>
    withTenant(db, orgId, (tx) =>
      tx
        .selectFrom("attributions")
        .selectAll()
        .where("org_id", "=", orgId)
        .where("attribution_id", "=", id)
        .executeTakeFirst(),
    ),
  );
  if (!read.ok) return read;
  return read.value ? { ok: true, value: attributionOf(read.value) } : nothing;
}

/** A row of `attributions` as the model has it, without its token. */
export function attributionOf(row: Selectable<Database["attributions"]>): StoredAttribution {
  return {
    id: row.attribution_id,
    orgId: row.org_id,
    projectId: row.project_id,
    sourceId: row.source_id,
    appId: row.app_id,
    eventId: row.event_id,
    anonymousId: row.anonymous_id,
    userId: row.user_id,
    state: row.state,
    code: row.code,
    development: row.development,
    campaign: row.campaign,
    attempts: row.attempts,
    madeAtMs: row.made_at,
    expiresAtMs: row.expires_at,
    receivedAtMs: row.received_at,
    dueAtMs: row.due_at,
    settledAtMs: row.settled_at,
  };
}
