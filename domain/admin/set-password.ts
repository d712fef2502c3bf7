import type { AccountStore } from "../../ports/account-store.ts";
import type { PasswordHasher } from "../../ports/password-hasher.ts";
import type { Caller } from "../model/account.ts";
import type { Attempts } from "./attempts.ts";
import { credentialFaults, loginSha256 } from "./login-name.ts";
import { type AdminResult, failed, granted, invalid, refused } from "./refusal.ts";

export interface SetPasswordParts {
  readonly accounts: Pick<AccountStore, "passwordHash" | "setLogin">;
  readonly hasher: PasswordHasher;
  readonly sha256Hex: (text: string) => string;
  readonly attempts: { readonly byAccount: Attempts };
}

export interface SetPasswordRequest {
  readonly login?: string;
  readonly password: string;
  readonly current_password?: string;
}

/**
 * Makes the use case by which members set how they log in themselves; all their logins end.
 *
 * Who is logged in must know the password there is. An API token that may all its member may needs not: it is the way
 * back for who forgot it. One that may less can't win more by it.
 */
export function createSetPassword(parts: SetPasswordParts) {
  async function setPassword(by: Caller, request: SetPasswordRequest): Promise<AdminResult<null>> {
    if (by.role !== by.memberRole) return refused("role_insufficient");
    const login = request.login ?? null;
    const faults = credentialFaults(login, request.password);
    if (faults.length > 0) return invalid(faults);
    const kept = await parts.accounts.passwordHash(by.orgId, by.memberId);
    if (!kept.ok) return failed(kept.failure);
    if (kept.value === null && login === null) return invalid([loginMissing]);
    if (kept.value !== null && by.via === "login") {
      const known = await checkCurrent(by, request.current_password, kept.value);
      if (!known.ok) return known;
    }
    const hashed = await parts.hasher.hash(request.password);
    if (!hashed.ok) return failed(hashed.failure);
    const name = login === null ? null : loginSha256(login, parts.sha256Hex);
    const set = await parts.accounts.setLogin(by, { loginSha256: name, passwordHash: hashed.value });
    return set.ok ? granted(null) : failed(set.failure);
  }

  async function checkCurrent(by: Caller, password: string | undefined, hash: string): Promise<AdminResult<null>> {
    if (password === undefined) return refused("password_required");
    const { byAccount } = parts.attempts;
    const waitMs = byAccount.begin(by.memberId);
    if (waitMs > 0) return { ok: false, refusal: { code: "too_many_attempts", retryAfterMs: waitMs } };
    const fits = await parts.hasher.verify(password, hash);
    if (!fits.ok || fits.value) byAccount.undo(by.memberId);
    if (!fits.ok) return failed(fits.failure);
    return fits.value ? granted(null) : refused("login_invalid");
  }

  return setPassword;
}

const loginMissing = { path: "login", code: "missing", message: "Choose a login name along with the first password." };
