import type { AccountStore, LoginAccount, LoginTokens } from "../../../ports/account-store.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { PasswordHasher } from "../../../ports/password-hasher.ts";
import type { Random } from "../../../ports/random.ts";
import { type AdminResult, failed, granted, isId, refused } from "../refusal.ts";
import type { Attempts } from "./attempts.ts";
import { loginSha256 } from "./login-name.ts";

export const accessTokenMs = 15 * 60_000;
export const refreshTokenMs = 30 * 24 * 3_600_000;
const tokenChars = 43;

/** A login's tokens, shown this once. Units: seconds. */
export interface ShownLogin {
  readonly token_type: "Bearer";
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly refresh_expires_in: number;
}

export interface LogInParts {
  readonly accounts: Pick<
    AccountStore,
    "loginAccount" | "recordFailedLogin" | "openLogin" | "rotateLogin" | "endLogin"
  >;
  readonly hasher: PasswordHasher;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Random;
  readonly sha256Hex: (text: string) => string;
  readonly attempts: {
    readonly byAccount: Attempts;
    readonly byAddress: Attempts;
    /** Refresh tokens that open nothing, by address: they hold nobody back who knows a password. */
    readonly refreshesByAddress: Attempts;
  };
}

export interface LogInRequest {
  readonly login: string;
  readonly password: string;
  readonly org_id?: string;
}

/**
 * Makes the use case that opens a login.
 *
 * Whether the name, the password or both are wrong, the answer is the same and takes the same time; a name that
 * belongs to nobody is locked like one that does. `address` is a keyed hash of where the call comes from.
 */
export function createLogIn(parts: LogInParts) {
  const { byAccount, byAddress } = parts.attempts;

  async function logIn(request: LogInRequest, address: string): Promise<AdminResult<ShownLogin>> {
    const orgId = request.org_id?.toLowerCase() ?? null;
    const name = loginSha256(request.login, parts.sha256Hex);
    const account = `${orgId ?? ""} ${name}`;
    const waitMs = begin(account, address);
    if (waitMs > 0) return { ok: false, refusal: { code: "too_many_attempts", retryAfterMs: waitMs } };
    const opened = await open(request, name, orgId, account);
    if (opened.ok || opened.refusal.code !== "login_invalid") {
      byAddress.undo(address);
      if (opened.ok) byAccount.forget(account);
      else byAccount.undo(account);
    }
    return opened;
  }

  function begin(account: string, address: string): number {
    const addressMs = byAddress.begin(address);
    if (addressMs > 0) return addressMs;
    const accountMs = byAccount.begin(account);
    if (accountMs > 0) byAddress.undo(address);
    return accountMs;
  }

  async function open(
    request: LogInRequest,
    name: string,
    orgId: string | null,
    key: string,
  ): Promise<AdminResult<ShownLogin>> {
    const known = orgId === null || isId(orgId);
    const found = await parts.accounts.loginAccount(name, known ? orgId : null);
    if (!found.ok) return failed(found.failure);
    const account = known ? found.value : null;
    const fits = await parts.hasher.verify(request.password, account?.passwordHash ?? null);
    if (!fits.ok) return failed(fits.failure);
    if (!account || !fits.value) {
      if (account) recordFailure(account, key);
      return refused("login_invalid");
    }
    const { tokens, shown } = mintLogin(parts);
    const opened = await parts.accounts.openLogin(account, tokens);
    if (!opened.ok) return opened.failure.code === "not_found" ? refused("login_invalid") : failed(opened.failure);
    return granted(shown);
  }

  /** Nobody waits for it: the answer comes after the same time, whether or not the name is anybody's. */
  function recordFailure({ orgId, memberId }: LoginAccount, name: string): void {
    void parts.accounts.recordFailedLogin({ orgId, memberId }, byAccount.isLocked(name));
  }

  return logIn;
}

/** Makes the use case that exchanges a refresh token for new tokens; a second use ends the whole login. */
export function createRefreshLogin(parts: LogInParts) {
  const { refreshesByAddress } = parts.attempts;
  return async function refreshLogin(refreshToken: string, address: string): Promise<AdminResult<ShownLogin>> {
    const waitMs = refreshesByAddress.begin(address);
    if (waitMs > 0) return { ok: false, refusal: { code: "too_many_attempts", retryAfterMs: waitMs } };
    const { tokens, shown } = mintLogin(parts);
    const rotated = await parts.accounts.rotateLogin(parts.sha256Hex(refreshToken), tokens);
    if (rotated.ok) {
      refreshesByAddress.undo(address);
      return granted(shown);
    }
    const { code } = rotated.failure;
    if (code === "refresh_unknown" || code === "refresh_reused") return refused("refresh_invalid");
    refreshesByAddress.undo(address);
    return failed(rotated.failure);
  };
}

/** Makes the use case that ends a login, whether or not there is one. */
export function createLogOut(parts: Pick<LogInParts, "accounts" | "sha256Hex">) {
  return async function logOut(refreshToken: string): Promise<AdminResult<null>> {
    const ended = await parts.accounts.endLogin(parts.sha256Hex(refreshToken));
    return ended.ok ? granted(null) : failed(ended.failure);
  };
}

function mintLogin(parts: Pick<LogInParts, "clock" | "random" | "sha256Hex">): {
  readonly tokens: LoginTokens;
  readonly shown: ShownLogin;
} {
  const nowMs = parts.clock.nowMs();
  const access = `tgs_${parts.random.token(tokenChars)}`;
  const refresh = `tgr_${parts.random.token(tokenChars)}`;
  return {
    tokens: {
      id: parts.random.uuidv7(),
      accessSha256: parts.sha256Hex(access),
      refreshSha256: parts.sha256Hex(refresh),
      createdAtMs: nowMs,
      accessExpiresAtMs: nowMs + accessTokenMs,
      refreshExpiresAtMs: nowMs + refreshTokenMs,
    },
    shown: {
      token_type: "Bearer",
      access_token: access,
      expires_in: accessTokenMs / 1000,
      refresh_token: refresh,
      refresh_expires_in: refreshTokenMs / 1000,
    },
  };
}
