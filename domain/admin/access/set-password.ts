import type { AccountStore } from "../../../ports/account-store.ts";
import type { PasswordHasher } from "../../../ports/password-hasher.ts";
import type { Caller } from "../../model/account.ts";
import { type AdminResult, failed, granted, invalid, refused } from "../refusal.ts";
import { type ShownToken, showToken } from "./api-tokens.ts";
import type { ConfirmPassword } from "./confirm-password.ts";
import { credentialFaults, loginSha256 } from "./login-name.ts";

export interface SetPasswordParts {
  readonly accounts: Pick<AccountStore, "passwordHash" | "setLogin" | "apiTokens" | "revokeApiToken">;
  readonly hasher: PasswordHasher;
  readonly confirmPassword: ConfirmPassword;
  readonly sha256Hex: (text: string) => string;
}

export interface SetPasswordRequest {
  readonly login?: string;
  readonly password: string;
  readonly current_password?: string;
  /** Ends the member's API tokens, too, but for the one that asks. */
  readonly revoke_tokens?: boolean;
}

/** The member's API tokens that open the account still, whatever the password is now. */
export interface ShownPasswordChange {
  readonly api_tokens: readonly ShownToken[];
  readonly revoked: number;
}

/**
 * Makes the use case by which members set how they log in themselves; all their logins end.
 *
 * Who is logged in must know the password there is. An API token that may all its member may needs not: it is the way
 * back for who forgot it. One that may less can't win more by it. API tokens outlive a password: they are shown, and
 * end if it is wished.
 */
export function createSetPassword(parts: SetPasswordParts) {
  const { accounts } = parts;

  async function setPassword(by: Caller, request: SetPasswordRequest): Promise<AdminResult<ShownPasswordChange>> {
    if (by.role !== by.memberRole) return refused("role_insufficient");
    const login = request.login ?? null;
    const faults = credentialFaults(login, request.password);
    if (faults.length > 0) return invalid(faults);
    const kept = await accounts.passwordHash(by.orgId, by.memberId);
    if (!kept.ok) return failed(kept.failure);
    if (kept.value === null && login === null) return invalid([loginMissing]);
    const confirmed = await parts.confirmPassword(by, request.current_password);
    if (!confirmed.ok) return confirmed;
    const hashed = await parts.hasher.hash(request.password);
    if (!hashed.ok) return failed(hashed.failure);
    const name = login === null ? null : loginSha256(login, parts.sha256Hex);
    const set = await accounts.setLogin(by, { loginSha256: name, passwordHash: hashed.value });
    if (!set.ok) return failed(set.failure);
    return await tokensLeft(by, request.revoke_tokens ?? false);
  }

  async function tokensLeft(by: Caller, isRevoking: boolean): Promise<AdminResult<ShownPasswordChange>> {
    const tokens = await accounts.apiTokens(by.orgId, by.memberId);
    if (!tokens.ok) return failed(tokens.failure);
    const ending = isRevoking ? tokens.value.filter(({ id }) => id !== by.tokenId) : [];
    for (const { id } of ending) {
      const revoked = await accounts.revokeApiToken(by, id);
      if (!revoked.ok && revoked.failure.code !== "not_found") return failed(revoked.failure);
    }
    const left = tokens.value.filter((token) => !ending.includes(token));
    return granted({ api_tokens: left.map(showToken), revoked: ending.length });
  }

  return setPassword;
}

const loginMissing = { path: "login", code: "missing", message: "Choose a login name along with the first password." };
