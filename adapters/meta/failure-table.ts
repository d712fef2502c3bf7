import type { FailureMeaning } from "../vendor-http/request.ts";

const event: FailureMeaning = { class: "event", effect: "none" };
const auth: FailureMeaning = { class: "auth", effect: "none" };
const config: FailureMeaning = { class: "config", effect: "none" };
const throttle: FailureMeaning = { class: "throttle", effect: "none" };
const blockedForNow: FailureMeaning = { class: "transient", effect: "none" };
const outage: FailureMeaning = { class: "transient", effect: "unknown" };
const unlisted: FailureMeaning = { class: "unknown", effect: "unknown" };

/** `code/subcode` where the subcode decides. */
const bySubcode: Readonly<Record<string, FailureMeaning>> = {
  "100/33": config,
  "100/2804023": config,
};

/** Codes by what is to be done; `100` is about an event unless its subcode says otherwise. */
const byCode: ReadonlyMap<number, FailureMeaning> = new Map([
  ...[34, 38, 100, 105, 294, 2650, 2655].map((code) => [code, event] as const),
  ...[3, 10, 102, 190].map((code) => [code, auth] as const),
  ...[2500, 2635].map((code) => [code, config] as const),
  ...[4, 17, 32, 613, 80000, 80003, 80004, 80014].map((code) => [code, throttle] as const),
  ...[341, 368, 5000, 21009].map((code) => [code, blockedForNow] as const),
  ...[1, 2].map((code) => [code, outage] as const),
]);

const permissionCodeMin = 200;
const permissionCodeMax = 299;

/**
 * What a code and subcode of Meta's mean; they alone decide, because status, type and texts vary.
 *
 * Source: https://developers.facebook.com/documentation/ads-commerce/marketing-api/error-reference
 */
export function meaningOf(code: number, subcode: number | null, isTransient: boolean): FailureMeaning {
  const exact = bySubcode[`${code}/${subcode}`] ?? byCode.get(code);
  if (exact) return exact;
  if (code >= permissionCodeMin && code <= permissionCodeMax) return auth;
  return isTransient ? outage : unlisted;
}

/** A missing permission, which Meta reports as a plain invalid parameter. */
export const missingPermission = auth;
/** An answer that is not Meta's: a proxy's page, or nothing that can be read. */
export const unreadable = outage;
export const throttled = throttle;
