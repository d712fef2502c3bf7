import type { StoredEvent } from "../model/event/stored-event.ts";
import { objectAt, textAt } from "../model/json/json.ts";
import { pageAddress } from "./web-address.ts";

/** Words of SDKs for where they run. Source: Segment's spec (`browser`, `mobile`), RudderStack (`web`, `mobile`). */
const channels: Readonly<Record<string, "web" | "app">> = { web: "web", browser: "web", mobile: "app" };

/**
 * Where an event certainly happened: the SDK's own word (`channel`) decides, then a page makes it a website's, then an
 * app an app's. RudderStack's browser SDK names itself as an app, and a page inside an app is a page.
 *
 * Null where nothing tells: then it may be either.
 */
export function originOf(event: StoredEvent): "web" | "app" | null {
  const channel = (textAt(event.extra, "channel") ?? textAt(event.context, "channel"))?.toLowerCase() ?? "";
  if (Object.hasOwn(channels, channel)) return channels[channel] as "web" | "app";
  if (event.type === "page" || pageAddress(event, "url") !== null) return "web";
  return textAt(objectAt(event.context, "app"), "namespace", "bundleId", "id", "name") !== null ? "app" : null;
}
