import { compileCondition } from "../../domain/data-layer/expression/evaluate.ts";
import { type EventBatch, rowStride } from "../../domain/model/event/event.ts";
import { assert } from "../../domain/model/failure.ts";
import { bodyDepthMax, type Limits } from "../../domain/model/limits.ts";
import type { BodyFault } from "../../domain/model/outcome.ts";
import type { Program } from "../../domain/model/program.ts";
import type { BodyShape, EventFacts, Kernel, PreparedProgram, Scan } from "../../ports/kernel.ts";
import { type BatchMembers, batchMembersFault, batchMembersOf } from "./batch-members.ts";
import { claimsOf, textOf } from "./claims.ts";
import { type EventSource, finishEvent, type ReadyProgram, rowOf } from "./finish.ts";
import { type JsonNode, type JsonObject, lastMember } from "./nodes.ts";
import { parseJson } from "./parse.ts";
import { plantPaths } from "./paths.ts";
import { JsonWriter } from "./write.ts";

/**
 * Opens the plain TypeScript kernel: the oracle that every other kernel agrees with byte for byte.
 *
 * It is written to be read; what it does is stated in this folder's README.
 */
export function openReferenceKernel(): Kernel {
  return { prepare, scan };
}

/** Levels of a batch that stand around an event: the root and the list. */
const depthAroundEvent = 2;
const noMembers: BatchMembers = { members: [], bytes: 0 };

function prepare(program: Program): ReadyProgram {
  const rules = program.rules.map((rule) => ({ holds: compileCondition(rule.condition), action: rule.action }));
  const paths = { hash: plantPaths(program.hashPaths), redact: plantPaths(program.redactPaths) };
  return { trustClaims: program.trustClaims, program, rules, paths };
}

function scan(body: Uint8Array, shape: BodyShape, limits: Limits): Scan | { ok: false; fault: BodyFault } {
  const parsed = parseJson(body, Math.max(bodyDepthMax, limits.jsonDepthMax + depthAroundEvent));
  if (!parsed.ok) return parsed;
  const { root } = parsed;
  if (root.kind !== "object") return fault("body_not_an_object", root.start);
  const events = findEvents(root, shape);
  if (!Array.isArray(events)) return { ok: false, fault: events };
  const over = events[limits.batchEventsMax];
  if (over !== undefined) return fault("too_many_events", over.start);
  const shared = shape.dialect === "segment" && events[0] !== root ? batchMembersOf(root) : noMembers;
  const large = batchMembersFault(shared, events.length, limits.eventBytesMax);
  if (large !== null) return { ok: false, fault: large };
  return {
    ok: true,
    count: events.length,
    writeKey: textOf(lastMember(root, "writeKey")?.value),
    sentAt: textOf(root.members.findLast(({ key }) => key === "sentAt" || key === "sent_at")?.value),
    claims: (index) => claimsOf(events[index], shared),
    finish: (prepared, facts, userAgent = null) => {
      const source = { shape, limits, shared, unstorable: parsed.unstorable, userAgent };
      return finishAll(body, events, source, prepared, facts);
    },
  };
}

function findEvents(root: JsonObject, shape: BodyShape): JsonNode[] | BodyFault {
  if (shape.list === null) return [root];
  if (shape.list === "either") {
    for (const name of ["batch", "events"]) {
      const list = lastMember(root, name)?.value;
      if (list?.kind === "array") return list.items;
    }
    return [root];
  }
  const list = lastMember(root, shape.list)?.value;
  return list?.kind === "array" ? list.items : { code: "events_missing", position: (list ?? root).start };
}

function finishAll(
  body: Uint8Array,
  events: readonly JsonNode[],
  source: EventSource,
  prepared: PreparedProgram,
  facts: readonly EventFacts[],
): EventBatch {
  assert("rules" in prepared, "the program was prepared by another kernel");
  assert(facts.length === events.length, "there must be facts for every event");
  const writer = new JsonWriter(body);
  const rows = new Int32Array(events.length * rowStride);
  events.forEach((event, i) => {
    finishEvent(event, source, prepared as ReadyProgram, facts[i] as EventFacts, writer, rowOf(rows, i));
  });
  return { count: events.length, rows, bytes: writer.bytes() };
}

function fault(code: BodyFault["code"], position: number): { ok: false; fault: BodyFault } {
  return { ok: false, fault: { code, position } };
}
