import type { AccountStore } from "../../../ports/account-store.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Random } from "../../../ports/random.ts";
import type { ApiToken, Caller } from "../../model/account.ts";
import { allows, lesserRole, type Principal, type Role } from "../../model/tenant.ts";
import type { ShownPage } from "../events/list-events.ts";
import { isoTime, nameFaults } from "../names.ts";
import { type AdminResult, failed, granted, invalid, refused } from "../refusal.ts";
import type { ConfirmPassword } from "./confirm-password.ts";

const tokenChars = 43;
const dayMs = 24 * 3_600_000;
export const tokenDaysMax = 3_650;

/** A token as it is listed; itself it is shown only when it is made. */
export interface ShownToken {
  readonly id: string;
  readonly member_id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly token?: string;
}

export interface TokenRequest {
  readonly name: string;
  readonly role: Role;
  readonly expires_in_days?: number;
  /** Asked of who is logged in. */
  readonly current_password?: string;
}

export interface CreateTokenParts {
  readonly accounts: Pick<AccountStore, "createApiToken">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Random;
  readonly sha256Hex: (text: string) => string;
  readonly confirmPassword: ConfirmPassword;
}

/** Makes the use case that creates a token of the caller's own, with the caller's role at most. */
export function createCreateToken(parts: CreateTokenParts) {
  return async function createToken(by: Caller, request: TokenRequest): Promise<AdminResult<ShownToken>> {
    if (!allows(by.role, request.role)) return refused("role_insufficient");
    const faults = nameFaults(request.name);
    if (faults.length > 0) return invalid(faults);
    const confirmed = await parts.confirmPassword(by, request.current_password);
    if (!confirmed.ok) return confirmed;
    const token = `tga_${parts.random.token(tokenChars)}`;
    const createdAtMs = parts.clock.nowMs();
    const days = request.expires_in_days;
    const { name, role } = request;
    const created = await parts.accounts.createApiToken(by, {
      ...{ id: parts.random.uuidv7(), name, role, sha256: parts.sha256Hex(token), createdAtMs },
      expiresAtMs: days === undefined ? null : createdAtMs + days * dayMs,
    });
    return created.ok ? granted({ ...showToken(created.value), token }) : failed(created.failure);
  };
}

/** Makes the use case that lists tokens: one's own, or for admins everyone's. */
export function createListTokens(accounts: Pick<AccountStore, "apiTokens">) {
  return async function listTokens(by: Principal): Promise<AdminResult<ShownPage<ShownToken>>> {
    const found = await accounts.apiTokens(by.orgId, allows(by.role, "admin") ? null : by.memberId);
    return found.ok ? granted({ items: found.value.map(showToken), next_cursor: null }) : failed(found.failure);
  };
}

/**
 * Makes the use case that ends a token: one's own, or for admins that of a member whose role is no higher.
 *
 * A token that may less than its member ends none that may more.
 */
export function createRevokeToken(accounts: Pick<AccountStore, "apiTokens" | "members" | "revokeApiToken">) {
  return async function revokeToken(by: Caller, tokenId: string): Promise<AdminResult<null>> {
    const tokens = await accounts.apiTokens(by.orgId, null);
    if (!tokens.ok) return failed(tokens.failure);
    const token = tokens.value.find((item) => item.id === tokenId);
    const isOwn = token?.memberId === by.memberId;
    if (!token || (!isOwn && !allows(by.role, "admin"))) return refused("not_found");
    if (isOwn && !allows(by.role, lesserRole(by.memberRole, token.role))) return refused("role_insufficient");
    if (!isOwn) {
      const members = await accounts.members(by.orgId);
      if (!members.ok) return failed(members.failure);
      const holder = members.value.find((member) => member.id === token.memberId);
      if (holder && !allows(by.role, holder.role)) return refused("role_insufficient");
    }
    const revoked = await accounts.revokeApiToken(by, tokenId);
    return revoked.ok ? granted(null) : failed(revoked.failure);
  };
}

/** A token as it is listed. */
export function showToken(token: ApiToken): ShownToken {
  return {
    id: token.id,
    member_id: token.memberId,
    name: token.name,
    role: token.role,
    created_at: isoTime(token.createdAtMs),
    expires_at: token.expiresAtMs === null ? null : isoTime(token.expiresAtMs),
  };
}
