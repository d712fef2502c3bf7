import type { Kysely } from "kysely";
import type pg from "pg";
import type { Outbox } from "../../../ports/outbox.ts";
import type { WorkNotice } from "../connect/work-notice.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { readDeadLetters } from "./dead-letters.ts";
import { readDeliveries } from "./deliveries.ts";
import { readStatus, saveVendorState } from "./delivery-status.ts";
import { claimDue } from "./outbox-claim.ts";
import { freezeClaim } from "./outbox-freeze.ts";
import { settleClaim } from "./outbox-settle.ts";
import { redriveLetters } from "./redrive.ts";
import { openRetryNow } from "./retry-now.ts";

/** Opens the relay's queue. */
export function openOutbox(pipeline: pg.Pool, db: Kysely<Database>, notice: WorkNotice): Outbox {
  return {
    claim: (bounds) => attempt(() => claimDue(pipeline, bounds)),
    endLeases: (nowMs) => attempt(() => endLeases(pipeline, nowMs)),
    freeze: (claim, frozen) => attempt(() => freezeClaim(pipeline, claim, frozen)),
    settle: (claim, verdicts, receipts, nowMs) =>
      attempt(() => settleClaim(pipeline, claim, verdicts, receipts, nowMs)),
    deadLetters: (orgId, page) => readDeadLetters(db, orgId, page),
    async redrive(by, filter, bounds) {
      const redriven = await attempt(() => redriveLetters(db, by, filter, bounds));
      if (redriven.ok && redriven.value.redriven > 0) notice.announce();
      return redriven;
    },
    saveVendorState: (integration, state) => attempt(() => saveVendorState(pipeline, integration, state)),
    status: (orgId, integrationId, sinceMs) => readStatus(db, orgId, integrationId, sinceMs),
    deliveries: (orgId, page) => readDeliveries(db, orgId, page),
    awaitWork: notice.createWaiter(),
    ...openRetryNow(db, notice),
  };
}

async function endLeases(pipeline: pg.Pool, nowMs: number): Promise<number> {
  const text = "select end_leases(to_timestamp($1::float8 / 1000.0)) as ended";
  const { rows } = await pipeline.query<{ ended: number }>(text, [nowMs]);
  return rows[0]?.ended ?? 0;
}
