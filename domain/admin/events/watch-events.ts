import type { Clock } from "../../../ports/clock.ts";
import type { EventTail, Tail, TailFilter } from "../../../ports/event-tail.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, type InputFault, invalid, isId, refused } from "../refusal.ts";
import { type EventQuery, showEvent } from "./list-events.ts";
import { openPlaces } from "./watch-places.ts";

export const orgWatchesMax = 5;
export const watchesMax = 50;
const pollMs = 1_000;
/** Events of one poll that are shown; of more, a sample. */
export const pollEventsMax = 50;
const pollReadMax = 200;
/** Records are not stored in the order in which they were received: so far back is looked for late ones. */
const overlapMs = 5_000;
const heartbeatMs = 10_000;
/** How often it is asked whether the watcher still may. */
const recheckMs = 15_000;
const watchMsMax = 15 * 60_000;
const eventNamesMax = 100;
const known = ["project_id", "source_id", "event_names"];

/**
 * What a watcher is told. `sample`: of so many events that came in, so many are shown; it stands before them.
 * `end`: `renew` after a quarter of an hour, `token_unknown` when the token is not valid any more.
 */
export type WatchMessage =
  | { readonly kind: "event"; readonly id: string; readonly event: unknown }
  | { readonly kind: "sample"; readonly arrived: number; readonly shown: number; readonly rate: number }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "unavailable"; readonly code: string }
  | { readonly kind: "end"; readonly reason: "renew" | "token_unknown" | "stopping" };

/** A watch that is under way. It holds a place until it ends or is closed. */
export interface Watch {
  /** The next message; null once it has ended. */
  next(): Promise<WatchMessage | null>;
  close(): void;
}

export interface WatchEventsParts {
  readonly tail: EventTail;
  readonly tenants: Pick<TenantStore, "hasProject" | "source">;
  readonly clock: Clock;
}

export interface WatchEvents {
  watchEvents(by: Principal, query: EventQuery, mayStill: () => Promise<boolean>): Promise<AdminResult<Watch>>;
  /** Ends every watch. */
  stop(): void;
}

/** Makes the use case that shows stored events as they come in; any member may. */
export function createWatchEvents(parts: WatchEventsParts): WatchEvents {
  const { clock } = parts;
  const places = openPlaces(orgWatchesMax, watchesMax);

  async function watchEvents(
    by: Principal,
    query: EventQuery,
    mayStill: () => Promise<boolean>,
  ): Promise<AdminResult<Watch>> {
    const filter = readFilter(query);
    if (Array.isArray(filter)) return invalid(filter);
    const foreign = await foreignTo(by, filter);
    if (foreign) return foreign;
    const place = places.take(by.orgId);
    if (!place) return failed({ code: "watches_full", retry: "backoff", effect: "none" });
    void clock.sleep(watchMsMax + recheckMs, place.signal).then(place.leave);
    const messages = follow(parts, by.orgId, filter, mayStill, place.signal);
    return granted({
      async next() {
        const step = await messages.next();
        if (step.done) place.leave();
        return step.done ? null : step.value;
      },
      close: place.leave,
    });
  }

  async function foreignTo(by: Principal, { projectId, sourceId }: TailFilter) {
    if (projectId !== undefined) {
      const own = await parts.tenants.hasProject(by.orgId, projectId);
      if (!own.ok) return failed(own.failure);
      if (!own.value) return refused("not_found");
    }
    if (sourceId === undefined) return null;
    const source = await parts.tenants.source(by.orgId, sourceId);
    return source.ok ? null : failed(source.failure);
  }

  return { watchEvents, stop: places.close };
}

/** Asks the store again and again: this process holds no tenant's events, and hears of those of every other. */
async function* follow(
  { tail, clock }: WatchEventsParts,
  orgId: string,
  filter: TailFilter,
  mayStill: () => Promise<boolean>,
  signal: AbortSignal,
): AsyncGenerator<WatchMessage, void> {
  const startedMs = clock.nowMs();
  const window = createWindow();
  let [toldMs, checkedMs] = [startedMs, startedMs];
  let begun = false;
  yield { kind: "heartbeat" };
  while (!signal.aborted) {
    const nowMs = clock.nowMs();
    if (nowMs - startedMs > watchMsMax) return yield { kind: "end", reason: "renew" };
    if (nowMs - checkedMs > recheckMs) {
      if (!(await mayStill())) return yield { kind: "end", reason: "token_unknown" };
      checkedMs = nowMs;
    }
    const messages = await look();
    if (messages.length > 0) toldMs = nowMs;
    yield* messages;
    if (nowMs - toldMs >= heartbeatMs) {
      toldMs = nowMs;
      yield { kind: "heartbeat" };
    }
    await clock.sleep(pollMs, signal);
  }
  yield { kind: "end", reason: "stopping" };

  /** The first look shows nothing: what is there already did not just come in. */
  async function look(): Promise<WatchMessage[]> {
    const newest = await tail.newestMs(orgId);
    if (!newest.ok) return [unavailable(newest.failure.code)];
    if (!begun) window.startAt(newest.value ?? 0);
    const read = await tail.since(orgId, filter, window.sinceMs(), pollReadMax);
    if (!read.ok) return [unavailable(read.failure.code)];
    const messages = window.add(read.value, newest.value ?? 0);
    const isFirst = !begun;
    begun = true;
    return isFirst ? [] : messages;
  }
}

function unavailable(code: string): WatchMessage {
  return { kind: "unavailable", code };
}

/** Remembers which of the newest events were seen, and how far back to look for more. */
function createWindow() {
  let seen: ReadonlySet<string> = new Set();
  let newestMs = 0;
  let isCut = false;
  let wasSampled = false;

  return {
    startAt(ms: number): void {
      newestMs = ms;
    },
    /** After more than could be read at a time there is no looking back: what was left out stays out. */
    sinceMs: () => (isCut ? newestMs + 1 : newestMs - overlapMs),
    /** `storedMs`: when the newest of all events was received; a filter that finds none looks no further back. */
    add({ items, matched }: Tail, storedMs: number): WatchMessage[] {
      const fresh = items.filter((event) => !seen.has(event.id)).reverse();
      const arrived = fresh.length + matched - items.length;
      const shown = evenly(fresh, pollEventsMax);
      seen = new Set(items.length > 0 || !isCut ? items.map((event) => event.id) : seen);
      newestMs = items.reduce((latest, event) => Math.max(latest, event.receivedAtMs), Math.max(newestMs, storedMs));
      isCut = matched > items.length;
      const isSampled = shown.length < arrived;
      const tellsRate = isSampled || (wasSampled && arrived > 0);
      if (arrived > 0) wasSampled = isSampled;
      const rate = arrived === 0 ? 1 : shown.length / arrived;
      const messages = shown.map((event) => ({ kind: "event", id: event.id, event: showEvent(event) }) as const);
      return tellsRate ? [{ kind: "sample", arrived, shown: shown.length, rate }, ...messages] : messages;
    },
  };
}

/** So many of a list, spread evenly over it. */
function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as T);
}

function readFilter(query: EventQuery): TailFilter | InputFault[] {
  const faults: InputFault[] = [];
  if (Object.keys(query).some((name) => !known.includes(name))) {
    const message = `Only these parameters are known: ${known.join(", ")}.`;
    faults.push({ path: "query", code: "unknown_parameter", message });
  }
  const { project_id: projectId, source_id: sourceId, event_names: names } = query;
  for (const [path, id] of Object.entries({ project_id: projectId, source_id: sourceId })) {
    if (id !== undefined && !isId(id)) faults.push({ path, code: "invalid_id", message: "Send an id, a UUID." });
  }
  const eventNames = names?.split(",").filter((name) => name !== "");
  if (eventNames && eventNames.length > eventNamesMax) {
    faults.push({ path: "event_names", code: "too_many", message: `Ask for at most ${eventNamesMax} names.` });
  }
  if (faults.length > 0) return faults;
  return {
    ...(projectId === undefined ? {} : { projectId: projectId.toLowerCase() }),
    ...(sourceId === undefined ? {} : { sourceId: sourceId.toLowerCase() }),
    ...(eventNames === undefined ? {} : { eventNames }),
  };
}
