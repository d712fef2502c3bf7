import type { Clock } from "../../../ports/clock.ts";

/** How fast a caller may go: so many a second, and so many at once after a pause. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Counts who goes too fast; one bucket per key, in the memory of this process. */
export interface TokenBuckets {
  /** 0 if the key may go on, else how long it should wait. Units: milliseconds. */
  waitMs(key: string, rate: Rate): number;
  /** Takes from the bucket, which may go below zero: what was let in is paid for before more is. */
  take(key: string, rate: Rate, amount: number): void;
}

export const bucketsMax = 50_000;

interface Bucket {
  readonly level: number;
  readonly atMs: number;
}

/** Makes buckets; the one that was used longest ago goes when there are too many. */
export function createTokenBuckets(clock: Pick<Clock, "nowMs">, keysMax = bucketsMax): TokenBuckets {
  const buckets = new Map<string, Bucket>();

  function levelOf(key: string, { perSecond, burst }: Rate): number {
    const bucket = buckets.get(key);
    if (!bucket) return burst;
    const passedMs = clock.nowMs() - bucket.atMs;
    if (passedMs < 0) return burst; // a clock that was set back tells nothing of what passed
    const refilled = (passedMs / 1000) * perSecond;
    return Math.min(burst, bucket.level + refilled);
  }

  return {
    waitMs(key, rate) {
      const level = levelOf(key, rate);
      return level > 0 ? 0 : Math.max(1, Math.ceil((-level / rate.perSecond) * 1000));
    },
    take(key, rate, amount) {
      const level = levelOf(key, rate) - amount;
      buckets.delete(key);
      const oldest = buckets.size >= keysMax ? buckets.keys().next().value : undefined;
      if (oldest !== undefined) buckets.delete(oldest);
      buckets.set(key, { level, atMs: clock.nowMs() });
    },
  };
}
