/** Month, day, time of day, zone. */
const isoDate = /^(\d{4}-\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?) ?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;
/** Every month has so many days; engines take a later one that a month lacks for one of the next. */
const surelyDay = 28;
/** Fewer digits are a year or a date without separators, and no time of an event. */
const unixTime = /^(?:0|\d{9,})(?:\.\d+)?$/;
const millisecondsFrom = 100_000_000_000;

/**
 * Reads a timestamp as SDKs and databases write it: ISO 8601 text, or Unix time as a number or digits.
 *
 * Units: milliseconds since the epoch; a number below 100,000,000,000 is taken as seconds. Null if it is neither.
 */
export function parseTimestamp(text: string | null): number | null {
  if (text === null || text === "") return null;
  if (unixTime.test(text)) {
    const value = Number(text);
    const ms = value < millisecondsFrom ? value * 1000 : value;
    return inRange(Math.round(ms));
  }
  const [, month, day, time = "00:00", zone = "Z"] = isoDate.exec(text) ?? [];
  if (month === undefined || day === undefined) return null;
  if (Number(day) > surelyDay && new Date(`${month}-${day}`).getUTCDate() !== Number(day)) return null;
  const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone;
  return inRange(Date.parse(`${month}-${day}T${time.replace(",", ".")}${offset}`));
}

const earliestMs = Date.UTC(1970, 0, 1);
const latestMs = Date.UTC(2200, 0, 1);

function inRange(ms: number): number | null {
  return Number.isFinite(ms) && ms >= earliestMs && ms < latestMs ? ms : null;
}

/** The clocks of one event as they were sent and received. */
export interface EventClocks {
  readonly receivedAtMs: number;
  readonly sentAtMs: number | null;
  readonly originalMs: number | null;
}

/**
 * The event's time on our clock: what the device's clock was off by when it sent is taken out.
 *
 * An event without a readable time happened when it was received; none happens after it was received.
 * Source: Segment's spec, common fields, timestamps: timestamp = receivedAt − (sentAt − originalTimestamp).
 */
export function correctedTimeMs(clocks: EventClocks): number {
  const { receivedAtMs, sentAtMs, originalMs } = clocks;
  if (originalMs === null) return receivedAtMs;
  const corrected = sentAtMs === null ? originalMs : receivedAtMs - (sentAtMs - originalMs);
  return Math.min(receivedAtMs, Math.max(corrected, earliestMs));
}
