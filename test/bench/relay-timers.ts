/** Adds up the time that named parts of a work take. Units: milliseconds. */
export interface Timers {
  /** Begins a part; what it returns ends it. */
  start(part: string): () => void;
  add(part: string, ms: number): void;
  /** What was added up since the last call, which begins anew. */
  take(): Record<string, number>;
}

export function openTimers(): Timers {
  let parts: Record<string, number> = {};

  function add(part: string, ms: number): void {
    parts[part] = (parts[part] ?? 0) + ms;
  }

  return {
    add,
    start(part) {
      const startMs = performance.now();
      return () => add(part, performance.now() - startMs);
    },
    take() {
      const taken = parts;
      parts = {};
      return taken;
    },
  };
}
