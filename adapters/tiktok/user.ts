import { carriedId, parameterOf } from "../../domain/mapping/click-ids.ts";
import { givenHash } from "../../domain/mapping/given-hash.ts";
import { personIdOf, personOf } from "../../domain/mapping/person.ts";
import { trackingStatusOf } from "../../domain/mapping/tracking-status.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { isPlaceholderId } from "../../domain/model/identity/placeholder-id.ts";
import { textAt } from "../../domain/model/json/json.ts";
import { hashFor } from "./hash.ts";
import type { EventSource } from "./standard-names.ts";

/** TikTok states no bound for its ids; this one keeps what is certainly none of them out of the request. */
const clickIdPattern = /^[\x21-\x3f\x41-\x7e]{1,2048}$/;
const localePattern = /^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}$/;

/**
 * Whom an event is about, in what TikTok can match: hashes, TikTok's own ids, and nothing raw.
 *
 * Email and phone come from the identity block alone, so that a redacted one can't come back by another way; the
 * phone is the form with the plus, which Meta's hash is not. City and state, which TikTok takes in clear only, are
 * left out, as are address and user agent, which are not kept.
 * Source: https://business-api.tiktok.com/portal/docs?id=1771101151059969
 */
export function userOf(event: StoredEvent, source: EventSource): Record<string, string> {
  const person = personOf(event);
  const user: Record<string, string | null> = {
    email: givenHash(event.emailSha256),
    phone: givenHash(event.phoneE164Sha256),
    external_id: hashFor("plain", personIdOf(event)),
    first_name: hashFor("name", person.firstName ?? null),
    last_name: hashFor("name", person.lastName ?? null),
    zip_code: hashFor("zip", person.zip ?? null),
    ttclid: carriedId(event, "ttclid", ownId) ?? parameterOf(event, "ttclid", ownId),
    ttp: carriedId(event, "ttp", ownId),
    locale: fitting(localePattern, textAt(event.context, "locale")),
    att_status: source === "app" ? (trackingStatusOf(event)?.toUpperCase() ?? null) : null,
  };
  return Object.fromEntries(Object.entries(user).filter((entry): entry is [string, string] => entry[1] !== null));
}

/** One of TikTok's ids, its case kept; what a page wrote where it had none is nobody's. */
function ownId(text: string): string | null {
  return isPlaceholderId(text) ? null : fitting(clickIdPattern, text);
}

function fitting(pattern: RegExp, text: string | null): string | null {
  return text !== null && pattern.test(text) ? text : null;
}
