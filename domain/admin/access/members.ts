import type { AccountStore } from "../../../ports/account-store.ts";
import type { Member } from "../../model/account.ts";
import { allows, type Principal, type Role } from "../../model/tenant.ts";
import type { ShownPage } from "../events/list-events.ts";
import { isoTime } from "../names.ts";
import { type AdminResult, failed, granted, refused } from "../refusal.ts";

export interface ShownMember {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly logs_in: boolean;
  readonly created_at: string;
}

/** A member as it is shown. */
export function showMember({ id, name, role, logsIn, createdAtMs }: Member): ShownMember {
  return { id, name, role, logs_in: logsIn, created_at: isoTime(createdAtMs) };
}

/** Makes the use case that lists members; viewers may. */
export function createListMembers(accounts: Pick<AccountStore, "members">) {
  return async function listMembers(by: Principal): Promise<AdminResult<ShownPage<ShownMember>>> {
    const found = await accounts.members(by.orgId);
    return found.ok ? granted({ items: found.value.map(showMember), next_cursor: null }) : failed(found.failure);
  };
}

/** Makes the use case that gives a member another role: neither the member's nor the new one above the caller's. */
export function createChangeRole(accounts: Pick<AccountStore, "members" | "changeRole">) {
  return async function changeRole(by: Principal, memberId: string, role: Role): Promise<AdminResult<ShownMember>> {
    const found = await changeable(accounts, by, memberId);
    if (!found.ok) return found;
    if (role === "owner") return refused("owner_fixed");
    if (!allows(by.role, role)) return refused("role_insufficient");
    const changed = await accounts.changeRole(by, memberId, found.value.role, role);
    return changed.ok ? granted(showMember(changed.value)) : failed(changed.failure);
  };
}

/** Makes the use case that removes a member, whose tokens and logins end at once. */
export function createRemoveMember(accounts: Pick<AccountStore, "members" | "removeMember">) {
  return async function removeMember(by: Principal, memberId: string): Promise<AdminResult<null>> {
    const found = await changeable(accounts, by, memberId);
    if (!found.ok) return found;
    const removed = await accounts.removeMember(by, memberId, found.value.role);
    return removed.ok ? granted(null) : failed(removed.failure);
  };
}

/** Makes the use case by which the owner hands the organisation on, and becomes an admin of it. */
export function createTransferOwnership(accounts: Pick<AccountStore, "members" | "transferOwnership">) {
  return async function transferOwnership(by: Principal, memberId: string): Promise<AdminResult<null>> {
    const found = await memberOf(accounts, by, memberId);
    if (!found.ok) return found;
    if (memberId === by.memberId) return granted(null);
    const moved = await accounts.transferOwnership(by, memberId);
    return moved.ok ? granted(null) : failed(moved.failure);
  };
}

async function memberOf(
  accounts: Pick<AccountStore, "members">,
  by: Principal,
  memberId: string,
): Promise<AdminResult<Member>> {
  const members = await accounts.members(by.orgId);
  if (!members.ok) return failed(members.failure);
  const member = members.value.find((item) => item.id === memberId);
  return member ? granted(member) : refused("not_found");
}

async function changeable(
  accounts: Pick<AccountStore, "members">,
  by: Principal,
  memberId: string,
): Promise<AdminResult<Member>> {
  const found = await memberOf(accounts, by, memberId);
  if (!found.ok) return found;
  if (found.value.role === "owner") return refused("owner_fixed");
  return allows(by.role, found.value.role) ? found : refused("role_insufficient");
}
