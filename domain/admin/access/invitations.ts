import type { AccountStore } from "../../../ports/account-store.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { PasswordHasher } from "../../../ports/password-hasher.ts";
import type { Random } from "../../../ports/random.ts";
import type { Invitation } from "../../model/account.ts";
import { allows, type Principal, type Role } from "../../model/tenant.ts";
import type { ShownPage } from "../events/list-events.ts";
import { isoTime, nameFaults } from "../names.ts";
import { type AdminResult, failed, granted, invalid, refused } from "../refusal.ts";
import type { Attempts } from "./attempts.ts";
import { credentialFaults, loginSha256 } from "./login-name.ts";
import { type ShownMember, showMember } from "./members.ts";

export const invitationMs = 7 * 24 * 3_600_000;
const tokenChars = 43;

/** An invitation as it is listed; its token is shown only when it is made. */
export interface ShownInvitation {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly token?: string;
}

export interface InviteParts {
  readonly accounts: Pick<AccountStore, "createInvitation">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Random;
  readonly sha256Hex: (text: string) => string;
}

export interface AcceptParts {
  readonly accounts: Pick<AccountStore, "acceptInvitation">;
  readonly hasher: PasswordHasher;
  readonly random: Pick<Random, "uuidv7">;
  readonly sha256Hex: (text: string) => string;
  readonly attempts: { readonly byAddress: Attempts };
}

/** Makes the use case that invites someone, to the inviter's own role at most, never as owner. */
export function createInvite(parts: InviteParts) {
  return async function invite(
    by: Principal,
    request: { readonly name: string; readonly role: Role },
  ): Promise<AdminResult<ShownInvitation>> {
    const { name, role } = request;
    if (role === "owner") return refused("owner_fixed");
    if (!allows(by.role, role)) return refused("role_insufficient");
    const faults = nameFaults(name);
    if (faults.length > 0) return invalid(faults);
    const token = `tgi_${parts.random.token(tokenChars)}`;
    const createdAtMs = parts.clock.nowMs();
    const created = await parts.accounts.createInvitation(by, {
      ...{ id: parts.random.uuidv7(), name, role, sha256: parts.sha256Hex(token) },
      ...{ createdAtMs, expiresAtMs: createdAtMs + invitationMs },
    });
    return created.ok ? granted({ ...show(created.value), token }) : failed(created.failure);
  };
}

/** Makes the use case that lists invitations which can still be accepted. */
export function createListInvitations(accounts: Pick<AccountStore, "invitations">) {
  return async function listInvitations(by: Principal): Promise<AdminResult<ShownPage<ShownInvitation>>> {
    const found = await accounts.invitations(by.orgId);
    return found.ok ? granted({ items: found.value.map(show), next_cursor: null }) : failed(found.failure);
  };
}

/** Makes the use case that takes an invitation back. */
export function createRevokeInvitation(accounts: Pick<AccountStore, "revokeInvitation">) {
  return async function revokeInvitation(by: Principal, id: string): Promise<AdminResult<null>> {
    const revoked = await accounts.revokeInvitation(by, id);
    return revoked.ok ? granted(null) : failed(revoked.failure);
  };
}

export interface AcceptRequest {
  readonly token: string;
  readonly login: string;
  readonly password: string;
}

/** Makes the use case by which an invited person becomes a member, with a login of their own choice. */
export function createAcceptInvitation(parts: AcceptParts) {
  const { byAddress } = parts.attempts;
  return async function acceptInvitation(request: AcceptRequest, address: string): Promise<AdminResult<ShownMember>> {
    const faults = credentialFaults(request.login, request.password);
    if (faults.length > 0) return invalid(faults);
    const waitMs = byAddress.begin(address);
    if (waitMs > 0) return { ok: false, refusal: { code: "too_many_attempts", retryAfterMs: waitMs } };
    const hashed = await parts.hasher.hash(request.password);
    if (!hashed.ok) {
      byAddress.undo(address);
      return failed(hashed.failure);
    }
    const accepted = await parts.accounts.acceptInvitation(parts.sha256Hex(request.token), parts.random.uuidv7(), {
      loginSha256: loginSha256(request.login, parts.sha256Hex),
      passwordHash: hashed.value,
    });
    if (accepted.ok || accepted.failure.code !== "invitation_unknown") byAddress.undo(address);
    return accepted.ok ? granted(showMember(accepted.value)) : failed(accepted.failure);
  };
}

function show(invitation: Invitation): ShownInvitation {
  return {
    id: invitation.id,
    name: invitation.name,
    role: invitation.role,
    created_by: invitation.createdBy,
    created_at: isoTime(invitation.createdAtMs),
    expires_at: isoTime(invitation.expiresAtMs),
  };
}
