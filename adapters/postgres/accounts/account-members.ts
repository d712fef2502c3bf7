import type { Kysely, Selectable, Transaction } from "kysely";
import type { Member } from "../../../domain/model/account.ts";
import type { Principal, Role } from "../../../domain/model/tenant.ts";
import { audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied } from "../failure.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";

type Tx = Transaction<Database>;

/** A row of `members` as the model has it. */
export function memberOf(row: Selectable<Database["members"]>): Member {
  const { member_id: id, name, role, created_at: createdAtMs } = row;
  return { id, name, role, logsIn: row.password_hash !== null, createdAtMs };
}

/** All members, the oldest first. */
export async function listMembers(tx: Tx): Promise<Member[]> {
  const rows = await tx.selectFrom("members").selectAll().orderBy("created_at").orderBy("member_id").execute();
  return rows.map(memberOf);
}

/** Errors: `not_found`, `version_conflict`. */
export function changeRole(
  db: Kysely<Database>,
  by: Principal,
  memberId: string,
  from: Role,
  to: Role,
): Promise<Member> {
  return withTenant(db, by.orgId, async (tx) => {
    await checkRole(tx, memberId, from);
    const row = await tx
      .updateTable("members")
      .set({ role: to })
      .where("member_id", "=", memberId)
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(tx, by, "member_role_changed", memberId, { old: { role: from }, new: { role: to } });
    return memberOf(row);
  });
}

/** Errors: `not_found`, `version_conflict`. */
export function removeMember(db: Kysely<Database>, by: Principal, memberId: string, from: Role): Promise<void> {
  return withTenant(db, by.orgId, async (tx) => {
    const { name, role } = await checkRole(tx, memberId, from);
    await tx.deleteFrom("members").where("member_id", "=", memberId).execute();
    await audit(tx, by, "member_removed", memberId, { old: { name, role }, new: null });
  });
}

/** Errors: `not_found`, `version_conflict`. */
export function transferOwnership(db: Kysely<Database>, by: Principal, memberId: string): Promise<void> {
  return withTenant(db, by.orgId, async (tx) => {
    await checkRole(tx, by.memberId, "owner");
    await tx.updateTable("members").set({ role: "admin" }).where("member_id", "=", by.memberId).execute();
    if (!isUuid(memberId)) throw new NotApplied("not_found");
    const owner = await tx
      .updateTable("members")
      .set({ role: "owner" })
      .where("member_id", "=", memberId)
      .returning("member_id")
      .executeTakeFirst();
    if (!owner) throw new NotApplied("not_found");
    const change = { old: { owner: by.memberId }, new: { owner: memberId } };
    await audit(tx, by, "ownership_transferred", memberId, change);
  });
}

/** Locks a member whose role is still the expected one, so that a change rests on what was decided upon. */
async function checkRole(tx: Tx, memberId: string, expected: Role): Promise<Member> {
  const row = isUuid(memberId)
    ? await tx.selectFrom("members").selectAll().where("member_id", "=", memberId).forUpdate().executeTakeFirst()
    : undefined;
  if (!row) throw new NotApplied("not_found");
  if (row.role !== expected) throw new NotApplied("version_conflict");
  return memberOf(row);
}
