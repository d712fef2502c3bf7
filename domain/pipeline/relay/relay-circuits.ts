import type { VendorState } from "../../../ports/delivery-status.ts";
import type { Random } from "../../../ports/random.ts";
import type { SendFailure } from "./delivery.ts";
import { circuitDelayMs } from "./relay-backoff.ts";

type CircuitFailure = Pick<SendFailure, "class" | "code" | "retryAfterMs">;

/** Integrations that failed as a whole, and until when each is left alone. */
export interface Circuits {
  /** Opens an integration's circuit, or keeps it open longer. Returns when it may be tried again. */
  fail(integrationId: string, failure: CircuitFailure, nowMs: number): number;
  /** Lets an integration be tried at once, if its settings may have been why; a throttle or an outage stays. */
  retry(integrationId: string, nowMs: number): void;
  /** Closes it; true if it was not closed already. */
  succeed(integrationId: string): boolean;
  /** Why and until when it is open; null if it is closed. */
  of(integrationId: string): VendorState["circuit"];
  /**
   * How long ago an integration failed last, if one event must ask first whether the vendor is back. Null if its
   * circuit is closed, it failed once only, or the vendor throttles: then one more request would be one too many.
   */
  probedAfterMs(integrationId: string, nowMs: number): number | null;
  /** Ids of integrations not to be tried yet. */
  open(nowMs: number): string[];
  /** Ids of integrations that failed last and may be tried again: by one event first. */
  probing(nowMs: number): string[];
}

interface OpenCircuit {
  readonly streak: number;
  readonly class: SendFailure["class"];
  readonly code: string;
  readonly sinceMs: number;
  readonly failedAtMs: number;
  readonly untilMs: number;
}

/** From so many failures in a row on it is an outage; what failed once is sent again, the same events together. */
const outageFailuresMin = 2;

function isOutage(circuit: OpenCircuit): boolean {
  return circuit.streak >= outageFailuresMin && circuit.class !== "throttle";
}

const circuitsMax = 10_000;
const settingsClasses: ReadonlySet<SendFailure["class"]> = new Set(["auth", "config"]);

/** Whether another token, id or secret may be all that such a failure asks for. */
export function isOfSettings(failure: Pick<SendFailure, "class">): boolean {
  return settingsClasses.has(failure.class);
}

/**
 * Keeps circuits in memory: each relay learns by itself, and one that forgets costs a vendor one request.
 *
 * Past the bound the oldest is forgotten.
 */
export function createCircuits(random: Random): Circuits {
  const failing = new Map<string, OpenCircuit>();

  return {
    fail(integrationId, failure, nowMs) {
      const before = failing.get(integrationId);
      const streak = (before?.streak ?? 0) + 1;
      const delayMs = circuitDelayMs(failure.class, streak, random.fraction());
      const untilMs = nowMs + Math.max(delayMs, failure.retryAfterMs ?? 0);
      failing.delete(integrationId);
      const { class: failureClass, code } = failure;
      const sinceMs = before?.sinceMs ?? nowMs;
      failing.set(integrationId, { streak, class: failureClass, code, sinceMs, failedAtMs: nowMs, untilMs });
      if (failing.size > circuitsMax) failing.delete(failing.keys().next().value as string);
      return untilMs;
    },
    retry(integrationId, nowMs) {
      const circuit = failing.get(integrationId);
      if (!circuit || !isOfSettings(circuit)) return;
      failing.set(integrationId, { ...circuit, untilMs: Math.min(circuit.untilMs, nowMs) });
    },
    succeed: (integrationId) => failing.delete(integrationId),
    of(integrationId) {
      const circuit = failing.get(integrationId);
      if (!circuit) return null;
      const { streak: _, failedAtMs: __, ...shown } = circuit;
      return shown;
    },
    probedAfterMs(integrationId, nowMs) {
      const circuit = failing.get(integrationId);
      return circuit && isOutage(circuit) ? nowMs - circuit.failedAtMs : null;
    },
    probing: (nowMs) =>
      [...failing].filter(([, circuit]) => circuit.untilMs <= nowMs && isOutage(circuit)).map(([id]) => id),
    open: (nowMs) => [...failing].filter(([, circuit]) => circuit.untilMs > nowMs).map(([id]) => id),
  };
}
