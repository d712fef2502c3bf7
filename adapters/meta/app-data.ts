import { toldText } from "../../domain/mapping/told-text.ts";
import { allowsTracking } from "../../domain/mapping/tracking-status.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { objectAt, own, textAt } from "../../domain/model/json/json.ts";
import type { AppPlatform } from "./app-platform.ts";

const unknown = "";

/**
 * What Meta wants to know of the app and the device an event comes from.
 *
 * Shape: `extinfo` is exactly 16 strings, those that are not known empty. Carrier and storage are not
 * passed on, nor what names somebody.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/app-data
 */
export function appDataOf(event: StoredEvent, platform: AppPlatform): Record<string, unknown> {
  const { context } = event;
  const app = objectAt(context, "app");
  const screen = objectAt(context, "screen");
  const version = textAt(app, "version") ?? unknown;
  const extinfo = [
    platform.extinfoVersion,
    textAt(app, "namespace", "id", "bundleId") ?? unknown,
    version,
    textAt(app, "build") ?? version,
    platform.osVersion,
    textAt(objectAt(context, "device"), "model") ?? event.deviceModel ?? unknown,
    textAt(context, "locale")?.replace("-", "_") ?? unknown,
    unknown,
    unknown,
    textAt(screen, "width") ?? unknown,
    textAt(screen, "height") ?? unknown,
    textAt(screen, "density") ?? unknown,
    unknown,
    unknown,
    unknown,
    textAt(context, "timezone") ?? unknown,
  ];
  const told = extinfo.map((text) => (text === unknown ? text : (toldText(text, "id", true) ?? unknown)));
  return {
    advertiser_tracking_enabled: allowsTracking(event) ? 1 : 0,
    application_tracking_enabled: own(objectAt(context, "device"), "applicationTrackingEnabled") === false ? 0 : 1,
    extinfo: told,
  };
}
