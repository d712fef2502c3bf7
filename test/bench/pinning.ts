import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";

/** How a command is held to one core, so that no figure depends on where the system moves it. */
export interface Pinning {
  /** For the report. */
  readonly words: string;
  pin(command: readonly string[]): readonly string[];
}

/** Pins by taskset where there is one, to the core that TIDEGATE_BENCH_CORE names, else to the last. */
export function findPinning(): Pinning {
  const core = process.env["TIDEGATE_BENCH_CORE"] ?? String(availableParallelism() - 1);
  const works = spawnSync("taskset", ["-c", core, "true"], { stdio: "ignore" }).status === 0;
  if (!works) return { words: `not pinned: no taskset for core ${core}`, pin: (command) => command };
  return { words: `pinned to core ${core}`, pin: (command) => ["taskset", "-c", core, ...command] };
}
