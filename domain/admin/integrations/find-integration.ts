import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Integration } from "../../model/delivery.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, isId, refused } from "../refusal.ts";

/** Null if a filter names none or one of the caller's own: a wrong id is refused, and finds not just nothing. */
export async function refuseForeign(
  tenants: Pick<TenantStore, "integrations">,
  by: Principal,
  integrationId: string | undefined,
) {
  if (integrationId === undefined) return null;
  const found = await findIntegration(tenants, by, integrationId);
  return found.ok ? null : found;
}

/** One of the caller's own integrations; another organisation's is as none. */
export async function findIntegration(
  tenants: Pick<TenantStore, "integrations">,
  by: Principal,
  integrationId: string,
): Promise<AdminResult<Integration>> {
  if (!isId(integrationId)) return refused("not_found");
  const all = await tenants.integrations(by.orgId);
  if (!all.ok) return failed(all.failure);
  const own = all.value.find(({ id }) => id === integrationId.toLowerCase());
  return own ? granted(own) : refused("not_found");
}
