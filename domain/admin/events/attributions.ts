import type { AttributionFilter, AttributionStore, StoredAttribution } from "../../../ports/attribution-store.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { type AttributionState, attributionStates } from "../../model/attribution.ts";
import { pageItemsDefault, pageItemsMax } from "../../model/limits.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, type InputFault, invalid, isId, refused } from "../refusal.ts";
import { cursorFault, type ShownPage } from "./list-events.ts";

/** What a token of Apple's AdServices was exchanged for, or how far it is; the token itself is shown to nobody. */
export interface ShownAttribution {
  readonly id: string;
  readonly project_id: string;
  readonly source_id: string;
  readonly app_id: string;
  readonly event_id: string;
  readonly anonymous_id: string | null;
  readonly user_id: string | null;
  readonly state: AttributionState;
  readonly code: string | null;
  readonly development: boolean;
  readonly campaign: Readonly<Record<string, string>> | null;
  readonly attempts: number;
  readonly received_at: string;
  readonly token_made_at: string;
  readonly token_expires_at: string;
  readonly next_attempt_at: string | null;
  readonly settled_at: string | null;
}

const known = ["project_id", "state", "anonymous_id", "cursor", "limit"];

/** Makes the use case that lists attributions, newest first; viewers may. */
export function createListAttributions(parts: {
  readonly attributions: Pick<AttributionStore, "list">;
  readonly tenants: Pick<TenantStore, "hasProject">;
}) {
  return async function listAttributions(
    by: Principal,
    query: Readonly<Record<string, string>>,
  ): Promise<AdminResult<ShownPage<ShownAttribution>>> {
    const filter = readFilter(query);
    if (Array.isArray(filter)) return invalid(filter);
    const { projectId } = filter;
    const own = projectId === undefined ? null : await parts.tenants.hasProject(by.orgId, projectId);
    if (own && !own.ok) return failed(own.failure);
    if (own && !own.value) return refused("not_found");
    const page = await parts.attributions.list(by.orgId, filter);
    if (!page.ok) return page.failure.code === "invalid_cursor" ? invalid([cursorFault]) : failed(page.failure);
    return granted({ items: page.value.items.map(showAttribution), next_cursor: page.value.nextCursor });
  };
}

/** Makes the use case that shows one attribution; viewers may. */
export function createShowAttribution({ attributions }: { readonly attributions: Pick<AttributionStore, "find"> }) {
  return async function show(by: Principal, id: string): Promise<AdminResult<ShownAttribution>> {
    if (!isId(id)) return refused("not_found");
    const found = await attributions.find(by.orgId, id.toLowerCase());
    return found.ok ? granted(showAttribution(found.value)) : failed(found.failure);
  };
}

function readFilter(query: Readonly<Record<string, string>>): AttributionFilter | InputFault[] {
  const faults: InputFault[] = [];
  const fault = (path: string, code: string, message: string) => void faults.push({ path, code, message });
  if (Object.keys(query).some((name) => !known.includes(name))) {
    fault("query", "unknown_parameter", `Only these parameters are known: ${known.join(", ")}.`);
  }
  const { project_id: projectId, anonymous_id: anonymousId, cursor } = query;
  if (projectId !== undefined && !isId(projectId)) fault("project_id", "invalid_id", "Send the project's id, a UUID.");
  const state = attributionStates.find((name) => name === query["state"]);
  if (query["state"] !== undefined && state === undefined) {
    fault("state", "unknown_state", `Use one of: ${attributionStates.join(", ")}.`);
  }
  const limit = query["limit"] === undefined ? pageItemsDefault : Number(query["limit"]);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageItemsMax) {
    fault("limit", "out_of_range", `Send a whole number from 1 to ${pageItemsMax}.`);
  }
  if (faults.length > 0) return faults;
  return {
    limit,
    ...(projectId === undefined ? {} : { projectId: projectId.toLowerCase() }),
    ...(state === undefined ? {} : { state }),
    ...(anonymousId === undefined ? {} : { anonymousId }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

function showAttribution(one: StoredAttribution): ShownAttribution {
  return {
    id: one.id,
    project_id: one.projectId,
    source_id: one.sourceId,
    app_id: one.appId,
    event_id: one.eventId,
    anonymous_id: one.anonymousId,
    user_id: one.userId,
    state: one.state,
    code: one.code,
    development: one.development,
    campaign: one.campaign,
    attempts: one.attempts,
    received_at: moment(one.receivedAtMs),
    token_made_at: moment(one.madeAtMs),
    token_expires_at: moment(one.expiresAtMs),
    next_attempt_at: one.dueAtMs === null ? null : moment(one.dueAtMs),
    settled_at: one.settledAtMs === null ? null : moment(one.settledAtMs),
  };
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}
