import type { EventReport } from "./dry-run-report.ts";

/** How many events a data layer let pass, dropped and refused, by reason. */
export interface ShownTally {
  readonly passed: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
}

export interface Tally {
  add(event: Pick<EventReport, "outcome" | "reason">): void;
  show(): ShownTally;
}

/** Makes a count of outcomes. */
export function createTally(): Tally {
  let passed = 0;
  const dropped: Record<string, number> = {};
  const rejected: Record<string, number> = {};
  return {
    add({ outcome, reason }) {
      if (outcome === "pass") passed += 1;
      else {
        const counts = outcome === "drop" ? dropped : rejected;
        counts[reason ?? "unknown"] = (counts[reason ?? "unknown"] ?? 0) + 1;
      }
    },
    show: () => ({ passed, dropped: { ...dropped }, rejected: { ...rejected } }),
  };
}
