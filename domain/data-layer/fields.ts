import type { ConfigFault } from "../model/data-layer.ts";

/** A value that was submitted, where it stood, and where faults go. */
export interface Submitted {
  readonly value: unknown;
  readonly path: string;
  readonly faults: ConfigFault[];
}

/** Reads one member of an object: its value if it is right, else its default, the fault being noted. */
export type ReadField<T> = (submitted: Submitted) => T;

type Fields<T> = { readonly [K in keyof T]: ReadField<T[K]> };

const spellingDistanceMax = 2;

/** Notes a fault and gives the default back, so that reading goes on to the next fault. */
export function fault(
  submitted: Submitted,
  code: string,
  message: string,
  rest: Partial<Pick<ConfigFault, "hint" | "position" | "caret">> = {},
): void {
  submitted.faults.push({ path: submitted.path, code, message, ...rest });
}

/** Reads an object by a table of its fields; what is not in the table is a fault, what is left out has its default. */
export function readObject<T extends object>(fields: Fields<T>): ReadField<T> {
  const names = Object.keys(fields);
  return (submitted) => {
    const { value, path, faults } = submitted;
    const given = value === undefined ? {} : value;
    const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
    if (!isObject) fault(submitted, "wrong_type", "This must be an object.");
    const object = (isObject ? given : {}) as Record<string, unknown>;
    for (const key of Object.keys(object)) {
      if (names.includes(key)) continue;
      const near = nearName(names, key);
      const hint = near === undefined ? `Known are ${names.join(", ")}.` : `Did you mean ${near}?`;
      faults.push({ path: memberPath(path, key), code: "unknown_key", message: "This key is not known.", hint });
    }
    const read = names.map((key) => {
      const member = Object.hasOwn(object, key) ? object[key] : undefined;
      return [key, fields[key as keyof T]({ value: member, path: memberPath(path, key), faults })];
    });
    return Object.fromEntries(read) as T;
  };
}

export function readBoolean(fallback: boolean): ReadField<boolean> {
  return (submitted) => {
    const { value } = submitted;
    if (value === undefined) return fallback;
    if (typeof value === "boolean") return value;
    fault(submitted, "wrong_type", "This must be true or false.");
    return fallback;
  };
}

export function readInteger(fallback: number, least: number, most: number): ReadField<number> {
  return (submitted) => {
    const { value } = submitted;
    if (value === undefined) return fallback;
    if (typeof value !== "number" || !Number.isInteger(value)) {
      fault(submitted, "wrong_type", "This must be a whole number.");
      return fallback;
    }
    if (value >= least && value <= most) return value;
    fault(submitted, "out_of_range", `This must be from ${least} to ${most}.`);
    return fallback;
  };
}

/** Units of `bytesMax`: bytes in UTF-8. */
export function readText(fallback: string, bytesMax: number): ReadField<string> {
  return (submitted) => {
    const { value } = submitted;
    if (value === undefined) return fallback;
    if (typeof value !== "string") fault(submitted, "wrong_type", "This must be a string.");
    else if (new TextEncoder().encode(value).length > bytesMax) {
      fault(submitted, "too_long", `This may have ${bytesMax} bytes.`);
    } else if (!isStorable(value)) fault(submitted, "unstorable", "This holds a character that can't be stored.");
    else return value;
    return fallback;
  };
}

/** Without a fallback the member is required. */
export function readOneOf<const T extends string>(allowed: readonly T[], fallback: T | null): ReadField<T> {
  return (submitted) => {
    const { value } = submitted;
    if (value === undefined && fallback !== null) return fallback;
    const found = allowed.find((name) => name === value);
    if (found !== undefined) return found;
    const code = value === undefined ? "missing" : typeof value === "string" ? "not_allowed" : "wrong_type";
    fault(submitted, code, `This must be one of ${allowed.map((name) => `"${name}"`).join(", ")}.`);
    return fallback ?? (allowed[0] as T);
  };
}

/** An array, empty by default. */
export function readList<T>(item: ReadField<T>, itemsMax: number): ReadField<readonly T[]> {
  return (submitted) => {
    const { value, path, faults } = submitted;
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      fault(submitted, "wrong_type", "This must be an array.");
      return [];
    }
    if (value.length > itemsMax) {
      fault(submitted, "too_many", `This may have ${itemsMax} elements.`);
      return [];
    }
    return value.map((element, i) => item({ value: element ?? null, path: `${path}[${i}]`, faults }));
  };
}

/** No NUL and no half of a surrogate pair: Postgres' jsonb takes neither. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && !/[\ud800-\udfff]/u.test(text);
}

function memberPath(path: string, key: string): string {
  return /^[A-Za-z_]\w{0,63}$/.test(key) ? `${path}.${key}` : `${path}[…]`;
}

/** The first name that a key may be a misspelling of. */
export function nearName(names: readonly string[], key: string): string | undefined {
  return names.find((name) => distance(name, key) <= spellingDistanceMax);
}

/** Edits between two names, given up beyond names' lengths. */
function distance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > spellingDistanceMax) return spellingDistanceMax + 1;
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[right.length] as number;
}
