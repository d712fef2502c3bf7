import { checkCondition } from "../data-layer/expression/check.ts";
import { compileCondition } from "../data-layer/expression/evaluate.ts";
import { lookupIn } from "../data-layer/expression/lookup.ts";
import { keyRowOf } from "../data-layer/key-table.ts";
import { parsePath, withContextTraits } from "../data-layer/paths.ts";
import type { StoredEvent } from "../model/event/stored-event.ts";
import { assert } from "../model/failure.ts";
import type { PathPattern } from "../model/program.ts";
import type { MapRule, Scalar, TransformationRule } from "../model/transformation.ts";
import { type Calculated, checkCalculation } from "./calculation.ts";
import { type Envelope, fromEnvelope, nameMember, toEnvelope } from "./envelope.ts";
import { identityLeft, type Trace, tracesTaken } from "./identity-left.ts";
import { eachMatch, readPlace, removePlace, writePlace } from "./places.ts";
import { hashedAs, isScalar, Room, type TransformationParts, underKey, withoutEmail } from "./written.ts";

/** What an integration makes of an event; null if it is not to be sent. Pure, and can't fail. */
export type Transform = (event: StoredEvent) => StoredEvent | null;

export type { TransformationParts };

/** Changes an envelope in place, as far as there is room; false if the event is not to be sent. */
type Step = (envelope: Envelope, room: Room) => boolean;

interface ScopedStep {
  /** Null: all events. */
  readonly events: ReadonlySet<string> | null;
  readonly run: Step;
}

/** Members that may hold an email's or a phone's hash, where they held the raw one when they came. */
const ids = ["userId", "anonymousId", "groupId", "previousId"];

/**
 * Makes checked rules runnable: what an integration's vendor is told is what they leave of an event.
 *
 * They see the stored event, hashed as it is, and run one after another; a rule sees what those before it made.
 */
export function compileTransformation(rules: readonly TransformationRule[], parts: TransformationParts): Transform {
  const steps = rules.map((rule): ScopedStep => {
    return { events: rule.events === undefined ? null : new Set(rule.events), run: compileRule(rule, parts) };
  });
  const takenAnywhere = new Set(rules.flatMap((rule): readonly Trace[] => tracesTaken(rule, patternsOf(rule))));
  if (steps.length === 0) return (event) => event;

  return function transform(event) {
    const envelope = toEnvelope(event);
    const member = nameMember(event);
    const room = new Room();
    for (const { events, run } of steps) {
      if (events !== null && !events.has(String(envelope[member] ?? ""))) continue;
      if (!run(envelope, room)) return null;
    }
    const { identity, gone } = identityLeft(event, envelope, takenAnywhere);
    for (const id of ids) {
      if (gone.has(String(envelope[id] ?? "").toLowerCase())) delete envelope[id];
    }
    return fromEnvelope(event, envelope, identity);
  };
}

function compileRule(rule: TransformationRule, parts: TransformationParts): Step {
  switch (rule.type) {
    case "filter":
      return compileFilter(rule.condition);
    case "set":
      return compileWrite(rule.path, () => rule.value);
    case "compute":
      return compileCompute(rule.path, rule.expression, parts);
    case "rename":
      return compileRename(rule.path, rule.to, parts);
    case "delete": {
      const patterns = everywhere(rule.path);
      return (envelope) => onMatches(envelope, patterns, (parent, key) => void delete parent[key]);
    }
    case "map": {
      const patterns = everywhere(rule.path);
      return (envelope, room) => onScalars(envelope, patterns, room, (value) => mapped(rule, value));
    }
    case "hash": {
      const patterns = everywhere(rule.path);
      return (envelope, room) =>
        onScalars(envelope, patterns, room, (value, key) => {
          return hashedAs(rule.as ?? keyRowOf(key)?.normaliser ?? "plain", value, parts);
        });
    }
  }
}

function compileFilter(condition: string): Step {
  const checked = checkCondition(condition);
  assert(checked.ok, "a stored condition can't be read");
  const holds = compileCondition(checked.expression);
  return (envelope) => holds(lookupIn(envelope));
}

function compileWrite(path: string, made: (envelope: Envelope) => unknown): Step {
  const place = placeOf(path);
  return (envelope, room) => {
    const value = made(envelope);
    if (value === undefined) return true;
    const fitting = room.put(value, readPlace(envelope, place), path.length);
    if (fitting === undefined) removePlace(envelope, place);
    else writePlace(envelope, place, fitting);
    return true;
  };
}

function compileCompute(path: string, expression: string, parts: TransformationParts): Step {
  const checked = checkCalculation(expression);
  assert(checked.ok, "a stored expression can't be read");
  const isName = path === "event" || path === "name";
  const key = placeOf(path).at(-1) as string;
  return compileWrite(path, (envelope) => {
    const result = withoutEmail(checked.run((segments) => scalarAt(envelope, segments)));
    return result === null ? undefined : isName ? String(result) : underKey(result, key, parts);
  });
}

function scalarAt(envelope: Envelope, segments: readonly (string | number)[]): Calculated {
  let value: unknown = envelope;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return null;
    if (typeof segment === "number" ? !Array.isArray(value) : Array.isArray(value)) return null;
    value = (value as Record<string | number, unknown>)[segment];
  }
  if (typeof value === "bigint") return String(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

/** What may not stand where it is moved to goes. */
function compileRename(path: string, to: string, parts: TransformationParts): Step {
  const [from, target] = [placeOf(path), placeOf(to)];
  return (envelope, room) => {
    const value = readPlace(envelope, from);
    if (value === undefined) return true;
    removePlace(envelope, from);
    const moved = room.put(underKey(value, target.at(-1) as string, parts), value, to.length);
    if (moved !== undefined && !writePlace(envelope, target, moved)) writePlace(envelope, from, value);
    return true;
  };
}

type Members = Record<string, unknown>;

/** Runs on everything the patterns lead to. Shape: true, so that a step can end with it. */
function onMatches(
  envelope: Envelope,
  patterns: readonly PathPattern[],
  change: (parent: Members, key: string) => void,
): true {
  for (const pattern of patterns) eachMatch(envelope, pattern, change);
  return true;
}

/** Puts other values in the place of those the patterns lead to, elements of arrays among them. */
function onScalars(
  envelope: Envelope,
  patterns: readonly PathPattern[],
  room: Room,
  change: (value: Scalar, key: string) => unknown,
): true {
  return onMatches(envelope, patterns, (parent, key) => {
    const value = parent[key];
    const changed = (item: Scalar) => room.put(change(item, key), item);
    if (Array.isArray(value)) parent[key] = value.map((item) => (isScalar(item) ? changed(item) : item));
    else if (isScalar(value)) parent[key] = changed(value);
    if (parent[key] === undefined) delete parent[key];
  });
}

function mapped({ values, otherwise }: MapRule, value: Scalar): Scalar {
  const text = String(value);
  if (Object.hasOwn(values, text)) return values[text] as Scalar;
  return otherwise === undefined ? value : otherwise;
}

function patternsOf(rule: TransformationRule): PathPattern[] {
  if (rule.type === "filter") return [];
  return rule.type === "rename" ? [placeOf(rule.path), placeOf(rule.to)] : [placeOf(rule.path)];
}

function placeOf(path: string): PathPattern {
  const parsed = parsePath(path);
  assert(parsed.ok, "a stored path can't be read");
  return parsed.pattern;
}

function everywhere(path: string): readonly PathPattern[] {
  return withContextTraits(placeOf(path));
}
