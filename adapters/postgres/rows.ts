import type { Selectable } from "kysely";
import type { Integration } from "../../domain/model/delivery.ts";
import type { StoredEvent } from "../../domain/model/event/stored-event.ts";
import { withDoubles } from "../../domain/model/json/exact-json.ts";
import type { Source } from "../../domain/model/tenant.ts";
import type { Database } from "./database.ts";

type Members = Readonly<Record<string, unknown>>;

/** A row of `sources` as the model has it. */
export function sourceOf(row: Selectable<Database["sources"]>): Source {
  return {
    id: row.source_id,
    orgId: row.org_id,
    projectId: row.project_id,
    name: row.name,
    kind: row.kind,
    writeKey: row.write_key,
    appId: row.app_id,
    defaultCallingCode: row.default_calling_code,
    enabled: row.enabled,
    dialect: row.dialect,
    eventsPerSecondMax: row.events_per_second_max,
    previousWriteKeyUntilMs: row.previous_write_key_until,
  };
}

/** A row of `integrations` as the model has it. */
export function integrationOf(row: Selectable<Database["integrations"]>): Integration {
  return {
    id: row.integration_id,
    orgId: row.org_id,
    projectId: row.project_id,
    vendor: row.vendor,
    name: row.name,
    enabled: row.enabled,
    pausedAtMs: row.paused_at,
    version: row.version,
    config: withDoubles(row.config),
    sealedSecrets: row.sealed_secrets,
  };
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member that should be an object and is none stays readable, as sent, among what else was sent. */
function membersOf(row: StoredEventRow): Pick<StoredEvent, "properties" | "traits" | "context" | "extra"> {
  const { properties, traits, context } = row as Record<"properties" | "traits" | "context", unknown>;
  const odd: Record<string, unknown> = {};
  for (const [name, value] of Object.entries({ properties, traits, context })) {
    if (value !== null && !isMembers(value)) odd[name] = value;
  }
  return {
    properties: isMembers(properties) ? properties : {},
    traits: isMembers(traits) ? traits : {},
    context: isMembers(context) ? context : {},
    extra: { ...row.extra, ...odd },
  };
}

/** What of a row of `sdk_events` makes a stored event. */
export type StoredEventRow = Omit<Selectable<Database["sdk_events"]>, "advertising" | "analytics">;

/** A row of `sdk_events` as the model has it. */
export function storedEventOf(row: StoredEventRow): StoredEvent {
  return {
    id: row.event_id,
    orgId: row.org_id,
    projectId: row.project_id,
    sourceId: row.source_id,
    appId: row.app_id,
    messageId: row.message_id,
    type: row.type,
    name: row.name,
    userId: row.user_id,
    anonymousId: row.anonymous_id,
    timestampMs: row.timestamp,
    originalTimestampMs: row.original_timestamp,
    sentAtMs: row.sent_at,
    receivedAtMs: row.received_at,
    deviceOs: row.device_os,
    deviceModel: row.device_model,
    country: row.country,
    region: row.region,
    sessionId: row.session_id,
    dataLayerVersion: row.data_layer_version,
    emailSha256: row.email_sha256,
    phoneSha256: row.phone_sha256,
    phoneE164Sha256: row.phone_e164_sha256,
    ...membersOf(row),
  };
}
