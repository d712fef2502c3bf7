import type { FailureClass } from "../../model/delivery.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

const eventDelayFirstMs = 5 * secondMs;
const eventDelayMsMax = 2 * hourMs;
const circuitDelayFirstMs: Readonly<Record<FailureClass, number>> = {
  event: 0,
  transient: 2 * secondMs,
  unknown: 2 * secondMs,
  throttle: 30 * secondMs,
  auth: 30 * secondMs,
  config: 30 * secondMs,
};
/** What nobody tells the relay the end of: an outage ends by itself, a setting is mended by somebody who may say so. */
const circuitDelayMsMax: Readonly<Record<FailureClass, number>> = {
  event: minuteMs,
  transient: minuteMs,
  unknown: minuteMs,
  throttle: minuteMs,
  auth: 5 * minuteMs,
  config: 5 * minuteMs,
};

/**
 * How long an event waits after a failed attempt: exponential with full jitter.
 *
 * All attempts together span two days, give or take a few hours: an outage of a day buries nothing, and what may have
 * had an effect is then past the time within which it may be sent again.
 * Units: milliseconds; `fraction` is uniform in [0, 1).
 */
export function eventDelayMs(attemptsMade: number, fraction: number): number {
  return Math.floor(grown(eventDelayFirstMs, attemptsMade, eventDelayMsMax) * fraction);
}

/**
 * How long an integration is left alone after its `streak`th failure in a row.
 *
 * Half fixed and half jitter until the bound: what says "not now" must not be called again at once. The bounds are low,
 * because what is mended at the vendor's own side, nobody tells the relay: a minute in an outage, five where a token or
 * an id must be put right.
 */
export function circuitDelayMs(kind: FailureClass, streak: number, fraction: number): number {
  const maxMs = circuitDelayMsMax[kind];
  const halfMs = grown(circuitDelayFirstMs[kind], streak, 2 * maxMs) / 2;
  return Math.min(maxMs, Math.floor(halfMs + halfMs * fraction));
}

function grown(firstMs: number, times: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.max(0, times - 1));
}
