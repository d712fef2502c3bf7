import { assert } from "../../domain/model/failure.ts";
import type { EventFacts } from "../../ports/kernel.ts";
import { openObject } from "./envelope.ts";
import { detach, type JsonObject, lastMember, makeMember, makeObject } from "./nodes.ts";
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
    const known = new Set(host.device?.members.map((member) => member.key));
    device.value.members = device.value.members.filter((member) => !known.has(member.key));
  }
}

/** Puts the host's word in: geo whole, device member by member, at the ends of their objects. */
export function putHostWord(event: JsonObject, host: HostWord): void {
  if (host.geo !== null) openObject(event, "context").members.push(makeMember("geo", host.geo));
  if (host.device !== null) openObject(openObject(event, "context"), "device").members.push(...host.device.members);
}

function readObject(bytes: Uint8Array | null): JsonObject | null {
  if (bytes === null) return null;
  const parsed = parseJson(bytes, factsDepthMax);
  assert(parsed.ok && parsed.root.kind === "object" && parsed.unstorable.length === 0, "host facts are not an object");
  detach(parsed.root);
  return parsed.root;
}
