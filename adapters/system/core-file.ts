import { writeFileSync } from "node:fs";

/**
 * Keeps this process's memory, and that of all it starts, out of core files: raw values live in it for a while.
 *
 * On Linux, also where the system hands cores to a program instead of writing them. Elsewhere it does nothing: macOS
 * writes none unless it is told to.
 * Source: core(5), "Controlling which mappings are written to the core dump"
 */
export function keepMemoryOutOfCoreFiles(): void {
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // Not Linux, or a kernel without it.
  }
}
