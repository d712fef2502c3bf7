import type { Clock } from "../../../ports/clock.ts";
import type { Sandbox, ScriptOutcome } from "../../../ports/sandbox.ts";
import { compileProgram, forReturnedEvents } from "../../data-layer/program.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import { jsonText } from "../../model/event/event.ts";
import type { EventRecord } from "../../model/event/record.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import { assert } from "../../model/failure.ts";
import type { DropReason } from "../../model/outcome.ts";
import { createCustomJs } from "../../pipeline/process/custom-js.ts";
import { returnLimits } from "../../pipeline/process/custom-js-return.ts";
import { nextTrialVersion, type ScriptTrialParts, silent } from "./dry-run-script.ts";
import type { Judgement, Trial } from "./dry-run-trial.ts";

/** How a data layer's custom JavaScript did. Events it failed on, and those of a pause, went on unchanged. */
export type ScriptCounts = Record<ScriptOutcome["kind"], number>;

/** A data layer's verdict on stored events, custom JavaScript included. */
export interface BacktestSide {
  judge(events: readonly StoredEvent[]): Promise<readonly Judgement[]>;
  /** Null where it is off. */
  scriptCounts(): ScriptCounts | null;
}

const anySource = { kind: "server", defaultCallingCode: null } as const;

/** Makes the verdict of one data layer; where it has custom JavaScript, the pipeline's own steps run it, in turns. */
export function createBacktestSide(
  parts: ScriptTrialParts & { readonly clock: Pick<Clock, "nowMs"> },
  orgId: string,
  config: DataLayerConfig,
  trial: Trial,
): BacktestSide {
  if (!config.custom_js.enabled) {
    return { judge: async (events) => events.map(trial.judge), scriptCounts: () => null };
  }
  const counts: ScriptCounts = { returned: 0, dropped: 0, failed: 0, paused: 0 };
  const sandbox: Pick<Sandbox, "run"> = {
    async run(script, events) {
      const outcomes = await parts.sandbox.run(script, events);
      for (const { kind } of outcomes) counts[kind] += 1;
      return outcomes;
    },
  };
  const limits = returnLimits(parts.limits);
  const version = nextTrialVersion();
  const script = { orgId, version, code: config.custom_js.code, isTrial: true };
  const dataLayer = { orgId, version, config, updatedAtMs: 0, updatedBy: "" };
  const form = {
    script,
    onFailure: config.custom_js.on_failure ?? "pass",
    program: parts.kernel.prepare(forReturnedEvents(compileProgram(dataLayer, anySource, limits))),
  };
  const tenants = { dataLayerVersion: () => Promise.reject(new Error("a trial reads no version")) };
  const { kernel, clock } = parts;
  const customJs = createCustomJs({ sandbox, tenants, kernel, telemetry: silent, clock, limits });

  function recordOf(event: StoredEvent): EventRecord | null {
    const batch = trial.beforeScript(event);
    if (batch === null) return null;
    const { projectId, sourceId, appId, receivedAtMs } = event;
    const ids = { id: "", orgId, projectId, sourceId: sourceId ?? "", appId: appId ?? "" };
    return { ...ids, receivedAtMs, sentAtMs: null, dataLayerVersion: version, dropped: {}, messageIds: [""], batch };
  }

  async function judge(events: readonly StoredEvent[]): Promise<readonly Judgement[]> {
    const records = events.map(recordOf);
    const after = await customJs.transform(
      form,
      records.filter((record) => record !== null),
    );
    let at = 0;
    return events.map((event, index) => {
      if (records[index] === null) return trial.judge(event);
      const record = after[at++];
      assert(record, "custom JavaScript gave no record back");
      return judgementOf(record);
    });
  }

  return { judge, scriptCounts: () => counts };
}

/** Which rule it was that dropped an event is not known behind a script. */
function judgementOf({ batch, dropped }: EventRecord): Judgement {
  if (batch.count > 0) return { outcome: "pass", reason: null, rule: null, text: jsonText(batch, 0) };
  const [reason = null] = Object.keys(dropped) as DropReason[];
  return { outcome: "drop", reason, rule: null, text: "" };
}
