import type { Integration, Vendor } from "./delivery.ts";
import type { StoredEvent } from "./stored-event.ts";

/** What senders call a vendor's integration, in the form of `plainName`. Source: catalogues of Segment, RudderStack. */
const vendorNames: Readonly<Record<Vendor, readonly string[]>> = {
  meta: ["meta", "metaconversionsapi", "facebook", "facebookconversions", "facebookconversionsapi"],
  tiktok: ["tiktok", "tiktokads", "tiktokconversions", "tiktokconversionsapi", "tiktokeventsapi"],
  webhook: ["webhook", "webhooks"],
  apple: ["apple", "appleads", "applesearchads"],
};

/** Letters and digits alone: `Facebook Conversions API (Actions)` is `facebookconversionsapi`. */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace("(actions)", "")
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/**
 * Whether an event's sender lets it go to an integration.
 *
 * Shape: `integrations` of the event's top level, as Segment's SDKs and consent tools send it: by name `false`, `true`
 * or options, and `All` for those that are not named. Names are those of the vendor, the integration's own name or its
 * id. A `false` among several that mean the integration counts; an event without the object goes to all.
 */
export function isChosen(integration: Integration, event: Pick<StoredEvent, "extra">): boolean {
  const { integrations } = event.extra;
  if (typeof integrations !== "object" || integrations === null || Array.isArray(integrations)) return true;
  const own = new Set([...vendorNames[integration.vendor], plainName(integration.name), plainName(integration.id)]);
  const words = Object.entries(integrations).filter(([, word]) => word !== null);
  const named = words.filter(([name]) => own.has(plainName(name)));
  const chosen = named.length > 0 ? named : words.filter(([name]) => plainName(name) === "all");
  return chosen.every(([, word]) => word !== false);
}
