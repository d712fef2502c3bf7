import { parseTimestamp } from "../model/event/timestamp.ts";
import { pageItemsDefault, pageItemsMax } from "../model/limits.ts";
import { type InputFault, isId } from "./refusal.ts";

/** Query parameters, or members of a body, as they came. */
export type Query = Readonly<Record<string, string | undefined>>;

/** Reads filters one by one and collects what is wrong with them; values are never repeated. */
export interface FilterReader {
  readonly faults: InputFault[];
  /** Refuses names other than these, so that a typo never widens an answer. */
  only(names: readonly string[]): void;
  id(name: string): string | undefined;
  time(name: string): number | undefined;
  text(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  limit(): number;
}

const textCharsMax = 512;

/** Makes a reader of a query. */
export function createFilterReader(query: Query): FilterReader {
  const faults: InputFault[] = [];
  const fault = (path: string, code: string, message: string) => void faults.push({ path, code, message });

  return {
    faults,
    only(names) {
      if (Object.keys(query).every((name) => names.includes(name))) return;
      fault("query", "unknown_parameter", `Only these parameters are known: ${names.join(", ")}.`);
    },
    id(name) {
      const value = query[name];
      if (value !== undefined && !isId(value)) fault(name, "invalid_id", "Send an id, a UUID.");
      return value?.toLowerCase();
    },
    time(name) {
      const value = query[name];
      const ms = value === undefined ? null : parseTimestamp(value);
      if (value !== undefined && ms === null) fault(name, "invalid_time", "Send ISO 8601 or Unix milliseconds.");
      return ms ?? undefined;
    },
    text(name) {
      const value = query[name];
      if (value === undefined) return undefined;
      if (value.length > textCharsMax) fault(name, "too_long", `Send at most ${textCharsMax} characters.`);
      return value;
    },
    flag(name) {
      const value = query[name];
      if (value !== undefined && value !== "true" && value !== "false")
        fault(name, "invalid_flag", "Send true or false.");
      return value === undefined ? undefined : value === "true";
    },
    limit() {
      const value = query["limit"] === undefined ? pageItemsDefault : Number(query["limit"]);
      const fits = Number.isInteger(value) && value >= 1 && value <= pageItemsMax;
      if (!fits) fault("limit", "out_of_range", `Send a whole number from 1 to ${pageItemsMax}.`);
      return value;
    },
  };
}

type Given<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The members that have a value: what is left out narrows nothing. */
export function given<T extends object>(members: T): Given<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
}
