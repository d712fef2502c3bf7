import type { MetaSettings } from "./settings.ts";
import { standardNames } from "./standard-names.ts";

const prefix = "layers_";
const prefixedPattern = /^[a-z][a-z0-9_]{0,39}$/;

/** Events that Tidegate emits itself; they are relayed only if the integration names them. */
const sessionNames: ReadonlySet<string> = new Set(["Session Started", "Session Ended"]);

interface NamedEvent {
  readonly type: string;
  readonly name: string | null;
}

/**
 * An event's name in the field's own spelling for custom events: words in lower case, joined by underscores.
 *
 * `Order Completed`, `orderCompleted` and `order-completed` are one name. What is neither letter, digit nor a usual
 * separator stays, so that the caller sees that the name can't be mapped.
 */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[\s._:/-]+/g, "_")
    .replace(/^_|_$/g, "");
}

/** What the integration's own map says of an event: by its name, or for a nameless page or screen by its type. */
function mappedName(settings: MetaSettings, event: NamedEvent): string | null {
  const { eventMap } = settings;
  if (event.name !== null && Object.hasOwn(eventMap, event.name)) return eventMap[event.name] as string;
  if (event.type !== "track" && Object.hasOwn(eventMap, event.type)) return eventMap[event.type] as string;
  return null;
}

/** Whether Meta is to hear of such events at all: track events, and pages and screens that the map names. */
export function isRelayed(settings: MetaSettings, event: NamedEvent): boolean {
  if (event.type !== "track" && event.type !== "page" && event.type !== "screen") return false;
  if (mappedName(settings, event) !== null) return true;
  return event.type === "track" && event.name !== null && !sessionNames.has(event.name);
}

/**
 * Meta's name for an event; null if it has none that Meta takes.
 *
 * The map comes first, then (if chosen) Meta's standard events, then `layers_` and the name. Free-form names are not
 * passed on: Meta counts at most 1,000 distinct ones and refuses what comes after.
 */
export function metaNameOf(settings: MetaSettings, event: NamedEvent): string | null {
  const mapped = mappedName(settings, event);
  if (mapped !== null) return mapped;
  if (event.name === null) return null;
  const snake = snakeCase(event.name);
  const standard = settings.naming === "standard" ? standardNames.get(snake) : undefined;
  if (standard !== undefined) return standard;
  const prefixed = prefix + snake;
  return snake !== "" && prefixedPattern.test(prefixed) ? prefixed : null;
}
