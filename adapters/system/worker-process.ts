import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import type { Trouble } from "../../ports/troubles.ts";

export interface WorkerOptions {
  /** Path of the entry file to run. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How far it stands back behind other processes, 0 to 19; 0 if left out. */
  readonly niceness?: number;
  /** Called when a worker ended without being asked to; it is started again after a pause. */
  readonly onExit: (exit: { readonly code: number | null; readonly signal: string | null }) => void;
}

export interface WorkerProcess {
  pid(): number | undefined;
  /** The worker's own metrics as it last told them; empty before that. */
  metrics(): string;
  /** What troubles the worker, as it last told, and what is wrong with it. */
  troubles(): readonly Trouble[];
  /** Where it listens, as it told; null before that, and after it ended. */
  url(): string | null;
  /** Asks the worker to drain, waits for it, and kills it when it takes too long. */
  stop(): Promise<void>;
}

/** What a worker tells its parent from time to time. */
interface Told {
  readonly metrics?: string;
  readonly troubles?: readonly Trouble[];
  readonly url?: string;
}

const restartFirstMs = 200;
const restartMaxMs = 10_000;
const healthyAfterMs = 30_000;
const drainMaxMs = 15_000;
/** A worker that ended so often, none of them having lived for long, does not do its work. */
const endsMax = 3;

/**
 * Runs a part of Tidegate in a process of its own and keeps it running.
 *
 * The worker's standard input is a pipe that nobody writes to: its end tells the worker that its parent is gone,
 * however the parent died, so no worker outlives it.
 */
export function startWorkerProcess(options: WorkerOptions): WorkerProcess {
  let child: ChildProcess | null = null;
  let stopping = false;
  let metrics = "";
  let troubles: readonly Trouble[] = [];
  let ends = 0;
  let livesSinceMs = 0;
  let url: string | null = null;
  let restartMs = restartFirstMs;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    const startedMs = performance.now();
    const started = spawn(process.execPath, [...runtimeArgs(), options.entry, ...options.args], {
      stdio: ["pipe", "inherit", "inherit", "ipc"],
      env: options.env as NodeJS.ProcessEnv,
      detached: true,
    });
    child = started;
    livesSinceMs = startedMs;
    if (options.niceness !== undefined) standBack(started.pid, options.niceness);
    started.on("message", (message: Told) => {
      metrics = message.metrics ?? metrics;
      troubles = message.troubles ?? troubles;
      url = message.url ?? url;
    });
    started.once("error", () => ended(null, null));
    started.once("exit", (code, signal) => ended(code, signal));

    function ended(code: number | null, signal: string | null): void {
      if (child !== started) return;
      child = null;
      url = null;
      if (stopping) return;
      options.onExit({ code, signal });
      const wasHealthy = performance.now() - startedMs > healthyAfterMs;
      ends = wasHealthy ? 1 : ends + 1;
      restartMs = wasHealthy ? restartFirstMs : Math.min(restartMaxMs, restartMs * 2);
      timer = setTimeout(start, restartMs);
    }
  }

  async function stop(): Promise<void> {
    stopping = true;
    clearTimeout(timer);
    const running = child;
    if (!running || running.exitCode !== null) return;
    const gone = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    running.kill("SIGTERM");
    const kill = setTimeout(() => running.kill("SIGKILL"), drainMaxMs);
    await gone;
    clearTimeout(kill);
  }

  /** It is healthy again once one has lived for a while. */
  function isFailing(): boolean {
    const lives = child !== null && performance.now() - livesSinceMs > healthyAfterMs;
    return ends >= endsMax && !lives;
  }

  start();
  return {
    pid: () => child?.pid,
    metrics: () => metrics,
    troubles: () => (isFailing() ? [...troubles, "worker_ends"] : troubles),
    url: () => url,
    stop,
  };
}

/** Best effort: where a system has no priorities, nothing is lost but the order. */
function standBack(pid: number | undefined, niceness: number): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {}
}

/** Calls `gone` once when the parent that holds the other end of standard input has ended. */
export function whenParentGone(gone: () => void): void {
  let told = false;
  const tell = () => {
    if (told) return;
    told = true;
    gone();
  };
  process.stdin.once("end", tell);
  process.stdin.once("close", tell);
  process.stdin.once("error", tell);
  process.stdin.resume();
}

function runtimeArgs(): string[] {
  return "Deno" in globalThis ? ["run", "--allow-all"] : process.versions["bun"] ? ["--no-install"] : [];
}
