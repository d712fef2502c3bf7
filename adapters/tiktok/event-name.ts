import { isRelayedType, mappedName, type NamedEvent, snakeCase } from "../../domain/model/vendor/event-name.ts";
import type { TiktokSettings } from "./settings.ts";
import { standardNames } from "./standard-names.ts";

/**
 * TikTok's standard name for an event; null if it has none, and then TikTok does not hear of it.
 *
 * The integration's map comes first, then the names of the field. Pages and screens have a name only in the map:
 * what a site calls a page is no event of the same name.
 */
export function tiktokNameOf(settings: TiktokSettings, event: NamedEvent): string | null {
  if (!isRelayedType(event.type)) return null;
  const mapped = mappedName(settings.eventMap, event);
  if (mapped !== null || event.type !== "track" || event.name === null) return mapped;
  return standardNames[settings.eventSource].get(snakeCase(event.name)) ?? null;
}
