import { checkCondition } from "../data-layer/expression/check.ts";
import { compileCondition } from "../data-layer/expression/evaluate.ts";
import { lookupIn } from "../data-layer/expression/lookup.ts";
import { keyRowOf } from "../data-layer/key-table.ts";
import { normalise } from "../data-layer/normalise.ts";
import { normalisePhone } from "../data-layer/normalise-phone.ts";
import { parsePath, withContextTraits } from "../data-layer/paths.ts";
import { alreadyHashed } from "../data-layer/text.ts";
import { assert } from "../model/failure.ts";
import type { PathPattern } from "../model/program.ts";
import type { StoredEvent } from "../model/stored-event.ts";
import type { HashForm, HashRule, MapRule, Scalar, TransformationRule } from "../model/transformation.ts";
import { type Calculated, checkCalculation } from "./calculation.ts";
import { type Envelope, fromEnvelope, nameMember, toEnvelope } from "./envelope.ts";
import { identityLeft, type Trace, tracesTaken } from "./identity-left.ts";
import { eachMatch, readPlace, removePlace, writePlace } from "./places.ts";

/** What an integration makes of an event; null if it is not to be sent. Pure, and can't fail. */
export type Transform = (event: StoredEvent) => StoredEvent | null;

export interface TransformationParts {
  /** Lowercase hex SHA-256 of a text in UTF-8. */
  readonly sha256Hex: (text: string) => string;
}

/** Changes an envelope in place; false if the event is not to be sent. */
type Step = (envelope: Envelope) => boolean;

interface ScopedStep {
  /** Null: all events. */
  readonly events: ReadonlySet<string> | null;
  readonly run: Step;
}

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
    for (const { events, run } of steps) {
      if (events !== null && !events.has(String(envelope[member] ?? ""))) continue;
      if (!run(envelope)) return null;
    }
    const { identity, gone } = identityLeft(event, envelope, takenAnywhere);
    for (const id of ["userId", "anonymousId"]) {
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
      return compileCompute(rule.path, rule.expression);
    case "rename":
      return compileRename(rule.path, rule.to);
    case "delete": {
      const patterns = everywhere(rule.path);
      return (envelope) => onMatches(envelope, patterns, (parent, key) => void delete parent[key]);
    }
    case "map": {
      const patterns = everywhere(rule.path);
      return (envelope) => onScalars(envelope, patterns, (value) => mapped(rule, value));
    }
    case "hash": {
      const patterns = everywhere(rule.path);
      return (envelope) => onScalars(envelope, patterns, (value, key) => hashed(rule, value, key, parts));
    }
  }
}

function compileFilter(condition: string): Step {
  const checked = checkCondition(condition);
  assert(checked.ok, "a stored condition can't be read");
  const holds = compileCondition(checked.expression);
  return (envelope) => holds(lookupIn(envelope));
}

function compileWrite(path: string, made: (envelope: Envelope) => Scalar | undefined): Step {
  const place = placeOf(path);
  return (envelope) => {
    const value = made(envelope);
    if (value !== undefined) writePlace(envelope, place, value);
    return true;
  };
}

function compileCompute(path: string, expression: string): Step {
  const checked = checkCalculation(expression);
  assert(checked.ok, "a stored expression can't be read");
  const isName = path === "event" || path === "name";
  return compileWrite(path, (envelope) => {
    const result = checked.run((segments) => scalarAt(envelope, segments));
    return result === null ? undefined : isName ? String(result) : result;
  });
}

function scalarAt(envelope: Envelope, segments: readonly (string | number)[]): Calculated {
  let value: unknown = envelope;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return null;
    if (typeof segment === "number" ? !Array.isArray(value) : Array.isArray(value)) return null;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function compileRename(path: string, to: string): Step {
  const [from, target] = [placeOf(path), placeOf(to)];
  return (envelope) => {
    const value = readPlace(envelope, from);
    if (value === undefined) return true;
    removePlace(envelope, from);
    if (!writePlace(envelope, target, value)) writePlace(envelope, from, value);
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
  change: (value: Scalar, key: string) => unknown,
): true {
  return onMatches(envelope, patterns, (parent, key) => {
    const value = parent[key];
    if (Array.isArray(value)) parent[key] = value.map((item) => (isScalar(item) ? change(item, key) : item));
    else if (isScalar(value)) parent[key] = change(value, key);
    if (parent[key] === undefined) delete parent[key];
  });
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function mapped({ values, otherwise }: MapRule, value: Scalar): Scalar {
  const text = String(value);
  if (Object.hasOwn(values, text)) return values[text] as Scalar;
  return otherwise === undefined ? value : otherwise;
}

/** A hash stays as it is; what has nothing left to hash is taken away. */
function hashed({ as }: HashRule, value: Scalar, key: string, { sha256Hex }: TransformationParts): string | undefined {
  if (value === null || typeof value === "boolean") return undefined;
  const text = String(value);
  const known = alreadyHashed(text);
  if (known !== null) return known;
  const plain = normalised(as ?? keyRowOf(key)?.normaliser ?? "plain", text);
  return plain === "" ? undefined : sha256Hex(plain);
}

function normalised(form: HashForm, text: string): string {
  if (form !== "phone" && form !== "phone_e164") return normalise(form, text);
  const { digits } = normalisePhone(text, null);
  return digits === "" || form === "phone" ? digits : `+${digits}`;
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
