import { keyRowOf } from "../data-layer/key-table.ts";
import type { StoredEvent } from "../model/event/stored-event.ts";
import type { IdentityBlock } from "../model/identity/identity.ts";
import type { PathPattern } from "../model/program.ts";
import type { TransformationRule } from "../model/transformation.ts";
import { type Envelope, identityNames, identityWhere, isObject, objectOf } from "./envelope.ts";

/** The two things a person is known by; a phone has two hashes, and both go together. */
export type Trace = "email" | "phone";

const traces: Readonly<Record<Trace, readonly (keyof IdentityBlock)[]>> = {
  email: ["emailSha256"],
  phone: ["phoneSha256", "phoneE164Sha256"],
};
const roots: readonly string[] = ["properties", "traits", "context", "context.traits"];

/** What a path may lead to: an email, a phone, or, where it names everything below a member of the envelope, both. */
export function tracesOf(pattern: PathPattern): readonly Trace[] {
  const last = pattern.at(-1) as string;
  if (last === "*" || roots.includes(pattern.join(".").toLowerCase())) return ["email", "phone"];
  const identity = keyRowOf(last)?.identity ?? null;
  return identity === null ? [] : identity === "emailSha256" ? ["email"] : ["phone"];
}

/** What a rule takes out of the places where emails and phones stand, whether or not this event has any there. */
export function tracesTaken(rule: TransformationRule, patterns: readonly PathPattern[]): readonly Trace[] {
  if (rule.type === "filter" || rule.type === "hash") return [];
  const [path, to] = patterns;
  const taken = path === undefined ? [] : tracesOf(path);
  return to === undefined ? taken : taken.filter((trace) => !tracesOf(to).includes(trace));
}

/**
 * The identity that a transformation leaves, so that vendor identifiers come only from what it leaves.
 *
 * A hash that stood in the event under a key of its kind stays as long as it stands under one afterwards. One that did
 * not (it came from an earlier event of the visitor) stays unless any rule takes such keys away, whatever events that
 * rule is for. What is deleted as `identity` itself goes in any case, and so does an id that is the same hash.
 */
export function identityLeft(
  before: StoredEvent,
  left: Envelope,
  takenAnywhere: ReadonlySet<Trace>,
): { readonly identity: IdentityBlock; readonly gone: ReadonlySet<string> } {
  const stays = new Set<keyof IdentityBlock>();
  const block = objectOf(left["identity"]);
  for (const trace of Object.keys(traces) as Trace[]) {
    const hashes = traces[trace].flatMap((field) => (before[field] === null ? [] : [before[field] as string]));
    if (hashes.length === 0) continue;
    const stood = holds([before.properties, before.traits, before.context, before.extra], trace, hashes);
    const { identity: _, ...members } = left;
    const kept = stood ? holds([members], trace, hashes) : !takenAnywhere.has(trace);
    if (kept) for (const field of traces[trace]) stays.add(field);
  }
  for (const [name, field] of Object.entries(identityNames)) {
    if (!Object.hasOwn(block, name)) stays.delete(field);
  }
  const identity = identityWhere(before, (field) => stays.has(field));
  const gone = Object.values(identityNames).flatMap((field) =>
    before[field] !== null && identity[field] === null ? [before[field] as string] : [],
  );
  return { identity, gone: new Set(gone) };
}

/** Whether one of the hashes stands under a key of its kind, at any depth. */
function holds(node: unknown, trace: Trace, hashes: readonly string[]): boolean {
  if (Array.isArray(node)) return node.some((item) => holds(item, trace, hashes));
  if (!isObject(node)) return false;
  return Object.entries(node).some(([key, value]) => {
    const identity = keyRowOf(key)?.identity ?? null;
    const isKind = identity !== null && traces[trace].includes(identity);
    return (isKind && isAnyOf(value, hashes)) || holds(value, trace, hashes);
  });
}

function isAnyOf(value: unknown, hashes: readonly string[]): boolean {
  if (Array.isArray(value)) return value.some((item) => isAnyOf(item, hashes));
  return typeof value === "string" && hashes.includes(value.trim().toLowerCase());
}
