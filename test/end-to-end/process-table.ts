import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface RunningProcess {
  readonly pid: number;
  readonly command: string;
}

/** Why tests that look at the table of processes don't run elsewhere; undefined where they do. */
export const needsProcessTable = process.platform === "linux" ? undefined : "the table of processes is read from /proc";

/** What runs on a folder: works in it, names it in its command line, or was told of it in its environment. */
export function processesOn(folder: string): RunningProcess[] {
  const found: RunningProcess[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const command = read(() => readFileSync(`/proc/${name}/cmdline`, "utf8")).replaceAll("\0", " ");
    const state = /^State:\s+(\S)/m.exec(read(() => readFileSync(`/proc/${name}/status`, "utf8")))?.[1] ?? "Z";
    if (state === "Z") continue;
    const workDir = read(() => readlinkSync(`/proc/${name}/cwd`));
    const environment = read(() => readFileSync(`/proc/${name}/environ`, "utf8"));
    if ([command, workDir, environment].some((text) => text.includes(folder))) {
      found.push({ pid: Number(name), command });
    }
  }
  return found;
}

/** The process that stores and relays, which the main process keeps running. */
export function workerOn(folder: string): RunningProcess | undefined {
  return processesOn(folder).find(({ command }) => command.includes("--role process"));
}

/** Memory a process holds at the moment. Units: bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

/** The process may have ended meanwhile, or be another user's. */
function read(from: () => string): string {
  try {
    return from();
  } catch {
    return "";
  }
}
