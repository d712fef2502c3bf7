import { type SandboxProcess, startSandboxProcess } from "./sandbox-process.ts";

/** Processes for those places that need one: a started one is kept ready while any is in use. */
export interface SpareProcesses {
  /** A process that can work, or null if it can't be started. Each is to be given back. */
  take(): Promise<SandboxProcess | null>;
  giveBack(process: SandboxProcess): void;
  close(): void;
}

/**
 * Opens the store of processes. After a hung one was killed, starting another takes a tenth of a second, longer on a
 * busy machine: neither the other events of its turn nor other organisations shall wait for that.
 */
export function openSpareProcesses(start: () => Promise<SandboxProcess | null> = startSandboxProcess): SpareProcesses {
  let spare: Promise<SandboxProcess | null> | null = null;
  let inUse = 0;
  let closed = false;

  function startOne(): Promise<SandboxProcess | null> {
    return closed ? Promise.resolve(null) : start().catch(() => null);
  }

  /** Kills the spare, also one that is being started. */
  function dropSpare(): void {
    void spare?.then((process) => process?.kill());
    spare = null;
  }

  function prepare(): void {
    if (inUse > 0 && !closed) spare ??= startOne();
  }

  return {
    async take() {
      const waiting = spare;
      spare = null;
      inUse += 1;
      const found = await waiting;
      const process = found?.isAlive() ? found : await startOne();
      if (!process) inUse -= 1;
      // Not before the one that is wanted now: they would share the processors.
      prepare();
      return process;
    },
    giveBack(process) {
      process.kill();
      inUse -= 1;
      if (inUse === 0) dropSpare();
    },
    close() {
      closed = true;
      dropSpare();
    },
  };
}
