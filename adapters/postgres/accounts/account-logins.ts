import { type Kysely, type RawBuilder, sql, type Transaction } from "kysely";
import { loginsPerMemberMax, loginTokensPerFamilyMax } from "../../../domain/model/limits.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { LoginAccount, LoginTokens } from "../../../ports/account-store.ts";
import { audit, secretMask } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied, sqlStateOf } from "../failure.ts";
import { moment } from "../moment.ts";
import { withTenant } from "../tenant-scope.ts";

type Tx = Transaction<Database>;

const uniqueViolation = "23505";

/** An id that is nobody's. */
const nobody = "00000000-0000-0000-0000-000000000000";

/** The account of a login name. As much is asked for a name that is nobody's: time does not tell them apart. */
export async function accountOf(
  db: Kysely<Database>,
  loginSha256: string,
  orgId: string | null,
): Promise<LoginAccount | null> {
  const found = await sql<{ org_id: string; member_id: string }>`
    select * from tenant_of_login(${loginSha256}, ${orgId}::uuid)`.execute(db);
  const place = found.rows[0] ?? { org_id: nobody, member_id: nobody };
  const hash = await passwordHashOf(db, place.org_id, place.member_id);
  return hash === null ? null : { orgId: place.org_id, memberId: place.member_id, passwordHash: hash };
}

/** The member's password as it is kept; null if none was set. */
export async function passwordHashOf(db: Kysely<Database>, orgId: string, memberId: string): Promise<string | null> {
  const row = await withTenant(db, orgId, (tx) =>
    tx.selectFrom("members").select("password_hash").where("member_id", "=", memberId).executeTakeFirst(),
  );
  return row?.password_hash ?? null;
}

/** Opens a login and lets go of the member's oldest ones. Errors: `not_found`, also if the password was changed. */
export function insertLogin(db: Kysely<Database>, account: LoginAccount, tokens: LoginTokens): Promise<void> {
  const { orgId, memberId } = account;
  return withTenant(db, orgId, async (tx) => {
    const member = await lockMember(tx, memberId);
    if (member?.password_hash !== account.passwordHash) throw new NotApplied("not_found");
    await insertTokens(tx, { orgId, memberId }, tokens.id, tokens);
    await audit(tx, { orgId, memberId }, "login_opened", memberId, { old: null, new: null });
    await tx
      .deleteFrom("login_tokens")
      .where("member_id", "=", memberId)
      .where("refresh_expires_at", "<", moment(tokens.createdAtMs))
      .execute();
    await sql`delete from login_tokens where org_id = ${orgId} and family_id in (
      select family_id from login_tokens where org_id = ${orgId} and member_id = ${memberId}
      group by family_id order by max(created_at) desc, family_id desc offset ${loginsPerMemberMax}
    )`.execute(tx);
  });
}

/** Writes down that somebody failed to log in as a member. */
export function recordFailedLogin(
  db: Kysely<Database>,
  { orgId, memberId }: Omit<LoginAccount, "passwordHash">,
  isLocked: boolean,
): Promise<void> {
  return withTenant(db, orgId, (tx) => {
    const action = isLocked ? "login_locked" : "login_failed";
    return audit(tx, { orgId, memberId }, action, memberId, { old: null, new: null });
  });
}

/** Exchanges a refresh token. Errors: `refresh_unknown`, `refresh_reused`. */
export async function rotate(db: Kysely<Database>, refreshSha256: string, next: LoginTokens): Promise<void> {
  const orgId = await orgOfRefresh(db, refreshSha256);
  if (orgId === null) throw new NotApplied("refresh_unknown");
  const now = moment(next.createdAtMs);
  const isReused = await withTenant(db, orgId, async (tx) => {
    const row = await lockLogin(tx, refreshSha256);
    if (!row || row.revoked_at !== null || row.refresh_expires_at <= next.createdAtMs) {
      throw new NotApplied("refresh_unknown");
    }
    const member = { orgId, memberId: row.member_id };
    if (row.used_at !== null) {
      await endFamily(tx, row.family_id, now);
      await audit(tx, member, "login_revoked", row.member_id, { old: null, new: { reason: "refresh_reused" } });
      return true;
    }
    await tx
      .updateTable("login_tokens")
      .set({ used_at: now })
      .where("login_token_id", "=", row.login_token_id)
      .execute();
    await insertTokens(tx, member, row.family_id, next);
    await sql`delete from login_tokens where org_id = ${orgId} and login_token_id in (
      select login_token_id from login_tokens where org_id = ${orgId} and family_id = ${row.family_id}
      order by created_at desc, login_token_id desc offset ${loginTokensPerFamilyMax}
    )`.execute(tx);
    return false;
  });
  if (isReused) throw new NotApplied("refresh_reused");
}

/** Ends the login of a refresh token, whichever of its tokens it is. */
export async function endLogin(db: Kysely<Database>, refreshSha256: string, nowMs: number): Promise<void> {
  const orgId = await orgOfRefresh(db, refreshSha256);
  if (orgId === null) return;
  await withTenant(db, orgId, async (tx) => {
    const row = await lockLogin(tx, refreshSha256);
    if (!row) return;
    const member = { orgId, memberId: row.member_id };
    if (row.revoked_at === null) await audit(tx, member, "login_ended", row.member_id, { old: null, new: null });
    await endFamily(tx, row.family_id, moment(nowMs));
  });
}

/** Sets how a member logs in; every login of theirs ends. Errors: `login_taken`, `not_found`. */
export function setLogin(
  db: Kysely<Database>,
  by: Principal,
  login: { readonly loginSha256: string | null; readonly passwordHash: string },
  nowMs: number,
): Promise<void> {
  return withTenant(db, by.orgId, async (tx) => {
    const name = login.loginSha256 === null ? {} : { login_sha256: login.loginSha256 };
    const before = await lockMember(tx, by.memberId);
    if (!before) throw new NotApplied("not_found");
    await tx
      .updateTable("members")
      .set({ ...name, password_hash: login.passwordHash })
      .where("member_id", "=", by.memberId)
      .execute()
      .catch(refuseTaken);
    await tx
      .updateTable("login_tokens")
      .set({ revoked_at: moment(nowMs) })
      .where("member_id", "=", by.memberId)
      .where("revoked_at", "is", null)
      .execute();
    const masked = { password: secretMask, ...(login.loginSha256 === null ? {} : { login: secretMask }) };
    const old = { password: before.password_hash === null ? null : secretMask };
    await audit(tx, by, "login_set", by.memberId, { old, new: masked });
  });
}

/** Words a login name that another member of the organisation has. */
export function refuseTaken(error: unknown): never {
  throw sqlStateOf(error) === uniqueViolation ? new NotApplied("login_taken") : error;
}

/** Lets one change at a time at a member's logins, so that none is opened or refreshed past the end of all. */
function lockMember(tx: Tx, memberId: string) {
  const member = tx.selectFrom("members").select("password_hash").where("member_id", "=", memberId);
  return member.forNoKeyUpdate().executeTakeFirst();
}

/** The row of a refresh token as it is once its member's logins are locked. */
async function lockLogin(tx: Tx, refreshSha256: string) {
  const rows = tx.selectFrom("login_tokens").selectAll().where("refresh_sha256", "=", refreshSha256);
  const before = await rows.executeTakeFirst();
  if (!before) return undefined;
  await lockMember(tx, before.member_id);
  return rows.executeTakeFirst();
}

async function orgOfRefresh(db: Kysely<Database>, refreshSha256: string): Promise<string | null> {
  const found = await sql<{ org_id: string }>`select * from tenant_of_refresh_token(${refreshSha256})`.execute(db);
  return found.rows[0]?.org_id ?? null;
}

async function insertTokens(
  tx: Tx,
  member: Pick<Principal, "orgId" | "memberId">,
  familyId: string,
  tokens: LoginTokens,
): Promise<void> {
  await tx
    .insertInto("login_tokens")
    .values({
      org_id: member.orgId,
      login_token_id: tokens.id,
      family_id: familyId,
      member_id: member.memberId,
      access_sha256: tokens.accessSha256,
      refresh_sha256: tokens.refreshSha256,
      created_at: moment(tokens.createdAtMs),
      access_expires_at: moment(tokens.accessExpiresAtMs),
      refresh_expires_at: moment(tokens.refreshExpiresAtMs),
    })
    .execute();
}

async function endFamily(tx: Tx, familyId: string, now: RawBuilder<number>): Promise<void> {
  await tx
    .updateTable("login_tokens")
    .set({ revoked_at: now })
    .where("family_id", "=", familyId)
    .where("revoked_at", "is", null)
    .execute();
}
