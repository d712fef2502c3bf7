import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgresError } from "./error.ts";

const pollMs = 20;
// Fast shutdown, then immediate, then the end: each signal gets its time before the next.
const escalation: readonly { signal: NodeJS.Signals; waitMs: number }[] = [
  { signal: "SIGINT", waitMs: 8_000 },
  { signal: "SIGQUIT", waitMs: 3_000 },
  { signal: "SIGKILL", waitMs: 3_000 },
];

function recordedPid(clusterDir: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(clusterDir, "postmaster.pid"), "utf8"), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

// Every process of a cluster works in the cluster's directory, which tells it from a stranger with a reused id.
function processesIn(clusterDir: string): number[] {
  const real = realpathSync(clusterDir);
  const found: number[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readlinkSync(`/proc/${name}/cwd`) === real) found.push(Number(name));
    } catch {
      // ended meanwhile, or another user's
    }
  }
  return found;
}

function recordedServer(clusterDir: string): number[] {
  const pid = recordedPid(clusterDir);
  if (pid === undefined) return [];
  const ps = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  return ps.stdout?.includes("postgres") && ps.stdout.includes(clusterDir) ? [pid] : [];
}

function serverProcesses(clusterDir: string): number[] {
  return existsSync("/proc/self/cwd") ? processesIn(clusterDir) : recordedServer(clusterDir);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

/**
 * Stops what an earlier Tidegate left running on this cluster, and removes its record.
 *
 * The caller holds the data directory's lock, so whatever runs there has lost its parent. The record goes too: after a
 * container's restart its process id may be anyone's, and Postgres would refuse to start.
 *
 * Errors: EmbeddedPostgresError `stale_server_stuck`.
 */
export async function stopStaleServer(clusterDir: string, log: (line: string) => void): Promise<void> {
  let left = serverProcesses(clusterDir);
  if (left.length > 0) log("stopping the Postgres that an earlier run left behind");
  for (const { signal, waitMs } of escalation) {
    if (left.length === 0) break;
    const postmaster = recordedPid(clusterDir);
    // Backends end by themselves with their postmaster; without one, each is told.
    const told = postmaster !== undefined && left.includes(postmaster) ? [postmaster] : left;
    for (const pid of signal === "SIGKILL" ? left : told)
      send(pid, signal === "SIGINT" && told === left ? "SIGTERM" : signal);
    const untilMs = performance.now() + waitMs;
    while (left.length > 0 && performance.now() < untilMs) {
      await sleep(pollMs);
      left = serverProcesses(clusterDir);
    }
  }
  if (left.length > 0) {
    throw new EmbeddedPostgresError(
      "stale_server_stuck",
      `processes ${left.join(", ")} of an earlier Postgres in ${clusterDir} do not end: end them, then start again`,
    );
  }
  rmSync(join(clusterDir, "postmaster.pid"), { force: true });
}
