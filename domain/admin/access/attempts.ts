import type { Clock } from "../../../ports/clock.ts";

/** Counts failed attempts by account or by address, and locks for a while. In memory; keys are hashes. */
export interface Attempts {
  /** 0 and counted as failed until `undo` or `forget`, or how long the key is locked. Units: milliseconds. */
  begin(key: string): number;
  /** Whether the key is locked now. */
  isLocked(key: string): boolean;
  /** The attempt did not fail after all. */
  undo(key: string): void;
  /** Nothing is held against the key any more. */
  forget(key: string): void;
}

export const lockMsMin = 30_000;
export const lockMsMax = 15 * 60_000;
/** Failures are forgotten so long after the last one. */
export const failuresKeptMs = 60 * 60_000;
const keysMax = 100_000;

interface Entry {
  readonly failures: number;
  readonly atMs: number;
  /** When the failure before this one was. */
  readonly beforeMs: number;
  readonly lockedUntilMs: number;
}

/**
 * Makes a counter that locks a key from its nth failure on, each time for twice as long.
 *
 * An attempt counts before its outcome is known, so that many at once win nothing.
 */
export function createAttempts(clock: Pick<Clock, "nowMs">, failuresMax: number): Attempts {
  const entries = new Map<string, Entry>();

  function put(key: string, entry: Entry): void {
    entries.delete(key);
    const oldest = entries.size >= keysMax ? entries.keys().next().value : undefined;
    if (oldest !== undefined) entries.delete(oldest);
    entries.set(key, entry);
  }

  function current(key: string): Entry | undefined {
    const entry = entries.get(key);
    const passedMs = entry ? clock.nowMs() - entry.atMs : 0;
    // A clock that was set back would lock for as long.
    return passedMs >= 0 && passedMs <= failuresKeptMs ? entry : undefined;
  }

  return {
    begin(key) {
      const entry = current(key);
      if (entry && entry.lockedUntilMs > clock.nowMs()) return entry.lockedUntilMs - clock.nowMs();
      const failures = (entry?.failures ?? 0) + 1;
      const doublings = failures - failuresMax;
      const lockMs = doublings < 0 ? 0 : Math.min(lockMsMax, lockMsMin * 2 ** doublings);
      const atMs = clock.nowMs();
      put(key, { failures, atMs, beforeMs: entry?.atMs ?? atMs, lockedUntilMs: atMs + lockMs });
      return 0;
    },
    isLocked(key) {
      return (current(key)?.lockedUntilMs ?? 0) > clock.nowMs();
    },
    /** The key was not locked, or nothing had begun: what the attempt set is taken back, its lock included. */
    undo(key) {
      const entry = current(key);
      if (!entry || entry.failures <= 1) entries.delete(key);
      else put(key, { ...entry, failures: entry.failures - 1, atMs: entry.beforeMs, lockedUntilMs: 0 });
    },
    forget(key) {
      entries.delete(key);
    },
  };
}
