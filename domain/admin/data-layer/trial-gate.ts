import { type AdminResult, failed } from "../refusal.ts";

/** Trials of one organisation, and of all, that may run at a time in a process: they share it with ingest. */
export const orgTrialsMax = 2;
export const trialsMax = 8;

/** Runs a trial if there is room for it. Errors: `trials_full`. */
export type TrialGate = <T>(orgId: string, run: () => Promise<AdminResult<T>>) => Promise<AdminResult<T>>;

/** Makes the gate before dry runs and backtests, so that no organisation takes more than its share of the processor. */
export function createTrialGate(): TrialGate {
  const running = new Map<string, number>();
  let total = 0;
  return async function runTrial(orgId, run) {
    const own = running.get(orgId) ?? 0;
    if (own >= orgTrialsMax || total >= trialsMax) {
      return failed({ code: "trials_full", retry: "backoff", effect: "none" });
    }
    total += 1;
    running.set(orgId, own + 1);
    try {
      return await run();
    } finally {
      total -= 1;
      const left = (running.get(orgId) ?? 1) - 1;
      if (left === 0) running.delete(orgId);
      else running.set(orgId, left);
    }
  };
}
