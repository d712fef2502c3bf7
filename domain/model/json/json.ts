export type JsonObject = Readonly<Record<string, unknown>>;

/** Tells an object from everything else that JSON has. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const noMembers: JsonObject = Object.freeze({});

/** The object under a key of the object's own, or an empty one: events say what they like. */
export function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = own(parent, key);
  return isObject(value) ? value : noMembers;
}

/** The member under a key of the object's own; `constructor` and the like are nobody's. */
export function own(parent: JsonObject, key: string): unknown {
  const value = parent[key];
  return value !== undefined && Object.hasOwn(parent, key) ? value : undefined;
}

/** The first of the keys that holds text or a finite number, as trimmed text; null if none does. */
export function textAt(parent: JsonObject, ...keys: readonly string[]): string | null {
  for (const key of keys) {
    const text = textOf(own(parent, key));
    if (text !== null) return text;
  }
  return null;
}

/** Text, or a finite number's decimal text, trimmed; null for nothing and for anything else. */
export function textOf(value: unknown): string | null {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value !== "string") return null;
  const trimmed = value.trim();
  return trimmed === "" ? null : trimmed;
}

/** A finite number, or text that is plainly one; null for anything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "bigint") return Number.isFinite(Number(value)) ? Number(value) : null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || !/^\s*-?\d{1,15}(\.\d{1,15})?\s*$/.test(value)) return null;
  return Number(value);
}
