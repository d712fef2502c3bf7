import type { Clock } from "../../../ports/clock.ts";
import type { EventFilter, EventStore } from "../../../ports/event-store.ts";
import type { Sandbox } from "../../../ports/sandbox.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import { assert } from "../../model/failure.ts";
import { writeExact } from "../../model/json/exact-json.ts";
import type { BodyFault } from "../../model/outcome.ts";
import { isSessionEvent } from "../../model/session.ts";
import type { Principal, Source } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, invalid, isId, refused, requireRole } from "../refusal.ts";
import { checkDataLayer } from "./check-data-layer.ts";
import type { EventReport } from "./dry-run-report.ts";
import { createScriptTrial, type ScriptTrial, type ScriptTrialParts, throughScript } from "./dry-run-script.ts";
import { createTrial, type Trial, type TrialDialect, type TrialParts } from "./dry-run-trial.ts";
import type { TrialGate } from "./trial-gate.ts";
import { createTally, type ShownTally } from "./trial-tally.ts";

export const dryRunEventsMax = 500;
/** After so much work on events the processor is given to others. */
const sliceBytesMax = 128 * 1024;

/** What is to be tried, on what. The events themselves are read from the bytes that came, as ingest reads them. */
export interface DryRunRequest {
  /** The current data layer if left out. */
  readonly config?: unknown;
  readonly events?: readonly unknown[];
  readonly last?: number;
  /** Whose kind and calling code apply; without it, a server's without a calling code. */
  readonly source_id?: string;
  /** Of `events`; without it, the source's if that takes Layers' only, else Segment's. */
  readonly dialect?: TrialDialect;
  readonly sender?: { readonly ip?: string | null; readonly user_agent?: string | null };
}

export interface DryRunAnswer extends ShownTally {
  /** Of the current data layer; null for a candidate. */
  readonly version: number | null;
  readonly items: readonly EventReport[];
}

export interface DryRunParts extends TrialParts, ScriptTrialParts {
  readonly tenants: Pick<TenantStore, "dataLayer" | "source">;
  readonly store: Pick<EventStore, "events">;
  readonly sandbox: Pick<Sandbox, "run" | "check"> & Partial<Pick<Sandbox, "eventMsMax">>;
  readonly clock: Clock;
  readonly gate: TrialGate;
}

/**
 * Makes the use case that shows what a data layer would do, stage by stage; editors may.
 *
 * The kernel that ingests runs it, so what is shown is what would be stored. Nothing is stored and nothing logged.
 */
export function createDryRunDataLayer(parts: DryRunParts) {
  async function dryRun(by: Principal, request: DryRunRequest, body: Uint8Array): Promise<AdminResult<DryRunAnswer>> {
    const source = await sourceOf(by, request.source_id);
    if (!source.ok) return source;
    const chosen = await configOf(by, request);
    if (!chosen.ok) return chosen;
    const { config, version } = chosen.value;
    const trial = createTrial(parts, config, source.value ?? { kind: "server", defaultCallingCode: null });
    const script = config.custom_js.enabled
      ? createScriptTrial(parts, by.orgId, config, source.value, parts.clock.nowMs())
      : null;
    const reports =
      request.events === undefined
        ? await onStored(by, trial, script, request.last ?? 0, source.value)
        : await onSent(trial, script, body, request.sender, request.dialect ?? dialectOf(source.value));
    if (!reports.ok) return reports;
    const tally = createTally();
    reports.value.forEach(tally.add);
    return granted({ version, ...tally.show(), items: reports.value });
  }

  async function sourceOf(by: Principal, id: string | undefined): Promise<AdminResult<Source | null>> {
    if (id === undefined) return granted(null);
    if (!isId(id)) return refused("not_found");
    const found = await parts.tenants.source(by.orgId, id.toLowerCase());
    return found.ok ? granted(found.value) : failed(found.failure);
  }

  async function configOf(
    by: Principal,
    request: DryRunRequest,
  ): Promise<AdminResult<{ config: DataLayerConfig; version: number | null }>> {
    if (request.config !== undefined) {
      const checked = await checkDataLayer(parts.sandbox, request.config);
      return checked.ok ? granted({ config: checked.value, version: null }) : checked;
    }
    const found = await parts.tenants.dataLayer(by.orgId);
    return found.ok ? granted(found.value) : failed(found.failure);
  }

  /** The last stored events but those Tidegate added, newest first. */
  async function lastSent(
    orgId: string,
    filter: Omit<EventFilter, "limit">,
    count: number,
  ): Promise<AdminResult<readonly StoredEvent[]>> {
    const sent: StoredEvent[] = [];
    let cursor: { cursor?: string } = {};
    while (sent.length < count) {
      const page = await parts.store.events(orgId, { ...filter, ...cursor, limit: count });
      if (!page.ok) return failed(page.failure);
      sent.push(...page.value.items.filter((event) => !isSessionEvent(event)));
      if (page.value.nextCursor === null) break;
      cursor = { cursor: page.value.nextCursor };
    }
    return granted(sent.slice(0, count));
  }

  async function onStored(
    by: Principal,
    trial: Trial,
    script: ScriptTrial | null,
    last: number,
    source: Source | null,
  ): Promise<AdminResult<readonly EventReport[]>> {
    const filter = source === null ? {} : { appId: source.appId };
    const sent = await lastSent(by.orgId, filter, last);
    if (!sent.ok) return sent;
    const reports: EventReport[] = [];
    let sliceBytes = 0;
    for (const [index, event] of sent.value.entries()) {
      const [report] = await throughScript(trial.stored(event), script);
      assert(report, "a stored event has no report");
      reports.push({ ...report, index });
      sliceBytes += writeExact(report.output).length;
      if (sliceBytes < sliceBytesMax) continue;
      await parts.clock.sleep(1);
      sliceBytes = 0;
    }
    return granted(reports);
  }

  return async function dryRunDataLayer(
    by: Principal,
    request: DryRunRequest,
    body: Uint8Array,
  ): Promise<AdminResult<DryRunAnswer>> {
    const forbidden = requireRole(by, "editor");
    if (forbidden) return forbidden;
    if ((request.events === undefined) === (request.last === undefined)) return invalid([eventsFault]);
    return await parts.gate(by.orgId, () => dryRun(by, request, body));
  };
}

async function onSent(
  trial: Trial,
  script: ScriptTrial | null,
  body: Uint8Array,
  sender: DryRunRequest["sender"],
  dialect: TrialDialect,
): Promise<AdminResult<readonly EventReport[]>> {
  const from = sender === undefined ? null : { ip: sender.ip ?? null, userAgent: sender.user_agent ?? null };
  const done = trial.sent(body, "events", from, dialect);
  return done.ok ? granted(await throughScript(done, script)) : invalid([bodyFault(done.fault)]);
}

function dialectOf(source: Source | null): TrialDialect {
  return source?.dialect === "layers" ? "layers" : "segment";
}

const eventsFault = {
  path: "events",
  code: "missing",
  message: "Send either `events` of your own, or `last`: how many of the stored ones to take.",
};

/** Bodies that parse as JSON can still be what ingest refuses whole. */
function bodyFault({ code, position }: BodyFault) {
  return { path: "body", code, message: "Ingest would refuse a body like this; position is its byte.", position };
}
