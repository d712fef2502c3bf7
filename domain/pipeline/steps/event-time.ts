import { parseTimestamp } from "../../model/event/timestamp.ts";

/** The times of one event as they were sent, and when it was received. */
export interface SentTimes {
  readonly receivedAtMs: number;
  /** The body's or the event's own, whichever can be read. */
  readonly sentAtMs: number | null;
  readonly timestamp: string | null;
  readonly originalTimestamp: string | null;
}

/** When an event happened, what its sender's clock said, and which of the times it came with can't be read. */
export interface EventTimes {
  readonly timestampMs: number;
  readonly originalTimestampMs: number | null;
  readonly unreadable: readonly ("timestamp" | "originalTimestamp")[];
}

/**
 * The event's time on our clock.
 *
 * Where a sender gives `timestamp` beside `originalTimestamp`, that is the event's time as it stands: its caller chose
 * it, or somebody has corrected it. One of them alone is what the device's clock said: what that was off by when it
 * sent is taken out. An event without a readable time happened when it was received; none happens after that.
 * Source: Segment's spec, common fields: timestamp = receivedAt − (sentAt − originalTimestamp); RudderStack's SDKs.
 */
export function eventTimesOf(sent: SentTimes): EventTimes {
  const { receivedAtMs, sentAtMs } = sent;
  const givenMs = parseTimestamp(sent.timestamp);
  const originalMs = parseTimestamp(sent.originalTimestamp);
  const unreadable = (["timestamp", "originalTimestamp"] as const).filter((name) => {
    return sent[name] && (name === "timestamp" ? givenMs : originalMs) === null;
  });
  const deviceMs = originalMs ?? givenMs;
  const isGiven = givenMs !== null && originalMs !== null;
  const skewMs = isGiven || deviceMs === null || sentAtMs === null ? null : receivedAtMs - sentAtMs;
  const happenedMs = isGiven ? givenMs : (deviceMs ?? receivedAtMs) + (skewMs ?? 0);
  const timestampMs = Math.min(receivedAtMs, Math.max(happenedMs, 0));
  return { timestampMs, originalTimestampMs: deviceMs, unreadable };
}
