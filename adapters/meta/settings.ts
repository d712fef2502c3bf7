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

export const actionSources = [
  "website",
  "app",
  "email",
  "phone_call",
  "chat",
  "physical_store",
  "system_generated",
  "business_messaging",
  "other",
] as const;
export type ActionSource = (typeof actionSources)[number];

/** An integration's configuration as the adapter uses it, defaults filled in. */
export interface MetaSettings {
  readonly pixelId: string;
  readonly apiVersion: string;
  readonly testEventCode: string | null;
  readonly eventMap: Readonly<Record<string, string>>;
  readonly choice: EventChoice;
  readonly naming: "layers" | "standard";
  /** Null: told from the event. */
  readonly actionSource: ActionSource | null;
  readonly clientUserAgent: "omit" | "reduced";
  /** Limited Data Use: Meta may process the event as a service provider only. */
  readonly ldu: boolean;
}

export const secretNames = ["access_token"] as const;

const apiVersionDefault = "v25.0";
const mappedNamePattern = /^[0-9a-zA-Z_][0-9a-zA-Z _-]{0,39}$/;

/** What each member must be, in words that an answer may carry: they never repeat what was sent. */
const rules: SettingRules = {
  pixel_id: { fits: matching(/^[A-Za-z0-9_]{1,64}$/), want: "the id of a pixel or dataset: 1 to 64 letters or digits" },
  access_token: { fits: matching(/^[\x21-\x7e]{1,1024}$/), want: "an access token: 1 to 1,024 printable characters" },
  api_version: { fits: matching(/^v\d{2}\.0$/), want: "a Graph API version like v25.0" },
  test_event_code: { fits: matching(/^[A-Za-z0-9_]{1,64}$/), want: "1 to 64 letters or digits" },
  event_map: {
    fits: eventMap(matching(mappedNamePattern)),
    want: "an object: event name to Meta name (1 to 40 letters, digits, space, _ or -)",
  },
  ...choiceRules,
  naming: { fits: oneOf(["layers", "standard"]), want: '"layers" or "standard"' },
  action_source: { fits: oneOf(actionSources), want: `one of ${actionSources.join(", ")}` },
  client_user_agent: { fits: oneOf(["omit", "reduced"]), want: '"omit" or "reduced"' },
  ldu: trueOrFalse,
  require_consent: trueOrFalse,
};
const required = ["pixel_id", "access_token"];

const namingIssue: ConfigIssue = {
  path: "naming",
  message: 'must be "standard" or left out beside standard_events_only: standard events go under their own names',
};

/** Lists what is wrong with an integration's configuration, secrets included, before it is kept. */
export function checkSettings(config: Readonly<Record<string, unknown>>): ConfigIssue[] {
  const issues = checkMembers(config, rules, { required, vendorName: "Meta" });
  if (config["standard_events_only"] === true && config["naming"] === "layers") issues.push(namingIssue);
  return issues;
}

/** A claim brings its configuration once, and settings are asked for twice an event. */
const known = new WeakMap<Readonly<Record<string, unknown>>, MetaSettings>();

/** Reads a configuration that was checked when it was kept; a member that no longer fits falls back to its default. */
export function readSettings(config: Readonly<Record<string, unknown>>): MetaSettings {
  const settings = known.get(config) ?? settingsOf(config);
  known.set(config, settings);
  return settings;
}

function settingsOf(config: Readonly<Record<string, unknown>>): MetaSettings {
  const take = <T>(name: string, fallback: T): T => takeMember(config, rules, name, fallback);
  const choice = readChoice(config);
  return {
    pixelId: take("pixel_id", ""),
    apiVersion: take("api_version", apiVersionDefault),
    testEventCode: take<string | null>("test_event_code", null),
    eventMap: take("event_map", {}),
    choice,
    naming: choice.standardOnly ? "standard" : take("naming", "layers"),
    actionSource: take<ActionSource | null>("action_source", null),
    clientUserAgent: take("client_user_agent", "omit"),
    ldu: take("ldu", false),
  };
}
