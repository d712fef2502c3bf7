import { choiceRules, type EventChoice, readChoice } from "../../domain/mapping/chosen-events.ts";
import {
  checkMembers,
  eventMap,
  matching,
  oneOf,
  type SettingRules,
  takeMember,
  trueOrFalse,
} from "../../domain/mapping/settings.ts";
import type { ConfigIssue } from "../../ports/destination.ts";
import { type EventSource, eventSources, isStandardName } from "./standard-names.ts";

type Config = Readonly<Record<string, unknown>>;

/** An integration's configuration as the adapter uses it, defaults filled in. */
export interface TiktokSettings {
  readonly eventSource: EventSource;
  /** A pixel's code, or an app's id. */
  readonly eventSourceId: string;
  readonly testEventCode: string | null;
  readonly eventMap: Readonly<Record<string, string>>;
  readonly choice: EventChoice;
  readonly limitedDataUse: boolean;
}

export const secretNames = ["access_token"] as const;
const required = ["event_source", "event_source_id", "access_token"];

/** What each member must be, in words that an answer may carry: they never repeat what was sent. */
function rulesFor(source: EventSource): SettingRules {
  return {
    event_source: { fits: oneOf(eventSources), want: '"web" or "app"' },
    event_source_id: {
      fits: matching(/^[A-Za-z0-9._-]{1,64}$/),
      want: "a pixel's code or an app's id: 1 to 64 letters or digits",
    },
    access_token: { fits: matching(/^[\x21-\x7e]{1,1024}$/), want: "an access token: 1 to 1,024 printable characters" },
    test_event_code: { fits: matching(/^[A-Za-z0-9_]{1,64}$/), want: "1 to 64 letters or digits" },
    event_map: {
      fits: eventMap((name) => isStandardName(source, name)),
      want: `an object: event name to one of TikTok's standard events of a source of kind ${source}`,
    },
    ...choiceRules,
    limited_data_use: trueOrFalse,
    require_consent: trueOrFalse,
  };
}

function sourceOf(config: Config): EventSource {
  return eventSources.find((source) => source === config["event_source"]) ?? "web";
}

/** Lists what is wrong with an integration's configuration, secrets included, before it is kept. */
export function checkSettings(config: Config): ConfigIssue[] {
  return checkMembers(config, rulesFor(sourceOf(config)), { required, vendorName: "TikTok" });
}

/** Reads a configuration that was checked when it was kept; a member that no longer fits falls back to its default. */
export function readSettings(config: Config): TiktokSettings {
  const eventSource = sourceOf(config);
  const rules = rulesFor(eventSource);
  const take = <T>(name: string, fallback: T): T => takeMember(config, rules, name, fallback);
  return {
    eventSource,
    eventSourceId: take("event_source_id", ""),
    testEventCode: take<string | null>("test_event_code", null),
    eventMap: take("event_map", {}),
    choice: readChoice(config),
    limitedDataUse: take("limited_data_use", false),
  };
}
