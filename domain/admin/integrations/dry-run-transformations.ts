import type { Clock } from "../../../ports/clock.ts";
import type { Destination } from "../../../ports/destination.ts";
import type { EventStore } from "../../../ports/event-store.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { TransformationStore } from "../../../ports/transformation-store.ts";
import type { Integration, Vendor } from "../../model/delivery.ts";
import { isChosen } from "../../model/event/chosen-integrations.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import type { Principal } from "../../model/tenant.ts";
import { compileTransformation, type Transform, type TransformationParts } from "../../transformation/compile.ts";
import { checkRules } from "../../transformation/rules.ts";
import type { EventReport } from "../data-layer/dry-run-report.ts";
import { createTrial, type TrialParts } from "../data-layer/dry-run-trial.ts";
import { storedFrom } from "../data-layer/stored-from-report.ts";
import type { TrialGate } from "../data-layer/trial-gate.ts";
import { showEvent } from "../events/list-events.ts";
import { type AdminResult, failed, granted, invalid, isId, refused, requireRole } from "../refusal.ts";

export const transformationTrialEventsMax = 100;
/** After so many events the processor is given to others. */
const sliceEvents = 10;

/** What is to be tried, for which integration, on what. */
export interface TransformationTrialRequest {
  readonly integration_id: string;
  /** Left out: the integration's own transformations, the enabled ones. */
  readonly rules?: unknown;
  /** As a sender would send them; the current data layer runs on them first. */
  readonly events?: readonly unknown[];
  /** How many of the project's stored events to take, newest first. */
  readonly last?: number;
}

/**
 * What would become of one event. `dropped` and `rejected` by the data layer, `not_relayed` because the integration
 * does not relay such events, `filtered` by a rule, `refused` by what the vendor asks for; else `sent`.
 */
export interface TransformationTrialItem {
  readonly index: number;
  readonly message_id: string | null;
  readonly outcome: "sent" | "refused" | "filtered" | "not_relayed" | "dropped" | "rejected";
  /** Why it would not be sent. */
  readonly reason: string | null;
  /** What the rules leave; null where they were not reached, or left nothing. */
  readonly event: unknown;
  /** What the vendor would be sent of it. */
  readonly payload: unknown;
  /** Codes of what the event says and the payload does not, because it can be read in two ways or not at all. */
  readonly warnings: readonly string[];
}

export interface TransformationTrial {
  readonly vendor: Vendor;
  readonly counts: Readonly<Record<TransformationTrialItem["outcome"], number>>;
  readonly items: readonly TransformationTrialItem[];
  readonly note: string;
}

export interface TransformationTrialParts extends TrialParts, TransformationParts {
  readonly transformations: Pick<TransformationStore, "list">;
  readonly tenants: Pick<TenantStore, "dataLayer" | "integrations">;
  readonly store: Pick<EventStore, "events">;
  readonly destinations: ReadonlyMap<
    Vendor,
    Pick<Destination, "relays" | "declines" | "applies" | "freeze" | "prepare">
  >;
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  readonly gate: TrialGate;
}

const note =
  "Nothing is sent or stored. Consent, custom JavaScript and what is known of a visitor from earlier events are left " +
  "out: the relay asks for them when it sends.";

type Subject = { readonly event: StoredEvent } | { readonly report: EventReport };

/** Makes the use case that shows what a vendor would be sent; editors may. */
export function createDryRunTransformations(parts: TransformationTrialParts) {
  async function dryRun(by: Principal, request: TransformationTrialRequest, body: Uint8Array) {
    const integration = await integrationOf(by, request.integration_id);
    if (!integration.ok) return integration;
    const destination = parts.destinations.get(integration.value.vendor);
    if (!destination) return invalid([vendorFault]);
    const transform = await transformOf(by, integration.value, request.rules);
    if (!transform.ok) return transform;
    const subjects = request.events
      ? await sent(by, integration.value, body)
      : await stored(by, integration.value, request);
    if (!subjects.ok) return subjects;
    const items: TransformationTrialItem[] = [];
    for (const [index, subject] of subjects.value.entries()) {
      items.push(tryOne(parts, integration.value, destination, transform.value, { index, subject }));
      if (index % sliceEvents === sliceEvents - 1) await parts.clock.sleep(1);
    }
    return granted({ vendor: integration.value.vendor, counts: countOf(items), items, note });
  }

  async function integrationOf(by: Principal, id: string): Promise<AdminResult<Integration>> {
    if (!isId(id)) return refused("not_found");
    const all = await parts.tenants.integrations(by.orgId);
    if (!all.ok) return failed(all.failure);
    const own = all.value.find((integration) => integration.id === id.toLowerCase());
    return own ? granted(own) : refused("not_found");
  }

  async function transformOf(by: Principal, integration: Integration, rules: unknown): Promise<AdminResult<Transform>> {
    if (rules !== undefined) {
      const checked = checkRules(rules);
      return checked.ok ? granted(compileTransformation(checked.rules, parts)) : invalid(checked.faults);
    }
    const own = await parts.transformations.list(by.orgId, integration.id);
    if (!own.ok) return failed(own.failure);
    const enabled = own.value.filter((transformation) => transformation.enabled);
    for (const transformation of enabled) {
      const checked = checkRules(transformation.rules);
      if (!checked.ok) return invalid(checked.faults);
    }
    return granted(
      compileTransformation(
        enabled.flatMap((transformation) => transformation.rules),
        parts,
      ),
    );
  }

  async function stored(
    by: Principal,
    { projectId }: Integration,
    { last = 1 }: TransformationTrialRequest,
  ): Promise<AdminResult<readonly Subject[]>> {
    const page = await parts.store.events(by.orgId, { projectId, limit: last });
    return page.ok ? granted(page.value.items.map((event) => ({ event }))) : failed(page.failure);
  }

  /** Events of the caller's own pass the data layer first: rules see nothing raw, and so does the answer. */
  async function sent(
    by: Principal,
    integration: Integration,
    body: Uint8Array,
  ): Promise<AdminResult<readonly Subject[]>> {
    const current = await parts.tenants.dataLayer(by.orgId);
    if (!current.ok) return failed(current.failure);
    const trial = createTrial(parts, current.value.config, { kind: "server", defaultCallingCode: null });
    const run = trial.sent(body, "events", null);
    if (!run.ok) return invalid([{ path: "events", code: run.fault.code, message: "Ingest would refuse these." }]);
    const place = { integration, nowMs: parts.clock.nowMs(), dataLayerVersion: current.value.version };
    return granted(
      run.reports.map((report) => (report.outcome === "pass" ? { event: storedFrom(report, place) } : { report })),
    );
  }

  return async function dryRunTransformations(
    by: Principal,
    request: TransformationTrialRequest,
    body: Uint8Array,
  ): Promise<AdminResult<TransformationTrial>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    if ((request.events === undefined) === (request.last === undefined)) return invalid([eventsFault]);
    return await parts.gate(by.orgId, () => dryRun(by, request, body));
  };
}

function tryOne(
  parts: Pick<TransformationTrialParts, "clock">,
  integration: Integration,
  destination: Pick<Destination, "relays" | "declines" | "applies" | "freeze" | "prepare">,
  transform: Transform,
  { index, subject }: { readonly index: number; readonly subject: Subject },
): TransformationTrialItem {
  const nothing = { index, event: null, payload: null, warnings: [] };
  if ("report" in subject) {
    const { message_id, outcome, reason } = subject.report;
    return { ...nothing, message_id, outcome: outcome === "drop" ? "dropped" : "rejected", reason };
  }
  const message_id = subject.event.messageId;
  if (destination.declines(integration, subject.event)) {
    return { ...nothing, message_id, outcome: "not_relayed", reason: "not_applicable" };
  }
  if (!destination.relays(integration, subject.event)) {
    return { ...nothing, message_id, outcome: "not_relayed", reason: "event_not_relayed" };
  }
  if (!isChosen(integration, subject.event)) {
    return { ...nothing, message_id, outcome: "not_relayed", reason: "not_chosen" };
  }
  const event = transform(subject.event);
  if (event === null) return { ...nothing, message_id, outcome: "filtered", reason: "filtered" };
  const shown = { index, message_id, event: showEvent(event), warnings: [] };
  if (!destination.applies(integration, event)) {
    return { ...shown, outcome: "not_relayed", reason: "not_applicable", payload: null };
  }
  const frozen = destination.freeze(integration, event);
  if (!frozen.ok) return { ...shown, outcome: "refused", reason: frozen.failure.code, payload: null };
  const prepared = destination.prepare(integration, event, frozen.value, parts.clock.nowMs());
  if (!prepared.ok) return { ...shown, outcome: "refused", reason: prepared.refusal.code, payload: null };
  const { payload, warnings = [] } = prepared;
  return { ...shown, outcome: "sent", reason: null, payload, warnings };
}

function countOf(items: readonly TransformationTrialItem[]): TransformationTrial["counts"] {
  const counts = { sent: 0, refused: 0, filtered: 0, not_relayed: 0, dropped: 0, rejected: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  return counts;
}

const eventsFault = {
  path: "events",
  code: "missing",
  message: "Send either `events` of your own, or `last`: how many of the project's stored ones to take.",
};

const vendorFault = {
  path: "integration_id",
  code: "vendor_unsupported",
  message: "This process can't map events for the integration's vendor.",
};
