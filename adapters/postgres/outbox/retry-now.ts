import { type Kysely, sql } from "kysely";
import type { RetriedIntegration, RetryNow } from "../../../ports/retry-now.ts";
import type { WorkNotice } from "../connect/work-notice.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";
import { moment } from "./dead-letters.ts";

const noticeForm = /^retry ([0-9a-f-]{36}) (\d{1,9})$/;

/** Makes an integration's waiting events due, and tells relays of it. */
export function openRetryNow(db: Kysely<Database>, notice: WorkNotice): RetryNow {
  return {
    async retryNow(integration, nowMs) {
      const retried = await attempt(() => makeDue(db, integration, nowMs));
      if (retried.ok) notice.announce(`retry ${integration.id} ${integration.version}`);
      return retried;
    },
    watchRetryNow: (heard) =>
      notice.watch((payload) => {
        const [, id, version] = noticeForm.exec(payload) ?? [];
        if (id !== undefined && version !== undefined) heard({ id, version: Number(version) });
      }),
  };
}

/** A leased row is its relay's; one that is due already, or whose lease ran out, needs no help. */
async function makeDue(db: Kysely<Database>, { orgId, id }: RetriedIntegration, nowMs: number): Promise<void> {
  if (!isUuid(id)) return;
  await withTenant(db, orgId, (tx) =>
    sql`
      update outbox set due_at = ${moment(nowMs)}
      where org_id = ${orgId}::uuid and integration_id = ${id}::uuid and claim_id is null
        and due_at > ${moment(nowMs)}`.execute(tx),
  );
}
