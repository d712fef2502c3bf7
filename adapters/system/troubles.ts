import type { Clock } from "../../ports/clock.ts";
import type { Trouble, Troubles } from "../../ports/troubles.ts";

/** Keeps the troubles of one process in memory: they end with it. */
export function openTroubles(clock: Pick<Clock, "nowMs">): Troubles {
  const untilMs = new Map<Trouble, number>();
  return {
    set(trouble, isThere) {
      if (isThere) untilMs.set(trouble, Number.POSITIVE_INFINITY);
      else untilMs.delete(trouble);
    },
    note(trouble, forMs) {
      untilMs.set(trouble, Math.max(untilMs.get(trouble) ?? 0, clock.nowMs() + forMs));
    },
    list() {
      const nowMs = clock.nowMs();
      return [...untilMs].flatMap(([trouble, ms]) => (ms > nowMs ? [trouble] : [])).sort();
    },
  };
}
