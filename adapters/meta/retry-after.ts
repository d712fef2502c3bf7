import { retryAfterMs, retryAfterMsMax } from "../vendor-http/retry-after.ts";
import { usageOf } from "./usage.ts";

/**
 * How long Meta asks to be left alone: the longer of `Retry-After` and what its usage headers estimate.
 *
 * Units: milliseconds, a day at most; null if it asks for nothing.
 */
export function retryAfterOf(headers: Headers, nowMs: number): number | null {
  const longest = Math.max(retryAfterMs(headers, nowMs), usageOf(headers)?.regainMs ?? 0);
  return longest > 0 ? Math.min(longest, retryAfterMsMax) : null;
}
