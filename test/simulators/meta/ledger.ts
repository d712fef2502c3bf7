import {
  customAppNamesMax,
  dedupWindowMs,
  installDedupWindowMs,
  installEventName,
  standardEventNames,
} from "./contract.ts";
import type { JsonObject } from "./rules.ts";

export type Counts = {
  /** Calls to the vendor's paths, whatever came of them. */
  requests: number;
  /** Events of batches that were taken, duplicates included. */
  received: number;
  /** Events that took effect: received less duplicates. */
  effective: number;
  duplicates: number;
  /** Events of batches that a check refused. */
  rejected: number;
  /** Requests that a check refused, the batch's size aside. */
  refusals: number;
  /** Requests that met a forced fault. */
  faulted: number;
  /** Events that took effect and carried a test code: Meta counts them like any other. */
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

type Kept = { dataset: string; event: JsonObject };

export type Commit = { dataset: string; events: readonly JsonObject[]; nowMs: number };

/** What the vendor keeps: the events that took effect, and what it knows them by. */
export type Ledger = {
  /** Takes a good batch; the first of several equal events takes effect. */
  commit: (batch: Commit) => { effective: number; duplicates: number };
  effective: (dataset?: string) => JsonObject[];
  /** Admits custom app event names up to the ceiling, those of the batch at hand included. */
  appNameGate: (dataset: string) => (name: string) => boolean;
};

/** Opens an empty ledger. */
export function openLedger(): Ledger {
  const kept: Kept[] = [];
  const keptAtMs = new Map<string, number>();
  const appNames = new Map<string, Set<string>>();

  const isDuplicate = (dataset: string, event: JsonObject, nowMs: number) => {
    const id = event["event_id"];
    if (typeof id !== "string") return false;
    const key = JSON.stringify([dataset, event["event_name"], id]);
    const firstAtMs = keptAtMs.get(key);
    const windowMs = event["event_name"] === installEventName ? installDedupWindowMs : dedupWindowMs;
    if (firstAtMs !== undefined && nowMs - firstAtMs <= windowMs) return true;
    keptAtMs.set(key, nowMs);
    return false;
  };

  const noteAppName = (dataset: string, event: JsonObject) => {
    const name = String(event["event_name"]);
    if (event["action_source"] !== "app" || standardEventNames.has(name)) return;
    const names = appNames.get(dataset) ?? new Set();
    appNames.set(dataset, names.add(name));
  };

  return {
    commit: ({ dataset, events, nowMs }) => {
      let duplicates = 0;
      for (const event of events) {
        noteAppName(dataset, event);
        if (isDuplicate(dataset, event, nowMs)) duplicates += 1;
        else kept.push({ dataset, event });
      }
      return { effective: events.length - duplicates, duplicates };
    },
    effective: (dataset) =>
      kept.filter((one) => dataset === undefined || one.dataset === dataset).map((one) => one.event),
    appNameGate: (dataset) => {
      const known = appNames.get(dataset) ?? new Set();
      const fresh = new Set<string>();
      return (name) => {
        if (known.has(name) || fresh.has(name)) return true;
        if (known.size + fresh.size >= customAppNamesMax) return false;
        fresh.add(name);
        return true;
      };
    },
  };
}
