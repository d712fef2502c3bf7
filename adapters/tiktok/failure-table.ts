import type { FailureMeaning } from "../vendor-http/request.ts";

const event: FailureMeaning = { class: "event", effect: "none" };
const auth: FailureMeaning = { class: "auth", effect: "none" };
const config: FailureMeaning = { class: "config", effect: "none" };
const throttle: FailureMeaning = { class: "throttle", effect: "none" };
const outage: FailureMeaning = { class: "transient", effect: "unknown" };
const unlisted: FailureMeaning = { class: "unknown", effect: "unknown" };

/** Codes under which TikTok has the events; under the second it has a part of them and names none of the others. */
const doneCodes: ReadonlyMap<number, "all" | "part"> = new Map([
  [0, "all"],
  [20001, "part"],
  [40050, "all"],
]);

/** First and last code of a row, both included. Too large a batch counts as an event's fault, so that it is halved. */
const failures: readonly (readonly [first: number, last: number, meaning: FailureMeaning])[] = [
  [40000, 40000, event],
  [40001, 40001, auth],
  [40002, 40002, event],
  [40003, 40003, config],
  [40006, 40007, config],
  [40051, 40051, config],
  [40061, 40062, event],
  [40063, 40063, config],
  [40100, 40100, throttle],
  [40101, 40110, auth],
  [40113, 40118, auth],
  [40130, 40131, auth],
  [40132, 40132, throttle],
  [40201, 40202, outage],
  [40400, 40400, config],
  [41000, 41000, config],
  [50000, 50000, outage],
  [50002, 50002, outage],
  [51000, 52999, outage],
  [60001, 60001, outage],
  [61000, 61000, throttle],
];

/** Whether TikTok has all events of a batch or a part; null for a failure. */
export function takenOf(code: number): "all" | "part" | null {
  return doneCodes.get(code) ?? null;
}

/**
 * What a code of TikTok's means for what was sent.
 *
 * Source: the code enumeration of https://github.com/tiktok/tiktok-business-api-sdk
 */
export function meaningOf(code: number): FailureMeaning {
  return failures.find(([first, last]) => code >= first && code <= last)?.[2] ?? unlisted;
}

/** A parameter of the request itself: no event is at fault. */
export const misconfigured = config;
/** An answer that is not TikTok's: a proxy's page, or nothing that can be read. */
export const unreadable = outage;
export const throttled = throttle;
