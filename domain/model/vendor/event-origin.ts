import { objectAt, textAt } from "../json.ts";
import type { StoredEvent } from "../stored-event.ts";
import { pageAddress } from "./web-address.ts";

/**
 * Where an event certainly happened, as far as its context says: a website's names its page, an app's its app.
 *
 * Null where it names both, as in an app's web view, or neither: then it may be either.
 */
export function originOf(event: StoredEvent): "web" | "app" | null {
  const isOnPage = pageAddress(event, "url") !== null;
  const isInApp = textAt(objectAt(event.context, "app"), "namespace", "bundleId", "id", "name") !== null;
  if (isOnPage === isInApp) return null;
  return isOnPage ? "web" : "app";
}
