import { assert } from "../../domain/model/failure.ts";
import type { EventFacts } from "../../ports/kernel.ts";
import { openObject } from "./envelope.ts";
import {
  detach,
  type JsonMember,
  type JsonNode,
  type JsonObject,
  lastMember,
  makeMember,
  makeObject,
} from "./nodes.ts";
import { parseJson } from "./parse.ts";

const factsDepthMax = 8;

/** What the host found out, as trees. */
export interface HostWord {
  readonly geo: JsonObject | null;
  readonly device: JsonObject | null;
}

export function readFacts(facts: EventFacts): HostWord {
  return { geo: readObject(facts.geo), device: readObject(facts.device) };
}

/** Takes out what the client may not claim, or what the host knows better; before anything else looks at it. */
export function dropClaims(event: JsonObject, host: HostWord, trustClaims: boolean): void {
  const keepsGeo = trustClaims && host.geo === null;
  for (const { key, value } of event.members) {
    if (key !== "context" || value.kind !== "object") continue;
    if (!keepsGeo) value.members = value.members.filter((member) => member.key !== "geo");
    const device = lastMember(value, "device");
    if (device === null) continue;
    if (device.value.kind !== "object") device.value = makeObject();
    device.value.members = withoutKnown(device.value, host.device);
  }
}

/** A claimed device without what the host knows better: all but what the event names itself. */
function withoutKnown(claimed: JsonObject, host: JsonObject | null): JsonMember[] {
  const known = new Set(host?.members.map(({ key }) => key));
  const last = new Map(claimed.members.map(({ key, value }) => [key, value]));
  return claimed.members.filter(({ key }) => !known.has(key) || (key !== hostsOwn && isNamed(last.get(key))));
}

/** The kind of a device: its words are ours. */
const hostsOwn = "type";

function isNamed(value: JsonNode | undefined): boolean {
  return value?.kind === "number" || (value?.kind === "string" && value.text !== "");
}

/** Puts the host's word in: geo whole, what the device lacks member by member, at the ends of their objects. */
export function putHostWord(event: JsonObject, host: HostWord): void {
  if (host.geo !== null) openObject(event, "context").members.push(makeMember("geo", host.geo));
  if (host.device === null) return;
  const device = openObject(openObject(event, "context"), "device");
  const named = new Set(device.members.map(({ key }) => key));
  device.members.push(...host.device.members.filter(({ key }) => !named.has(key)));
}

function readObject(bytes: Uint8Array | null): JsonObject | null {
  if (bytes === null) return null;
  const parsed = parseJson(bytes, factsDepthMax);
  assert(parsed.ok && parsed.root.kind === "object" && parsed.unstorable.length === 0, "host facts are not an object");
  detach(parsed.root);
  return parsed.root;
}
