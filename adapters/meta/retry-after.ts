import { isObject, own } from "./json.ts";

const secondMs = 1_000;
const minuteMs = 60_000;
const retryAfterMsMax = 24 * 60 * minuteMs;
const headerCharsMax = 16_384;

/**
 * How long Meta asks to be left alone: the longer of `Retry-After` and what its usage headers estimate.
 *
 * Units: milliseconds, a day at most; null if it asks for nothing.
 * Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function retryAfterOf(headers: Headers, nowMs: number): number | null {
  const asked = [retryHeaderMs(headers.get("retry-after"), nowMs), usageMs(headers.get("x-business-use-case-usage"))];
  const longest = Math.max(...asked);
  return longest > 0 ? Math.min(longest, retryAfterMsMax) : null;
}

function retryHeaderMs(value: string | null, nowMs: number): number {
  if (value === null) return 0;
  if (/^\d{1,9}$/.test(value)) return Number(value) * secondMs;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}

/** Shape: `{"<id>":[{"estimated_time_to_regain_access": minutes, …}]}`. */
function usageMs(value: string | null): number {
  if (value === null || value.length > headerCharsMax) return 0;
  try {
    const usage: unknown = JSON.parse(value);
    const entries = isObject(usage) ? Object.values(usage).flat() : [];
    const minutes = entries.map((entry) => (isObject(entry) ? own(entry, "estimated_time_to_regain_access") : 0));
    return Math.max(0, ...minutes.filter((estimate) => typeof estimate === "number")) * minuteMs;
  } catch {
    return 0;
  }
}
