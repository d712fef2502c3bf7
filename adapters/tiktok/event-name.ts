import { isChosenEvent } from "../../domain/mapping/chosen-events.ts";
import { isRelayedType, mappedName, type NamedEvent, snakeCase } from "../../domain/mapping/event-name.ts";
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

/** Whether TikTok is to hear of an event: it has a name for it, and the integration chooses it. */
export function isRelayed(settings: TiktokSettings, event: NamedEvent): boolean {
  return tiktokNameOf(settings, event) !== null && isChosen(settings, event);
}

/** Whether the integration's choice alone keeps an event from TikTok, which knows standard events only. */
export function isDeclined(settings: TiktokSettings, event: NamedEvent): boolean {
  const isNameless = tiktokNameOf(settings, event) === null;
  if (isNameless) return settings.choice.standardOnly && event.type === "track";
  return !isChosen(settings, event);
}

function isChosen({ choice, eventMap }: TiktokSettings, event: NamedEvent): boolean {
  return isChosenEvent(choice, eventMap, event, () => true);
}
