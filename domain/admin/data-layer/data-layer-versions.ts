import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { DataLayerSection, DataLayerVersionEntry } from "../../model/data-layer.ts";
import { pageItemsDefault, pageItemsMax } from "../../model/limits.ts";
import type { Principal } from "../../model/tenant.ts";
import { cursorFault, type ShownPage } from "../events/list-events.ts";
import { type AdminResult, failed, granted, invalid, refused } from "../refusal.ts";
import { type DataLayerObject, type ShownDataLayer, showDataLayer } from "./data-layer.ts";

/** A version as it is listed. */
export interface ShownVersionEntry {
  readonly version: number;
  readonly updated_at: string;
  readonly updated_by: string;
  /** What it changed, in a few words. */
  readonly summary: string;
  readonly changed: readonly DataLayerSection[];
}

const versionForm = /^[1-9]\d{0,8}$/;

/** Makes the use case that lists an organisation's data layers, newest first; viewers may. */
export function createListDataLayerVersions(tenants: Pick<TenantStore, "dataLayerVersions">) {
  return async function listDataLayerVersions(
    by: Principal,
    query: Readonly<Record<string, string>>,
  ): Promise<AdminResult<ShownPage<ShownVersionEntry>>> {
    const limit = query["limit"] === undefined ? pageItemsDefault : Number(query["limit"]);
    if (!Number.isInteger(limit) || limit < 1 || limit > pageItemsMax) {
      return invalid([
        { path: "limit", code: "out_of_range", message: `Send a whole number from 1 to ${pageItemsMax}.` },
      ]);
    }
    const cursor = query["cursor"];
    const beforeVersion = cursor === undefined ? null : readVersion(cursor);
    if (cursor !== undefined && beforeVersion === null) return invalid([cursorFault]);
    const found = await tenants.dataLayerVersions(by.orgId, { limit: limit + 1, beforeVersion });
    if (!found.ok) return failed(found.failure);
    const items = found.value.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = found.value.length > limit && last ? String(last.version) : null;
    return granted({ items: items.map(showEntry), next_cursor: nextCursor });
  };
}

/** A version of the data layer: the documented object with its number. */
export type ShownVersion = DataLayerObject & { readonly version: number };

/** Makes the use case that shows one version; viewers may. A number that is none is not found. */
export function createShowDataLayerVersion(tenants: Pick<TenantStore, "dataLayerVersion">) {
  return async function showDataLayerVersion(by: Principal, number: string): Promise<AdminResult<ShownVersion>> {
    const version = readVersion(number);
    if (version === null) return refused("not_found");
    const found = await tenants.dataLayerVersion(by.orgId, version);
    return found.ok ? granted(withVersion(showDataLayer(found.value))) : failed(found.failure);
  };
}

/** The documented object with its version beside it. */
export function withVersion({ object, version }: ShownDataLayer): ShownVersion {
  return { ...object, version };
}

/** A version's number as text; null if it can be none. */
export function readVersion(text: string): number | null {
  return versionForm.test(text) ? Number(text) : null;
}

function showEntry({ version, updatedAtMs, updatedBy, changed }: DataLayerVersionEntry): ShownVersionEntry {
  const updatedAt = new Date(updatedAtMs).toISOString().replace(/\.\d{3}Z$/, "Z");
  return { version, updated_at: updatedAt, updated_by: updatedBy, summary: summaryOf(version, changed), changed };
}

function summaryOf(version: number, changed: readonly DataLayerSection[]): string {
  if (version === 1) return "first version";
  return changed.length === 0 ? "nothing changed" : `changed ${changed.join(", ")}`;
}
