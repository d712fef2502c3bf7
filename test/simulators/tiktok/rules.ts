import type { JsonObject } from "../json.ts";
import { badParameter, type Refusal } from "./answers.ts";
import type { EventSource } from "./contract.ts";

/** What a check of one event may know beside the event. */
export type Scope = {
  /** Shape: `Batch.<i>`. */
  path: string;
  source: EventSource;
  nowMs: number;
  /** Refuses what is not documented, too. */
  strict: boolean;
};

export type EventCheck = (event: JsonObject, scope: Scope) => Refusal | null;

/** A fault of a member of the event. */
export function fault({ path }: Scope, member: string, why: string): Refusal {
  return badParameter(`${path}.${member}`, why);
}

export const missing = "Missing data for required field.";
export const notText = "Not a valid string";
export const notNumber = "Not a valid number";
export const notObject = "Not a valid object";
export const notKnown = "Unknown field";

/** The first of a list of keys whose value is there and does not fit. */
export function firstUnfit(
  parent: JsonObject,
  keys: readonly string[],
  fits: (value: unknown) => boolean,
): string | undefined {
  return keys.find((key) => parent[key] !== undefined && !fits(parent[key]));
}

/** Text with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

/** Tells a number that JSON has. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
