import type { Trouble, Troubles } from "../../ports/troubles.ts";

/** Keeps the troubles of one process in memory: they end with it. */
export function openTroubles(): Troubles {
  const known = new Set<Trouble>();
  return {
    set(trouble, isThere) {
      if (isThere) known.add(trouble);
      else known.delete(trouble);
    },
    list: () => [...known].sort(),
  };
}
