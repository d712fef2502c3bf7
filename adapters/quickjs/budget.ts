/** What an organisation's scripts may take, so that others don't feel them. All times are given by the caller. */
export interface Budget {
  /** Time that `events` events took together, and how many of them ran out of theirs. */
  spend(took: { readonly ms: number; readonly events: number; readonly timeouts: number }, nowMs: number): void;
  /** Null while its scripts may run. */
  pausedUntilMs(nowMs: number): number | null;
  /** True if it has been slow lately: it waits for the one place that slow scripts share. */
  isSlow(nowMs: number): boolean;
}

/** An event earns this much; what it takes beyond is taken from the credit. */
export const earnedMsPerEvent = 1;
export const creditMsMax = 5_000;
export const timeoutsMax = 3;
export const timeoutsWithinMs = 60_000;
export const pauseMs = 60_000;

/**
 * Makes the budget of one organisation: it is paused for a minute after three timeouts within a minute, and when its
 * events have taken five seconds more than one millisecond each.
 */
export function createBudget(): Budget {
  let creditMs = creditMsMax;
  let timeoutsAtMs: number[] = [];
  let untilMs: number | null = null;

  function recent(nowMs: number): number[] {
    timeoutsAtMs = timeoutsAtMs.filter((atMs) => nowMs - atMs < timeoutsWithinMs);
    return timeoutsAtMs;
  }

  function pausedUntilMs(nowMs: number): number | null {
    if (untilMs !== null && nowMs >= untilMs) untilMs = null;
    return untilMs;
  }

  return {
    spend({ ms, events, timeouts }, nowMs) {
      creditMs = Math.min(creditMsMax, creditMs + events * earnedMsPerEvent - ms);
      for (let i = 0; i < Math.min(timeouts, timeoutsMax); i += 1) timeoutsAtMs.push(nowMs);
      if (pausedUntilMs(nowMs) !== null || (recent(nowMs).length < timeoutsMax && creditMs > 0)) return;
      untilMs = nowMs + pauseMs;
      creditMs = creditMsMax;
      timeoutsAtMs = [];
    },
    pausedUntilMs,
    isSlow: (nowMs) => recent(nowMs).length > 0 || creditMs < creditMsMax / 2,
  };
}
