import type { EventType } from "../../domain/model/event/event.ts";
import { layersFields } from "../../domain/model/event/layers-fields.ts";
import type { BodyShape } from "../../ports/kernel.ts";
import { attAuthorized, layersConsentFields, layersIdentifyFields } from "./layers-fields.ts";
import { type JsonMember, type JsonObject, lastMember, makeMember, makeObject, makeScalar } from "./nodes.ts";

const writeKeys = ["writeKey", "write_key"];

/** Brings an event into the envelope, in place: no write key, the type that the shape gives, Layers' fields moved. */
export function shapeEnvelope(event: JsonObject, shape: BodyShape): void {
  event.members = event.members.filter((member) => !writeKeys.includes(member.key));
  const type = forcedType(shape);
  if (type !== null) setType(event, type);
  if (shape.dialect === "layers") moveLayersFields(event, shape.type);
  const context = lastMember(event, "context");
  if (context !== null && context.value.kind !== "object") context.value = makeObject();
}

/** The object under that name, made (in the place of what else is there, or at the end) if there is none. */
export function openObject(parent: JsonObject, key: string): JsonObject {
  const member = lastMember(parent, key);
  if (member?.value.kind === "object") return member.value;
  const object = makeObject();
  if (member === null) parent.members.push(makeMember(key, object));
  else member.value = object;
  return object;
}

/** Layers events are tracks unless the shape says otherwise; their own `type` is not heard. */
export function forcedType(shape: BodyShape): EventType | null {
  return shape.type ?? (shape.dialect === "layers" ? "track" : null);
}

function setType(event: JsonObject, type: EventType): void {
  const value = makeScalar("string", type);
  const member = lastMember(event, "type");
  if (member === null) event.members.push(makeMember("type", value));
  else member.value = value;
}

function moveLayersFields(event: JsonObject, type: EventType | null): void {
  const targets = { ...layersFields };
  if (type === "identify") Object.assign(targets, layersIdentifyFields);
  if (type === "consent") Object.assign(targets, layersConsentFields);
  const keepsIdfa = isTrackingAuthorized(event);
  const moved: { target: readonly string[]; member: JsonMember }[] = [];
  event.members = event.members.filter((member) => {
    const target = Object.hasOwn(targets, member.key) ? targets[member.key] : undefined;
    if (target === undefined) return true;
    if (member.value.kind === "null" || (member.key === "idfa" && !keepsIdfa)) return false;
    if (target.length > 1) {
      moved.push({ target, member });
      return false;
    }
    renameMember(member, target[0] as string);
    return true;
  });
  // A whole consent object goes first, so that it can't hide a single purpose stated beside it.
  moved.sort((a, b) => Number(b.member.key === "consent") - Number(a.member.key === "consent"));
  for (const { target, member } of moved) moveMember(event, target, member);
}

function moveMember(event: JsonObject, target: readonly string[], member: JsonMember): void {
  const parent = target.slice(0, -1).reduce(openObject, event);
  renameMember(member, target.at(-1) as string);
  parent.members.push(member);
}

function renameMember(member: JsonMember, key: string): void {
  if (member.key === key) return;
  member.key = key;
  member.keyStart = -1;
}

function isTrackingAuthorized(event: JsonObject): boolean {
  const status = lastMember(event, "att_status")?.value;
  if (status?.kind !== "string" && status?.kind !== "number") return false;
  return attAuthorized.includes(status.text.toLowerCase());
}
