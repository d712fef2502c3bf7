import type { JsonObject } from "../json.ts";
import type { Refusal } from "./answers.ts";

/**
 * How hard to look. By default what the documentation asks for but the live service was seen to let pass is only
 * warned of; `strict` refuses it. `lenient` takes what Meta's own Node library sends against the documentation.
 */
export type Strictness = "strict" | "normal" | "lenient";

/** What a check of one event may know beside the event. */
export type Scope = {
  path: string;
  nowMs: number;
  strictness: Strictness;
  /** Adds to the `messages` of a good answer. */
  warn: (message: string) => void;
  /** Whether one more custom app event of this name fits under the ceiling of distinct names. */
  admitsAppName: (name: string) => boolean;
};

export type EventCheck = (event: JsonObject, scope: Scope) => Refusal | null;

/** Warns of a doubtful thing, or refuses it when asked to be strict. */
export function ambiguity(scope: Scope, message: string, refusal: Refusal): Refusal | null {
  if (scope.strictness === "strict") return refusal;
  scope.warn(message);
  return null;
}

/** Runs checks in order; the first refusal ends it. */
export function firstRefusal(checks: readonly EventCheck[], event: JsonObject, scope: Scope): Refusal | null {
  for (const check of checks) {
    const refusal = check(event, scope);
    if (refusal !== null) return refusal;
  }
  return null;
}
