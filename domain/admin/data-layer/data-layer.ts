import type { Sandbox } from "../../../ports/sandbox.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { presentConfig } from "../../data-layer/configuration.ts";
import { configWarnings } from "../../data-layer/warnings.ts";
import type { ConfigFault, DataLayerVersion } from "../../model/data-layer.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, requireRole } from "../refusal.ts";
import { checkDataLayer } from "./check-data-layer.ts";

/** The data layer object as it is documented. */
export interface DataLayerObject {
  readonly org_id: string;
  readonly config: unknown;
  readonly updated_at: string;
  readonly updated_by: string;
  /** What is valid and probably not meant; left out where there is nothing. */
  readonly warnings?: readonly ConfigFault[];
}

/** An organisation's data layer with the version it has. */
export interface ShownDataLayer {
  readonly version: number;
  readonly object: DataLayerObject;
}

/** A stored version as it is shown. */
export function showDataLayer(stored: DataLayerVersion): ShownDataLayer {
  const updatedAt = new Date(stored.updatedAtMs).toISOString().replace(/\.\d{3}Z$/, "Z");
  const { orgId, version, updatedBy } = stored;
  const config = presentConfig(stored.config);
  return { version, object: { org_id: orgId, config, updated_at: updatedAt, updated_by: updatedBy } };
}

/** Makes the use case that shows the current data layer; viewers may. */
export function createGetDataLayer(tenants: Pick<TenantStore, "dataLayer">) {
  return async function getDataLayer(by: Principal): Promise<AdminResult<ShownDataLayer>> {
    const found = await tenants.dataLayer(by.orgId);
    return found.ok ? granted(showDataLayer(found.value)) : failed(found.failure);
  };
}

export interface PutDataLayerParts {
  readonly tenants: Pick<TenantStore, "putDataLayer">;
  /** Makes this process read the organisation's configuration anew. */
  readonly forget: (orgId: string) => void;
  /** Compiles custom JavaScript where it will run. */
  readonly sandbox: Pick<Sandbox, "check">;
}

/**
 * Makes the use case that replaces the data layer; admins may.
 *
 * When it returns, the new version governs every event this process receives from then on.
 */
export function createPutDataLayer(parts: PutDataLayerParts) {
  return async function putDataLayer(
    by: Principal,
    config: unknown,
    expectedVersion: number | null,
  ): Promise<AdminResult<ShownDataLayer>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const checked = await checkDataLayer(parts.sandbox, config);
    if (!checked.ok) return checked;
    const put = await parts.tenants.putDataLayer(by, checked.value, expectedVersion);
    if (!put.ok) return failed(put.failure);
    parts.forget(by.orgId);
    const { version, object } = showDataLayer(put.value);
    const warnings = configWarnings(checked.value);
    return granted({ version, object: warnings.length > 0 ? { ...object, warnings } : object });
  };
}
