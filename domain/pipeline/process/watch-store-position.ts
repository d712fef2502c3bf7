import type { Clock } from "../../../ports/clock.ts";
import type { EventStore } from "../../../ports/event-store.ts";
import type { EventStream } from "../../../ports/event-stream.ts";
import { type Telemetry, word } from "../../../ports/telemetry.ts";
import { readPosition, type StorePosition, setbackOf, writePosition } from "../../model/store-position.ts";

export interface StorePositionParts {
  readonly stream: Pick<EventStream, "acknowledge" | "confirmedPosition" | "noteLoss">;
  readonly store: Pick<EventStore, "position" | "newestRecordMs">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly telemetry: Pick<Telemetry, "log" | "count">;
}

/**
 * Makes the watch over how far the store has come: the stream keeps the last place that it confirmed at, and a store
 * that is before it lost what the stream was told to forget.
 *
 * Shape: `read` gives the place to keep with the next acknowledgement; null where the store doesn't tell.
 */
export function createWatchStorePosition(parts: StorePositionParts): { read(): Promise<string | null> } {
  let kept: { readonly position: StorePosition; readonly atMs: number } | null = null;
  let isKnown = false;

  async function keptBefore() {
    const confirmed = await parts.stream.confirmedPosition();
    const position = confirmed && readPosition(confirmed.position);
    isKnown = true;
    return position ? { position, atMs: confirmed.atMs } : null;
  }

  async function tell(setback: string, toMs: number): Promise<void> {
    const newest = await parts.store.newestRecordMs();
    const fromMs = Math.min(toMs, newest.ok && newest.value !== null ? newest.value : 0);
    await parts.stream.noteLoss({ cause: "store_behind", foundMs: parts.clock.nowMs(), fromMs, toMs });
    parts.telemetry.count("store_setbacks_total", 1, { code: setback });
    const what =
      "the database forgot what it had confirmed: events of this time may be missing: see docs/durability.md";
    const [from, to] = [fromMs, toMs].map((ms) => word(new Date(ms).toISOString()));
    parts.telemetry.log("error", what, { code: word(setback), from: from ?? null, to: to ?? null });
  }

  return {
    async read() {
      if (!isKnown) kept = await keptBefore();
      const now = await parts.store.position();
      if (!now.ok) return null;
      const setback = kept && setbackOf(kept.position, now.value);
      if (kept && setback) {
        await tell(setback, kept.atMs);
        await parts.stream.acknowledge([], writePosition(now.value)); // so that it is told once
      }
      kept = { position: now.value, atMs: parts.clock.nowMs() };
      return writePosition(now.value);
    },
  };
}
