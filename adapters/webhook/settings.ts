import { isIP } from "node:net";
import { choiceRules, type EventChoice, isEventName, listOf, readChoice } from "../../domain/mapping/chosen-events.ts";
import { checkMembers, eventMap, type SettingRules, takeMember, trueOrFalse } from "../../domain/mapping/settings.ts";
import { relayBatchEventsMax } from "../../domain/model/limits.ts";
import type { ConfigIssue } from "../../ports/destination.ts";
import { isPublicAddress } from "./public-address.ts";

type Config = Readonly<Record<string, unknown>>;

export const webhookTypes = ["track", "page", "screen", "identify"] as const;
export type WebhookType = (typeof webhookTypes)[number];

/** An integration's configuration as the adapter uses it, defaults filled in. */
export interface WebhookSettings {
  readonly url: string;
  readonly choice: EventChoice;
  readonly eventTypes: ReadonlySet<WebhookType>;
  readonly eventMap: Readonly<Record<string, string>>;
  readonly batchEventsMax: number;
}

/** The secret that Tidegate makes, and the one before it while both count. */
export const secretName = "signing_secret";
export const previousSecretName = "previous_signing_secret";

const urlCharsMax = 2_048;
const batchEventsDefault = 100;
const required = ["url"];
const closedNames = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/;

/** Whether a URL may be asked for; what its name resolves to is looked at with each request. */
function isReceiver(value: unknown, allowPrivate: boolean): boolean {
  if (typeof value !== "string" || value.length > urlCharsMax || !URL.canParse(value)) return false;
  const { protocol, username, password, hostname, hash } = new URL(value);
  if (username !== "" || password !== "" || hash !== "" || hostname === "") return false;
  if (allowPrivate) return protocol === "https:" || protocol === "http:";
  if (protocol !== "https:" || closedNames.test(hostname)) return false;
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) === 0 || isPublicAddress(bare);
}

/** What each member must be, in words that an answer may carry: they never repeat what was sent. */
function rulesFor(allowPrivate: boolean): SettingRules {
  const address = allowPrivate ? "an http or https address" : "an https address of a host of the public internet";
  const isType = (value: unknown) => (webhookTypes as readonly unknown[]).includes(value);
  return {
    url: { fits: (value) => isReceiver(value, allowPrivate), want: `${address}, without user, password or fragment` },
    ...choiceRules,
    event_types: { fits: listOf(webhookTypes.length, isType), want: `a list of ${webhookTypes.join(", ")}` },
    event_map: { fits: eventMap(isEventName), want: "an object: event name to the name that the receiver is told" },
    batch_events_max: {
      fits: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= relayBatchEventsMax,
      want: `a whole number from 1 to ${relayBatchEventsMax}`,
    },
    require_consent: trueOrFalse,
  };
}

/** Lists what is wrong with an integration's configuration before it is kept; its secret is made, not given. */
export function checkSettings(config: Config, allowPrivate: boolean): ConfigIssue[] {
  return checkMembers(config, rulesFor(allowPrivate), { required, vendorName: "webhook" });
}

/** Reads a configuration that was checked when it was kept; an address that no longer fits is an empty one. */
export function readSettings(config: Config, allowPrivate: boolean): WebhookSettings {
  const rules = rulesFor(allowPrivate);
  const take = <T>(name: string, fallback: T): T => takeMember(config, rules, name, fallback);
  return {
    url: take("url", ""),
    choice: readChoice(config),
    eventTypes: new Set(take<readonly WebhookType[]>("event_types", ["track", "page", "screen"])),
    eventMap: take("event_map", {}),
    batchEventsMax: take("batch_events_max", batchEventsDefault),
  };
}
