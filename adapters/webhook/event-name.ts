import { mappedName, type NamedEvent } from "../../domain/model/vendor/event-name.ts";
import type { WebhookSettings } from "./settings.ts";

/** Events that Tidegate emits itself; they are relayed only if the integration names them. */
const sessionNames: ReadonlySet<string> = new Set(["Session Started", "Session Ended"]);

/** Whether a receiver is to hear of such events: of the types and names it asked for, and of those its map names. */
export function isRelayed(settings: WebhookSettings, event: NamedEvent): boolean {
  const { events, eventTypes, eventMap } = settings;
  if (!(eventTypes as ReadonlySet<string>).has(event.type)) return false;
  if (mappedName(eventMap, event) !== null) return true;
  if (event.name !== null && events?.has(event.name)) return true;
  return events === null && (event.name === null || !sessionNames.has(event.name));
}

/** The name an event is told under: the map's, else its own; one without a name goes by its type. */
export function webhookNameOf(settings: WebhookSettings, event: NamedEvent): string {
  return mappedName(settings.eventMap, event) ?? event.name ?? event.type;
}
