import { fail, type Result } from "../../model/failure.ts";

/** At most this many look-ups run at once; the others wait their turn. */
export const lookupsRunningMax = 16;
export const lookupsWaitingMax = 1_000;

/** One look-up per name at a time, few at once, and told when what they read was changed meanwhile. */
export interface LookupGate<T> {
  /**
   * Runs `look`, or joins the run for the same name. Errors: `lookups_full`.
   * `isOvertaken(orgId)` is true once per change of that organisation (null: of any) since it was last asked.
   */
  run(name: string, look: (isOvertaken: (orgId: string | null) => boolean) => Promise<Result<T>>): Promise<Result<T>>;
  overtake(orgId: string): void;
}

/** Makes a gate; a flood of unknown keys queues here instead of at the database. */
export function createLookupGate<T>(): LookupGate<T> {
  const underWay = new Map<string, Promise<Result<T>>>();
  const changesSeen = new Set<Set<string>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < lookupsRunningMax) {
      running += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }

  async function runAlone(
    look: (isOvertaken: (orgId: string | null) => boolean) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    await enter();
    const changed = new Set<string>();
    changesSeen.add(changed);
    try {
      return await look((orgId) => {
        const overtaken = orgId === null ? changed.size > 0 : changed.has(orgId);
        changed.clear();
        return overtaken;
      });
    } finally {
      changesSeen.delete(changed);
      leave();
    }
  }

  return {
    run(name, look) {
      const joined = underWay.get(name);
      if (joined) return joined;
      if (waiting.length >= lookupsWaitingMax)
        return Promise.resolve(fail("lookups_full", { retry: { afterMs: 1_000 } }));
      const started = runAlone(look).finally(() => underWay.delete(name));
      underWay.set(name, started);
      return started;
    },
    overtake(orgId) {
      for (const changed of changesSeen) changed.add(orgId);
    },
  };
}
