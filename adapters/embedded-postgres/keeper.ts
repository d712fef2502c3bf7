import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedLog, EmbeddedServer } from "./server.ts";

const pauseFirstMs = 100;
const pauseMaxMs = 30_000;
const healthyAfterMs = 60_000;

/** A server that is started again when it ends unasked. */
export interface KeptServer {
  /** Of the server that runs now, or ran last. */
  pid(): number;
  stop(): Promise<void>;
}

/**
 * Starts a server again whenever it ends unasked (killed for want of memory, crashed), for as long as it takes: whoever
 * lost the connection finds it where it was.
 */
export function keepRunning(
  first: EmbeddedServer,
  startAgain: () => Promise<EmbeddedServer>,
  log: EmbeddedLog,
): KeptServer {
  const stopping = new AbortController();
  const { signal } = stopping;
  let server = first;

  async function keep(): Promise<void> {
    let pauseMs = pauseFirstMs;
    while (!signal.aborted) {
      const sinceMs = performance.now();
      const how = await server.ended;
      if (signal.aborted) return;
      log(`Postgres has ended (${how}) and is started again; what was answered is kept`, "error");
      pauseMs = performance.now() - sinceMs > healthyAfterMs ? pauseFirstMs : Math.min(pauseMaxMs, pauseMs * 2);
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await tryAgain();
    }
  }

  async function tryAgain(): Promise<void> {
    try {
      server = await startAgain();
      log("Postgres runs again");
    } catch (error) {
      log(error instanceof Error ? error.message : "Postgres does not start again", "error");
    }
  }

  const kept = keep();
  return {
    pid: () => server.pid,
    async stop() {
      stopping.abort();
      await server.stop();
      await kept;
      await server.stop(); // one that was on its way meanwhile
    },
  };
}
