import type { StoredEvent } from "../../domain/model/stored-event.ts";
import { allowsTracking } from "./app-platform.ts";
import { fbcOf, fbpOf } from "./click-ids.ts";
import { type JsonObject, objectAt, textAt, textOf } from "./json.ts";
import { hashFor } from "./normalise.ts";
import { foldKey, matchKeys } from "./personal-keys.ts";
import { reducedUserAgent } from "./reduced-user-agent.ts";
import type { ActionSource, MetaSettings } from "./settings.ts";

/** A person known only by members of one of these sets can't be matched: Meta refuses the event and its batch. */
const tooLittle: readonly ReadonlySet<string>[] = [
  new Set(["ct", "country", "st", "zp", "ge", "client_user_agent"]),
  new Set(["db", "client_user_agent"]),
  new Set(["fn", "ge"]),
  new Set(["ln", "ge"]),
];

const advertisingIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type UserData = Readonly<Record<string, string>>;

/**
 * Whom an event is about, in what Meta can match: hashes, Meta's own cookies, and nothing raw.
 *
 * Email and phone come from the identity block alone, so that a redacted one can't come back by another way.
 * Source: the Conversions API's page "Customer information parameters" on developers.facebook.com
 */
export function userDataOf(event: StoredEvent, settings: MetaSettings, source: ActionSource): UserData {
  const userData: Record<string, string | null> = {
    em: event.emailSha256,
    ph: event.phoneSha256,
    external_id: hashOrNull("external_id", textOf(event.userId) ?? textOf(event.anonymousId)),
    fbc: fbcOf(event),
    fbp: fbpOf(event),
  };
  const traits = foldedTraits(event);
  for (const [field, keys] of Object.entries(matchKeys)) {
    const given = keys.map((key) => traits.get(key)).find((value) => value !== undefined) ?? null;
    userData[field] = hashOrNull(field as keyof typeof matchKeys, given);
  }
  userData["country"] ??= hashOrNull("country", event.country);
  if (source === "app" && allowsTracking(event)) userData["madid"] = advertisingIdOf(event);
  if (source === "website" && settings.clientUserAgent === "reduced")
    userData["client_user_agent"] = reducedUserAgent(event);
  return Object.fromEntries(Object.entries(userData).filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Why Meta could not match such a person; null if it can. */
export function identityFault(userData: UserData): "user_data_missing" | "not_enough_user_data" | null {
  const keys = Object.keys(userData);
  if (keys.length === 0) return "user_data_missing";
  return tooLittle.some((set) => keys.every((key) => set.has(key))) ? "not_enough_user_data" : null;
}

function hashOrNull(field: Parameters<typeof hashFor>[0], value: string | null): string | null {
  return value === null ? null : hashFor(field, value);
}

/** The advertising id of a phone whose owner allowed tracking; the id of all zeros is nobody's. */
function advertisingIdOf(event: StoredEvent): string | null {
  const id = textAt(objectAt(event.context, "device"), "advertisingId", "idfa", "gaid");
  return id !== null && advertisingIdPattern.test(id) && /[1-9a-f]/i.test(id) ? id : null;
}

/**
 * What the event says of the person, folded keys to text; traits win over properties, both over their addresses.
 *
 * A `state` among the properties is more often an order's than a person's, and is not read.
 */
function foldedTraits(event: StoredEvent): ReadonlyMap<string, string> {
  const contextTraits = objectAt(event.context, "traits");
  const places: readonly JsonObject[] = [event.traits, contextTraits, event.properties];
  const folded = new Map<string, string>();
  for (const place of [...places, ...places.map((parent) => objectAt(parent, "address"))]) {
    for (const key of Object.keys(place)) {
      const text = textAt(place, key);
      if (place === event.properties && foldKey(key) === "state") continue;
      if (text !== null && !folded.has(foldKey(key))) folded.set(foldKey(key), text);
    }
  }
  return folded;
}
