import type { EventFilter, EventStore } from "../../../ports/event-store.ts";
import type { Kernel, PreparedProgram } from "../../../ports/kernel.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { defaultDataLayer } from "../../data-layer/configuration.ts";
import { compileProgram } from "../../data-layer/program.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import { column, fieldText } from "../../model/event/event.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import { parseTimestamp } from "../../model/event/timestamp.ts";
import { type Limits, pageItemsDefault, pageItemsMax } from "../../model/limits.ts";
import { verdicts } from "../../model/outcome.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, type InputFault, invalid, isId, refused } from "../refusal.ts";

/** The query parameters as they came; a name we don't know is refused, so that a typo never widens an answer. */
export type EventQuery = Readonly<Record<string, string>>;

export interface ShownPage<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

const known = ["project_id", "app_id", "event_names", "user_id", "since", "until", "cursor", "limit"];
const eventNamesMax = 100;

export interface ListEventsParts {
  readonly store: Pick<EventStore, "events">;
  readonly tenants: Pick<TenantStore, "hasProject" | "dataLayer">;
  readonly kernel: Kernel;
  readonly limits: Limits;
}

/** Makes the use case that reads stored events, newest first; any member may. */
export function createListEvents(parts: ListEventsParts) {
  const storedId = createStoredId(parts);

  async function withStoredId(by: Principal, filter: EventFilter): Promise<AdminResult<EventFilter>> {
    if (filter.userId === undefined) return granted(filter);
    const active = await parts.tenants.dataLayer(by.orgId);
    if (!active.ok) return failed(active.failure);
    return granted({ ...filter, userId: storedId(filter.userId, active.value.config) });
  }

  return async function listEvents(by: Principal, query: EventQuery): Promise<AdminResult<ShownPage<unknown>>> {
    const filter = readFilter(query);
    if (Array.isArray(filter)) return invalid(filter);
    const { projectId } = filter;
    if (projectId !== undefined) {
      const own = await parts.tenants.hasProject(by.orgId, projectId);
      if (!own.ok) return failed(own.failure);
      if (!own.value) return refused("not_found");
    }
    const asked = await withStoredId(by, filter);
    if (!asked.ok) return asked;
    const page = await parts.store.events(by.orgId, asked.value);
    if (!page.ok) return page.failure.code === "invalid_cursor" ? invalid([cursorFault]) : failed(page.failure);
    return granted({ items: page.value.items.map(showEvent), next_cursor: page.value.nextCursor });
  };
}

const hashForm = /^[0-9a-f]{64}$/;

/**
 * Makes what says how a user's id is stored: one that is an email is only there as its hash, and one that is a phone
 * number where the data layer masks those; the kernel's own rule says which.
 */
function createStoredId({ kernel, limits }: Pick<ListEventsParts, "kernel" | "limits">) {
  const programs = new Map<string, PreparedProgram>();

  function programOf({ pii_rules }: DataLayerConfig): PreparedProgram {
    const { detect_phones } = pii_rules;
    const config = { ...defaultDataLayer, pii_rules: { ...defaultDataLayer.pii_rules, detect_phones } };
    const dataLayer = { orgId: "", version: 0, config, updatedAtMs: 0, updatedBy: "" };
    const compile = () => compileProgram(dataLayer, { kind: "server", defaultCallingCode: null }, limits);
    const program = programs.get(detect_phones) ?? kernel.prepare(compile());
    programs.set(detect_phones, program);
    return program;
  }

  return function storedId(id: string, config: DataLayerConfig): string {
    const body = new TextEncoder().encode(JSON.stringify({ event: "Asked For", userId: id }));
    const scan = kernel.scan(body, { dialect: "segment", list: null, type: "track" }, limits);
    if (!scan.ok) return id;
    const batch = scan.finish(programOf(config), [{ drop: 0, geo: null, device: null }]);
    const stored = column(batch, 0, "verdict") === verdicts.pass ? fieldText(batch, 0, "userId") : null;
    return stored !== null && hashForm.test(stored) ? stored : id;
  };
}

/** What a cursor that is none of ours is answered with. */
export const cursorFault: InputFault = {
  path: "cursor",
  code: "invalid_cursor",
  message: "Use the next_cursor of the page before as it is, or leave it out.",
};

function readFilter(query: EventQuery): EventFilter | InputFault[] {
  const faults: InputFault[] = [];
  const fault = (path: string, code: string, message: string) => void faults.push({ path, code, message });
  if (Object.keys(query).some((name) => !known.includes(name))) {
    fault("query", "unknown_parameter", `Only these parameters are known: ${known.join(", ")}.`);
  }
  const { project_id: projectId, app_id: appId, user_id: userId, cursor } = query;
  if (projectId !== undefined && !isId(projectId)) fault("project_id", "invalid_id", "Send the project's id, a UUID.");
  const eventNames = query["event_names"]?.split(",").filter((name) => name !== "");
  if (eventNames && eventNames.length > eventNamesMax) {
    fault("event_names", "too_many", `Ask for at most ${eventNamesMax} names at a time.`);
  }
  const [sinceMs, untilMs] = ["since", "until"].map((name) => {
    const ms = parseTimestamp(query[name] ?? null);
    if (query[name] !== undefined && ms === null) fault(name, "invalid_time", "Send ISO 8601 or Unix milliseconds.");
    return ms ?? undefined;
  });
  const limit = query["limit"] === undefined ? pageItemsDefault : Number(query["limit"]);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageItemsMax) {
    fault("limit", "out_of_range", `Send a whole number from 1 to ${pageItemsMax}.`);
  }
  if (faults.length > 0) return faults;
  const filter = { projectId: projectId?.toLowerCase(), appId, eventNames, userId, sinceMs, untilMs, limit, cursor };
  return Object.fromEntries(
    Object.entries(filter).filter(([, value]) => value !== undefined),
  ) as unknown as EventFilter;
}

/** A stored event in the envelope's own names; what the sender put beside them stays, ours win. */
export function showEvent(event: StoredEvent): Readonly<Record<string, unknown>> {
  const { extra, orgId: _, name, timestampMs, originalTimestampMs, sentAtMs, receivedAtMs, ...rest } = event;
  const named = event.type === "track" || event.type === "consent" ? { event: name } : name === null ? {} : { name };
  return {
    ...extra,
    ...rest,
    ...named,
    timestamp: isoTime(timestampMs),
    originalTimestamp: isoTime(originalTimestampMs),
    sentAt: isoTime(sentAtMs),
    receivedAt: isoTime(receivedAtMs),
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
