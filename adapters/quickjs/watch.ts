import type { Step } from "./progress.ts";
import type { ScriptTimes } from "./script-times.ts";

/** What a watch sees when it looks. Units: milliseconds; `takenMs` is the processor time of the thread so far. */
export interface Look {
  readonly step: Step;
  readonly nowMs: number;
  readonly takenMs: number;
}

/**
 * Makes what tells, look by look, whether a process still gets on: the event that hangs, or null.
 *
 * It is the processor's time that counts; by the clock a step may take `busyMsMax`, unless it has hardly run in that
 * time: on a machine that is busy with something else a script that takes microseconds may wait much longer. The
 * engine's own interrupt comes `killGraceMs` earlier.
 */
export function createWatch(times: ScriptTimes): (look: Look) => number | null {
  let since: Look | null = null;

  return function findHung(look) {
    const { step, nowMs, takenMs } = look;
    if (since === null || since.step.count !== step.count) {
      since = look;
      return null;
    }
    return isOverdue(times, step, nowMs - since.nowMs, takenMs - since.takenMs) ? step.index : null;
  };
}

function isOverdue(times: ScriptTimes, { byScript }: Step, tookMs: number, ranMs: number): boolean {
  const { eventMsMax, busyMsMax, ranMsMin, stepMsMax, killGraceMs } = times;
  if (tookMs >= stepMsMax) return true;
  if (!byScript) return false;
  return ranMs >= eventMsMax + killGraceMs || (tookMs >= busyMsMax + killGraceMs && ranMs >= ranMsMin);
}
