import type { AccountStore } from "../../../ports/account-store.ts";
import type { Caller } from "../../model/account.ts";
import { type AdminResult, failed, granted, refused } from "../refusal.ts";

const tokenCharsMax = 200;

/**
 * Makes the look-up of who calls the admin API. Only the token's hash is looked up, so that neither the store nor
 * the time it takes tells anything of other tokens.
 */
export function createAuthenticate(parts: {
  readonly accounts: Pick<AccountStore, "callerByTokenHash">;
  readonly sha256Hex: (text: string) => string;
}) {
  return async function authenticate(token: string | null): Promise<AdminResult<Caller>> {
    if (token === null || token === "") return refused("token_missing");
    const found = await parts.accounts.callerByTokenHash(parts.sha256Hex(token.slice(0, tokenCharsMax + 1)));
    if (!found.ok) return failed(found.failure);
    return found.value === null ? refused("token_unknown") : granted(found.value);
  };
}
