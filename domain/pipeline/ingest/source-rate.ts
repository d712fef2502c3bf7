import type { Clock } from "../../../ports/clock.ts";
import type { Source } from "../../model/tenant.ts";
import { createTokenBuckets, type Rate } from "./token-buckets.ts";

/** A source may send what it may in so many seconds at once. */
export const burstSeconds = 2;

/**
 * Makes the step that holds sources to their rates, in the memory of this process.
 *
 * A batch is let in whole if anything may be, and paid for before the next: a large one is never shut out for good.
 */
export function createSourceRate(clock: Pick<Clock, "nowMs">) {
  const buckets = createTokenBuckets(clock);

  function rateOf({ eventsPerSecondMax }: Source): Rate | null {
    if (eventsPerSecondMax === null) return null;
    return { perSecond: eventsPerSecondMax, burst: eventsPerSecondMax * burstSeconds };
  }

  return {
    /** 0, or how long the source should wait. Units: milliseconds. */
    waitMs(source: Source): number {
      const rate = rateOf(source);
      return rate === null ? 0 : buckets.waitMs(source.id, rate);
    },
    take(source: Source, events: number): void {
      const rate = rateOf(source);
      if (rate !== null) buckets.take(source.id, rate, events);
    },
    /** What could not be kept is sent again: it is not paid for twice. */
    giveBack(source: Source, events: number): void {
      const rate = rateOf(source);
      if (rate !== null) buckets.take(source.id, rate, -events);
    },
  };
}
