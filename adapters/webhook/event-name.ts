import { isChosenEvent, isNamed, isSessionName } from "../../domain/mapping/chosen-events.ts";
import { mappedName, type NamedEvent } from "../../domain/mapping/event-name.ts";
import { isSpecEvent } from "../../domain/mapping/spec-events.ts";
import type { WebhookSettings } from "./settings.ts";

/** Whether a receiver is to hear of an event: of the types and names it asked for, and of those its map names. */
export function isRelayed(settings: WebhookSettings, event: NamedEvent): boolean {
  return isTold(settings, event) && isChosen(settings, event);
}

/** Whether the integration's choice alone keeps an event from the receiver. */
export function isDeclined(settings: WebhookSettings, event: NamedEvent): boolean {
  return isTold(settings, event) && !isChosen(settings, event);
}

/** Events of the types it asked for; those of Tidegate's own only where they are named. */
function isTold({ eventTypes, eventMap, choice }: WebhookSettings, event: NamedEvent): boolean {
  if (!(eventTypes as ReadonlySet<string>).has(event.type)) return false;
  if (mappedName(eventMap, event) !== null) return true;
  return event.name === null || !isSessionName(event.name) || isNamed(choice, event);
}

function isChosen({ choice, eventMap }: WebhookSettings, event: NamedEvent): boolean {
  return isChosenEvent(choice, eventMap, event, isSpecEvent);
}

/** The name an event is told under: the map's, else its own; one without a name goes by its type. */
export function webhookNameOf(settings: WebhookSettings, event: NamedEvent): string {
  return mappedName(settings.eventMap, event) ?? event.name ?? event.type;
}
