import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import {
  type ApiToken,
  type Invitation,
  inviterRole,
  type Member,
  type NewApiToken,
  type NewInvitation,
} from "../../../domain/model/account.ts";
import { apiTokensPerMemberMax, invitationsPerOrgMax, membersPerOrgMax } from "../../../domain/model/limits.ts";
import { allows, type Principal, roles } from "../../../domain/model/tenant.ts";
import type { LoginCredentials } from "../../../ports/account-store.ts";
import { audit, secretMask } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied } from "../failure.ts";
import { moment } from "../moment.ts";
import { isUuid, lockOrganization, withTenant } from "../tenant-scope.ts";
import { refuseTaken } from "./account-logins.ts";
import { memberOf } from "./account-members.ts";

type Tx = Transaction<Database>;

function tokenOf(row: Selectable<Database["api_tokens"]>): ApiToken {
  const { token_id: id, member_id: memberId, name, role, created_at, expires_at } = row;
  return { id, memberId, name, role, createdAtMs: created_at, expiresAtMs: expires_at };
}

function invitationOf(row: Selectable<Database["invitations"]>): Invitation {
  const { invitation_id: id, name, role, created_by: createdBy, created_at, expires_at } = row;
  return { id, name, role, createdBy, createdAtMs: created_at, expiresAtMs: expires_at };
}

/** Tokens that still count. */
export async function listTokens(tx: Tx, memberId: string | null, nowMs: number): Promise<ApiToken[]> {
  const all = tx
    .selectFrom("api_tokens")
    .selectAll()
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", moment(nowMs))]))
    .orderBy("created_at")
    .orderBy("token_id");
  const rows = await (memberId === null ? all : all.where("member_id", "=", memberId)).execute();
  return rows.map(tokenOf);
}

/** Creates a token of the caller's own. Errors: `limit_reached`. */
export function insertToken(db: Kysely<Database>, by: Principal, token: NewApiToken): Promise<ApiToken> {
  return withTenant(db, by.orgId, async (tx) => {
    await lockOrganization(tx, by.orgId);
    const own = await listTokens(tx, by.memberId, token.createdAtMs);
    if (own.length >= apiTokensPerMemberMax) throw new NotApplied("limit_reached");
    const { id, name, role, sha256, createdAtMs, expiresAtMs } = token;
    await tx
      .deleteFrom("api_tokens")
      .where("member_id", "=", by.memberId)
      .where("expires_at", "<", moment(createdAtMs))
      .execute();
    const row = await tx
      .insertInto("api_tokens")
      .values({
        ...{ org_id: by.orgId, token_id: id, member_id: by.memberId, name, role, sha256 },
        created_at: moment(createdAtMs),
        expires_at: expiresAtMs === null ? null : moment(expiresAtMs),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(tx, by, "token_created", id, { old: null, new: { name, role, token: secretMask } });
    return tokenOf(row);
  });
}

/** Ends a token at once; the audit log remembers it. Errors: `not_found`. */
export function revokeToken(db: Kysely<Database>, by: Principal, tokenId: string): Promise<void> {
  return withTenant(db, by.orgId, async (tx) => {
    if (!isUuid(tokenId)) throw new NotApplied("not_found");
    const row = await tx
      .deleteFrom("api_tokens")
      .where("token_id", "=", tokenId)
      .where("revoked_at", "is", null)
      .returning(["name", "role"])
      .executeTakeFirst();
    if (!row) throw new NotApplied("not_found");
    await audit(tx, by, "token_revoked", tokenId, { old: row, new: null });
  });
}

/** Whether an invitation's maker may invite still: what a member lost must not come back by an own invitation. */
const makerMayInvite = sql<boolean>`exists (
  select from members m
  where m.org_id = invitations.org_id and m.member_id = invitations.created_by
    and m.role in (${sql.join(roles.filter((role) => allows(role, inviterRole)))})
)`;

/** Invitations that can still be accepted. */
export async function listInvitations(tx: Tx, nowMs: number): Promise<Invitation[]> {
  const rows = await tx
    .selectFrom("invitations")
    .selectAll()
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", moment(nowMs))
    .where(makerMayInvite)
    .orderBy("created_at")
    .orderBy("invitation_id")
    .execute();
  return rows.map(invitationOf);
}

/** Errors: `limit_reached`. */
export function insertInvitation(db: Kysely<Database>, by: Principal, invitation: NewInvitation): Promise<Invitation> {
  return withTenant(db, by.orgId, async (tx) => {
    await lockOrganization(tx, by.orgId);
    const open = await listInvitations(tx, invitation.createdAtMs);
    if (open.length >= invitationsPerOrgMax) throw new NotApplied("limit_reached");
    const { id, name, role, sha256, createdAtMs, expiresAtMs } = invitation;
    const row = await tx
      .insertInto("invitations")
      .values({
        ...{ org_id: by.orgId, invitation_id: id, name, role, sha256, created_by: by.memberId },
        created_at: moment(createdAtMs),
        expires_at: moment(expiresAtMs),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(tx, by, "invitation_created", id, { old: null, new: { name, role, token: secretMask } });
    return invitationOf(row);
  });
}

/** Errors: `not_found`. */
export function revokeInvitation(db: Kysely<Database>, by: Principal, id: string, nowMs: number): Promise<void> {
  return withTenant(db, by.orgId, async (tx) => {
    if (!isUuid(id)) throw new NotApplied("not_found");
    const row = await tx
      .updateTable("invitations")
      .set({ revoked_at: moment(nowMs) })
      .where("invitation_id", "=", id)
      .where("accepted_at", "is", null)
      .where("revoked_at", "is", null)
      .returning(["name", "role"])
      .executeTakeFirst();
    if (!row) throw new NotApplied("not_found");
    await audit(tx, by, "invitation_revoked", id, { old: row, new: null });
  });
}

/** Makes a member of whoever holds the token. Errors: `invitation_unknown`, `login_taken`, `limit_reached`. */
export async function accept(
  db: Kysely<Database>,
  sha256: string,
  memberId: string,
  login: LoginCredentials,
  nowMs: number,
): Promise<Member> {
  const found = await sql<{ org_id: string }>`select * from tenant_of_invitation(${sha256})`.execute(db);
  const orgId = found.rows[0]?.org_id;
  if (orgId === undefined) throw new NotApplied("invitation_unknown");
  const by = { orgId, memberId };
  return withTenant(db, orgId, async (tx) => {
    await lockOrganization(tx, orgId);
    const invitation = await tx
      .updateTable("invitations")
      .set({ accepted_at: moment(nowMs) })
      .where("sha256", "=", sha256)
      .where("accepted_at", "is", null)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", moment(nowMs))
      .where(makerMayInvite)
      .returningAll()
      .executeTakeFirst();
    if (!invitation) throw new NotApplied("invitation_unknown");
    const counted = await tx
      .selectFrom("members")
      .select((eb) => eb.fn.countAll<number>().as("n"))
      .executeTakeFirst();
    if ((counted?.n ?? 0) >= membersPerOrgMax) throw new NotApplied("limit_reached");
    const { name, role } = invitation;
    const values = { org_id: orgId, member_id: memberId, name, role };
    const row = await tx
      .insertInto("members")
      .values({ ...values, login_sha256: login.loginSha256, password_hash: login.passwordHash })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch(refuseTaken);
    await audit(tx, by, "invitation_accepted", invitation.invitation_id, {
      old: null,
      new: { member_id: memberId, name, role },
    });
    return memberOf(row);
  });
}
