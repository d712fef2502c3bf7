import type { AccountStore } from "../../../ports/account-store.ts";
import { pageItemsDefault, pageItemsMax } from "../../model/limits.ts";
import type { Principal } from "../../model/tenant.ts";
import { cursorFault, type ShownPage } from "../events/list-events.ts";
import { isoTime } from "../names.ts";
import { type AdminResult, failed, granted, invalid } from "../refusal.ts";

/** One change: who, when, what, and how it was before. */
export interface ShownAuditEntry {
  readonly id: number;
  readonly at: string;
  readonly member_id: string;
  readonly action: string;
  readonly subject: string;
  readonly old: unknown;
  readonly new: unknown;
}

const cursorForm = /^[1-9]\d{0,14}$/;

/** Makes the use case that reads the audit log, newest first; admins may. */
export function createListAuditLog(accounts: Pick<AccountStore, "auditLog">) {
  return async function listAuditLog(
    by: Principal,
    query: Readonly<Record<string, string>>,
  ): Promise<AdminResult<ShownPage<ShownAuditEntry>>> {
    const limit = query["limit"] === undefined ? pageItemsDefault : Number(query["limit"]);
    if (!Number.isInteger(limit) || limit < 1 || limit > pageItemsMax) {
      const message = `Send a whole number from 1 to ${pageItemsMax}.`;
      return invalid([{ path: "limit", code: "out_of_range", message }]);
    }
    const cursor = query["cursor"];
    if (cursor !== undefined && !cursorForm.test(cursor)) return invalid([cursorFault]);
    const beforeId = cursor === undefined ? null : Number(cursor);
    const page = await accounts.auditLog(by.orgId, { limit: limit + 1, beforeId });
    if (!page.ok) return failed(page.failure);
    const shown = page.value.slice(0, limit);
    const last = page.value.length > limit ? shown.at(-1) : undefined;
    const items = shown.map(({ atMs, memberId, before, after, ...rest }) => ({
      ...{ id: rest.id, at: isoTime(atMs), member_id: memberId },
      ...{ action: rest.action, subject: rest.subject, old: before, new: after },
    }));
    return granted({ items, next_cursor: last ? String(last.id) : null });
  };
}
