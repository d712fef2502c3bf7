import { isObject, own } from "../../domain/model/json.ts";
import { retryAfterMs, retryAfterMsMax } from "../../domain/model/vendor/retry-after.ts";

const minuteMs = 60_000;
const headerCharsMax = 16_384;

/**
 * How long Meta asks to be left alone: the longer of `Retry-After` and what its usage headers estimate.
 *
 * Units: milliseconds, a day at most; null if it asks for nothing.
 * Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function retryAfterOf(headers: Headers, nowMs: number): number | null {
  const asked = [retryAfterMs(headers, nowMs), usageMs(headers.get("x-business-use-case-usage"))];
  const longest = Math.max(...asked);
  return longest > 0 ? Math.min(longest, retryAfterMsMax) : null;
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
