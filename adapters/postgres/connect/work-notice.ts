import type pg from "pg";
import type { Clock } from "../../../ports/clock.ts";
import type { DatabaseLogin } from "./connection.ts";
import { type Listener, openListener } from "./listener.ts";

/** Tells relays, in this process and others, that there may be work. */
export interface WorkNotice {
  /** With `what` in it the notice says of what, to those who watch. */
  announce(what?: string): void;
  /** Calls `heard` with what each notice says; returns what ends that. */
  watch(heard: (what: string) => void): () => void;
  /** Makes one who waits, apart from others: each hears every notice. */
  createWaiter(): Waiter;
  close(): Promise<void>;
}

/** Resolves on a notice since it was last called, or after `waitMs`, or when closed. */
export type Waiter = (waitMs: number) => Promise<void>;

const channel = "tidegate_outbox";

/**
 * Makes the bell between processing and relaying.
 *
 * It rings after the commit, in a statement of its own: Postgres lets transactions that notify commit one at a time
 * only. A ring lost to a crash costs no more than one wait of the relay's. Rings while one is under way become one.
 */
export function createWorkNotice(login: DatabaseLogin, pool: pg.Pool, clock: Clock): WorkNotice {
  let opening: Promise<Listener | null> | null = null;
  let rings = 0;
  let sending = false;
  let again = false;
  let closed = false;
  const waiting = new Set<() => void>();
  const watching = new Set<(what: string) => void>();

  function ring(): void {
    rings += 1;
    for (const wake of waiting) wake();
  }

  function announce(what?: string): void {
    ring();
    if (what !== undefined) return void notify(what);
    if (sending) again = true;
    else void send();
  }

  async function send(): Promise<void> {
    sending = true;
    do {
      again = false;
      await notify("");
    } while (again && !closed);
    sending = false;
  }

  async function notify(what: string): Promise<void> {
    await pool.query("select pg_notify($1, $2)", [channel, what]).catch(() => {});
  }

  function hear(what: string): void {
    if (what !== "") for (const heard of watching) heard(what);
    ring();
  }

  /** Listens from the first wait on; where it can't, waits are only timed, and the next one tries again. */
  async function listen(): Promise<void> {
    opening ??= openListener({ login, channel, clock, heard: hear, missed: async () => ring() }).catch(() => null);
    if ((await opening) === null) opening = null;
  }

  function createWaiter(): Waiter {
    let heard = 0;
    return async function awaitWork(waitMs) {
      if (closed) return;
      void listen();
      if (heard === rings) await nextRing(waitMs);
      heard = rings;
    };
  }

  function nextRing(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      waiting.add(wake);
    });
  }

  async function close(): Promise<void> {
    closed = true;
    ring();
    await (await opening)?.close();
  }

  function watch(heard: (what: string) => void): () => void {
    watching.add(heard);
    void listen();
    return () => void watching.delete(heard);
  }

  return { announce, watch, createWaiter, close };
}
