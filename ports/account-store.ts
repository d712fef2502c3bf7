import type {
  ApiToken,
  AuditEntry,
  Caller,
  Invitation,
  Member,
  NewApiToken,
  NewInvitation,
} from "../domain/model/account.ts";
import type { Result } from "../domain/model/failure.ts";
import type { Principal, Role } from "../domain/model/tenant.ts";

/** What a login leaves in the store: hashes of its tokens, never the tokens. */
export interface LoginTokens {
  readonly id: string;
  readonly accessSha256: string;
  readonly refreshSha256: string;
  readonly createdAtMs: number;
  readonly accessExpiresAtMs: number;
  readonly refreshExpiresAtMs: number;
}

export interface LoginAccount {
  readonly orgId: string;
  readonly memberId: string;
  readonly passwordHash: string;
}

/** How a login name and a password are kept. */
export interface LoginCredentials {
  readonly loginSha256: string;
  readonly passwordHash: string;
}

/**
 * Members of organisations, how they prove who they are, and the record of what they changed.
 * Every change writes the audit log in its own transaction, old and new, secrets masked.
 */
export interface AccountStore {
  /** Who an API token or an access token belongs to, with what it may; null if it is no one's or has ended. */
  callerByTokenHash(sha256: string): Promise<Result<Caller | null>>;

  /** The account of a login name; of the oldest one where no organisation is named. */
  loginAccount(loginSha256: string, orgId: string | null): Promise<Result<LoginAccount | null>>;
  /** Writes into the audit log that somebody tried to log in as this member, and failed, or locked the name by it. */
  recordFailedLogin(account: Omit<LoginAccount, "passwordHash">, isLocked: boolean): Promise<Result<void>>;
  /** Opens a login by a password that was right. Errors: `not_found` if it is another by now, or the member gone. */
  openLogin(account: LoginAccount, tokens: LoginTokens): Promise<Result<void>>;
  /**
   * Exchanges a refresh token for new tokens, once. One that was exchanged before was stolen, or its use was: every
   * token that came of that login ends. Errors: `refresh_unknown`, `refresh_reused`.
   */
  rotateLogin(refreshSha256: string, next: LoginTokens): Promise<Result<void>>;
  /** Ends the login a refresh token belongs to; nothing happens for one that is no one's. */
  endLogin(refreshSha256: string): Promise<Result<void>>;
  passwordHash(orgId: string, memberId: string): Promise<Result<string | null>>;
  /** Sets how the member logs in and ends all logins. Errors: `login_taken`, `not_found`. */
  setLogin(
    by: Principal,
    login: { readonly loginSha256: string | null; readonly passwordHash: string },
  ): Promise<Result<void>>;

  /** Errors: `limit_reached`. */
  createApiToken(by: Principal, token: NewApiToken): Promise<Result<ApiToken>>;
  /** Tokens that still count, of one member or of all. */
  apiTokens(orgId: string, memberId: string | null): Promise<Result<readonly ApiToken[]>>;
  /** Errors: `not_found`. */
  revokeApiToken(by: Principal, tokenId: string): Promise<Result<void>>;

  /** Errors: `limit_reached`. */
  createInvitation(by: Principal, invitation: NewInvitation): Promise<Result<Invitation>>;
  /** Those that can still be accepted: whoever made them may invite still. */
  invitations(orgId: string): Promise<Result<readonly Invitation[]>>;
  /** Errors: `not_found`. */
  revokeInvitation(by: Principal, invitationId: string): Promise<Result<void>>;
  /** Makes a member of whoever holds the token, once. Errors: `invitation_unknown`, `login_taken`. */
  acceptInvitation(sha256: string, memberId: string, login: LoginCredentials): Promise<Result<Member>>;

  members(orgId: string): Promise<Result<readonly Member[]>>;
  /** Errors: `not_found`, `version_conflict` if the member's role is not `from` any more. */
  changeRole(by: Principal, memberId: string, from: Role, to: Role): Promise<Result<Member>>;
  /** Ends the member's tokens and logins, too. Errors: `not_found`, `version_conflict`. */
  removeMember(by: Principal, memberId: string, from: Role): Promise<Result<void>>;
  /** The owner becomes an admin, and the other one the owner, at once. Errors: `not_found`, `version_conflict`. */
  transferOwnership(by: Principal, memberId: string): Promise<Result<void>>;

  /** Newest first; only entries older than `beforeId` where it is given. */
  auditLog(
    orgId: string,
    page: { readonly limit: number; readonly beforeId: number | null },
  ): Promise<Result<readonly AuditEntry[]>>;
}
