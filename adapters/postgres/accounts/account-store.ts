import type { Kysely } from "kysely";
import type { AccountStore } from "../../../ports/account-store.ts";
import type { Clock } from "../../../ports/clock.ts";
import { listAudit } from "../audit.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { withTenant } from "../tenant-scope.ts";
import { callerOf } from "./account-callers.ts";
import {
  accountOf,
  endLogin,
  insertLogin,
  passwordHashOf,
  recordFailedLogin,
  rotate,
  setLogin,
} from "./account-logins.ts";
import { changeRole, listMembers, removeMember, transferOwnership } from "./account-members.ts";
import {
  accept,
  insertInvitation,
  insertToken,
  listInvitations,
  listTokens,
  revokeInvitation,
  revokeToken,
} from "./account-tokens.ts";

/** Opens members, their logins and tokens, and the audit log, as the role that is bound to one tenant at a time. */
export function openAccountStore(db: Kysely<Database>, clock: Pick<Clock, "nowMs">): AccountStore {
  const now = () => clock.nowMs();
  return {
    callerByTokenHash: (sha256) => attempt(() => callerOf(db, sha256, now())),
    loginAccount: (loginSha256, orgId) => attempt(() => accountOf(db, loginSha256, orgId)),
    recordFailedLogin: (account, isLocked) => attempt(() => recordFailedLogin(db, account, isLocked)),
    openLogin: (account, tokens) => attempt(() => insertLogin(db, account, tokens)),
    rotateLogin: (refreshSha256, next) => attempt(() => rotate(db, refreshSha256, next)),
    endLogin: (refreshSha256) => attempt(() => endLogin(db, refreshSha256, now())),
    passwordHash: (orgId, memberId) => attempt(() => passwordHashOf(db, orgId, memberId)),
    setLogin: (by, login) => attempt(() => setLogin(db, by, login, now())),
    createApiToken: (by, token) => attempt(() => insertToken(db, by, token)),
    apiTokens: (orgId, memberId) => attempt(() => withTenant(db, orgId, (tx) => listTokens(tx, memberId, now()))),
    revokeApiToken: (by, tokenId) => attempt(() => revokeToken(db, by, tokenId)),
    createInvitation: (by, invitation) => attempt(() => insertInvitation(db, by, invitation)),
    invitations: (orgId) => attempt(() => withTenant(db, orgId, (tx) => listInvitations(tx, now()))),
    revokeInvitation: (by, id) => attempt(() => revokeInvitation(db, by, id, now())),
    acceptInvitation: (sha256, memberId, login) => attempt(() => accept(db, sha256, memberId, login, now())),
    members: (orgId) => attempt(() => withTenant(db, orgId, listMembers)),
    changeRole: (by, memberId, from, to) => attempt(() => changeRole(db, by, memberId, from, to)),
    removeMember: (by, memberId, from) => attempt(() => removeMember(db, by, memberId, from)),
    transferOwnership: (by, memberId) => attempt(() => transferOwnership(db, by, memberId)),
    auditLog: (orgId, page) => attempt(() => withTenant(db, orgId, (tx) => listAudit(tx, orgId, page))),
  };
}
