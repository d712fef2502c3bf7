import { senderCodes } from "../../domain/data-layer/detector/user-agents.ts";
import type { Condition } from "../../domain/data-layer/expression/evaluate.ts";
import { capturedFields, rowColumns, rowStride } from "../../domain/model/event/event.ts";
import type { Limits } from "../../domain/model/limits.ts";
import { dropCodes, verdicts } from "../../domain/model/outcome.ts";
import type { Program } from "../../domain/model/program.ts";
import type { BodyShape, EventFacts, PreparedProgram } from "../../ports/kernel.ts";
import { addBatchMembers, type BatchMembers, tooDeepAt } from "./batch-members.ts";
import { claimsOf } from "./claims.ts";
import { consentFlags, deniesAnalytics } from "./consent.ts";
import { forcedType, shapeEnvelope } from "./envelope.ts";
import { lookupNodes } from "./lookup.ts";
import { cloneNode, type JsonNode, type JsonObject } from "./nodes.ts";
import { dropClaims, putHostWord, readFacts } from "./places.ts";
import { type ConfiguredPaths, type Identity, Protection } from "./protect.ts";
import { capturedNode, checkSchema, type Refusal, refuse } from "./schema.ts";
import type { JsonWriter } from "./write.ts";

/** A program with its paths planted and its rules ready to run. */
export interface ReadyProgram extends PreparedProgram {
  readonly program: Program;
  readonly paths: ConfiguredPaths;
  readonly rules: readonly { readonly holds: Condition; readonly action: "pass" | "drop" }[];
}

/** What finishing needs to know of the body it works on. */
export interface EventSource {
  readonly shape: BodyShape;
  readonly limits: Limits;
  readonly shared: BatchMembers;
  /** First bytes of what can't be stored, ascending. */
  readonly unstorable: readonly number[];
  /** The connection's, or null. */
  readonly userAgent: string | null;
}

/** What becomes of one event. */
type Fate =
  | { readonly kind: "pass"; readonly event: JsonObject; readonly identity: Identity; readonly flags: number }
  | { readonly kind: "drop"; readonly code: number; readonly rule: number }
  | { readonly kind: "reject"; readonly refusal: Refusal };

type Row = Int32Array;

const noRule = -1;

/** Runs the data layer on one event: writes its row, and its JSON and hashes where it passes. */
export function finishEvent(
  node: JsonNode,
  source: EventSource,
  ready: ReadyProgram,
  facts: EventFacts,
  writer: JsonWriter,
  row: Row,
): void {
  row.fill(-1);
  set(row, "flags", 0);
  const fate = decide(node, source, ready, facts);
  set(row, "verdict", verdicts[fate.kind]);
  if (fate.kind === "pass") {
    set(row, "code", 0);
    set(row, "flags", fate.flags);
    writeEvent(fate.event, fate.identity, writer, row);
  } else if (fate.kind === "drop") {
    set(row, "code", fate.code);
    set(row, "detail", fate.rule);
  } else {
    set(row, "code", fate.refusal.code);
    set(row, "detail", fate.refusal.position);
    set(row, "field", fate.refusal.field);
  }
}

/** The stages in their order: schema, consent, bots, personal data, geo and device, routing. */
function decide(node: JsonNode, source: EventSource, ready: ReadyProgram, facts: EventFacts): Fate {
  if (node.kind !== "object") return { kind: "reject", refusal: refuse("not_an_object", node.start) };
  const event = cloneNode(node);
  const senders = sendersOf(source.userAgent, claimsOf(node, source.shared).userAgent);
  const unfit = checkWhole(node, event, source);
  if (unfit !== null) return { kind: "reject", refusal: unfit };
  shapeEnvelope(event, source.shape);
  const refusal = checkSchema(event, node.start, forcedType(source.shape));
  if (refusal !== null) return { kind: "reject", refusal };
  const consent = consentFlags(event, ready.program.consentCategories);
  const isConsent = capturedNode(event, "type")?.text === "consent";
  if (deniesAnalytics(consent) && !isConsent) return { kind: "drop", code: dropCodes.consent, rule: noRule };
  if (facts.drop !== 0) return { kind: "drop", code: facts.drop, rule: noRule };
  const host = readFacts(facts);
  dropClaims(event, host, ready.program.trustClaims);
  const protection = new Protection(ready.program, ready.paths, senders);
  protection.protect(event);
  putHostWord(event, host);
  const lookup = lookupNodes(event);
  const matched = ready.rules.findIndex((rule) => rule.holds(lookup));
  if (ready.rules[matched]?.action === "drop") return { kind: "drop", code: dropCodes.routing_rule, rule: matched };
  return { kind: "pass", event, identity: protection.identity, flags: protection.flags | consent };
}

function sendersOf(...userAgents: readonly (string | null)[]): (readonly number[])[] {
  return userAgents.map((text) => (text === null ? null : senderCodes(text))).filter((codes) => codes !== null);
}

/** What can be said of an event before it is brought into the envelope; it takes its batch's members on the way. */
function checkWhole(node: JsonObject, event: JsonObject, source: EventSource): Refusal | null {
  const { limits, shared, unstorable } = source;
  const given = shared.members.map(({ value }) => value).sort((a, b) => a.start - b.start);
  const deep = tooDeepAt(node, limits.jsonDepthMax);
  if (deep >= 0) return refuse("too_deep", deep);
  const [givenDeep] = given.map((value) => tooDeepAt(value, limits.jsonDepthMax - 1)).filter((at) => at >= 0);
  if (givenDeep !== undefined) return refuse("too_deep", givenDeep);
  const bytes = node.end - node.start + addBatchMembers(event, shared);
  if (bytes > limits.eventBytesMax) return refuse("event_too_large", node.start);
  for (const { start, end } of [node, ...given]) {
    const position = unstorable[firstFrom(unstorable, start)];
    if (position !== undefined && position < end) return refuse("unstorable", position);
  }
  return null;
}

/** Index of the first of ascending numbers that is not below `least`. */
function firstFrom(ascending: readonly number[], least: number): number {
  let from = 0;
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ascending[middle] as number) < least) from = middle + 1;
    else to = middle;
  }
  return from;
}

function writeEvent(event: JsonObject, identity: Identity, writer: JsonWriter, row: Row): void {
  set(row, "jsonStart", writer.position);
  writer.node(event);
  set(row, "jsonEnd", writer.position);
  for (const field of ["emailSha256", "phoneSha256", "phoneE164Sha256"] as const) {
    const hash = identity[field];
    if (hash === null) continue;
    set(row, field, writer.position);
    writer.ascii(hash);
  }
  capturedFields.forEach((field, i) => {
    const captured = capturedNode(event, field);
    if (captured === null) return;
    row[rowColumns.fields + 2 * i] = captured.outStart;
    row[rowColumns.fields + 2 * i + 1] = captured.outEnd;
  });
}

function set(row: Row, name: Exclude<keyof typeof rowColumns, "fields">, value: number): void {
  row[rowColumns[name]] = value;
}

/** Rows of a batch, one after another in one array. */
export function rowOf(rows: Int32Array, index: number): Row {
  return rows.subarray(index * rowStride, (index + 1) * rowStride);
}
