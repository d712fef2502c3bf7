/** No Tidegate ran before it, and none runs a century later. Units: milliseconds since 1970. */
const earliestMs = Date.UTC(2020, 0, 1);
const latestMs = Date.UTC(2120, 0, 1);

/**
 * Whether a time can be now. A machine that starts without a clock counts from 1970 until it hears of the time; events
 * that it takes meanwhile would get a time that no partition and no vendor takes.
 */
export function isClockPlausible(nowMs: number): boolean {
  return nowMs >= earliestMs && nowMs < latestMs;
}
