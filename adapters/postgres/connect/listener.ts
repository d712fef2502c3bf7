import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Clock } from "../../../ports/clock.ts";
import { clientConfig, type DatabaseLogin } from "./connection.ts";

/** A connection that hears what is notified on one channel, and knows when it last was able to. */
export interface Listener {
  /** When a notification of our own last made the round trip. Units: milliseconds since the epoch. */
  heardAtMs(): number;
  close(): Promise<void>;
}

const pingEveryMs = 3_000;
const pingTimeoutMs = 5_000;
const reconnectFirstMs = 100;
const reconnectMaxMs = 5_000;
const pingPrefix = "ping ";

/**
 * Listens on a channel until it is closed; after a lost connection it connects again and calls `missed` with the time
 * since it last heard, because what was notified in between is gone. Every few seconds it notifies itself: a pooler
 * that swallows notifications would pass any other check.
 *
 * Errors: throws if the first connection can't listen.
 */
export async function openListener(options: {
  readonly login: DatabaseLogin;
  readonly channel: string;
  readonly clock: Clock;
  readonly heard: (payload: string) => void;
  readonly missed: (silentMs: number) => Promise<void>;
}): Promise<Listener> {
  const ownPing = pingPrefix + randomUUID();
  const stop = new AbortController();
  let heardAtMs = Number.NEGATIVE_INFINITY;
  let heardOnMs = performance.now();
  let pinged: () => void = () => {};
  let client: pg.Client | null = null;

  async function connect(catchUp: (silentMs: number) => Promise<void>): Promise<pg.Client> {
    const next = new pg.Client({ ...clientConfig(options.login, "tidegate-listen"), query_timeout: pingTimeoutMs });
    next.on("error", () => {});
    next.on("notification", ({ payload = "" }) => {
      if (payload === ownPing) pinged();
      else if (!payload.startsWith(pingPrefix)) options.heard(payload);
    });
    try {
      await next.connect();
      await next.query(`listen ${options.channel}`);
      await catchUp(performance.now() - heardOnMs);
      await ping(next);
    } catch (error) {
      await next.end().catch(() => {});
      throw error;
    }
    return next;
  }

  async function ping(on: pg.Client): Promise<void> {
    const sentAtMs = options.clock.nowMs();
    const sentOnMs = performance.now();
    const heard = new Promise<boolean>((resolve) => {
      pinged = () => resolve(true);
    });
    await on.query("select pg_notify($1, $2)", [options.channel, ownPing]);
    const late = new AbortController();
    const silent = sleep(pingTimeoutMs, late.signal).then(() => false);
    const ok = await Promise.race([heard, silent]);
    late.abort();
    if (!ok) throw new Error("connection does not carry notifications");
    heardAtMs = sentAtMs;
    heardOnMs = sentOnMs;
  }

  async function keepAlive(): Promise<void> {
    let backoffMs = reconnectFirstMs;
    while (!stop.signal.aborted) {
      try {
        client ??= await connect(options.missed);
        backoffMs = reconnectFirstMs;
        await sleep(pingEveryMs, stop.signal);
        if (!stop.signal.aborted) await ping(client);
      } catch {
        await client?.end().catch(() => {});
        client = null;
        await sleep(backoffMs, stop.signal);
        backoffMs = Math.min(reconnectMaxMs, backoffMs * 2);
      }
    }
  }

  client = await connect(async () => {});
  const alive = keepAlive();
  return {
    heardAtMs: () => heardAtMs,
    async close() {
      stop.abort();
      await alive;
      await client?.end().catch(() => {});
    },
  };
}

/** The network's time is real time, whatever the clock of the process says. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
