import type { Random } from "../../ports/random.ts";
import type { SendFailure } from "./delivery.ts";
import { circuitDelayMs } from "./relay-backoff.ts";

/** Integrations that failed as a whole, and until when each is left alone. */
export interface Circuits {
  /** Opens an integration's circuit, or keeps it open longer. Returns when it may be tried again. */
  fail(integrationId: string, failure: Pick<SendFailure, "class" | "retryAfterMs">, nowMs: number): number;
  /** Closes it; true if it was not closed already. */
  succeed(integrationId: string): boolean;
  /** Ids of integrations not to be tried yet. */
  open(nowMs: number): string[];
}

const circuitsMax = 10_000;

/**
 * Keeps circuits in memory: each relay learns by itself, and one that forgets costs a vendor one request.
 *
 * Past the bound the oldest is forgotten.
 */
export function createCircuits(random: Random): Circuits {
  const failing = new Map<string, { streak: number; untilMs: number }>();

  return {
    fail(integrationId, failure, nowMs) {
      const streak = (failing.get(integrationId)?.streak ?? 0) + 1;
      const delayMs = circuitDelayMs(failure.class, streak, random.fraction());
      const untilMs = nowMs + Math.max(delayMs, failure.retryAfterMs ?? 0);
      failing.delete(integrationId);
      failing.set(integrationId, { streak, untilMs });
      if (failing.size > circuitsMax) failing.delete(failing.keys().next().value as string);
      return untilMs;
    },
    succeed: (integrationId) => failing.delete(integrationId),
    open: (nowMs) => [...failing].filter(([, circuit]) => circuit.untilMs > nowMs).map(([id]) => id),
  };
}
