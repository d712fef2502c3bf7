import { lowerText } from "../data-layer/text.ts";
import type { PathPattern } from "../model/program.ts";
import { type Envelope, isObject } from "./envelope.ts";

type Members = Record<string, unknown>;

/**
 * Visits every member that a pattern leads to, as the data layer's PII paths do: whatever the case, through arrays,
 * `*` for any one key, and keys that hold the dots themselves.
 */
export function eachMatch(
  envelope: Envelope,
  pattern: PathPattern,
  visit: (parent: Members, key: string) => void,
): void {
  const wanted = pattern.map(lowerText);
  const walk = (node: unknown, from: number): void => {
    if (Array.isArray(node)) for (const item of node) walk(item, from);
    if (!isObject(node)) return;
    for (const key of Object.keys(node)) {
      for (const next of segmentsTaken(lowerText(key), wanted, from)) {
        if (next === wanted.length) visit(node, key);
        else if (Object.hasOwn(node, key)) walk(node[key], next);
      }
    }
  };
  walk(envelope, 0);
}

/** How far a key gets along a pattern: one segment, or as many as the dots it holds join. */
function segmentsTaken(key: string, wanted: readonly string[], from: number): number[] {
  const ends = wanted[from] === "*" || wanted[from] === key ? [from + 1] : [];
  if (!key.includes(".")) return ends;
  for (let end = from + 2; end <= wanted.length; end += 1) {
    if (wanted.slice(from, end).join(".") === key) ends.push(end);
  }
  return ends;
}

/** What stands in one place; undefined where nothing does. */
export function readPlace(envelope: Envelope, place: PathPattern): unknown {
  let value: unknown = envelope;
  for (const segment of place) {
    if (!isObject(value) || !Object.hasOwn(value, segment)) return undefined;
    value = value[segment];
  }
  return value;
}

/** Puts a value in one place and makes the objects on the way; false, and nothing done, if something else is there. */
export function writePlace(envelope: Envelope, place: PathPattern, value: unknown): boolean {
  let parent: Members = envelope;
  const missing: string[] = [];
  for (const segment of place.slice(0, -1)) {
    const next: unknown = missing.length === 0 && Object.hasOwn(parent, segment) ? parent[segment] : undefined;
    if (next === undefined || next === null) missing.push(segment);
    else if (isObject(next) && missing.length === 0) parent = next;
    else return false;
  }
  for (const segment of missing) {
    const made: Members = {};
    parent[segment] = made;
    parent = made;
  }
  parent[place.at(-1) as string] = value;
  return true;
}

/** Takes away what stands in one place. */
export function removePlace(envelope: Envelope, place: PathPattern): void {
  const parent = place.length === 1 ? envelope : readPlace(envelope, place.slice(0, -1));
  if (isObject(parent)) delete parent[place.at(-1) as string];
}
