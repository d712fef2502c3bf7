import { Worker } from "node:worker_threads";
import type { ScriptTimes } from "./script-times.ts";

/** What the thread is given: the progress file, and one number that says whether the process works. */
export interface WatchdogData {
  readonly path: string;
  readonly signal: SharedArrayBuffer;
  readonly times: ScriptTimes;
}

export const working = 1;
const resting = 0;

/** Tells the watchdog when to look. */
export interface Watchdog {
  begin(): void;
  end(): void;
}

/** Starts the thread that ends this process when one step takes too long; ready when it watches. */
export async function startWatchdog(path: string, times: ScriptTimes): Promise<Watchdog> {
  const signal = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const numbers = new Int32Array(signal);
  const workerData: WatchdogData = { path, signal, times };
  const thread = new Worker(new URL("./watchdog.ts", import.meta.url), { workerData });
  await new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
  });
  thread.unref();
  function set(to: number): void {
    Atomics.store(numbers, 0, to);
    Atomics.notify(numbers, 0);
  }
  return { begin: () => set(working), end: () => set(resting) };
}
