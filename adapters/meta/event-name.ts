import { isRelayedType, mappedName, type NamedEvent, snakeCase } from "../../domain/model/vendor/event-name.ts";
import type { MetaSettings } from "./settings.ts";
import { standardNames } from "./standard-names.ts";

const prefix = "layers_";
const prefixedPattern = /^[a-z][a-z0-9_]{0,39}$/;

/** Events that Tidegate emits itself; they are relayed only if the integration names them. */
const sessionNames: ReadonlySet<string> = new Set(["Session Started", "Session Ended"]);

/** Whether Meta is to hear of such events at all: track events, and pages and screens that the map names. */
export function isRelayed(settings: MetaSettings, event: NamedEvent): boolean {
  if (!isRelayedType(event.type)) return false;
  if (mappedName(settings.eventMap, event) !== null) return true;
  return event.type === "track" && event.name !== null && !sessionNames.has(event.name);
}

/**
 * Meta's name for an event; null if it has none that Meta takes.
 *
 * The map comes first, then (if chosen) Meta's standard events, then `layers_` and the name. Free-form names are not
 * passed on: Meta counts at most 1,000 distinct ones and refuses what comes after.
 */
export function metaNameOf(settings: MetaSettings, event: NamedEvent): string | null {
  const mapped = mappedName(settings.eventMap, event);
  if (mapped !== null) return mapped;
  if (event.name === null) return null;
  const snake = snakeCase(event.name);
  const standard = settings.naming === "standard" ? standardNames.get(snake) : undefined;
  if (standard !== undefined) return standard;
  const prefixed = prefix + snake;
  return snake !== "" && prefixedPattern.test(prefixed) ? prefixed : null;
}
