import type { ConditionValue, Lookup } from "./evaluate.ts";

/** Looks paths up in a parsed event; integers have their digits, other numbers the precision that parsing left. */
export function lookupIn(event: unknown): Lookup {
  return (segments) => {
    let value: unknown = event;
    for (const segment of segments) {
      if (typeof value !== "object" || value === null) return null;
      if (typeof segment === "number" ? !Array.isArray(value) : Array.isArray(value)) return null;
      value = Object.hasOwn(value, segment) ? (value as Record<string | number, unknown>)[segment] : null;
    }
    return conditionValue(value);
  };
}

function conditionValue(value: unknown): ConditionValue {
  if (typeof value === "number" || typeof value === "bigint") return { number: String(value) };
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  return Array.isArray(value) ? { items: value.length } : { object: true };
}
