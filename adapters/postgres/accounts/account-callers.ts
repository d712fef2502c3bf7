import { type Kysely, sql } from "kysely";
import type { Caller } from "../../../domain/model/account.ts";
import { lesserRole, type Role } from "../../../domain/model/tenant.ts";
import type { Database } from "../database.ts";
import { moment } from "../moment.ts";
import { withTenant } from "../tenant-scope.ts";

interface Holder {
  readonly member_id: string;
  readonly role: Role;
  readonly token_role: Role;
  readonly token_id: string | null;
}

/** Who holds a token that still counts: an API token, or the access token of a login. */
export async function callerOf(db: Kysely<Database>, sha256: string, nowMs: number): Promise<Caller | null> {
  const found = await sql<{ org_id: string; is_login: boolean }>`
    select org_id, false as is_login from tenant_of_token(${sha256})
    union all
    select org_id, true from tenant_of_access_token(${sha256})`.execute(db);
  const place = found.rows[0];
  if (!place) return null;
  const now = moment(nowMs);
  const holder = await withTenant(db, place.org_id, async (tx): Promise<Holder | undefined> => {
    if (place.is_login) {
      return tx
        .selectFrom("login_tokens as t")
        .innerJoin("members as m", (on) =>
          on.onRef("m.org_id", "=", "t.org_id").onRef("m.member_id", "=", "t.member_id"),
        )
        .select(["m.member_id", "m.role", "m.role as token_role", sql<null>`null`.as("token_id")])
        .where("t.access_sha256", "=", sha256)
        .where("t.revoked_at", "is", null)
        .where("t.access_expires_at", ">", now)
        .executeTakeFirst();
    }
    return tx
      .selectFrom("api_tokens as t")
      .innerJoin("members as m", (on) => on.onRef("m.org_id", "=", "t.org_id").onRef("m.member_id", "=", "t.member_id"))
      .select(["m.member_id", "m.role", "t.role as token_role", "t.token_id"])
      .where("t.sha256", "=", sha256)
      .where("t.revoked_at", "is", null)
      .where((eb) => eb.or([eb("t.expires_at", "is", null), eb("t.expires_at", ">", now)]))
      .executeTakeFirst();
  });
  if (!holder) return null;
  const role = lesserRole(holder.role, holder.token_role);
  const via = place.is_login ? "login" : "api_token";
  const { member_id: memberId, role: memberRole, token_id: tokenId } = holder;
  return { orgId: place.org_id, memberId, role, memberRole, via, tokenId };
}
