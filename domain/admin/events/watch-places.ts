/** One of a bounded number of places; leaving it twice is leaving it once. */
export interface Place {
  /** Aborted when the place was left, or all were closed. */
  readonly signal: AbortSignal;
  leave(): void;
}

/** Places for what lasts long, so that no organisation takes all of them. */
export interface Places {
  /** Null if the organisation, or all together, have no place left. */
  take(orgId: string): Place | null;
  /** Empties every place. */
  close(): void;
}

/** Opens places, so many per organisation and so many in all. */
export function openPlaces(orgMax: number, max: number): Places {
  const taken = new Map<AbortController, string>();

  return {
    take(orgId) {
      const own = [...taken.values()].filter((holder) => holder === orgId).length;
      if (own >= orgMax || taken.size >= max) return null;
      const held = new AbortController();
      taken.set(held, orgId);
      return {
        signal: held.signal,
        leave() {
          taken.delete(held);
          held.abort();
        },
      };
    },
    close() {
      for (const held of taken.keys()) held.abort();
      taken.clear();
    },
  };
}
