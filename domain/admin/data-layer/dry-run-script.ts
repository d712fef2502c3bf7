import type { Kernel } from "../../../ports/kernel.ts";
import type { Sandbox, ScriptFault, ScriptOutcome } from "../../../ports/sandbox.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { compileProgram, forReturnedEvents } from "../../data-layer/program.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import { column, type EventType, fieldText, jsonText } from "../../model/event/event.ts";
import type { EventRecord } from "../../model/event/record.ts";
import { assert } from "../../model/failure.ts";
import { parseExact } from "../../model/json/exact-json.ts";
import type { Limits } from "../../model/limits.ts";
import { type DropReason, verdicts } from "../../model/outcome.ts";
import type { Source } from "../../model/tenant.ts";
import { createCustomJs, type ReturnRefusal } from "../../pipeline/process/custom-js.ts";
import { batchOf, type KernelRow, returnLimits, rowAt } from "../../pipeline/process/custom-js-return.ts";
import { withSentDigits } from "../../pipeline/process/exact-return.ts";
import { type EventReport, identityReport, routingReport } from "./dry-run-report.ts";
import type { TriedEvents } from "./dry-run-trial.ts";

/** What a script made of an event; `failed` and `paused`: it goes on unchanged. */
export interface ScriptReport {
  readonly state: ScriptOutcome["kind"];
  readonly fault: ScriptFault | null;
  /** Of the organisation's code, from 1. */
  readonly line: number | null;
  /** Why the kernel refused what the script returned; left out where it did not. */
  readonly refusal?: ReturnRefusal;
  /** Said of a script that took more than half of what an event may take: with more load it will fail. */
  readonly warning?: "near_time_limit";
}

export interface ScriptTrialParts {
  readonly kernel: Kernel;
  readonly limits: Limits;
  readonly sandbox: Pick<Sandbox, "run"> & Partial<Pick<Sandbox, "eventMsMax">>;
}

/** Takes one event's report further: through custom JavaScript, the kernel again, and the rules behind it. */
export type ScriptTrial = (report: EventReport, edge: KernelRow) => Promise<EventReport>;

/** A trial counts and logs nothing. */
export const silent: Telemetry = {
  log: () => undefined,
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
  render: async () => "",
};
const anySource = { kind: "server", defaultCallingCode: null } as const;
/** A sandbox knows scripts by organisation and version: those on trial have numbers that no version has. */
let trials = 0;

export function nextTrialVersion(): number {
  trials += 1;
  return -trials;
}

/** Prepares custom JavaScript for trying it out: the pipeline's own steps run it, one event at a time. */
export function createScriptTrial(
  parts: ScriptTrialParts,
  orgId: string,
  config: DataLayerConfig,
  source: Source | null,
  nowMs: number,
): ScriptTrial {
  const limits = returnLimits(parts.limits);
  const script = { orgId, version: nextTrialVersion(), code: config.custom_js.code, isTrial: true };
  const dataLayer = { orgId, version: script.version, config, updatedAtMs: nowMs, updatedBy: "" };
  const program = forReturnedEvents(compileProgram(dataLayer, anySource, limits));
  const rules = program.rules.map((rule) => ({ ...rule, action: "drop" as const }));
  const probe = parts.kernel.prepare({ ...program, rules });
  const onFailure = config.custom_js.on_failure ?? "pass";
  const form = { script, onFailure, program: parts.kernel.prepare(program) };

  async function transform(
    record: EventRecord,
  ): Promise<{ after: EventRecord; outcome: ScriptOutcome; refusal: ReturnRefusal | null }> {
    let outcome: ScriptOutcome = { kind: "paused" };
    let refusal: ReturnRefusal | null = null;
    const heedRefusal = (_: unknown, __: number, found: ReturnRefusal) => void (refusal = found);
    const sandbox: Pick<Sandbox, "run"> = {
      async run(code, events) {
        const outcomes = withSentDigits(events, await parts.sandbox.run(code, events));
        outcome = outcomes[0] ?? outcome;
        return outcomes;
      },
    };
    const tenants = { dataLayerVersion: () => Promise.reject(new Error("a trial reads no version")) };
    const clock = { nowMs: () => nowMs };
    const customJs = createCustomJs({
      heedRefusal,
      sandbox,
      tenants,
      kernel: parts.kernel,
      telemetry: silent,
      clock,
      limits,
    });
    const [after] = await customJs.transform(form, [record]);
    assert(after, "custom JavaScript gave no record back");
    return { after, outcome, refusal };
  }

  function recordOf(edge: KernelRow): EventRecord {
    const ids = { id: "", orgId, projectId: source?.projectId ?? "", sourceId: source?.id ?? "" };
    const times = { receivedAtMs: nowMs, sentAtMs: null, dataLayerVersion: script.version };
    return { ...ids, ...times, appId: source?.appId ?? "", dropped: {}, messageIds: [""], batch: batchOf(edge) };
  }

  /** The rule that matches what the script returned, or what it was given where that went on. */
  function routing(json: Uint8Array, type: EventType) {
    const scan = parts.kernel.scan(json, { dialect: "segment", list: null, type }, limits);
    if (!scan.ok) return null;
    const batch = scan.finish(probe, [{ drop: 0, geo: null, device: null }]);
    return column(batch, 0, "verdict") === verdicts.reject ? null : routingReport(config, batch, 0);
  }

  function isNearLimit(outcome: ScriptOutcome): boolean {
    const ms = outcome.kind === "returned" || outcome.kind === "dropped" ? (outcome.ms ?? 0) : 0;
    return ms > (parts.sandbox.eventMsMax ?? Number.POSITIVE_INFINITY) / 2;
  }

  return async function tryScript(report, edge) {
    const { after, outcome, refusal } = await transform(recordOf(edge));
    const [reason = null] = Object.keys(after.dropped) as DropReason[];
    const custom_js = {
      state: outcome.kind,
      fault: outcome.kind === "failed" ? outcome.fault : refusal === null ? null : ("refused_return" as const),
      line: outcome.kind === "failed" ? outcome.line : null,
      ...(refusal === null ? {} : { refusal }),
      ...(isNearLimit(outcome) ? { warning: "near_time_limit" as const } : {}),
    };
    const edgeJson = new TextEncoder().encode(jsonText(batchOf(edge), 0));
    const type = fieldText(batchOf(edge), 0, "type") as EventType;
    const returned = outcome.kind === "returned" ? routing(outcome.json, type) : null;
    const ruled =
      reason === "custom_js" || reason === "custom_js_failed" ? null : (returned ?? routing(edgeJson, type));
    const passes = after.batch.count > 0;
    return {
      ...report,
      outcome: passes ? "pass" : "drop",
      reason,
      stages: { ...report.stages, custom_js, routing: ruled },
      output: passes ? parseExact(jsonText(after.batch, 0)) : null,
      identity: passes ? identityReport(after.batch, 0) : null,
    };
  };
}

/** Takes the events that reached custom JavaScript through it; each waits for the one before. */
export async function throughScript(
  { reports, edge }: TriedEvents,
  script: ScriptTrial | null,
): Promise<EventReport[]> {
  const taken: EventReport[] = [];
  for (const [index, report] of reports.entries()) {
    const reached = script !== null && edge !== null && report.stages.custom_js !== null;
    taken.push(reached ? await script(report, rowAt(edge, index)) : report);
  }
  return taken;
}
