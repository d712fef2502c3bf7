import { readFileSync } from "node:fs";
import { busyMsMax, eventMsMax, ranMsMin, stepMsMax } from "./messages.ts";
import type { Step } from "./progress.ts";

/** Beyond `eventMsMax`, when the engine's own interrupt has failed: the process is killed. */
const killGraceMs = 10;
const watchEveryMs = 5;
/** One look may come before an answer that waits to be read, where this process was busy itself; a second can't. */
const killLooks = 2;
/** One tick of the processor time that Linux tells: what it tells may be as much more than what was taken. */
const tickMs = 10;

/** Processor time that a process has taken; null where the system does not tell. */
function processorMs(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * tickMs;
  } catch {
    return null;
  }
}

/**
 * Looks again and again whether a process still gets on, and kills it when one step takes too long.
 *
 * Where the system tells, it is the processor's time that counts; by the clock a step may take `busyMsMax`, unless it
 * has hardly run in that time: on a machine that is busy with something else a script that takes microseconds may
 * wait much longer.
 */
export function watchSteps(read: () => Step, pid: number, kill: () => void) {
  const before = read();
  let last = before;
  let sinceMs = performance.now();
  let takenMs: number | null | undefined;
  let hung = false;
  let overdueLooks = 0;

  function look(): void {
    const nowMs = performance.now();
    const step = read();
    if (step.count !== last.count || takenMs === undefined) {
      if (step.count !== last.count) sinceMs = nowMs;
      last = step;
      takenMs = processorMs(pid);
    }
    overdueLooks = isOverdue(step, nowMs - sinceMs) ? overdueLooks + 1 : 0;
    if (hung || overdueLooks < killLooks) return;
    hung = true;
    kill();
  }

  function isOverdue({ byScript }: Step, tookMs: number): boolean {
    if (tookMs >= stepMsMax) return true;
    if (!byScript || tookMs < eventMsMax + killGraceMs) return false;
    const ranMs = hasTakenMs() ?? tookMs;
    return ranMs >= eventMsMax + tickMs || (tookMs >= busyMsMax && ranMs >= ranMsMin + tickMs);
  }

  function hasTakenMs(): number | null {
    const nowTakenMs = processorMs(pid);
    return typeof takenMs !== "number" || nowTakenMs === null ? null : nowTakenMs - takenMs;
  }

  const timer = setInterval(look, watchEveryMs);
  return {
    stop() {
      clearInterval(timer);
      const step = read();
      const begun = step.count !== before.count;
      return { hung, begun, index: begun ? step.index : 0 };
    },
  };
}
