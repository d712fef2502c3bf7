import { type Kysely, sql } from "kysely";
import type { Mended, Mendings } from "../../../ports/mendings.ts";
import type { WorkNotice } from "../connect/work-notice.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";
import { moment } from "./dead-letters.ts";

const noticeForm = /^mended ([0-9a-f-]{36}) (\d{1,9})$/;

/** Opens what lets go of an integration's waiting events, and tells relays of it. */
export function openMendings(db: Kysely<Database>, notice: WorkNotice): Mendings {
  return {
    async mend(integration, nowMs) {
      const mended = await attempt(() => makeDue(db, integration, nowMs));
      if (mended.ok) notice.announce(`mended ${integration.id} ${integration.version}`);
      return mended;
    },
    watchMended: (heard) =>
      notice.watch((payload) => {
        const [, id, version] = noticeForm.exec(payload) ?? [];
        if (id !== undefined && version !== undefined) heard({ id, version: Number(version) });
      }),
  };
}

/** A leased row is its relay's; one that is due already, or whose lease ran out, needs no help. */
async function makeDue(db: Kysely<Database>, { orgId, id }: Mended, nowMs: number): Promise<void> {
  if (!isUuid(id)) return;
  await withTenant(db, orgId, (tx) =>
    sql`
      update outbox set due_at = ${moment(nowMs)}
      where org_id = ${orgId}::uuid and integration_id = ${id}::uuid and claim_id is null
        and due_at > ${moment(nowMs)}`.execute(tx),
  );
}
