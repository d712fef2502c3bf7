import { originOf } from "../../domain/mapping/event-origin.ts";
import type { FrozenEvent, Integration } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import { writeExact } from "../../domain/model/json/exact-json.ts";
import { relayBatchEventsMax } from "../../domain/model/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Destination } from "../../ports/destination.ts";
import { type Fetch, postOnce, type VendorRequest } from "../vendor-http/request.ts";
import { classifyAnswer } from "./classify-answer.ts";
import { isDeclined, isRelayed, tiktokNameOf } from "./event-name.ts";
import { prepareEvent } from "./payload.ts";
import { checkSettings, readSettings, secretNames, type TiktokSettings } from "./settings.ts";

const timeoutMsDefault = 10_000;
const trackPath = "/open_api/v1.3/event/track/";

export interface TiktokOptions {
  /** Where TikTok's API is, without a path: `https://business-api.tiktok.com`, or a simulator. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
  readonly fetch?: Fetch;
}

/**
 * Opens TikTok's Events API as a destination, for pixels and for apps.
 *
 * Source: https://business-api.tiktok.com/portal/docs?id=1771101303285761
 */
export function openTiktok(options: TiktokOptions): Destination {
  const { clock, timeoutMs = timeoutMsDefault, fetch: fetchAnswer = fetch } = options;
  const url = options.baseUrl.replace(/\/+$/, "") + trackPath;

  /** Read once for each configuration: `relays` is asked of every event that is stored. */
  const read = new WeakMap<Integration["config"], TiktokSettings>();

  function settingsOf({ config }: Integration): TiktokSettings {
    const settings = read.get(config) ?? readSettings(config);
    read.set(config, settings);
    return settings;
  }

  function freeze(settings: TiktokSettings, event: StoredEvent): Result<FrozenEvent> {
    const vendorEventName = tiktokNameOf(settings, event);
    if (vendorEventName === null) return fail("event_name_unmappable", { retry: "never" });
    return succeed({
      eventId: event.id,
      vendorEventName,
      vendorEventId: event.messageId,
      vendorTimeSeconds: Math.floor(event.timestampMs / 1_000),
    });
  }

  function requestOf(settings: TiktokSettings, accessToken: string, payloads: readonly unknown[]): VendorRequest {
    const testCode = settings.testEventCode === null ? {} : { test_event_code: settings.testEventCode };
    const source = { event_source: settings.eventSource, event_source_id: settings.eventSourceId };
    const headers = { "access-token": accessToken };
    return { url, headers, body: writeExact({ ...source, ...testCode, data: payloads }) };
  }

  return {
    vendor: "tiktok",
    batchEventsMax: relayBatchEventsMax,
    verificationName: "ViewContent",
    secretNames,
    checkConfig: checkSettings,
    relays: (integration, event) => isRelayed(settingsOf(integration), event),
    declines: (integration, event) => isDeclined(settingsOf(integration), event),
    applies: (integration, event) =>
      originOf(event) !== (settingsOf(integration).eventSource === "web" ? "app" : "web"),
    freeze: (integration, event) => freeze(settingsOf(integration), event),
    prepare: (integration, event, frozen, nowMs) => prepareEvent(settingsOf(integration), event, frozen, nowMs),
    send(integration, secrets, payloads) {
      const request = requestOf(settingsOf(integration), secrets["access_token"] ?? "", payloads);
      return postOnce(fetchAnswer, request, timeoutMs, (answer) =>
        classifyAnswer(answer, payloads.length, clock.nowMs()),
      );
    },
  };
}
