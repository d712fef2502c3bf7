import type { EventFacts } from "../../../ports/kernel.ts";
import type { DataLayerConfig } from "../../model/data-layer.ts";
import {
  type Consent,
  capturedFields,
  column,
  consentOf,
  type EventBatch,
  fieldText,
  flagBits,
  identityHash,
  jsonText,
} from "../../model/event/event.ts";
import { parseExact } from "../../model/json/exact-json.ts";
import {
  type BodyFault,
  type BodyFaultCode,
  type DropReason,
  dropCodes,
  dropReasonOf,
  type RejectReason,
  rejectReasonOf,
  type Verdict,
  verdicts,
} from "../../model/outcome.ts";
import { type EventChanges, explainChanges } from "./dry-run-changes.ts";
import type { ScriptReport } from "./dry-run-script.ts";

/** What every stage made of one event. Stages behind the one that decided are null: they are not reached. */
export interface EventReport {
  readonly index: number;
  readonly message_id: string | null;
  readonly outcome: "pass" | "drop" | "reject";
  readonly reason: DropReason | RejectReason | BodyFaultCode | null;
  readonly stages: {
    readonly schema: SchemaReport;
    readonly consent: { readonly advertising: Consent; readonly analytics: Consent } | null;
    readonly bots: BotReport | null;
    readonly pii: PiiReport | null;
    readonly custom_js: ScriptReport | { readonly state: "off" | "not_run" } | null;
    readonly routing: RoutingReport | null;
  };
  /** The event as it would be stored, its identity beside it; null where nothing would be. */
  readonly output: unknown;
  readonly identity: IdentityReport | null;
}

export type SchemaReport =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: RejectReason | BodyFaultCode;
      readonly field: string | null;
      /** Byte offset into the body as it was sent. */
      readonly position: number | null;
    };

export interface BotReport {
  readonly verdict: "pass" | "drop" | "not_judged";
  readonly reason: DropReason | null;
}

export interface PiiReport extends EventChanges {
  /** Kinds of personal data the detector found in values, keys and names. */
  readonly detected: readonly ("email" | "phone" | "ip")[];
}

/** The first rule that matched; no rule: the event passes by default. */
export interface RoutingReport {
  readonly rule: number | null;
  readonly condition: string | null;
  readonly action: "pass" | "drop";
}

export interface IdentityReport {
  readonly email_sha256: string | null;
  readonly phone_sha256: string | null;
  readonly phone_e164_sha256: string | null;
}

/** What the kernel wrote for the same events: as it runs, without rules, and with rules that all stop. */
export interface TrialBatches {
  readonly real: EventBatch;
  readonly bare: EventBatch;
  readonly probe: EventBatch;
}

/** Puts together what happened to each event of a body. */
export function reportEvents(
  config: DataLayerConfig,
  inputs: readonly unknown[],
  judged: readonly boolean[],
  facts: readonly EventFacts[],
  batches: TrialBatches,
): EventReport[] {
  return inputs.map((input, index) => {
    const verdict = column(batches.real, index, "verdict") as Verdict;
    if (verdict === verdicts.reject) return rejection(batches.real, index);
    const code = column(batches.real, index, "code");
    const drop = verdict === verdicts.drop ? (dropReasonOf(code) ?? null) : null;
    const passesConsent = code !== dropCodes.consent;
    const bots = passesConsent ? botReport(facts[index]?.drop ?? 0, judged[index] ?? false) : null;
    const cleaned = passesConsent && bots?.verdict !== "drop" ? cleanedEvent(batches.bare, index) : null;
    const routing = cleaned === null ? null : routingReport(config, batches.probe, index);
    const output = verdict === verdicts.pass ? (parseExact(jsonText(batches.real, index)) as unknown) : null;
    return {
      index,
      message_id: cleaned === null ? null : fieldText(batches.bare, index, "messageId"),
      outcome: verdict === verdicts.pass ? "pass" : "drop",
      reason: drop,
      stages: {
        schema: { ok: true },
        consent: consentReport(batches.bare, index, passesConsent),
        bots,
        pii: cleaned === null ? null : { ...explainChanges(input, cleaned), detected: detectedIn(batches.bare, index) },
        custom_js: cleaned === null ? null : { state: config.custom_js.enabled ? "not_run" : "off" },
        routing,
      },
      output,
      identity: output === null ? null : identityReport(batches.real, index),
    };
  });
}

function rejection(batch: EventBatch, index: number): EventReport {
  const code = rejectReasonOf(column(batch, index, "code")) ?? "not_an_object";
  const position = column(batch, index, "detail");
  const field = capturedFields[column(batch, index, "field")] ?? null;
  return refusalReport(index, { ok: false, code, field, position: position < 0 ? null : position });
}

/** A stored event that the limits of today would not let in at all. */
export function unreadableReport(fault: BodyFault): EventReport {
  return refusalReport(0, { ok: false, code: fault.code, field: null, position: null });
}

function refusalReport(index: number, schema: Extract<SchemaReport, { ok: false }>): EventReport {
  const unreached = { consent: null, bots: null, pii: null, custom_js: null, routing: null };
  const stages = { schema, ...unreached };
  return { index, message_id: null, outcome: "reject", reason: schema.code, stages, output: null, identity: null };
}

/** The event as the stages before routing left it, whether or not a rule drops it. */
function cleanedEvent(bare: EventBatch, index: number): unknown {
  return column(bare, index, "verdict") === verdicts.pass ? parseExact(jsonText(bare, index)) : null;
}

function consentReport(bare: EventBatch, index: number, passesConsent: boolean) {
  if (!passesConsent) return { advertising: "unknown", analytics: "denied" } as const;
  return { advertising: consentOf(bare, index, "advertising"), analytics: consentOf(bare, index, "analytics") };
}

function botReport(drop: number, judged: boolean): BotReport {
  if (!judged) return { verdict: "not_judged", reason: null };
  return drop === 0 ? { verdict: "pass", reason: null } : { verdict: "drop", reason: dropReasonOf(drop) ?? null };
}

function detectedIn(bare: EventBatch, index: number): PiiReport["detected"] {
  const flags = column(bare, index, "flags");
  const kinds = [
    ["email", flagBits.emailMasked],
    ["phone", flagBits.phoneFound],
    ["ip", flagBits.ipFound],
  ] as const;
  return kinds.filter(([, bit]) => (flags & bit) !== 0).map(([kind]) => kind);
}

export function routingReport(config: DataLayerConfig, probe: EventBatch, index: number): RoutingReport {
  const isMatched = column(probe, index, "verdict") === verdicts.drop;
  const at = isMatched ? column(probe, index, "detail") : -1;
  const rule = config.routing_rules[at];
  return rule ? { rule: at, ...rule } : { rule: null, condition: null, action: "pass" };
}

export function identityReport(batch: EventBatch, index: number): IdentityReport {
  return {
    email_sha256: identityHash(batch, index, "emailSha256"),
    phone_sha256: identityHash(batch, index, "phoneSha256"),
    phone_e164_sha256: identityHash(batch, index, "phoneE164Sha256"),
  };
}
