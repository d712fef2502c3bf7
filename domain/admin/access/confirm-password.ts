import type { AccountStore } from "../../../ports/account-store.ts";
import type { PasswordHasher } from "../../../ports/password-hasher.ts";
import type { Caller } from "../../model/account.ts";
import { type AdminResult, failed, granted, refused } from "../refusal.ts";
import type { Attempts } from "./attempts.ts";

export interface ConfirmPasswordParts {
  readonly accounts: Pick<AccountStore, "passwordHash">;
  readonly hasher: PasswordHasher;
  readonly attempts: { readonly byAccount: Attempts };
}

/** Asks for the caller's password once more. Errors: `password_required`, `login_invalid`, `too_many_attempts`. */
export type ConfirmPassword = (by: Caller, password: string | undefined) => Promise<AdminResult<null>>;

/**
 * Makes the check that whoever is logged in knows the password there is.
 *
 * An access token that was stolen lives for minutes; it must win nothing that lives longer. A caller with an API token
 * is let through: the token's own role bounds it, and it is the way back for who forgot the password.
 */
export function createConfirmPassword(parts: ConfirmPasswordParts): ConfirmPassword {
  const { byAccount } = parts.attempts;
  return async function confirmPassword(by, password) {
    if (by.via !== "login") return granted(null);
    const kept = await parts.accounts.passwordHash(by.orgId, by.memberId);
    if (!kept.ok) return failed(kept.failure);
    if (kept.value === null) return granted(null);
    if (password === undefined) return refused("password_required");
    const waitMs = byAccount.begin(by.memberId);
    if (waitMs > 0) return { ok: false, refusal: { code: "too_many_attempts", retryAfterMs: waitMs } };
    const fits = await parts.hasher.verify(password, kept.value);
    if (!fits.ok || fits.value) byAccount.undo(by.memberId);
    if (!fits.ok) return failed(fits.failure);
    return fits.value ? granted(null) : refused("login_invalid");
  };
}
