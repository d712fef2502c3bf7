import type { Clock } from "../../../ports/clock.ts";
import type { StreamEntry } from "../../../ports/event-stream.ts";

type Token = Pick<StreamEntry, "token">;

/** How long a record waits before the store is shown it again: as many times longer as it was shown it. */
const againFirstMs = 2_000;
const againMaxMs = 60_000;
/** Records that are shown to the store again at once: a few, because each of them is a transaction of its own. */
const againRecordsMax = 20;
/** Records known by their token that wait; when there are more, no other is read until some are stored. */
export const withheldRecordsMax = 100_000;

/** Records that a damaged store can't take: they stay in the stream, and those of others pass them. */
export interface Withheld {
  hold(entries: readonly StreamEntry[]): void;
  /** Notes that the store has them. */
  settle(entries: readonly StreamEntry[]): void;
  /** Those whose time has come: the stream is to give them again. */
  takeDue(): Token[];
  size(): number;
}

/** Makes an empty hold. A record is known by its id, because the stream may give it under another token. */
export function createWithheld(clock: Pick<Clock, "nowMs">): Withheld {
  const waiting = new Map<string, { token: string; dueMs: number; times: number; isOut: boolean }>();
  return {
    hold(entries) {
      for (const { id, token } of entries) {
        const times = (waiting.get(id)?.times ?? 0) + 1;
        const afterMs = Math.min(againMaxMs, againFirstMs * 2 ** (times - 1));
        waiting.set(id, { token, dueMs: clock.nowMs() + afterMs, times, isOut: false });
      }
    },
    settle(entries) {
      if (waiting.size > 0) for (const { id } of entries) waiting.delete(id);
    },
    takeDue() {
      const due: Token[] = [];
      if (waiting.size === 0) return due;
      const nowMs = clock.nowMs();
      for (const one of waiting.values()) {
        if (due.length === againRecordsMax) break;
        if (one.isOut || one.dueMs > nowMs) continue;
        one.isOut = true;
        due.push({ token: one.token });
      }
      return due;
    },
    size: () => waiting.size,
  };
}
