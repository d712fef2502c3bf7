import { commerceOf, warningsOf } from "../../domain/mapping/commerce.ts";
import { toldPage } from "../../domain/mapping/told-page.ts";
import { toldText } from "../../domain/mapping/told-text.ts";
import type { FrozenEvent } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { objectAt, textAt } from "../../domain/model/json/json.ts";
import type { Prepared, Refusal } from "../../ports/destination.ts";
import { propertiesOf } from "./properties.ts";
import type { TiktokSettings } from "./settings.ts";
import { userOf } from "./user.ts";

const hourMs = 3_600_000;
/** TikTok documents no bound for web and app; attribution ends after a week, and the hour covers queue and clocks. */
const eventAgeMsMax = 7 * 24 * hourMs - hourMs;

/**
 * One event as TikTok takes it, or why TikTok would refuse it: one such event would cost its whole batch.
 *
 * Pure: name, id and time come from what was frozen, so each attempt says the same.
 * Source: https://business-api.tiktok.com/portal/docs?id=1771101303285761
 */
export function prepareEvent(
  settings: TiktokSettings,
  event: StoredEvent,
  frozen: FrozenEvent,
  nowMs: number,
): Prepared {
  if (nowMs - frozen.vendorTimeSeconds * 1_000 > eventAgeMsMax) return refuse("expired", "too_old");
  const scene = settings.eventSource === "web" ? pageOf(event) : appOf(event);
  if (typeof scene === "string") return refuse("quarantine", scene);
  const commerce = commerceOf(event.properties);
  const properties = propertiesOf(commerce);
  const payload = {
    event: frozen.vendorEventName,
    event_time: frozen.vendorTimeSeconds,
    event_id: frozen.vendorEventId,
    user: userOf(event, settings.eventSource),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...scene,
    ...(settings.limitedDataUse ? { limited_data_use: true } : {}),
  };
  return { ok: true, payload, ...warningsOf(commerce) };
}

function refuse(kind: Refusal["kind"], code: string): Prepared {
  return { ok: false, refusal: { kind, code } };
}

/** The page that TikTok insists on for the web, or the code of its absence. */
function pageOf(event: StoredEvent): Record<string, unknown> | "page_url_missing" {
  const url = toldPage(event, "url");
  if (url === null) return "page_url_missing";
  const referrer = toldPage(event, "referrer");
  return { page: { url, ...(referrer === null ? {} : { referrer }) } };
}

/** The app that TikTok insists on for apps, or the code of its absence; the store's id comes first. */
function appOf(event: StoredEvent): Record<string, unknown> | "app_id_missing" {
  const app = objectAt(event.context, "app");
  const id = toldText(textAt(app, "namespace", "bundleId", "id"), "id", true);
  if (id === null) return "app_id_missing";
  const name = toldText(textAt(app, "name"), "id", true);
  const version = toldText(textAt(app, "version"), "id", true);
  return {
    app: {
      app_id: id,
      ...(name === null ? {} : { app_name: name }),
      ...(version === null ? {} : { app_version: version }),
    },
  };
}
