import type { Clock } from "../../ports/clock.ts";

/** Longest delay a timer can hold; Node's and Bun's fire at once beyond it. */
const timerMsMax = 2 ** 31 - 1;

function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener("abort", wake);
  });
}

/** Opens the machine's own clock. */
export function openSystemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    async sleep(ms, signal) {
      for (let leftMs = ms; leftMs > 0 && !signal?.aborted; leftMs -= timerMsMax) {
        await sleepOnce(Math.min(leftMs, timerMsMax), signal);
      }
    },
  };
}
