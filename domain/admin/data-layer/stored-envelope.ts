import type { StoredEvent } from "../../model/event/stored-event.ts";

type Envelope = Readonly<Record<string, unknown>>;

/** A stored event as the envelope it came from, as far as it is kept: what a data layer can be tried on again. */
export function storedEnvelope(event: StoredEvent): Envelope {
  const { extra, type, messageId, name, userId, anonymousId, properties, traits, context } = event;
  const isNamed = type === "track" || type === "consent";
  const envelope = {
    ...extra,
    type,
    messageId,
    event: isNamed ? name : null,
    name: isNamed ? null : name,
    userId,
    anonymousId,
    timestamp: isoTime(event.timestampMs),
    originalTimestamp: isoTime(event.originalTimestampMs),
    properties: whereFilled(properties),
    traits: whereFilled(traits),
    context: whereFilled(context),
  };
  return Object.fromEntries(Object.entries(envelope).filter(([, value]) => value !== null));
}

function whereFilled(members: Envelope): Envelope | null {
  return Object.keys(members).length === 0 ? null : members;
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
