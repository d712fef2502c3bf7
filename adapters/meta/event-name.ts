import { isChosenEvent, isNamed, isSessionName } from "../../domain/mapping/chosen-events.ts";
import { isRelayedType, mappedName, type NamedEvent, snakeCase } from "../../domain/mapping/event-name.ts";
import { isPersonal } from "../../domain/mapping/told-text.ts";
import type { MetaSettings } from "./settings.ts";
import { isStandardName, standardNames } from "./standard-names.ts";

const prefix = "layers_";
const prefixedPattern = /^[a-z][a-z0-9_]{0,39}$/;

/** Whether Meta is to hear of an event: of a kind that it is told, and one of those that the integration chooses. */
export function isRelayed(settings: MetaSettings, event: NamedEvent): boolean {
  return isTold(settings, event) && isChosen(settings, event);
}

/** Whether the integration's choice alone keeps an event from Meta. */
export function isDeclined(settings: MetaSettings, event: NamedEvent): boolean {
  return isTold(settings, event) && !isChosen(settings, event);
}

/** Track events, and pages and screens that the map names; events of Tidegate's own only where they are named. */
function isTold({ eventMap, choice }: MetaSettings, event: NamedEvent): boolean {
  if (!isRelayedType(event.type)) return false;
  if (mappedName(eventMap, event) !== null) return true;
  return event.type === "track" && event.name !== null && (!isSessionName(event.name) || isNamed(choice, event));
}

function isChosen({ choice, eventMap }: MetaSettings, event: NamedEvent): boolean {
  return isChosenEvent(choice, eventMap, event, () => {
    const mapped = mappedName(eventMap, event);
    if (mapped !== null) return isStandardName(mapped);
    return event.name !== null && standardNames.has(snakeCase(event.name));
  });
}

/**
 * Meta's name for an event; null if it has none that Meta takes.
 *
 * The map comes first, then (if chosen) Meta's standard events, then `layers_` and the name. Free-form names are not
 * passed on: Meta counts at most 1,000 distinct ones and refuses what comes after. Nor is a name that holds a number to
 * call.
 */
export function metaNameOf(settings: MetaSettings, event: NamedEvent): string | null {
  const mapped = mappedName(settings.eventMap, event);
  if (mapped !== null) return mapped;
  if (event.name === null) return null;
  const snake = snakeCase(event.name);
  const standard = settings.naming === "standard" ? standardNames.get(snake) : undefined;
  if (standard !== undefined) return standard;
  const prefixed = prefix + snake;
  return snake !== "" && prefixedPattern.test(prefixed) && !isPersonal(event.name, "words") ? prefixed : null;
}
