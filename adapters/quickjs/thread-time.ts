import { readFileSync } from "node:fs";
import process from "node:process";

const microsecondsPerMs = 1_000;
const nanosecondsPerMs = 1_000_000;

interface Usage {
  readonly user: number;
  readonly system: number;
}

/** Of this thread alone, where the runtime tells: its compiler and collector work in threads of their own. */
const threadUsage = (process as { readonly threadCpuUsage?: () => Usage }).threadCpuUsage;

function msOf({ user, system }: Usage): number {
  return (user + system) / microsecondsPerMs;
}

/** Processor time of this thread; of the whole process where the runtime tells no more. Units: milliseconds. */
export function ownTimeMs(): number {
  return msOf(threadUsage?.call(process) ?? process.cpuUsage());
}

/** Processor time of this process's main thread, asked from another one; else of the whole. Units: milliseconds. */
export function mainThreadTimeMs(): number {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ");
    return Number(nanoseconds) / nanosecondsPerMs;
  } catch {
    return msOf(process.cpuUsage());
  }
}
