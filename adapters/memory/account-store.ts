import {
  type ApiToken,
  type AuditEntry,
  type Caller,
  type Invitation,
  inviterRole,
  type Member,
} from "../../domain/model/account.ts";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import { apiTokensPerMemberMax, invitationsPerOrgMax } from "../../domain/model/limits.ts";
import { allows, lesserRole, type Principal } from "../../domain/model/tenant.ts";
import type { AccountStore, LoginTokens } from "../../ports/account-store.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MemoryTenantStore } from "./tenant-store.ts";

type Owned<T> = T & { readonly orgId: string };
interface StoredMember extends Owned<Member> {
  readonly loginSha256: string | null;
  readonly passwordHash: string | null;
}
interface StoredLogin extends LoginTokens {
  readonly orgId: string;
  readonly memberId: string;
  readonly familyId: string;
  used: boolean;
  revoked: boolean;
}
type By = Pick<Principal, "orgId" | "memberId">;

/** All that the store's parts share. */
interface AccountTables {
  readonly members: StoredMember[];
  readonly logins: StoredLogin[];
  readonly tokens: Owned<ApiToken & { readonly sha256: string }>[];
  readonly invitations: Owned<Invitation & { readonly sha256: string }>[];
  readonly audit: Owned<AuditEntry>[];
  readonly nowMs: () => number;
  record(by: By, action: string, subject: string, before: unknown, after: unknown): void;
}

const secretMask = "***";
const gone = <T>(code = "not_found"): Result<T> => fail(code, { retry: "never" });
const done: Result<void> = succeed(undefined);

/** Accounts in memory, with their audit log open to other stores. */
export interface MemoryAccountStore extends AccountStore {
  record(by: By, action: string, subject: string, before: unknown, after: unknown): void;
}

/** Opens accounts in memory beside the tenants they belong to, whose owners are the first members. */
export function openMemoryAccountStore(tenants: MemoryTenantStore, clock: Pick<Clock, "nowMs">): MemoryAccountStore {
  const audit: Owned<AuditEntry>[] = [];
  const tables: AccountTables = {
    members: [],
    logins: [],
    tokens: [],
    invitations: [],
    audit,
    nowMs: () => clock.nowMs(),
    record(by, action, subject, before, after) {
      const entry = { id: audit.length + 1, orgId: by.orgId, memberId: by.memberId, action, subject, before, after };
      audit.push({ ...entry, atMs: clock.nowMs() });
    },
  };
  tenants.onTenant((tenant) => {
    const owner = { id: tenant.ownerId, name: tenant.ownerName, role: "owner" as const, logsIn: false };
    const rest = { createdAtMs: clock.nowMs(), loginSha256: null, passwordHash: null };
    tables.members.push({ ...owner, ...rest, orgId: tenant.orgId });
    tenants.removePrincipal(tenant.adminTokenSha256);
    const token = { id: tenant.ownerId, memberId: tenant.ownerId, name: "", role: "owner" as const, expiresAtMs: null };
    const sha256 = tenant.adminTokenSha256;
    tables.tokens.push({ ...token, orgId: tenant.orgId, createdAtMs: clock.nowMs(), sha256 });
  });
  return {
    record: tables.record,
    async callerByTokenHash(sha256) {
      const caller = callerIn(tables, sha256);
      if (caller) return succeed(caller);
      const found = await tenants.principalByTokenHash(sha256);
      if (!found.ok || !found.value) return succeed(null);
      return succeed({ ...found.value, memberRole: found.value.role, via: "api_token", tokenId: null });
    },
    ...loginsOf(tables),
    ...tokensOf(tables),
    ...invitationsOf(tables),
    ...membersOf(tables),
    async auditLog(orgId, { limit, beforeId }) {
      const own = tables.audit.filter((entry) => entry.orgId === orgId && (beforeId === null || entry.id < beforeId));
      const newest = own.reverse().slice(0, limit);
      return succeed(newest.map(({ orgId: _, ...entry }) => entry));
    },
  };
}

function callerIn(tables: AccountTables, sha256: string): Caller | null {
  const now = tables.nowMs();
  const token = tables.tokens.find((item) => item.sha256 === sha256 && (item.expiresAtMs ?? now + 1) > now);
  const login = tables.logins.find((item) => item.accessSha256 === sha256 && !item.revoked);
  const holder = token ?? (login && login.accessExpiresAtMs > now ? login : undefined);
  const member = holder && memberIn(tables, holder.orgId, holder.memberId);
  if (!member) return null;
  const role = token ? lesserRole(member.role, token.role) : member.role;
  const via = token ? "api_token" : "login";
  const tokenId = token?.id ?? null;
  return { orgId: member.orgId, memberId: member.id, role, memberRole: member.role, via, tokenId };
}

function memberIn(tables: AccountTables, orgId: string, memberId: string): StoredMember | undefined {
  return tables.members.find((member) => member.orgId === orgId && member.id === memberId);
}

function replaceMember(tables: AccountTables, member: StoredMember, rest: Partial<StoredMember>): StoredMember {
  const changed = { ...member, ...rest };
  tables.members[tables.members.indexOf(member)] = changed;
  return changed;
}

function removeWhere<T>(items: T[], matches: (item: T) => boolean): T[] {
  const removed = items.filter(matches);
  for (const item of removed) items.splice(items.indexOf(item), 1);
  return removed;
}

function shownMember({ id, name, role, logsIn, createdAtMs }: StoredMember): Member {
  return { id, name, role, logsIn, createdAtMs };
}

function shownToken({ id, memberId, name, role, createdAtMs, expiresAtMs }: ApiToken): ApiToken {
  return { id, memberId, name, role, createdAtMs, expiresAtMs };
}

function shownInvitation({ id, name, role, createdBy, createdAtMs, expiresAtMs }: Invitation): Invitation {
  return { id, name, role, createdBy, createdAtMs, expiresAtMs };
}

function loginsOf(
  tables: AccountTables,
): Pick<
  AccountStore,
  "loginAccount" | "recordFailedLogin" | "openLogin" | "rotateLogin" | "endLogin" | "passwordHash" | "setLogin"
> {
  const endFamily = (familyId: string) => {
    for (const login of tables.logins) if (login.familyId === familyId) login.revoked = true;
  };
  const open = (orgId: string, memberId: string, familyId: string, tokens: LoginTokens) => {
    tables.logins.push({ ...tokens, orgId, memberId, familyId, used: false, revoked: false });
  };
  return {
    async loginAccount(loginSha256, orgId) {
      const named = tables.members.find(
        (member) => member.loginSha256 === loginSha256 && (orgId === null || member.orgId === orgId),
      );
      if (!named || named.passwordHash === null) return succeed(null);
      return succeed({ orgId: named.orgId, memberId: named.id, passwordHash: named.passwordHash });
    },
    async openLogin({ orgId, memberId, passwordHash }, tokens) {
      if (memberIn(tables, orgId, memberId)?.passwordHash !== passwordHash) return gone();
      open(orgId, memberId, tokens.id, tokens);
      tables.record({ orgId, memberId }, "login_opened", memberId, null, null);
      return done;
    },
    async recordFailedLogin({ orgId, memberId }, isLocked) {
      tables.record({ orgId, memberId }, isLocked ? "login_locked" : "login_failed", memberId, null, null);
      return done;
    },
    async rotateLogin(refreshSha256, next) {
      const login = tables.logins.find((item) => item.refreshSha256 === refreshSha256);
      if (!login || login.revoked || login.refreshExpiresAtMs <= next.createdAtMs) return gone("refresh_unknown");
      if (login.used) {
        endFamily(login.familyId);
        tables.record(login, "login_revoked", login.memberId, null, { reason: "refresh_reused" });
        return gone("refresh_reused");
      }
      login.used = true;
      open(login.orgId, login.memberId, login.familyId, next);
      return done;
    },
    async endLogin(refreshSha256) {
      const login = tables.logins.find((item) => item.refreshSha256 === refreshSha256);
      if (login && !login.revoked) tables.record(login, "login_ended", login.memberId, null, null);
      if (login) endFamily(login.familyId);
      return done;
    },
    async passwordHash(orgId, memberId) {
      return succeed(memberIn(tables, orgId, memberId)?.passwordHash ?? null);
    },
    async setLogin(by, { loginSha256, passwordHash }) {
      const member = memberIn(tables, by.orgId, by.memberId);
      if (!member) return gone();
      if (loginSha256 !== null && isTaken(tables, by.orgId, loginSha256, member)) return gone("login_taken");
      replaceMember(tables, member, {
        loginSha256: loginSha256 ?? member.loginSha256,
        passwordHash,
        logsIn: true,
      });
      for (const login of tables.logins) if (login.memberId === member.id) login.revoked = true;
      const name = loginSha256 === null ? {} : { login: secretMask };
      const old = { password: member.passwordHash === null ? null : secretMask };
      tables.record(by, "login_set", member.id, old, { password: secretMask, ...name });
      return done;
    },
  };
}

function isTaken(tables: AccountTables, orgId: string, loginSha256: string, except?: StoredMember): boolean {
  return tables.members.some(
    (member) => member !== except && member.orgId === orgId && member.loginSha256 === loginSha256,
  );
}

function tokensOf(tables: AccountTables): Pick<AccountStore, "createApiToken" | "apiTokens" | "revokeApiToken"> {
  const live = (orgId: string, memberId: string | null) =>
    tables.tokens.filter(
      (token) =>
        token.orgId === orgId &&
        (memberId === null || token.memberId === memberId) &&
        (token.expiresAtMs === null || token.expiresAtMs > tables.nowMs()),
    );
  return {
    async createApiToken(by, token) {
      if (live(by.orgId, by.memberId).length >= apiTokensPerMemberMax) return gone("limit_reached");
      const created = { ...token, orgId: by.orgId, memberId: by.memberId };
      tables.tokens.push(created);
      const { name, role } = token;
      tables.record(by, "token_created", token.id, null, { name, role, token: secretMask });
      return succeed(shownToken(created));
    },
    async apiTokens(orgId, memberId) {
      return succeed(live(orgId, memberId).map(shownToken));
    },
    async revokeApiToken(by, tokenId) {
      const [token] = removeWhere(tables.tokens, (item) => item.orgId === by.orgId && item.id === tokenId);
      if (!token) return gone();
      tables.record(by, "token_revoked", tokenId, { name: token.name, role: token.role }, null);
      return done;
    },
  };
}

function invitationsOf(
  tables: AccountTables,
): Pick<AccountStore, "createInvitation" | "invitations" | "revokeInvitation" | "acceptInvitation"> {
  const isOpen = ({ orgId, createdBy, expiresAtMs }: Owned<Invitation>) =>
    expiresAtMs > tables.nowMs() && allows(memberIn(tables, orgId, createdBy)?.role ?? "viewer", inviterRole);
  const open = (orgId: string) => tables.invitations.filter((item) => item.orgId === orgId && isOpen(item));
  return {
    async createInvitation(by, invitation) {
      if (open(by.orgId).length >= invitationsPerOrgMax) return gone("limit_reached");
      const created = { ...invitation, orgId: by.orgId, createdBy: by.memberId };
      tables.invitations.push(created);
      const { name, role } = invitation;
      tables.record(by, "invitation_created", invitation.id, null, { name, role, token: secretMask });
      return succeed(shownInvitation(created));
    },
    async invitations(orgId) {
      return succeed(open(orgId).map(shownInvitation));
    },
    async revokeInvitation(by, invitationId) {
      const mine = (item: Owned<Invitation>) => item.orgId === by.orgId && item.id === invitationId;
      const [invitation] = removeWhere(tables.invitations, mine);
      if (!invitation) return gone();
      const { name, role } = invitation;
      tables.record(by, "invitation_revoked", invitationId, { name, role }, null);
      return done;
    },
    async acceptInvitation(sha256, memberId, login) {
      const invitation = tables.invitations.find((item) => item.sha256 === sha256);
      if (!invitation || !isOpen(invitation)) return gone("invitation_unknown");
      const { orgId, name, role } = invitation;
      if (isTaken(tables, orgId, login.loginSha256)) return gone("login_taken");
      removeWhere(tables.invitations, (item) => item === invitation);
      const member = { ...login, id: memberId, orgId, name, role, logsIn: true, createdAtMs: tables.nowMs() };
      tables.members.push(member);
      const by = { orgId, memberId };
      tables.record(by, "invitation_accepted", invitation.id, null, { member_id: memberId, name, role });
      return succeed(shownMember(member));
    },
  };
}

function membersOf(
  tables: AccountTables,
): Pick<AccountStore, "members" | "changeRole" | "removeMember" | "transferOwnership"> {
  return {
    async members(orgId) {
      return succeed(tables.members.filter((member) => member.orgId === orgId).map(shownMember));
    },
    async changeRole(by, memberId, from, to) {
      const member = memberIn(tables, by.orgId, memberId);
      if (!member) return gone();
      if (member.role !== from) return gone("version_conflict");
      const changed = replaceMember(tables, member, { role: to });
      tables.record(by, "member_role_changed", memberId, { role: from }, { role: to });
      return succeed(shownMember(changed));
    },
    async removeMember(by, memberId, from) {
      const member = memberIn(tables, by.orgId, memberId);
      if (!member) return gone();
      if (member.role !== from) return gone("version_conflict");
      removeWhere(tables.members, (item) => item === member);
      removeWhere(tables.tokens, (item) => item.memberId === memberId);
      removeWhere(tables.logins, (item) => item.memberId === memberId);
      tables.record(by, "member_removed", memberId, { name: member.name, role: from }, null);
      return done;
    },
    async transferOwnership(by, memberId) {
      const [owner, next] = [memberIn(tables, by.orgId, by.memberId), memberIn(tables, by.orgId, memberId)];
      if (!owner || !next) return gone();
      if (owner.role !== "owner") return gone("version_conflict");
      replaceMember(tables, owner, { role: "admin" });
      replaceMember(tables, next, { role: "owner" });
      tables.record(by, "ownership_transferred", memberId, { owner: by.memberId }, { owner: memberId });
      return done;
    },
  };
}
