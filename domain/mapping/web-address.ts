import type { StoredEvent } from "../model/event/stored-event.ts";
import { type JsonObject, objectAt, textAt } from "../model/json/json.ts";

/** What vendors take of an address. Units: characters. */
export const addressCharsMax = 2_048;

/**
 * A web address without credentials, query and fragment, where sites put what is nobody else's business.
 *
 * What is told is cut out before it is measured: the longest query costs no event its page. A longer path is cut
 * between two segments.
 */
export function publicAddress(address: string | null): string | null {
  if (address === null) return null;
  const url = parsed(address.split(/[?#]/, 1)[0] as string);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return null;
  if (url.hostname === "" || url.origin.length >= addressCharsMax) return null;
  const plain = url.origin + url.pathname;
  if (plain.length <= addressCharsMax) return plain;
  return plain.slice(0, Math.max(url.origin.length + 1, plain.lastIndexOf("/", addressCharsMax)));
}

/** `URL.parse`, which the oldest Node that serves here has not. */
function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Keys of properties that hold a page's address: PostHog's, GA4's, and Segment's in page calls. */
const propertyKeys = {
  url: ["$current_url", "page_location", "page_url", "pageUrl"],
  referrer: ["$referrer", "page_referrer"],
} as const;

/** The page an event happened on, or was come to from, without what is nobody else's business. */
export function pageAddress(event: StoredEvent, key: "url" | "referrer"): string | null {
  for (const address of pageTexts(event, key)) {
    const found = publicAddress(address);
    if (found !== null) return found;
  }
  return null;
}

/** All that an event says of a page's address, as it was sent. */
export function pageTexts(event: StoredEvent, key: "url" | "referrer"): string[] {
  const { context, properties } = event;
  const places: readonly (readonly [JsonObject, readonly string[]])[] = [
    [objectAt(context, "page"), [key]],
    [properties, [...propertyKeys[key], ...(event.type === "page" ? [key] : [])]],
  ];
  return places.flatMap(([place, names]) => names.map((name) => textAt(place, name)).filter((text) => text !== null));
}
