import { createHash } from "node:crypto";
import { sessionEventNames, sessionMessageId } from "../../../domain/model/session.ts";
import type { Arrival } from "./store-events.ts";

type Told = keyof typeof sessionEventNames;

/**
 * An id that the same parts always give, whoever asks.
 *
 * Shape: UUID of version 8, its free bits the first of a SHA-256.
 * Source: RFC 9562, section 5.8 and appendix B.2.
 */
export function uuidOf(...parts: readonly (string | number)[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest().subarray(0, 16);
  digest[6] = ((digest[6] as number) & 0x0f) | 0x80;
  digest[8] = ((digest[8] as number) & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The id of the session that an event opens: from its key, time and visitor, so that a messageId used again is new. */
export function sessionIdOf({ record, event }: Arrival, visitor: string): string {
  return uuidOf("session", record.projectId, visitor, record.sourceId, event.messageId, event.timestampMs);
}

/** Ids of an event that Tidegate itself adds to a session. */
export function sessionEventIds(sessionId: string, told: Told): { readonly id: string; readonly messageId: string } {
  return { id: uuidOf("session event", told, sessionId), messageId: sessionMessageId(sessionId, told) };
}

/** What tells that a session started: at the time of the event that opened it, in its context, in its name. */
export function startedEvent({ record, event }: Arrival, sessionId: string): Arrival {
  const ids = sessionEventIds(sessionId, "started");
  const told = { type: "track" as const, name: sessionEventNames.started, originalTimestampMs: null };
  return { record, event: { ...event, ...ids, ...told } };
}
