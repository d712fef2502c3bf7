import type { JsonObject } from "./json.ts";

export type Counts = {
  /** Calls to the vendor's paths, whatever came of them. */
  requests: number;
  /** Events of batches that were taken, duplicates included. */
  received: number;
  /** Events that took effect: received less duplicates. */
  effective: number;
  duplicates: number;
  /** Events that a check refused, with all the others of their batch where the vendor refuses those too. */
  rejected: number;
  /** Requests that a check refused, the batch's size aside. */
  refusals: number;
  /** Requests that met a forced fault. */
  faulted: number;
  /** Events that took effect and carried a test code: vendors count them like any other. */
  test: number;
  /** Places where an email, a phone or another unhashed identity stood in clear. */
  clearPii: number;
  /** Places where an IP address stood in clear; the vendor allows it in one key, its sender may not. */
  clearIp: number;
  /** Requests whose token stood in the URL, where logs keep it. */
  tokenInUrl: number;
  /** Requests that are no longer in the record, because it was full. */
  forgotten: number;
};

/** Counts that nothing has happened yet. */
export function noCounts(): Counts {
  return {
    requests: 0,
    received: 0,
    effective: 0,
    duplicates: 0,
    rejected: 0,
    refusals: 0,
    faulted: 0,
    test: 0,
    clearPii: 0,
    clearIp: 0,
    tokenInUrl: 0,
    forgotten: 0,
  };
}

/** By what a vendor knows an event again, and for how long. */
export type DedupRule = { nameKey: string; idKey?: string; windowMs: (name: unknown) => number };

export type Commit = { target: string; events: readonly JsonObject[]; nowMs: number };

/** What the vendor keeps: the events that took effect, and what it knows them by. */
export type Ledger = {
  /** Takes a good batch; the first of several equal events takes effect. */
  commit: (batch: Commit) => { effective: number; duplicates: number };
  effective: (target?: string) => JsonObject[];
};

/** Opens an empty ledger; events are equal by target, name and id, and those without an id never are. */
export function openLedger(rule: DedupRule): Ledger {
  const kept: { target: string; event: JsonObject }[] = [];
  const keptAtMs = new Map<string, number>();

  const isDuplicate = (target: string, event: JsonObject, nowMs: number) => {
    const id = event[rule.idKey ?? "event_id"];
    if (typeof id !== "string") return false;
    const name = event[rule.nameKey];
    const key = JSON.stringify([target, name, id]);
    const firstAtMs = keptAtMs.get(key);
    if (firstAtMs !== undefined && nowMs - firstAtMs <= rule.windowMs(name)) return true;
    keptAtMs.set(key, nowMs);
    return false;
  };

  return {
    commit: ({ target, events, nowMs }) => {
      let duplicates = 0;
      for (const event of events) {
        if (isDuplicate(target, event, nowMs)) duplicates += 1;
        else kept.push({ target, event });
      }
      return { effective: events.length - duplicates, duplicates };
    },
    effective: (target) => kept.filter((one) => target === undefined || one.target === target).map((one) => one.event),
  };
}
