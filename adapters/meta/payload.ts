import { type Commerce, commerceOf, warningsOf } from "../../domain/mapping/commerce.ts";
import { originOf } from "../../domain/mapping/event-origin.ts";
import { toldPage } from "../../domain/mapping/told-page.ts";
import type { FrozenEvent } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { isObject } from "../../domain/model/json/json.ts";
import type { Prepared, Refusal } from "../../ports/destination.ts";
import { appDataOf } from "./app-data.ts";
import { type AppPlatform, appPlatformOf } from "./app-platform.ts";
import { customDataOf } from "./custom-data.ts";
import { limitedDataUse } from "./limited-data-use.ts";
import type { ActionSource, MetaSettings } from "./settings.ts";
import { identityFault, userDataOf } from "./user-data.ts";

const hourMs = 3_600_000;
/** Meta refuses what is older than seven days, and the whole batch with it; an hour covers the queue and the clocks. */
const eventAgeMsMax = 7 * 24 * hourMs - hourMs;
const physicalStoreAgeMsMax = 62 * 24 * hourMs - hourMs;

/** Where an event happened, with what Meta then insists on. */
interface Scene {
  readonly source: ActionSource;
  readonly pageUrl: string | null;
  readonly platform: AppPlatform | null;
}

/**
 * One event as Meta takes it, or why Meta would refuse it: one such event would cost its whole batch.
 *
 * Pure: name, id and time come from what was frozen, so each attempt says the same.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/server-event
 */
export function prepareEvent(settings: MetaSettings, event: StoredEvent, frozen: FrozenEvent, nowMs: number): Prepared {
  const scene = sceneOf(settings, event);
  const ageMsMax = scene.source === "physical_store" ? physicalStoreAgeMsMax : eventAgeMsMax;
  if (nowMs - frozen.vendorTimeSeconds * 1_000 > ageMsMax) return refuse("expired", "too_old");
  if (scene.source === "website" && scene.pageUrl === null) return refuse("quarantine", "page_url_missing");
  if (scene.source === "app" && scene.platform === null) return refuse("quarantine", "app_platform_unknown");

  const userData = userDataOf(event, settings, scene.source);
  const identity = identityFault(userData);
  if (identity !== null) return refuse("quarantine", identity);

  const commerce = commerceOf(event.properties);
  const fault = frozen.vendorEventName === "Purchase" ? purchaseFault(commerce) : null;
  if (fault !== null) return refuse("quarantine", fault);
  const customData = customDataOf(event.properties, commerce);

  const payload: Record<string, unknown> = {
    event_name: frozen.vendorEventName,
    event_time: frozen.vendorTimeSeconds,
    event_id: frozen.vendorEventId,
    action_source: scene.source,
  };
  if (scene.source === "website") {
    payload["event_source_url"] = scene.pageUrl;
    const referrer = toldPage(event, "referrer");
    if (referrer !== null) payload["referrer_url"] = referrer;
  }
  payload["user_data"] = userData;
  if (Object.keys(customData).length > 0) payload["custom_data"] = customData;
  if (scene.source === "app" && scene.platform) payload["app_data"] = appDataOf(event, scene.platform);
  if (settings.ldu) Object.assign(payload, limitedDataUse(event));
  return { ok: true, payload, ...warningsOf(commerce) };
}

/** Meta takes no purchase without value and currency; which of them can't be read is another fault than its absence. */
function purchaseFault({ value, currency, unclear }: Commerce): string | null {
  if (value === null) return unclear.includes("value") ? "purchase_value_unclear" : "purchase_value_missing";
  if (currency === null)
    return unclear.includes("currency") ? "purchase_currency_unclear" : "purchase_currency_missing";
  return null;
}

function refuse(kind: Refusal["kind"], code: string): Prepared {
  return { ok: false, refusal: { kind, code } };
}

/**
 * Told from the event unless the integration says it: a page's address makes a website, a phone's system an app.
 *
 * What has neither came from a server, unless it names an app, whose event Meta takes as an app's only with the
 * system's version.
 */
function sceneOf(settings: MetaSettings, event: StoredEvent): Scene {
  const pageUrl = toldPage(event, "url");
  const platform = originOf(event) === "web" ? null : appPlatformOf(event);
  if (settings.actionSource !== null) return { source: settings.actionSource, pageUrl, platform };
  if (pageUrl !== null) return { source: "website", pageUrl, platform };
  if (platform !== null) return { source: "app", pageUrl, platform };
  const source = isObject(event.context["app"]) ? "other" : "system_generated";
  return { source, pageUrl, platform };
}
