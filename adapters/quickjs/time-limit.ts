import type { ScriptTimes } from "./script-times.ts";
import { ownTimeMs } from "./thread-time.ts";

/** What a piece of work may take. All times in milliseconds. */
export interface TimeLimit {
  /** From now on. */
  allow(msMax: number): void;
  /** Asked again and again while the work runs; true from the first time that it was. */
  isPassed(): boolean;
}

/** How old the last reading of the processor's time may be when work begins. */
const readEveryMs = 5;

/**
 * Makes a limit on the processor's time, so that a script is not blamed for a machine that is busy with something
 * else; by the clock it may take `busyMsMax`, unless it has hardly run in that time.
 *
 * Reading the processor's time is a call into the system, and most events take microseconds: it is read when five
 * milliseconds have gone since the last time, and what the work before took since then counts as work by the clock.
 */
export function createTimeLimit({ busyMsMax, ranMsMin, stepMsMax }: ScriptTimes): TimeLimit {
  let startMs = 0;
  let ms = 0;
  let passed = false;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let readMs = 0;

  function takenMs(): number {
    const earlierMs = startMs - readAtMs;
    return ownTimeMs() - readMs - earlierMs;
  }

  return {
    allow(msMax) {
      ms = msMax;
      passed = false;
      startMs = performance.now();
      if (startMs - readAtMs < readEveryMs) return;
      readAtMs = startMs;
      readMs = ownTimeMs();
    },
    isPassed() {
      const tookMs = performance.now() - startMs;
      if (passed || tookMs <= ms) return passed;
      const taken = takenMs();
      passed = taken > ms || tookMs > stepMsMax || (tookMs > busyMsMax && taken > ranMsMin);
      return passed;
    },
  };
}
