import { sessionEventNames } from "../model/session.ts";
import { mappedName, type NamedEvent } from "./event-name.ts";
import { type SettingRules, takeMember, trueOrFalse } from "./settings.ts";

type Config = Readonly<Record<string, unknown>>;

/** Which events an integration is told, as its configuration says. */
export interface EventChoice {
  /** Names; null for all. */
  readonly events: ReadonlySet<string> | null;
  readonly standardOnly: boolean;
}

const nameCharsMax = 256;
const namesMax = 500;

export function isEventName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= nameCharsMax;
}

/** Whether an event is one of Tidegate's own, which integrations are told only where they name it. */
export function isSessionName(name: string): boolean {
  return name === sessionEventNames.started || name === sessionEventNames.ended;
}

/** Whether an event stands in the list of names; false without one. */
export function isNamed({ events }: EventChoice, event: NamedEvent): boolean {
  return events?.has(event.name ?? event.type) ?? false;
}

/** A rule for a list of bounded length that is not empty. */
export function listOf(max: number, fits: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.length > 0 && value.length <= max && value.every(fits);
}

/** The members that choose, the same for every vendor. */
export const choiceRules: SettingRules = {
  events: { fits: listOf(namesMax, isEventName), want: `a list of 1 to ${namesMax} names of events` },
  standard_events_only: trueOrFalse,
};

/** Reads what a configuration chooses. */
export function readChoice(config: Config): EventChoice {
  const events = takeMember<readonly string[] | null>(config, choiceRules, "events", null);
  return {
    events: events === null ? null : new Set(events),
    standardOnly: takeMember(config, choiceRules, "standard_events_only", false),
  };
}

/**
 * Whether an event is among those that an integration is told.
 *
 * `events` lists names as they were sent; a nameless page or screen goes by its type. What the integration's own map
 * names is listed, too. `isStandard` says whether the vendor has a standard name for the event.
 */
export function isChosenEvent(
  choice: EventChoice,
  eventMap: Readonly<Record<string, string>>,
  event: NamedEvent,
  isStandard: (event: NamedEvent) => boolean,
): boolean {
  if (choice.standardOnly && !isStandard(event)) return false;
  return choice.events === null || isNamed(choice, event) || mappedName(eventMap, event) !== null;
}
