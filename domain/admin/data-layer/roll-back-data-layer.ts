import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, requireRole } from "../refusal.ts";
import { checkDataLayer } from "./check-data-layer.ts";
import { type PutDataLayerParts, type ShownDataLayer, showDataLayer } from "./data-layer.ts";

export interface RollBackParts extends PutDataLayerParts {
  readonly tenants: Pick<TenantStore, "putDataLayer" | "dataLayerVersion">;
}

/**
 * Makes the use case that goes back to an earlier data layer; admins may.
 *
 * Nothing is rewritten: a new version is made that equals the old one, and governs from its return on like any other.
 * An old version that today's rules would refuse is refused with their faults.
 */
export function createRollBackDataLayer(parts: RollBackParts) {
  return async function rollBackDataLayer(
    by: Principal,
    version: number,
    expectedVersion: number | null,
  ): Promise<AdminResult<ShownDataLayer>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const found = await parts.tenants.dataLayerVersion(by.orgId, version);
    if (!found.ok) return failed(found.failure);
    const checked = await checkDataLayer(parts.sandbox, found.value.config);
    if (!checked.ok) return checked;
    const put = await parts.tenants.putDataLayer(by, checked.value, expectedVersion);
    if (!put.ok) return failed(put.failure);
    parts.forget(by.orgId);
    return granted(showDataLayer(put.value));
  };
}
