import type { Integration } from "../../model/delivery.ts";
import type { EventType } from "../../model/event/event.ts";
import type { StoredEvent } from "../../model/event/stored-event.ts";
import { parseTimestamp } from "../../model/event/timestamp.ts";
import type { Sha256Hex } from "../../model/identity/identity.ts";
import { eventTimesOf } from "../../pipeline/steps/event-time.ts";
import type { EventReport } from "./dry-run-report.ts";

type Members = Readonly<Record<string, unknown>>;

const anyId = "00000000-0000-0000-0000-000000000000";
const knownMembers = ["type", "messageId", "event", "name", "userId", "anonymousId", "timestamp", "originalTimestamp"];
const ownMembers = [...knownMembers, "properties", "traits", "context"];

/** What the store would hand to the relay of an event that passed a trial: it was never stored, so its ids are none. */
export function storedFrom(
  report: EventReport,
  place: { readonly integration: Integration; readonly nowMs: number; readonly dataLayerVersion: number },
): StoredEvent {
  const output = membersOf(report.output);
  const context = membersOf(output["context"]);
  const [device, os, geo] = [membersOf(context["device"]), membersOf(context["os"]), membersOf(context["geo"])];
  const { integration, nowMs, dataLayerVersion } = place;
  const times = eventTimesOf({
    receivedAtMs: nowMs,
    sentAtMs: parseTimestamp(textOf(output["sentAt"])),
    timestamp: textOf(output["timestamp"]),
    originalTimestamp: textOf(output["originalTimestamp"]),
  });
  const { email_sha256: email, phone_sha256: phone, phone_e164_sha256: phoneE164 } = report.identity ?? {};
  const isNamed = output["type"] === "track" || output["type"] === "consent";
  return {
    id: anyId,
    orgId: integration.orgId,
    projectId: integration.projectId,
    sourceId: anyId,
    appId: "",
    messageId: textOf(output["messageId"]) ?? `dry-run-${report.index}`,
    type: output["type"] as EventType,
    name: isNamed ? textOf(output["event"]) : (textOf(output["name"]) ?? textOf(output["event"])),
    userId: textOf(output["userId"]),
    anonymousId: textOf(output["anonymousId"]),
    timestampMs: times.timestampMs,
    originalTimestampMs: times.originalTimestampMs,
    sentAtMs: null,
    receivedAtMs: nowMs,
    deviceOs: textOf(device["os"]) ?? textOf(os["name"]),
    deviceModel: textOf(device["model"]),
    country: textOf(geo["country"]),
    region: textOf(geo["region"]),
    sessionId: null,
    dataLayerVersion,
    emailSha256: (email ?? null) as Sha256Hex | null,
    phoneSha256: (phone ?? null) as Sha256Hex | null,
    phoneE164Sha256: (phoneE164 ?? null) as Sha256Hex | null,
    properties: membersOf(output["properties"]),
    traits: membersOf(output["traits"]),
    context,
    extra: Object.fromEntries(Object.entries(output).filter(([name]) => !ownMembers.includes(name))),
  };
}

function membersOf(value: unknown): Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "bigint"
      ? String(value)
      : null;
}
