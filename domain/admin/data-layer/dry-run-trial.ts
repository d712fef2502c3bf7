import type { Device } from "../../../ports/device.ts";
import type { Geo } from "../../../ports/geo.ts";
import type { BodyShape, EventFacts, Kernel, PreparedProgram, Scan } from "../../../ports/kernel.ts";
import { compileProgram, forReturnedEvents, withoutRules } from "../../data-layer/program.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import { column, type EventBatch, jsonText, keepBatch } from "../../model/event/event.ts";
import { inEnvelope } from "../../model/event/layers-fields.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import { assert } from "../../model/failure.ts";
import { parseExact, writeExact } from "../../model/json/exact-json.ts";
import type { Limits } from "../../model/limits.ts";
import { type BodyFault, dropReasonOf, rejectReasonOf, type Verdict, verdicts } from "../../model/outcome.ts";
import type { Program } from "../../model/program.ts";
import type { Source } from "../../model/tenant.ts";
import { createBotRules } from "../../pipeline/ingest/bot-rules.ts";
import { createResolveFactsStep, type Sender } from "../../pipeline/ingest/resolve-facts.ts";
import { returnLimits } from "../../pipeline/process/custom-js-return.ts";
import { type EventReport, reportEvents, unreadableReport } from "./dry-run-report.ts";
import { storedEnvelope } from "./stored-envelope.ts";

export interface TrialParts {
  readonly kernel: Kernel;
  readonly geo: Geo;
  readonly device: Device;
  readonly limits: Limits;
}

/** What a trial needs to know of the source that events would come from. */
export type TrialSource = Pick<Source, "kind" | "defaultCallingCode">;

/** Where the events stand in a body: one alone, or the root's member `events`. */
export type TrialList = Extract<BodyShape["list"], "events" | null>;

/** What their members are called; of Layers' bodies, those of its path `/events`. */
export type TrialDialect = BodyShape["dialect"];

/** A data layer on trial: the real kernel runs it, nothing is stored, nothing is logged. */
export interface Trial {
  /**
   * Events as a sender would send them. Without a sender only what events of a server claim themselves is judged.
   * Errors: the kernel's fault of the whole body.
   */
  sent(
    body: Uint8Array,
    list: TrialList,
    sender: Sender | null,
    dialect?: TrialDialect,
  ): TriedEvents | { readonly ok: false; readonly fault: BodyFault };
  /** An event that passed a data layer before: its sender is forgotten, so bots can't be judged again. */
  stored(event: StoredEvent): TriedEvents;
  /** What becomes of a stored event, without the reasons: for many of them. */
  judge(event: StoredEvent): Judgement;
  /** What custom JavaScript would be given of a stored event; null where it does not get that far. */
  beforeScript(event: StoredEvent): EventBatch | null;
}

/** Events tried, and what they were when they left the edge without its rules: where custom JavaScript takes over. */
export interface TriedEvents {
  readonly ok: true;
  readonly reports: readonly EventReport[];
  readonly edge: EventBatch | null;
}

/** What a data layer makes of one event. */
export interface Judgement {
  readonly outcome: EventReport["outcome"];
  readonly reason: EventReport["reason"];
  /** Index of the rule that dropped it. */
  readonly rule: number | null;
  /** The sanitised envelope; empty where the event did not pass. */
  readonly text: string;
}

/** The forms in which a program runs: as it is, without rules (for what came out), with rules that all stop. */
interface Forms {
  readonly real: PreparedProgram;
  readonly bare: PreparedProgram;
  readonly probe: PreparedProgram;
}

const noFacts: EventFacts = { drop: 0, geo: null, device: null };
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Prepares a data layer for trying it on events of one source. Only a checked configuration gets here. */
export function createTrial(parts: TrialParts, config: DataLayerConfig, source: TrialSource): Trial {
  const { kernel, limits } = parts;
  const program = compileProgram({ orgId: "", version: 0, config, updatedAtMs: 0, updatedBy: "" }, source, limits);
  const resolveFacts = createResolveFactsStep(parts);
  const judge = createBotRules(config.bot_filtering);
  const forSent = prepareForms(kernel, program);
  const storedBounds = returnLimits(limits);
  const forStored = prepareForms(kernel, forReturnedEvents(program));

  /** Every form scans anew: a scan is finished once, and is valid until the kernel's next one. */
  function finish(
    body: Uint8Array,
    shape: BodyShape,
    form: PreparedProgram,
    bounds: Limits,
    facts: Facts,
    agent: Agent,
  ) {
    const scan = kernel.scan(body, shape, bounds);
    return scan.ok ? { ok: true as const, batch: keepBatch(scan.finish(form, facts, agent)) } : scan;
  }

  function runForms(body: Uint8Array, shape: BodyShape, forms: Forms, bounds: Limits, facts: Facts, agent: Agent) {
    const unjudged = facts.map((fact) => ({ ...fact, drop: 0 as const }));
    const real = finish(body, shape, forms.real, bounds, facts, agent);
    if (!real.ok) return real;
    const bare = finish(body, shape, forms.bare, bounds, unjudged, agent);
    const probe = finish(body, shape, forms.probe, bounds, unjudged, agent);
    assert(bare.ok && probe.ok, "the kernel read the same body differently");
    return { ok: true as const, batches: { real: real.batch, bare: bare.batch, probe: probe.batch } };
  }

  function factsOf(scan: Scan, sender: Sender | null) {
    const trusts = program.trustClaims;
    const judged = Array.from({ length: scan.count }, (_, i) => {
      return sender !== null || (trusts && scan.claims(i).userAgent !== null);
    });
    if (sender === null && !trusts) return { judged, facts: judged.map(() => noFacts) };
    return { judged, facts: resolveFacts(scan, sender ?? { ip: null, userAgent: null }, judge, trusts) };
  }

  return {
    sent(body, list, sender, dialect = "segment") {
      const shape: BodyShape = { dialect, list, type: dialect === "layers" ? "track" : null };
      const scan = kernel.scan(body, shape, limits);
      if (!scan.ok) return scan;
      const { judged, facts } = factsOf(scan, sender);
      const run = runForms(body, shape, forSent, limits, facts, sender?.userAgent ?? null);
      if (!run.ok) return run;
      const root = parseExact(decoder.decode(body)) as { events: unknown[] };
      const sent = list === null ? [root] : root.events;
      const inputs = dialect === "layers" ? sent.map(inEnvelope) : sent;
      const reports = reportEvents(config, inputs, judged, facts, run.batches);
      return { ok: true, reports, edge: run.batches.bare };
    },
    stored(event) {
      const envelope = storedEnvelope(event);
      const body = encoder.encode(writeExact(envelope));
      const run = runForms(body, storedShape(event), forStored, storedBounds, [noFacts], null);
      if (!run.ok) return { ok: true, reports: [unreadableReport(run.fault)], edge: null };
      const reports = reportEvents(config, [envelope], [false], [noFacts], run.batches).map(withoutPosition);
      return { ok: true, reports, edge: run.batches.bare };
    },
    beforeScript(event) {
      const body = encoder.encode(writeExact(storedEnvelope(event)));
      const run = finish(body, storedShape(event), forStored.bare, storedBounds, [noFacts], null);
      return run.ok && column(run.batch, 0, "verdict") === verdicts.pass ? run.batch : null;
    },
    judge(event) {
      const body = encoder.encode(writeExact(storedEnvelope(event)));
      const run = finish(body, storedShape(event), forStored.real, storedBounds, [noFacts], null);
      return run.ok ? judgementOf(run.batch) : { outcome: "reject", reason: run.fault.code, rule: null, text: "" };
    },
  };
}

type Facts = readonly EventFacts[];
/** The sender's User-Agent. */
type Agent = string | null;

/** A stored event has no body of the caller's to point into. */
function withoutPosition(report: EventReport): EventReport {
  const { schema } = report.stages;
  return schema.ok ? report : { ...report, stages: { ...report.stages, schema: { ...schema, position: null } } };
}

function storedShape(event: StoredEvent): BodyShape {
  return { dialect: "segment", list: null, type: event.type };
}

function judgementOf(batch: EventBatch): Judgement {
  const verdict = column(batch, 0, "verdict") as Verdict;
  const code = column(batch, 0, "code");
  if (verdict === verdicts.pass) return { outcome: "pass", reason: null, rule: null, text: jsonText(batch, 0) };
  if (verdict === verdicts.reject)
    return { outcome: "reject", reason: rejectReasonOf(code) ?? null, rule: null, text: "" };
  const rule = column(batch, 0, "detail");
  return { outcome: "drop", reason: dropReasonOf(code) ?? null, rule: rule < 0 ? null : rule, text: "" };
}

function prepareForms(kernel: Kernel, program: Program): Forms {
  const rules = program.rules.map((rule) => ({ ...rule, action: "drop" as const }));
  return {
    real: kernel.prepare(program),
    bare: kernel.prepare(withoutRules(program)),
    probe: kernel.prepare({ ...program, rules }),
  };
}
