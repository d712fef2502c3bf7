import { sql, type Transaction } from "kysely";
import type { AuditEntry } from "../../domain/model/account.ts";
import { writeExact } from "../../domain/model/json/exact-json.ts";
import type { Principal } from "../../domain/model/tenant.ts";
import type { Database } from "./database.ts";

type Tx = Transaction<Database>;

/** Where committed changes are announced; the payload is the organisation's id. */
export const changesChannel = "tidegate_changes";
/** What stands for a secret in the audit log. */
export const secretMask = "***";

/** What was and what is; null where there was, or is, nothing. The caller masks secrets with `secretMask`. */
export interface Change {
  readonly old: object | null;
  readonly new: object | null;
}

/** Writes who changed what, in the change's own transaction. */
export async function audit(
  tx: Tx,
  by: Pick<Principal, "orgId" | "memberId">,
  action: string,
  subject: string,
  change: Change,
): Promise<void> {
  const row = { org_id: by.orgId, member_id: by.memberId, action, subject };
  await tx
    .insertInto("audit_log")
    .values({ ...row, detail: writeExact(change) })
    .execute();
}

/** Postgres delivers it when the transaction commits, and never otherwise. */
export async function announce(tx: Tx, orgId: string): Promise<void> {
  await sql`select pg_notify(${changesChannel}, ${orgId})`.execute(tx);
}

/** Entries of the audit log, newest first. */
export async function listAudit(
  tx: Tx,
  orgId: string,
  page: { readonly limit: number; readonly beforeId: number | null },
): Promise<AuditEntry[]> {
  const rows = await tx
    .selectFrom("audit_log")
    .selectAll()
    .where("org_id", "=", orgId)
    .where("audit_id", "<", page.beforeId ?? Number.MAX_SAFE_INTEGER)
    .orderBy("audit_id", "desc")
    .limit(page.limit)
    .execute();
  return rows.map((row) => {
    const { old: before = null, new: after = null } = row.detail;
    return {
      id: row.audit_id,
      atMs: row.at,
      memberId: row.member_id,
      action: row.action,
      subject: row.subject,
      before,
      after,
    };
  });
}
