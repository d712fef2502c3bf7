import { originOf } from "../../domain/mapping/event-origin.ts";
import type { FrozenEvent } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import { writeExact } from "../../domain/model/json/exact-json.ts";
import { relayBatchEventsMax } from "../../domain/model/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Destination } from "../../ports/destination.ts";
import { type Fetch, postOnce, type VendorRequest } from "../vendor-http/request.ts";
import { classifyAnswer } from "./classify-answer.ts";
import { isDeclined, isRelayed, metaNameOf } from "./event-name.ts";
import { prepareEvent } from "./payload.ts";
import { checkSettings, type MetaSettings, readSettings, secretNames } from "./settings.ts";

const timeoutMsDefault = 10_000;
const partnerAgent = "tidegate1.0";

export interface MetaOptions {
  /** Where the Graph API is, without a path: `https://graph.facebook.com`, or a simulator. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
  readonly fetch?: Fetch;
}

/**
 * Opens Meta's Conversions API as a destination.
 *
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api
 */
export function openMeta(options: MetaOptions): Destination {
  const { clock, timeoutMs = timeoutMsDefault, fetch: fetchAnswer = fetch } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, "");

  function freeze(settings: MetaSettings, event: StoredEvent): Result<FrozenEvent> {
    const vendorEventName = metaNameOf(settings, event);
    if (vendorEventName === null) return fail("event_name_unmappable", { retry: "never" });
    return succeed({
      eventId: event.id,
      vendorEventName,
      vendorEventId: event.messageId,
      vendorTimeSeconds: Math.floor(event.timestampMs / 1_000),
    });
  }

  function requestOf(settings: MetaSettings, accessToken: string, payloads: readonly unknown[]): VendorRequest {
    const testCode = settings.testEventCode === null ? {} : { test_event_code: settings.testEventCode };
    return {
      url: `${baseUrl}/${settings.apiVersion}/${encodeURIComponent(settings.pixelId)}/events`,
      headers: { authorization: `Bearer ${accessToken}` },
      body: writeExact({ data: payloads, ...testCode, partner_agent: partnerAgent }),
    };
  }

  return {
    vendor: "meta",
    batchEventsMax: relayBatchEventsMax,
    verificationName: "TidegateVerification",
    secretNames,
    checkConfig: checkSettings,
    relays: (integration, event) => isRelayed(readSettings(integration.config), event),
    declines: (integration, event) => isDeclined(readSettings(integration.config), event),
    applies: (integration, event) => applies(readSettings(integration.config), event),
    freeze: (integration, event) => freeze(readSettings(integration.config), event),
    prepare: (integration, event, frozen, nowMs) =>
      prepareEvent(readSettings(integration.config), event, frozen, nowMs),
    send(integration, secrets, payloads) {
      const request = requestOf(readSettings(integration.config), secrets["access_token"] ?? "", payloads);
      return postOnce(fetchAnswer, request, timeoutMs, (answer) => classifyAnswer(answer, clock.nowMs()));
    },
  };
}

/** An integration for websites takes nothing of an app's, one for apps nothing of a website's. */
function applies({ actionSource }: MetaSettings, event: StoredEvent): boolean {
  if (actionSource !== "website" && actionSource !== "app") return true;
  return originOf(event) !== (actionSource === "website" ? "app" : "web");
}
