// The thread that watches over a sandbox process from inside: where a script hangs in native code, nothing else in the
// process gets on. It ends the whole process, at a time that does not depend on how busy the owner is.
import { writeSync } from "node:fs";
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { openProgressWatch } from "./progress.ts";
import { mainThreadTimeMs } from "./thread-time.ts";
import { createWatch } from "./watch.ts";
import { type WatchdogData, working } from "./watchdog-thread.ts";

const lookEveryMs = 5;
const standardError = 2;

/** Wakes the owner, who then reads the file; that one who has gone can't be told. */
function tellOwner(): void {
  try {
    writeSync(standardError, "\n");
  } catch {}
}

const { path, signal, times } = workerData as WatchdogData;
const numbers = new Int32Array(signal);
const progress = openProgressWatch(path);
parentPort?.postMessage("ready");

for (;;) {
  // Sleeps without a wake-up while the process has nothing to do.
  Atomics.wait(numbers, 0, 0);
  const findHung = createWatch(times);
  while (Atomics.load(numbers, 0) === working) {
    const hung = findHung({ step: progress.read(), nowMs: performance.now(), takenMs: mainThreadTimeMs() });
    if (hung !== null) {
      progress.writeHung(hung);
      tellOwner();
      process.kill(process.pid, "SIGKILL");
    }
    Atomics.wait(numbers, 0, working, lookEveryMs);
  }
}
