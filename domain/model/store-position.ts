/** How far the store's log was on disk when it confirmed something: its own recovery must not end before. */
export interface StorePosition {
  /** The database cluster's own id: another one is another store. */
  readonly system: string;
  readonly timeline: number;
  /** Place in the log up to which all is on disk. Units: bytes. */
  readonly flushed: bigint;
  /** Place of the latest checkpoint: a recovery ends with one. */
  readonly checkpoint: bigint;
  /** When the server was started. Units: milliseconds since the epoch. */
  readonly startedMs: number;
}

/** `other_store`: not the one that confirmed. `fell_behind`: it ends before. `recovered`: its history branched off. */
export type StoreSetback = "other_store" | "fell_behind" | "recovered";

/**
 * What happened to a store that confirmed at `before` and is at `now`; null if it goes on where it was.
 *
 * Whoever looks late finds that the log has grown past the place again. A server that was started meanwhile wrote a
 * checkpoint when its recovery was over, and that lies behind everything it had confirmed, or something is lost.
 */
export function setbackOf(before: StorePosition, now: StorePosition): StoreSetback | null {
  if (before.system !== now.system) return "other_store";
  if (now.timeline !== before.timeline) return "recovered";
  if (now.flushed < before.flushed) return "fell_behind";
  const wasStarted = now.startedMs !== before.startedMs;
  return wasStarted && now.checkpoint < before.flushed ? "fell_behind" : null;
}

/** A position as one word, for whoever keeps it. */
export function writePosition({ system, timeline, flushed, checkpoint, startedMs }: StorePosition): string {
  return [system, timeline, flushed, checkpoint, startedMs].join(" ");
}

const form = /^(\d+) (\d+) (\d+) (\d+) (\d+)$/;

/** Reads what `writePosition` wrote; null if it is something else. */
export function readPosition(text: string): StorePosition | null {
  const found = form.exec(text);
  if (!found) return null;
  const [, system, timeline, flushed, checkpoint, startedMs] = found as unknown as string[];
  return {
    system: system as string,
    timeline: Number(timeline),
    flushed: BigInt(flushed as string),
    checkpoint: BigInt(checkpoint as string),
    startedMs: Number(startedMs),
  };
}
