import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { postgresEnvironment } from "./environment.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { commandWorks, type Identity } from "./identity.ts";
import { serverArguments } from "./settings.ts";

export type Tether = "auto" | "watchdog";

/** A Postgres that accepts connections. */
export interface EmbeddedServer {
  readonly port: number;
  readonly pid: number;
  /** How it ended; settles after stop, too. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

interface Postmaster {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<string>;
  readonly startLines: string[];
  markReady(): void;
  /** From now on its last words are what a stop brings, and nobody's concern. */
  markStopping(): void;
}

/** Hears what Postgres or its launcher has to say. */
export type EmbeddedLog = (line: string, level?: "info" | "warn" | "error") => void;

const lastWords = /^\[\d+\] (FATAL|PANIC): {2}/;
const portAttemptsMax = 3;
const readyMsMax = 180_000; // replaying a full max_wal_size after a crash takes this long on a slow disk
const readyPollMs = 10;
const startLinesMax = 8;
const lineCharsMax = 300;
const statusLine = 7; // of postmaster.pid, counted from 0
const stopSteps: readonly { signal: NodeJS.Signals; waitMs: number }[] = [
  { signal: "SIGINT", waitMs: 15_000 },
  { signal: "SIGQUIT", waitMs: 3_000 },
  { signal: "SIGKILL", waitMs: 3_000 },
];

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/**
 * The command line that runs Postgres as the identity, without core files (they would hold memory), and, where the
 * kernel offers it, with a signal on this process's death. That signal is set before the shell looks whether its parent
 * is still this process, so that a death in between is noticed too.
 */
function launchCommand(identity: Identity, byKernel: boolean, postgres: string, args: readonly string[]): string[] {
  const tether = byKernel ? ["setpriv", "--pdeathsig", "INT", "--"] : [];
  const orphan = byKernel ? `[ "$PPID" = "${process.pid}" ] || exit 1; ` : "";
  return [...identity.prefix, ...tether, "sh", "-c", `ulimit -c 0; ${orphan}exec "$@"`, "sh", postgres, ...args];
}

function launch(command: readonly string[], log: EmbeddedLog): Postmaster {
  const [file = "", ...args] = command;
  // A session of its own: Ctrl-C at the terminal must reach Tidegate alone, which drains before it stops Postgres.
  const child = spawn(file, args, {
    cwd: "/",
    env: postgresEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const startLines: string[] = [];
  let ready = false;
  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit ${code}`));
  });
  if (child.stderr) {
    createInterface({ input: child.stderr }).on("line", (line) => {
      const short = line.slice(0, lineCharsMax);
      // No client has spoken before it is ready. After that only what Postgres says of itself goes on: never a
      // statement, nor the tail of one.
      if (!ready) startLines.splice(0, Math.max(0, startLines.push(short) - startLinesMax));
      else if (!stopping && lastWords.test(line)) log(`postgres: ${short.replace(/^\[\d+\] /, "")}`, "warn");
    });
  }
  const markReady = (): void => {
    ready = true;
  };
  const markStopping = (): void => {
    stopping = true;
  };
  return { child, pid: child.pid ?? -1, ended, startLines, markReady, markStopping };
}

function isReady(clusterDir: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(clusterDir, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[statusLine]?.trim() === "ready";
  } catch {
    return false; // not written yet
  }
}

async function untilReady(clusterDir: string, postmaster: Postmaster): Promise<string | undefined> {
  let failure: string | undefined;
  void postmaster.ended.then((how) => {
    failure = how;
  });
  const untilMs = performance.now() + readyMsMax;
  while (failure === undefined && performance.now() < untilMs) {
    if (isReady(clusterDir, postmaster.pid)) return undefined;
    await sleep(readyPollMs);
  }
  return failure ?? `not ready after ${readyMsMax / 1000} s`;
}

/** Where the kernel can't signal a child on its parent's death, a shell waits for the end of a pipe that we hold. */
function watch(postmaster: Postmaster): void {
  const watcher = spawn("sh", ["-c", 'read -r line; kill -INT "$0"', String(postmaster.pid)], {
    cwd: "/",
    env: postgresEnvironment(),
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watcher.stdin.on("error", () => {}); // it ends before us only when it is told to
  void postmaster.ended.then(() => watcher.kill("SIGKILL"));
}

async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  postmaster.markStopping();
  let ended = false;
  const end = postmaster.ended.then(() => {
    ended = true;
  });
  for (const { signal, waitMs } of stopSteps) {
    if (ended) return;
    postmaster.child.kill(signal);
    const patience = new AbortController();
    await Promise.race([end, sleep(waitMs, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
  }
}

/**
 * Starts Postgres on a free port of 127.0.0.1, or on the one it had, and waits until it accepts connections.
 *
 * Errors: EmbeddedPostgresError `start_failed` with what Postgres said.
 */
export async function startServer(input: {
  clusterDir: string;
  postgres: string;
  identity: Identity;
  tether: Tether;
  log: EmbeddedLog;
  port?: number;
}): Promise<EmbeddedServer> {
  const probe = [...input.identity.prefix, "setpriv", "--pdeathsig", "INT", "--", "true"];
  const byKernel = input.tether === "auto" && commandWorks(probe);
  let said = "";
  for (let attempt = 1; attempt <= portAttemptsMax; attempt++) {
    const port = input.port ?? (await freePort());
    const args = serverArguments(input.clusterDir, port);
    const postmaster = launch(launchCommand(input.identity, byKernel, input.postgres, args), input.log);
    if (!byKernel) watch(postmaster);
    const failure = await untilReady(input.clusterDir, postmaster);
    if (failure === undefined) {
      postmaster.markReady();
      const stop = (): Promise<void> => stopPostmaster(postmaster);
      return { port, pid: postmaster.pid, ended: postmaster.ended, stop };
    }
    await stopPostmaster(postmaster);
    said = [failure, ...postmaster.startLines].join("; ");
    if (!said.includes("TCP/IP sockets")) break;
  }
  throw new EmbeddedPostgresError("start_failed", `Postgres does not start in ${input.clusterDir}: ${said}`);
}
