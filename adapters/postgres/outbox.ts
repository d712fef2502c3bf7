import type { Kysely } from "kysely";
import { sql } from "kysely";
import type pg from "pg";
import { fail, type Result } from "../../domain/model/failure.ts";
import { pageItemsMax } from "../../domain/model/limits.ts";
import type { Page } from "../../ports/event-store.ts";
import type { DeadLetter, Outbox } from "../../ports/outbox.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import type { Database } from "./database.ts";
import { attempt } from "./failure.ts";
import { claimDue } from "./outbox-claim.ts";
import { freezeClaim } from "./outbox-freeze.ts";
import { settleClaim } from "./outbox-settle.ts";
import { withTenant } from "./tenant-scope.ts";
import type { Waiter } from "./work-notice.ts";

/** Opens the relay's queue. */
export function openOutbox(pipeline: pg.Pool, db: Kysely<Database>, awaitWork: Waiter): Outbox {
  return {
    claim: (bounds) => attempt(() => claimDue(pipeline, bounds)),
    endLeases: (nowMs) => attempt(() => endLeases(pipeline, nowMs)),
    freeze: (claim, frozen) => attempt(() => freezeClaim(pipeline, claim, frozen)),
    settle: (claim, verdicts, receipts, nowMs) =>
      attempt(() => settleClaim(pipeline, claim, verdicts, receipts, nowMs)),
    deadLetters: (orgId, page) => readDeadLetters(db, orgId, page),
    awaitWork,
  };
}

async function endLeases(pipeline: pg.Pool, nowMs: number): Promise<number> {
  const text = "select end_leases(to_timestamp($1::float8 / 1000.0)) as ended";
  const { rows } = await pipeline.query<{ ended: number }>(text, [nowMs]);
  return rows[0]?.ended ?? 0;
}

/** A tenant's dead letters, newest first. Errors: `invalid_cursor`, `store_unavailable`. */
async function readDeadLetters(
  db: Kysely<Database>,
  orgId: string,
  page: { readonly limit: number; readonly cursor?: string },
): Promise<Result<Page<DeadLetter>>> {
  const after = page.cursor === undefined ? null : readCursor(page.cursor);
  if (page.cursor !== undefined && after === null) return fail("invalid_cursor", { retry: "never" });
  const limit = Math.min(Math.max(1, page.limit), pageItemsMax);
  return attempt(async () => {
    const rows = await withTenant(db, orgId, (tx) => {
      let query = tx.selectFrom("dead_letters").selectAll().where("org_id", "=", orgId);
      if (after) {
        const moment = sql`to_timestamp(${after.atMs}::float8 / 1000.0)`;
        query = query.where(sql<boolean>`(created_at, dead_letter_id) < (${moment}, ${after.id}::uuid)`);
      }
      return query
        .orderBy("created_at", "desc")
        .orderBy("dead_letter_id", "desc")
        .limit(limit + 1)
        .execute();
    });
    const items = rows.slice(0, limit).map((row): DeadLetter => {
      const { org_id: orgId, integration_id: integrationId, event_id: eventId, message_id: messageId } = row;
      const { stage, code, created_at: createdAtMs } = row;
      return { id: row.dead_letter_id, orgId, integrationId, eventId, messageId, stage, code, createdAtMs };
    });
    const last = items.at(-1);
    const more = rows.length > limit && last;
    return { items, nextCursor: more ? writeCursor({ atMs: last.createdAtMs, id: last.id }) : null };
  });
}
