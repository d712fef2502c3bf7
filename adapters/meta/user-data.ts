import { givenHash } from "../../domain/mapping/given-hash.ts";
import { type PersonKey, personIdOf, personOf } from "../../domain/mapping/person.ts";
import { allowsTracking } from "../../domain/mapping/tracking-status.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { isPlaceholderId } from "../../domain/model/identity/placeholder-id.ts";
import { objectAt, textAt } from "../../domain/model/json/json.ts";
import { fbcOf, fbpOf } from "./click-ids.ts";
import { type HashedField, hashFor } from "./normalise.ts";
import { reducedUserAgent } from "./reduced-user-agent.ts";
import type { ActionSource, MetaSettings } from "./settings.ts";

/** A person known only by members of one of these sets can't be matched: Meta refuses the event and its batch. */
const tooLittle: readonly ReadonlySet<string>[] = [
  new Set(["ct", "country", "st", "zp", "ge", "client_user_agent"]),
  new Set(["db", "client_user_agent"]),
  new Set(["fn", "ge"]),
  new Set(["ln", "ge"]),
];
const weakKeys: ReadonlySet<string> = new Set(tooLittle.flatMap((set) => [...set]));

/** What is known of the person, under Meta's names for it. */
const personFields: readonly (readonly [PersonKey, HashedField])[] = [
  ["firstName", "fn"],
  ["lastName", "ln"],
  ["birthday", "db"],
  ["gender", "ge"],
  ["city", "ct"],
  ["state", "st"],
  ["zip", "zp"],
  ["country", "country"],
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
  const userData: Record<string, string> = {};
  const add = (name: string, value: string | null) => {
    if (value !== null) userData[name] = value;
  };
  add("em", givenHash(event.emailSha256));
  add("ph", givenHash(event.phoneSha256));
  add("external_id", hashOrNull("external_id", personIdOf(event)));
  add("fbc", fbcOf(event));
  add("fbp", fbpOf(event));
  const person = personOf(event);
  for (const [key, field] of personFields) add(field, hashOrNull(field, person[key] ?? null));
  if (userData["country"] === undefined) add("country", hashOrNull("country", event.country));
  if (source === "app" && allowsTracking(event)) add("madid", advertisingIdOf(event));
  if (source === "website" && settings.clientUserAgent === "reduced") {
    add("client_user_agent", reducedUserAgent(event));
  }
  return userData;
}

/** Why Meta could not match such a person; null if it can. */
export function identityFault(userData: UserData): "user_data_missing" | "not_enough_user_data" | null {
  const keys = Object.keys(userData);
  if (keys.length === 0) return "user_data_missing";
  if (keys.some((key) => !weakKeys.has(key))) return null;
  return tooLittle.some((set) => keys.every((key) => set.has(key))) ? "not_enough_user_data" : null;
}

function hashOrNull(field: HashedField, value: string | null): string | null {
  return value === null ? null : hashFor(field, value);
}

/** The advertising id of a phone whose owner allowed tracking; one of zeros is nobody's. */
function advertisingIdOf(event: StoredEvent): string | null {
  const id = textAt(objectAt(event.context, "device"), "advertisingId", "idfa", "gaid");
  return id !== null && advertisingIdPattern.test(id) && !isPlaceholderId(id) ? id : null;
}
