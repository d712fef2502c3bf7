import type { Random } from "../../../ports/random.ts";
import { takeSealedToken } from "../../model/attribution.ts";
import { consentOf, type EventType, fieldText, identityHash, jsonText } from "../../model/event/event.ts";
import type { EventRecord } from "../../model/event/record.ts";
import type { EventToStore, RecordToStore } from "../../model/event/stored-event.ts";
import { parseTimestamp } from "../../model/event/timestamp.ts";
import type { Sha256Hex } from "../../model/identity/identity.ts";
import { type EventTimes, eventTimesOf } from "../steps/event-time.ts";

/** Makes the step that turns a record of the stream into what the store takes: columns from spans, the JSON as text. */
export function createUnpackStep(random: Pick<Random, "uuidv7">): (record: EventRecord) => RecordToStore {
  return function unpackRecord(record) {
    const { batch, messageIds, ...envelope } = record;
    const events: EventToStore[] = [];
    let unreadableTimes = 0;
    for (let index = 0; index < batch.count; index += 1) {
      const times = timesOf(record, index);
      if (times.unreadable.length > 0) unreadableTimes += 1;
      events.push(unpackEvent(record, index, random.uuidv7(), times));
    }
    return unreadableTimes === 0 ? { ...envelope, events } : { ...envelope, events, unreadableTimes };
  };
}

function timesOf({ batch, receivedAtMs, sentAtMs }: EventRecord, index: number): EventTimes {
  return eventTimesOf({
    receivedAtMs,
    sentAtMs: sentAtMs ?? parseTimestamp(fieldText(batch, index, "sentAt")),
    timestamp: fieldText(batch, index, "timestamp"),
    originalTimestamp: fieldText(batch, index, "originalTimestamp"),
  });
}

function unpackEvent(record: EventRecord, index: number, id: string, times: EventTimes): EventToStore {
  const { batch } = record;
  const text = (field: Parameters<typeof fieldText>[2]) => fieldText(batch, index, field);
  const hash = (name: Parameters<typeof identityHash>[2]) => identityHash(batch, index, name) as Sha256Hex | null;
  const type = text("type") as EventType;
  const { json, token } = takeSealedToken(jsonText(batch, index));
  return {
    id,
    messageId: record.messageIds[index] as string,
    type,
    name: type === "track" || type === "consent" ? text("event") : (text("name") ?? text("event")),
    userId: text("userId"),
    anonymousId: text("anonymousId"),
    emailSha256: hash("emailSha256"),
    phoneSha256: hash("phoneSha256"),
    phoneE164Sha256: hash("phoneE164Sha256"),
    json: withMark(json, times.unreadable),
    timestampMs: times.timestampMs,
    originalTimestampMs: times.originalTimestampMs,
    deviceOs: text("context.device.os") ?? text("context.os.name"),
    deviceModel: text("context.device.model"),
    country: text("context.geo.country"),
    region: text("context.geo.region"),
    advertising: consentOf(batch, index, "advertising"),
    analytics: consentOf(batch, index, "analytics"),
    ...(token === null ? {} : { attributionToken: token }),
  };
}

/** The member of a stored event that names the times it came with and that can't be read. */
const unreadableTimesMember = "unreadableTimes";

/** The event with that member at its end, where it goes before one of the sender's own. */
function withMark(json: string, unreadable: readonly string[]): string {
  if (unreadable.length === 0) return json;
  return `${json.slice(0, -1)},"${unreadableTimesMember}":${JSON.stringify(unreadable)}}`;
}
