import type { VendorUsage } from "../../domain/model/delivery.ts";
import { isObject, own } from "../../domain/model/json/json.ts";
import { retryAfterMsMax } from "../vendor-http/retry-after.ts";

const minuteMs = 60_000;
const headerCharsMax = 16_384;
const percentMax = 1_000;
const shares = ["call_count", "total_cputime", "total_time", "acc_id_util_pct"];

/**
 * What Meta's usage headers say is used of the quota, the worst of them all; undefined if they say nothing.
 *
 * Shape: `x-business-use-case-usage` is `{"<id>":[{"call_count": percent, …, "estimated_time_to_regain_access":
 * minutes}]}`, `x-app-usage` and `x-ad-account-usage` are one such object each. Units: the estimate is a day at most.
 * Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export function usageOf(headers: Headers): VendorUsage | undefined {
  const business = objectOf(headers.get("x-business-use-case-usage"));
  const others = ["x-app-usage", "x-ad-account-usage"].map((name) => objectOf(headers.get(name)));
  const entries = [...Object.values(business).flat(), ...others].filter(isObject);
  const used = entries.flatMap((entry) => shares.map((share) => own(entry, share)).filter(isAmount));
  const estimates = entries.map((entry) => own(entry, "estimated_time_to_regain_access")).filter(isAmount);
  if (used.length === 0 && estimates.length === 0) return undefined;
  const usedPercent = Math.min(percentMax, Math.round(Math.max(0, ...used)));
  return { usedPercent, regainMs: Math.min(retryAfterMsMax, Math.max(0, ...estimates) * minuteMs) };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function objectOf(header: string | null): Record<string, unknown> {
  if (header === null || header.length > headerCharsMax) return {};
  try {
    const value: unknown = JSON.parse(header);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
