import type { TenantStore } from "../../../ports/tenant-store.ts";
import { compareConfigs, type Difference } from "../../data-layer/compare.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, invalid } from "../refusal.ts";
import { readVersion } from "./data-layer-versions.ts";

/** What differs between two versions. */
export interface ShownDifferences {
  readonly from: number;
  readonly to: number;
  readonly items: readonly Difference[];
  readonly next_cursor: null;
}

/** Makes the use case that compares two versions, the second being the current one by default; viewers may. */
export function createDiffDataLayer(tenants: Pick<TenantStore, "dataLayer" | "dataLayerVersion">) {
  return async function diffDataLayer(
    by: Principal,
    query: Readonly<Record<string, string>>,
  ): Promise<AdminResult<ShownDifferences>> {
    const from = readVersion(query["from"] ?? "");
    const to = query["to"] === undefined ? "current" : readVersion(query["to"]);
    const faults = [from === null ? versionFault("from") : [], to === null ? versionFault("to") : []].flat();
    if (from === null || to === null) return invalid(faults);
    const before = await tenants.dataLayerVersion(by.orgId, from);
    if (!before.ok) return failed(before.failure);
    const after = to === "current" ? await tenants.dataLayer(by.orgId) : await tenants.dataLayerVersion(by.orgId, to);
    if (!after.ok) return failed(after.failure);
    const items = compareConfigs(before.value.config, after.value.config);
    return granted({ from, to: after.value.version, items, next_cursor: null });
  };
}

function versionFault(path: string) {
  return { path, code: "invalid_version", message: "Send a version's number, such as 3." };
}
