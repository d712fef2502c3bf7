import { createHash, createHmac } from "node:crypto";
import { lookup } from "node:dns/promises";
import type { FrozenEvent, Integration, SendResult } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { type Result, succeed } from "../../domain/model/failure.ts";
import { writeExact } from "../../domain/model/json/exact-json.ts";
import { relayBatchEventsMax } from "../../domain/model/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Destination } from "../../ports/destination.ts";
import { classifyOutcome } from "./classify-outcome.ts";
import { isDeclined, isRelayed, webhookNameOf } from "./event-name.ts";
import { prepareEvent, type WebhookEvent } from "./payload.ts";
import { createPinnedPost, type Resolve } from "./pinned-post.ts";
import { checkSettings, previousSecretName, readSettings, secretName, type WebhookSettings } from "./settings.ts";

const timeoutMsDefault = 10_000;
const deliveryIdChars = 32;
const secondMs = 1_000;
const previousForm = /^(\d{1,16})\.(.+)$/s;

export interface WebhookOptions {
  readonly clock: Clock;
  /** Lets receivers be http and private: for tests, and for an operator whose receivers stand in the own network. */
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
  readonly resolve?: Resolve;
  /** Certificates trusted instead of the system's. Shape: PEM. */
  readonly trusted?: string;
}

/**
 * Opens customers' own receivers as a destination: signed JSON, over connections to the public internet only.
 *
 * Shape: `POST {"events":[…]}` with `X-Tidegate-Signature`, `X-Tidegate-Timestamp`, `X-Tidegate-Delivery`.
 */
export function openWebhook(options: WebhookOptions): Destination {
  const { clock, allowPrivate, timeoutMs = timeoutMsDefault, trusted } = options;
  const resolve = options.resolve ?? ((hostname) => lookup(hostname, { all: true }));
  const post = createPinnedPost({ resolve, allowPrivate, timeoutMs, ...(trusted === undefined ? {} : { trusted }) });

  /** Read once for each configuration: `relays` is asked of every event that is stored. */
  const read = new WeakMap<Integration["config"], WebhookSettings>();

  function settingsOf({ config }: Integration): WebhookSettings {
    const settings = read.get(config) ?? readSettings(config, allowPrivate);
    read.set(config, settings);
    return settings;
  }

  async function send(
    integration: Integration,
    secrets: Readonly<Record<string, string>>,
    payloads: readonly unknown[],
  ): Promise<SendResult> {
    const nowMs = clock.nowMs();
    const { url } = settingsOf(integration);
    if (url === "") return classifyOutcome({ kind: "refused" }, payloads.length, nowMs);
    if (!secrets[secretName]) return classifyOutcome({ kind: "unsigned" }, payloads.length, nowMs);
    const timestamp = String(Math.floor(nowMs / secondMs));
    const body = writeExact({ events: payloads });
    const headers = {
      "content-type": "application/json",
      "user-agent": "Tidegate",
      "x-tidegate-timestamp": timestamp,
      "x-tidegate-signature": signaturesOf(secretsThatCount(secrets, nowMs), timestamp, body),
      "x-tidegate-delivery": deliveryIdOf(integration.id, payloads as readonly WebhookEvent[]),
    };
    return classifyOutcome(await post({ url, headers, body }), payloads.length, clock.nowMs());
  }

  return {
    vendor: "webhook",
    batchEventsMax: relayBatchEventsMax,
    batchEventsMaxOf: (integration) => settingsOf(integration).batchEventsMax,
    verificationName: "Tidegate Verification",
    secretNames: [secretName],
    mintedSecret: { name: secretName, previousName: previousSecretName, prefix: "whsec_" },
    checkConfig: (config) => checkSettings(config, allowPrivate),
    relays: (integration, event) => isRelayed(settingsOf(integration), event),
    declines: (integration, event) => isDeclined(settingsOf(integration), event),
    applies: () => true,
    freeze: (integration, event) => freeze(settingsOf(integration), event),
    prepare: (_integration, event, frozen, nowMs) => prepareEvent(event, frozen, nowMs),
    send,
  };
}

function freeze(settings: WebhookSettings, event: StoredEvent): Result<FrozenEvent> {
  return succeed({
    eventId: event.id,
    vendorEventName: webhookNameOf(settings, event),
    vendorEventId: event.messageId,
    vendorTimeSeconds: Math.floor(event.timestampMs / secondMs),
  });
}

/** The current secret, and the one before it until its time is over. */
function secretsThatCount(secrets: Readonly<Record<string, string>>, nowMs: number): string[] {
  const [, until = "0", previous = ""] = previousForm.exec(secrets[previousSecretName] ?? "") ?? [];
  return [secrets[secretName] as string, ...(Number(until) > nowMs ? [previous] : [])];
}

/** One signature for each secret that counts, the current one's first: a receiver takes a request if any is right. */
function signaturesOf(secrets: readonly string[], timestamp: string, body: string): string {
  const signed = secrets.map((secret) => createHmac("sha256", secret).update(`${timestamp}.`).update(body));
  return signed.map((hmac) => `sha256=${hmac.digest("hex")}`).join(",");
}

/** The id of a delivery: the same events for the same receiver have the same one, on every attempt. */
function deliveryIdOf(integrationId: string, events: readonly WebhookEvent[]): string {
  const hash = createHash("sha256").update(integrationId);
  for (const { id } of events) hash.update(`\n${id}`);
  return `whd_${hash.digest("hex").slice(0, deliveryIdChars)}`;
}
