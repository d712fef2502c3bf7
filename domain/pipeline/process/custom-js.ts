import type { Clock } from "../../../ports/clock.ts";
import type { Kernel, PreparedProgram } from "../../../ports/kernel.ts";
import type { Sandbox, Script, ScriptEvent, ScriptFault, ScriptOutcome } from "../../../ports/sandbox.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import { compileProgram, forReturnedEvents } from "../../data-layer/program.ts";
import { capturedFields, type EventType, fieldText, rowColumns } from "../../model/event/event.ts";
import type { EventRecord } from "../../model/event/record.ts";
import { type Result, succeed } from "../../model/failure.ts";
import type { Limits } from "../../model/limits.ts";
import { type DropReason, dropReasonOf, type RejectReason, rejectReasonOf, verdicts } from "../../model/outcome.ts";
import {
  batchOf,
  columnOf,
  createCustomJsReturnStep,
  joinRows,
  type KernelRow,
  type PassedEvent,
  type ReturningEvent,
  returnBodyStartBytes,
  returnLimits,
  rowAt,
} from "./custom-js-return.ts";
import { withSentDigits } from "./exact-return.ts";
import { joinFlags, statesConsent } from "./returned-flags.ts";
import { restoreSenderWord } from "./sender-word.ts";

/** What runs on a record's events once its data layer has custom JavaScript on. */
export interface ScriptForm {
  readonly script: Script;
  /**
   * What becomes of an event whose script fails or is paused: it passes as it was, is dropped, or waits where the
   * failure may pass by itself, and else is dropped.
   */
  readonly onFailure: "pass" | "drop" | "wait";
  readonly program: PreparedProgram;
}

/** Why the kernel refused what a script returned: a code of its own, and the field it is about, where it says. */
export interface ReturnRefusal {
  readonly code: RejectReason | "unreadable" | "message_id_changed";
  readonly field: string | null;
  /** Byte of what was returned; null where that is not known, as among other events. */
  readonly position: number | null;
}

export interface CustomJs {
  /** Null where the version has it off. Errors: the tenant store's own. */
  formOf(record: Pick<EventRecord, "orgId" | "dataLayerVersion">): Promise<Result<ScriptForm | null>>;
  /** Runs the script on the events of records of one version; what it returns has passed the kernel again. */
  transform(form: ScriptForm, records: readonly EventRecord[]): Promise<EventRecord[]>;
  /** The same, but null for a record with an event that waits: it is to be tried again later, as a whole. */
  transformOrWait(form: ScriptForm, records: readonly EventRecord[]): Promise<(EventRecord | null)[]>;
}

export interface CustomJsParts {
  readonly sandbox: Pick<Sandbox, "run">;
  readonly tenants: Pick<TenantStore, "dataLayerVersion">;
  readonly kernel: Kernel;
  readonly telemetry: Telemetry;
  readonly clock: Pick<Clock, "nowMs">;
  readonly limits: Limits;
  /** Hears of each event that a script returned unfit, by its index among those that were transformed. */
  readonly heedRefusal?: (script: Script, index: number, refusal: ReturnRefusal) => void;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const formsMax = 1_000;
/** What the data layer says of a source does not matter any more: identities were taken at the edge. */
const anySource = { kind: "server", defaultCallingCode: null } as const;

/** An event on its way: what the edge made of it, what the script said, and what goes through the kernel. */
interface ScriptedEvent {
  readonly record: EventRecord;
  readonly index: number;
  readonly type: EventType;
  readonly edge: KernelRow;
}

/**
 * Makes custom JavaScript as the pipeline sees it: events of a record go through the organisation's script and then
 * through the kernel again; whatever goes wrong with one, it goes on as it was.
 */
export function createCustomJs(parts: CustomJsParts): CustomJs {
  const forms = new Map<string, ScriptForm | null>();
  const limits = returnLimits(parts.limits);
  const returnFromCustomJs = createCustomJsReturnStep(parts.kernel, limits);

  async function formOf({ orgId, dataLayerVersion: version }: Pick<EventRecord, "orgId" | "dataLayerVersion">) {
    const key = `${orgId} ${version}`;
    const known = forms.get(key);
    if (known !== undefined) return succeed(known);
    const found = await parts.tenants.dataLayerVersion(orgId, version);
    if (!found.ok && found.failure.code !== "not_found") return found;
    const oldest = forms.keys().next().value;
    if (forms.size >= formsMax && oldest !== undefined) forms.delete(oldest);
    const form = found.ok ? makeForm(found.value) : null;
    forms.set(key, form);
    return succeed(form);
  }

  function makeForm(dataLayer: Parameters<typeof compileProgram>[0]): ScriptForm | null {
    const { orgId, version, config } = dataLayer;
    if (!config.custom_js.enabled) return null;
    const program = parts.kernel.prepare(forReturnedEvents(compileProgram(dataLayer, anySource, limits)));
    const onFailure = config.custom_js.on_failure ?? "pass";
    return { script: { orgId, version, code: config.custom_js.code }, onFailure, program };
  }

  async function transform(form: ScriptForm, records: readonly EventRecord[]): Promise<EventRecord[]> {
    const ran = await run(form, records);
    const fates = decide(form, ran.scriptedEvents, ran.outcomes);
    return records.map((record) => rebuild(record, ran.scriptedEvents, fates));
  }

  async function transformOrWait(form: ScriptForm, records: readonly EventRecord[]): Promise<(EventRecord | null)[]> {
    const ran = await run(form, records);
    const waiting =
      form.onFailure === "wait" ? recordsThatWait(ran.scriptedEvents, ran.outcomes) : new Set<EventRecord>();
    const isDone = (_: unknown, index: number) => !waiting.has((ran.scriptedEvents[index] as ScriptedEvent).record);
    const scriptedEvents = ran.scriptedEvents.filter(isDone);
    const fates = decide(form, scriptedEvents, ran.outcomes.filter(isDone));
    return records.map((record) => (waiting.has(record) ? null : rebuild(record, scriptedEvents, fates)));
  }

  async function run(form: ScriptForm, records: readonly EventRecord[]) {
    const scriptedEvents = records.flatMap(scriptedEventsOf);
    const startMs = parts.clock.nowMs();
    const events = scriptEvents(scriptedEvents);
    const outcomes = withSentDigits(events, await parts.sandbox.run(form.script, events));
    parts.telemetry.observe("custom_js_batch_seconds", (parts.clock.nowMs() - startMs) / 1000);
    return { scriptedEvents, outcomes };
  }

  /** What becomes of each event: the row it goes on with, or the reason it is dropped for. */
  function decide(
    { script, program, onFailure }: ScriptForm,
    scriptedEvents: readonly ScriptedEvent[],
    outcomes: readonly ScriptOutcome[],
  ): (PassedEvent | DropReason)[] {
    const fates: (PassedEvent | DropReason | null)[] = outcomes.map((outcome) =>
      outcome.kind === "dropped" ? "custom_js" : null,
    );
    const pass = (jsonOf: (index: number) => Uint8Array | null) => {
      const indexes = [...fates.keys()].filter((index) => fates[index] === null && jsonOf(index) !== null);
      const events = indexes.map((index): ReturningEvent => {
        return { type: (scriptedEvents[index] as ScriptedEvent).type, json: jsonOf(index) as Uint8Array };
      });
      const rows = returnFromCustomJs(events, program);
      for (const [at, index] of indexes.entries()) {
        fates[index] = fateOf(scriptedEvents[index] as ScriptedEvent, rows[at] ?? null);
      }
      return (index: number) => rows[indexes.indexOf(index)] ?? null;
    };
    const rowOf = pass((index) => {
      const outcome = outcomes[index];
      return outcome?.kind === "returned" ? outcome.json : null;
    });
    for (const [index, fate] of fates.entries()) {
      if (fate === null && outcomes[index]?.kind === "returned")
        refused(script, index, rowOf(index), scriptedEvents.length === 1);
    }
    keepSenderWord(program, scriptedEvents, fates);
    if (onFailure !== "pass") {
      for (const [index, fate] of fates.entries()) fates[index] = fate ?? "custom_js_failed";
    }
    pass((index) => jsonOf((scriptedEvents[index] as ScriptedEvent).edge));
    return fates.map((fate, index) => fate ?? unchanged((scriptedEvents[index] as ScriptedEvent).edge));
  }

  function refused(script: Script, index: number, row: KernelRow | null, isAlone: boolean): void {
    parts.telemetry.count("custom_js_refused_returns_total");
    parts.heedRefusal?.(script, index, refusalOf(row, isAlone));
  }

  /** Puts back what scripts took from the sender's word; what they changed of it goes through the kernel again. */
  function keepSenderWord(
    program: PreparedProgram,
    scriptedEvents: readonly ScriptedEvent[],
    fates: (PassedEvent | DropReason | null)[],
  ): void {
    const again: { index: number; first: PassedEvent; isStated: boolean; event: ReturningEvent }[] = [];
    for (const [index, fate] of fates.entries()) {
      if (fate === null || typeof fate === "string") continue;
      const { type } = scriptedEvents[index] as ScriptedEvent;
      const { json, isStated } = restoreSenderWord(textOf(fate.edge), textOf(fate.now), statesConsent(fate.edge));
      if (json !== null) again.push({ index, first: fate, isStated, event: { type, json: encoder.encode(json) } });
      else fates[index] = { ...fate, flags: joinFlags(fate.edge, [fate.now], isStated) };
    }
    const rows = returnFromCustomJs(
      again.map(({ event }) => event),
      program,
    );
    for (const [at, { index, first, isStated }] of again.entries()) {
      const fate = fateOf(scriptedEvents[index] as ScriptedEvent, rows[at] ?? null);
      const isPassed = fate !== null && typeof fate !== "string";
      fates[index] = isPassed ? { ...fate, flags: joinFlags(fate.edge, [first.now, fate.now], isStated) } : fate;
    }
  }

  return { formOf, transform, transformOrWait };
}

/** What may pass by itself: a pause ends, a machine is less busy. An exception or an unfit return would come again. */
const passingFaults: ReadonlySet<ScriptFault> = new Set(["timeout", "memory", "crash"]);

function recordsThatWait(
  scriptedEvents: readonly ScriptedEvent[],
  outcomes: readonly ScriptOutcome[],
): ReadonlySet<EventRecord> {
  const waits = (outcome: ScriptOutcome | undefined) =>
    outcome?.kind === "paused" || (outcome?.kind === "failed" && passingFaults.has(outcome.fault));
  return new Set(scriptedEvents.filter((_, index) => waits(outcomes[index])).map(({ record }) => record));
}

function scriptedEventsOf(record: EventRecord): ScriptedEvent[] {
  return Array.from({ length: record.batch.count }, (_, index) => {
    const type = fieldText(record.batch, index, "type") as EventType;
    return { record, index, type, edge: rowAt(record.batch, index) };
  });
}

function scriptEvents(scriptedEvents: readonly ScriptedEvent[]): ScriptEvent[] {
  const contexts = new Map<EventRecord, string>();
  return scriptedEvents.map(({ record, edge }) => {
    const context = contexts.get(record) ?? contextOf(record);
    contexts.set(record, context);
    return { json: jsonOf(edge), context };
  });
}

/** The second argument of a script. */
function contextOf(record: EventRecord): string {
  const { orgId, projectId, sourceId, receivedAtMs } = record;
  return JSON.stringify({ orgId, projectId, sourceId, receivedAt: new Date(receivedAtMs).toISOString() });
}

function jsonOf(event: KernelRow): Uint8Array {
  return event.bytes.subarray(columnOf(event, "jsonStart"), columnOf(event, "jsonEnd"));
}

function textOf(event: KernelRow): string {
  return decoder.decode(jsonOf(event));
}

/** Null if the event can't go on as it came back: the kernel refuses it, or its messageId is another. */
function fateOf({ edge }: ScriptedEvent, now: KernelRow | null): PassedEvent | DropReason | null {
  if (now === null) return null;
  const verdict = columnOf(now, "verdict");
  if (verdict === verdicts.drop) return dropReasonOf(columnOf(now, "code")) ?? null;
  if (verdict !== verdicts.pass) return null;
  if (fieldText(batchOf(now), 0, "messageId") !== fieldText(batchOf(edge), 0, "messageId")) return null;
  return { now, edge, flags: joinFlags(edge, [now], false) };
}

function refusalOf(now: KernelRow | null, isAlone: boolean): ReturnRefusal {
  if (now === null) return { code: "unreadable", field: null, position: null };
  const code = rejectReasonOf(columnOf(now, "code"));
  if (code === undefined) return { code: "message_id_changed", field: "messageId", position: null };
  const at = columnOf(now, "detail") - returnBodyStartBytes;
  const position = isAlone && at >= 0 ? at : null;
  return { code, field: capturedFields[columnOf(now, "field")] ?? null, position };
}

function unchanged(edge: KernelRow): PassedEvent {
  return { now: edge, edge, flags: edge.row[rowColumns.flags] as number };
}

function rebuild(
  record: EventRecord,
  scriptedEvents: readonly ScriptedEvent[],
  fates: readonly (PassedEvent | DropReason)[],
): EventRecord {
  const dropped = { ...record.dropped };
  const messageIds: string[] = [];
  const passed: PassedEvent[] = [];
  for (const [at, scripted] of scriptedEvents.entries()) {
    if (scripted.record !== record) continue;
    const fate = fates[at] as PassedEvent | DropReason;
    if (typeof fate === "string") dropped[fate] = (dropped[fate] ?? 0) + 1;
    else {
      passed.push(fate);
      messageIds.push(record.messageIds[scripted.index] as string);
    }
  }
  return { ...record, dropped, messageIds, batch: joinRows(passed) };
}
