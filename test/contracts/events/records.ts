import { randomUUID } from "node:crypto";
import type { EventToStore, RecordToStore } from "../../../domain/model/event/stored-event.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";

/** When records of the suites are received unless they say otherwise. Units: milliseconds since the epoch. */
export const receivedAtMs = Math.floor(Date.now() / 1_000) * 1_000 - 5_000;

/** An event on its way into the store; its JSON says what its columns say. */
export function newEvent(rest: Partial<EventToStore> & { readonly json?: string } = {}): EventToStore {
  const event = {
    id: randomUUID(),
    messageId: randomUUID(),
    type: "track" as const,
    name: "Order Completed",
    userId: "user-1",
    anonymousId: null,
    timestampMs: receivedAtMs - 1_000,
    originalTimestampMs: null,
    deviceOs: "iOS",
    deviceModel: "iPhone15,2",
    country: "DE",
    region: "BE",
    advertising: "unknown" as const,
    analytics: "unknown" as const,
    emailSha256: null,
    phoneSha256: null,
    phoneE164Sha256: null,
    ...rest,
  };
  return { ...event, json: rest.json ?? envelopeOf(event) };
}

function envelopeOf(event: Omit<EventToStore, "json">): string {
  const { type, messageId, name, userId, anonymousId } = event;
  return JSON.stringify({
    type,
    ...(type === "track" ? { event: name } : { name }),
    messageId,
    ...(userId === null ? {} : { userId }),
    ...(anonymousId === null ? {} : { anonymousId }),
    timestamp: `${event.timestampMs}`,
    properties: { revenue: 12.5, 'say "hi"': "a\\b 😀" },
    context: { os: { name: "iOS" } },
    integrations: { All: true },
  });
}

/** A record of a tenant's source. */
export function newRecord(
  tenant: FirstTenant,
  events: readonly EventToStore[],
  rest: Partial<RecordToStore> = {},
): RecordToStore {
  return {
    id: randomUUID(),
    orgId: tenant.orgId,
    projectId: tenant.projectId,
    sourceId: tenant.sourceId,
    appId: tenant.appId,
    dataLayerVersion: 1,
    receivedAtMs,
    sentAtMs: null,
    dropped: {},
    events,
    ...rest,
  };
}
