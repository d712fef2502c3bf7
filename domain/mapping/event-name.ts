import { rememberWords } from "./remember.ts";

export interface NamedEvent {
  readonly type: string;
  readonly name: string | null;
}

/**
 * An event's name in the field's own spelling for custom events: words in lower case, joined by underscores.
 *
 * `Order Completed`, `orderCompleted` and `order-completed` are one name. What is neither letter, digit nor a usual
 * separator stays, so that the caller sees that the name can't be mapped.
 */
export const snakeCase = rememberWords((name) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[\s._:/-]+/g, "_")
    .replace(/^_|_$/g, ""),
);

/** What an integration's own map says of an event: by its name, or for a nameless page or screen by its type. */
export function mappedName(eventMap: Readonly<Record<string, string>>, event: NamedEvent): string | null {
  if (event.name !== null && Object.hasOwn(eventMap, event.name)) return eventMap[event.name] as string;
  if (event.type !== "track" && Object.hasOwn(eventMap, event.type)) return eventMap[event.type] as string;
  return null;
}

/** Whether events of a type may be relayed at all: what people do, see and open, not who they are. */
export function isRelayedType(type: string): boolean {
  return type === "track" || type === "page" || type === "screen";
}
