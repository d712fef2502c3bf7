import { batchMembersBytesMax } from "../../domain/model/limits.ts";
import type { BodyFault } from "../../domain/model/outcome.ts";
import { cloneNode, type JsonMember, type JsonNode, type JsonObject, lastMember } from "./nodes.ts";

/** What a batch says once for all of its events. */
export interface BatchMembers {
  /** Objects with members, or `integrations` in a word; the context first. */
  readonly members: readonly JsonMember[];
  /** Units: bytes of the members as they were sent, keys included. */
  readonly bytes: number;
}

const names = ["context", "integrations"];

/** The last `context` and `integrations` of a body's root that say something; `false` refuses all integrations. */
export function batchMembersOf(root: JsonObject): BatchMembers {
  const members = names.flatMap((name) => {
    const member = lastMember(root, name);
    if (member !== null && name === "integrations" && isWord(member.value)) return [member];
    return member?.value.kind === "object" && member.value.members.length > 0 ? [member] : [];
  });
  return { members, bytes: members.reduce((sum, { value, keyStart }) => sum + value.end - keyStart, 0) };
}

function isWord({ kind }: JsonNode): boolean {
  return kind !== "object" && kind !== "array" && kind !== "null";
}

/** The fault of members that are larger than an event may be, or too large for so many events. */
export function batchMembersFault(
  { members, bytes }: BatchMembers,
  events: number,
  eventBytesMax: number,
): BodyFault | null {
  if (bytes <= eventBytesMax && bytes * events <= batchMembersBytesMax) return null;
  return { code: "batch_members_too_large", position: Math.min(...members.map(({ value }) => value.start)) };
}

/**
 * Puts a batch's members into an event, in place: what the event has itself wins, objects are merged, null says
 * nothing. Returns by how many bytes, as sent, the event grew.
 */
export function addBatchMembers(event: JsonObject, { members }: BatchMembers): number {
  return members.reduce((sum, member) => sum + addMember(event, member, member.key === "context"), 0);
}

function addMember(own: JsonObject, member: JsonMember, mustBeObject: boolean): number {
  const given = member.value;
  const mine = lastMember(own, member.key);
  if (mine === null) {
    own.members.push({ ...member, value: cloneNode(given) });
    return given.end - member.keyStart + 1;
  }
  const { value } = mine;
  if (value.kind === "null" || (mustBeObject && value.kind !== "object")) {
    mine.value = cloneNode(given);
    return given.end - given.start - (value.end - value.start);
  }
  if (value.kind !== "object" || given.kind !== "object") return 0;
  return lastOfEach(given).reduce((sum, inner) => sum + addMember(value, inner, false), 0);
}

/** Members without those that a later one of the same name takes the place of. */
function lastOfEach({ members }: JsonObject): JsonMember[] {
  const last = new Map(members.map((member) => [member.key, member]));
  return members.filter((member) => last.get(member.key) === member);
}

/** The first byte of the first container below `node` that is deeper than `depthMax`, itself 1 deep; or -1. */
export function tooDeepAt(node: JsonNode, depthMax: number): number {
  if (node.kind !== "object" && node.kind !== "array") return -1;
  if (depthMax === 0) return node.start;
  const inner = node.kind === "array" ? node.items : node.members.map(({ value }) => value);
  for (const child of inner) {
    const at = tooDeepAt(child, depthMax - 1);
    if (at >= 0) return at;
  }
  return -1;
}
