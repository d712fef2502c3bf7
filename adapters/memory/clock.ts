import type { Clock } from "../../ports/clock.ts";

export interface VirtualClock extends Clock {
  /** Moves time on, waking sleepers in the order of their alarms and letting each run before the next. */
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Promises of a woken sleeper that may settle before the next one is woken. */
const settleTurns = 20;

/** Opens a clock that stands still until a test moves it. */
export function openVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  const sleepers = new Set<Sleeper>();
  let nowMs = startMs;

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { atMs: nowMs + ms, wake };
      sleepers.add(sleeper);
      signal?.addEventListener("abort", wake);
    });
  }

  function nextSleeper(untilMs: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (sleeper.atMs <= untilMs && (!next || sleeper.atMs < next.atMs)) next = sleeper;
    }
    return next;
  }

  async function advance(ms: number): Promise<void> {
    const untilMs = nowMs + ms;
    for (let sleeper = nextSleeper(untilMs); sleeper; sleeper = nextSleeper(untilMs)) {
      nowMs = sleeper.atMs;
      sleeper.wake();
      for (let turn = 0; turn < settleTurns; turn += 1) await Promise.resolve();
    }
    nowMs = untilMs;
  }

  return { nowMs: () => nowMs, sleep, advance };
}
