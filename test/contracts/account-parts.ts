import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import type { Result } from "../../domain/model/failure.ts";
import type { Principal, Role } from "../../domain/model/tenant.ts";
import type { AccountStore, LoginTokens } from "../../ports/account-store.ts";
import type { FirstTenant } from "../../ports/tenant-store.ts";
import { unwrap } from "./results.ts";
import { newTenant, ownerOf } from "./tenants.ts";

/** An account store under test. */
export interface OpenedAccountStore {
  readonly store: AccountStore;
  addTenant(tenant: FirstTenant): Promise<void>;
  remove(): Promise<void>;
}

export interface Case {
  readonly promise: string;
  readonly run: (opened: OpenedAccountStore) => Promise<void>;
}

export const hourMs = 3_600_000;
export const newSha256 = () => createHash("sha256").update(randomUUID()).digest("hex");

export function newLogin(rest: Partial<LoginTokens> = {}): LoginTokens {
  const nowMs = Date.now();
  return {
    id: randomUUID(),
    accessSha256: newSha256(),
    refreshSha256: newSha256(),
    createdAtMs: nowMs,
    accessExpiresAtMs: nowMs + hourMs,
    refreshExpiresAtMs: nowMs + hourMs,
    ...rest,
  };
}

/** Opens a login with the password that there is; one is set where there is none. */
export async function openLogin(store: AccountStore, by: Principal, tokens: LoginTokens): Promise<Result<void>> {
  const { orgId, memberId } = by;
  const kept = unwrap(await store.passwordHash(orgId, memberId));
  if (kept === null) unwrap(await store.setLogin(by, { loginSha256: newSha256(), passwordHash: "hashed" }));
  return store.openLogin({ orgId, memberId, passwordHash: kept ?? "hashed" }, tokens);
}

/** Invites and accepts: a member with a login of its own. */
export async function addMember(
  store: AccountStore,
  by: Principal,
  role: Role,
): Promise<Principal & { login: string }> {
  const [sha256, login, memberId] = [newSha256(), newSha256(), randomUUID()];
  const invitation = { id: randomUUID(), name: role, role, sha256, createdAtMs: Date.now() };
  unwrap(await store.createInvitation(by, { ...invitation, expiresAtMs: Date.now() + hourMs }));
  const credentials = { loginSha256: login, passwordHash: "hashed" };
  assert.equal(unwrap(await store.acceptInvitation(sha256, memberId, credentials)).role, role);
  return { orgId: by.orgId, memberId, role, login };
}

export async function newOwner({ addTenant }: OpenedAccountStore): Promise<{ tenant: FirstTenant; by: Principal }> {
  const tenant = newTenant();
  await addTenant(tenant);
  return { tenant, by: ownerOf(tenant) };
}
