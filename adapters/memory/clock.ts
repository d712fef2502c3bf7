import type { Clock } from "../../ports/clock.ts";

export interface VirtualClock extends Clock {
  /** Moves time on, waking sleepers in the order of their alarms and letting each run before the next. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Promises of a woken sleeper that may settle before the next one is woken. */
const settleTurns = 20;

/** Opens a clock that stands still until a test moves it. */
export function openVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  const timers = new Set<Timer>();
  let nowMs = startMs;

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        timers.delete(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer: Timer = { atMs: nowMs + ms, wake };
      timers.add(timer);
      signal?.addEventListener("abort", wake);
    });
  }

  function nextTimer(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.atMs <= untilMs && (!next || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }

  async function advance(ms: number): Promise<void> {
    const untilMs = nowMs + ms;
    for (let timer = nextTimer(untilMs); timer; timer = nextTimer(untilMs)) {
      nowMs = timer.atMs;
      timer.wake();
      for (let turn = 0; turn < settleTurns; turn += 1) await Promise.resolve();
    }
    nowMs = untilMs;
  }

  return { nowMs: () => nowMs, sleep, advance };
}
