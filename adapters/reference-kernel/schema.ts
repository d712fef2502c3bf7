import { capturedFields, type EventType, eventTypes } from "../../domain/model/event/event.ts";
import { fieldBytesMax } from "../../domain/model/limits.ts";
import { type RejectReason, rejectCodes } from "../../domain/model/outcome.ts";
import { type JsonNode, type JsonObject, type JsonScalar, lastMember, nodeAt } from "./nodes.ts";

/** Why an event is refused: the code, a byte position in the body, and the captured field it is about (or -1). */
export interface Refusal {
  readonly code: number;
  readonly position: number;
  readonly field: number;
}

type FieldName = (typeof capturedFields)[number];

const encoder = new TextEncoder();
const contextPrefix = "context.";
/** A consent event only comes through its own path, which names the type. */
const statedTypes: readonly string[] = eventTypes.filter((type) => type !== "consent");

/** Checks an envelope; `eventStart` is the event's first byte. Order: type, captured fields, name, identity. */
export function checkSchema(event: JsonObject, eventStart: number, forced: EventType | null): Refusal | null {
  return (
    checkType(event, eventStart, forced) ??
    checkFields(event) ??
    checkName(event, eventStart) ??
    checkIdentity(event, eventStart)
  );
}

export function refuse(reason: RejectReason, position: number, field: FieldName | null = null): Refusal {
  return { code: rejectCodes[reason], position, field: field === null ? -1 : capturedFields.indexOf(field) };
}

/** The node a captured field is taken from: strings, numbers and null only. */
export function capturedNode(event: JsonObject, field: FieldName): JsonScalar | null {
  const node = nodeAt(event, field.split("."));
  if (node === null || !isCapturable(node)) return null;
  return field.startsWith(contextPrefix) && isTooLong(node) ? null : node;
}

function checkType(event: JsonObject, eventStart: number, forced: EventType | null): Refusal | null {
  if (forced !== null) return null;
  const node = lastMember(event, "type")?.value;
  if (node === undefined || node.kind === "null") return refuse("type_missing", node?.start ?? eventStart, "type");
  if (node.kind !== "string") return refuse("field_type", node.start, "type");
  return statedTypes.includes(node.text) ? null : refuse("type_unknown", node.start, "type");
}

function checkFields(event: JsonObject): Refusal | null {
  for (const field of capturedFields) {
    if (field.startsWith(contextPrefix) || field === "type") continue;
    const node = lastMember(event, field)?.value;
    if (node === undefined) continue;
    if (!isCapturable(node)) return refuse("field_type", node.start, field);
    if (isTooLong(node)) return refuse("field_too_long", node.start, field);
  }
  return null;
}

function checkName(event: JsonObject, eventStart: number): Refusal | null {
  if (nodeAt(event, ["type"])?.kind !== "string" || capturedNode(event, "type")?.text !== "track") return null;
  const node = lastMember(event, "event")?.value;
  if (node?.kind === "string" && node.text !== "") return null;
  return refuse("event_missing", node?.start ?? eventStart, "event");
}

function checkIdentity(event: JsonObject, eventStart: number): Refusal | null {
  const known = (["userId", "anonymousId"] as const).some((field) => {
    const node = capturedNode(event, field);
    return node !== null && node.kind !== "null" && node.text !== "";
  });
  return known ? null : refuse("identity_missing", eventStart, "userId");
}

function isCapturable(node: JsonNode): node is JsonScalar {
  return node.kind === "string" || node.kind === "number" || node.kind === "null";
}

function isTooLong(node: JsonScalar): boolean {
  return encoder.encode(node.text).length > fieldBytesMax;
}
