import { eventTypes } from "../../../domain/model/event/event.ts";
import type { EventToStore, RecordToStore } from "../../../domain/model/event/stored-event.ts";
import { assert } from "../../../domain/model/failure.ts";
import { fieldBytesMax } from "../../../domain/model/limits.ts";
import { isUuid } from "../tenant-scope.ts";

/** Years 1 to 9999: what both a Date and a timestamptz hold. Units: milliseconds since the epoch. */
const timeMsMin = Date.UTC(2000, 0, 1) - 1_999 * 365.25 * 86_400_000;
const timeMsMax = Date.UTC(9999, 0, 1);
const versionMax = 2 ** 31 - 1;
const sha256Form = /^[0-9a-f]{64}$/;
const consents: readonly string[] = ["unknown", "granted", "denied"];
const types: readonly string[] = eventTypes;

function isTime(ms: number): boolean {
  return Number.isFinite(ms) && ms >= timeMsMin && ms <= timeMsMax;
}

/** Asserts what Tidegate itself wrote into a record: ids, times and a version of its own making. */
export function assertRecord(record: RecordToStore): void {
  const ids = [record.id, record.orgId, record.projectId, record.sourceId];
  assert(ids.every(isUuid), "an id of a record is no UUID");
  assert(isTime(record.receivedAtMs), "a record's time of receipt is out of range");
  const version = record.dataLayerVersion;
  assert(Number.isInteger(version) && version > 0 && version <= versionMax, "a record's version is out of range");
  assert(
    record.events.every((event) => isUuid(event.id)),
    "an event's id is no UUID",
  );
}

/**
 * Why Postgres would refuse an event, found out before it is sent there: its messages quote values.
 *
 * Shape: null if it can be stored, else the code of its dead letter.
 */
export function eventFault(event: EventToStore): string | null {
  if (!types.includes(event.type)) return "store_invalid_type";
  if (!isTime(event.timestampMs)) return "store_invalid_timestamp";
  if (event.originalTimestampMs !== null && !isTime(event.originalTimestampMs)) return "store_invalid_timestamp";
  if (!consents.includes(event.advertising) || !consents.includes(event.analytics)) return "store_invalid_consent";
  const hashes = [event.emailSha256, event.phoneSha256, event.phoneE164Sha256];
  if (!hashes.every((hash) => hash === null || sha256Form.test(hash))) return "store_invalid_hash";
  const texts = [event.name, event.deviceOs, event.deviceModel, event.country, event.region];
  const ids = [event.messageId, event.userId, event.anonymousId];
  if (![...texts, ...ids].every((text) => text === null || !text.includes("\0"))) return "store_invalid_text";
  return ids.every((id) => id === null || Buffer.byteLength(id) <= fieldBytesMax) ? null : "store_id_too_long";
}

/** A messageId that a dead letter can hold, or null. */
export function storableMessageId(messageId: string): string | null {
  return messageId.includes("\0") || Buffer.byteLength(messageId) > fieldBytesMax ? null : messageId;
}
