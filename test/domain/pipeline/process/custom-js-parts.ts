import { openReferenceKernel } from "../../../../adapters/reference-kernel/kernel.ts";
import { defaultDataLayer } from "../../../../domain/data-layer/configuration.ts";
import { compileProgram, withoutRules } from "../../../../domain/data-layer/program.ts";
import type { DataLayerConfig, DataLayerVersion } from "../../../../domain/model/data-layer.ts";
import { jsonText } from "../../../../domain/model/event/event.ts";
import type { EventRecord } from "../../../../domain/model/event/record.ts";
import { succeed } from "../../../../domain/model/failure.ts";
import { writeExact } from "../../../../domain/model/json/exact-json.ts";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import { sortEvents } from "../../../../domain/pipeline/ingest/sort-events.ts";
import { type CustomJs, createCustomJs } from "../../../../domain/pipeline/process/custom-js.ts";
import type { Sandbox, ScriptOutcome } from "../../../../ports/sandbox.ts";
import type { Telemetry } from "../../../../ports/telemetry.ts";

export const orgId = "01900000-0000-7000-8000-000000000001";
export const kernel = openReferenceKernel();
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const facts = { drop: 0, geo: encoder.encode('{"country":"DE","region":"BE"}'), device: null } as const;

export const silent: Telemetry = {
  log: () => undefined,
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
  render: async () => "",
};

export type Event = Record<string, unknown>;

/** What a script made of an event: an event, text as it is, null for dropped, or an outcome. */
export type Said = Event | string | null | { readonly outcome: ScriptOutcome };

/** A sandbox whose script is a function of the test's own. */
export function sandboxOf(script: (event: Event, context: Event) => Said): Pick<Sandbox, "run"> {
  return {
    async run(_, events) {
      return events.map(({ json, context }): ScriptOutcome => {
        const said = script(JSON.parse(decoder.decode(json)), JSON.parse(context));
        if (said === null) return { kind: "dropped" };
        if (typeof said !== "string" && "outcome" in said) return said["outcome"] as ScriptOutcome;
        return { kind: "returned", json: encoder.encode(typeof said === "string" ? said : JSON.stringify(said)) };
      });
    },
  };
}

export function versionOf(config: Partial<DataLayerConfig> = {}, version = 1): DataLayerVersion {
  const custom_js = { enabled: true, code: "function process(event) { return event }", description: "" };
  const merged = { ...defaultDataLayer, custom_js, ...config };
  return { orgId, version, config: merged, updatedAtMs: 0, updatedBy: orgId };
}

/** A record as ingest makes it of these events, with the data layer's routing left for later. */
export function recordOf(events: readonly Event[], dataLayer = versionOf()): EventRecord {
  const program = withoutRules(compileProgram(dataLayer, { kind: "browser", defaultCallingCode: "49" }, defaultLimits));
  const body = encoder.encode(writeExact({ batch: events }));
  const scan = kernel.scan(body, { dialect: "segment", list: "batch", type: null }, defaultLimits);
  if (!scan.ok) throw new Error(scan.fault.code);
  const batch = scan.finish(
    kernel.prepare(program),
    events.map(() => facts),
  );
  const { passed, dropped } = sortEvents(batch);
  return {
    id: "01900000-0000-7000-8000-00000000000a",
    orgId,
    projectId: "01900000-0000-7000-8000-000000000002",
    sourceId: "01900000-0000-7000-8000-000000000003",
    appId: "app",
    dataLayerVersion: dataLayer.version,
    receivedAtMs: Date.UTC(2026, 1, 20),
    sentAtMs: null,
    dropped,
    messageIds: Array.from({ length: passed.count }, (_, index) => `m-${index}`),
    batch: passed,
  };
}

/** Custom JavaScript over one data layer. */
export function customJsOf(script: (event: Event, context: Event) => Said, dataLayer = versionOf()): CustomJs {
  const tenants = { dataLayerVersion: async () => succeed(dataLayer) };
  const clock = { nowMs: () => 0 };
  return createCustomJs({
    sandbox: sandboxOf(script),
    tenants,
    kernel,
    telemetry: silent,
    clock,
    limits: defaultLimits,
  });
}

/** Custom JavaScript over one data layer, run on one record. */
export async function transformed(
  record: EventRecord,
  script: (event: Event, context: Event) => Said,
  dataLayer = versionOf(),
): Promise<EventRecord> {
  const customJs = customJsOf(script, dataLayer);
  const form = await customJs.formOf(record);
  if (!form.ok || !form.value) throw new Error("custom JavaScript is off");
  const [changed] = await customJs.transform(form.value, [record]);
  return changed as EventRecord;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read events of every shape
export function eventsOf(record: EventRecord): any[] {
  return Array.from({ length: record.batch.count }, (_, index) => JSON.parse(jsonText(record.batch, index)));
}
