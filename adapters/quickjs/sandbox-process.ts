import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createFrameReader, encodeFrame, type Frame } from "./frames.ts";
import { eventMsMax, type Reply, type Request, stepMsMax } from "./messages.ts";

/** What came of a request: an answer, or the process ended; `hung`: it was killed for taking too long. */
export type Exchange =
  | { readonly kind: "answered"; readonly reply: Reply; readonly body: Uint8Array }
  /** `index` is the event that was worked on. */
  | { readonly kind: "ended"; readonly hung: boolean; readonly index: number };

/** A process for organisations' JavaScript, used by one request at a time. */
export interface SandboxProcess {
  exchange(request: Request, chunks: readonly Uint8Array[]): Promise<Exchange>;
  isAlive(): boolean;
  readonly pid: number | undefined;
  kill(): void;
}

/** Beyond `eventMsMax`, when the engine's own interrupt has failed: the process is killed. */
const killGraceMs = 30;
const watchEveryMs = 10;
/** One tick of the processor time that Linux tells. */
const tickMs = 10;
const readyMsMax = 20_000;

interface Step {
  readonly count: number;
  readonly index: number;
  /** False while the process works for itself: loads an engine, packs an answer. */
  readonly byScript: boolean;
}

let tether: readonly string[] | null = null;

/** The command that makes the kernel end a process with its parent, where there is one: a hung script hears nothing. */
function tetherCommand(): readonly string[] {
  const command = ["setpriv", "--pdeathsig", "KILL", "--"];
  tether ??=
    process.platform === "linux" && spawnSync(command[0] as string, [...command.slice(1), "true"]).status === 0
      ? command
      : [];
  return tether;
}

function runtimeArgs(): string[] {
  return "Deno" in globalThis ? ["run", "--allow-all"] : process.versions["bun"] ? ["--no-install"] : [];
}

/** Starts a process: no environment, no standard error, nothing but two pipes and the progress file. */
function startChild(progressPath: string): ChildProcess {
  const entry = fileURLToPath(new URL("./child.ts", import.meta.url));
  const command = [...tetherCommand(), process.execPath, ...runtimeArgs(), entry, progressPath];
  return spawn(command[0] as string, command.slice(1), {
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: process.env["PATH"] ?? "" },
  });
}

/** The file a process writes its steps into; it is gone from its folder as soon as both have it open. */
function openProgress() {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-js-"));
  const path = join(folder, "steps");
  const steps = new Uint32Array(3);
  const bytes = new Uint8Array(steps.buffer);
  writeFileSync(path, bytes, { mode: 0o600 });
  const file = openSync(path, "r");
  return {
    path,
    /** How many pieces of work were begun, and which event the last of them is for. */
    read(): Step {
      readSync(file, bytes, 0, bytes.length, 0);
      return { count: steps[0] as number, index: steps[1] as number, byScript: steps[2] === 1 };
    },
    unlink: () => rmSync(folder, { recursive: true, force: true }),
    close: () => closeSync(file),
  };
}

/** Starts a sandbox process and waits until it can work; null if it can't be started. */
export async function startSandboxProcess(): Promise<SandboxProcess | null> {
  const progress = openProgress();
  const child = startChild(progress.path);
  let waiting: ((frame: Frame | null) => void) | null = null;
  let alive = true;

  function settle(frame: Frame | null): void {
    const settleWaiting = waiting;
    waiting = null;
    settleWaiting?.(frame);
  }

  function ended(): void {
    if (!alive) return;
    alive = false;
    settle(null);
    progress.unlink();
    // Whoever waited for an answer looks at the last step first.
    setImmediate(progress.close);
  }

  function kill(): void {
    child.kill("SIGKILL");
  }

  const readChunk = createFrameReader(settle);
  child.stdout?.on("data", (chunk: Uint8Array) => {
    try {
      readChunk(chunk);
    } catch {
      kill();
    }
  });
  child.stdin?.on("error", () => undefined);
  child.once("error", ended);
  child.once("exit", ended);
  const next = () => new Promise<Frame | null>((resolve) => (waiting = resolve));

  async function exchange(request: Request, chunks: readonly Uint8Array[]): Promise<Exchange> {
    if (!alive) return { kind: "ended", hung: false, index: 0 };
    const watch = watchSteps(progress.read, child.pid ?? 0, kill);
    const answered = next();
    child.stdin?.write(encodeFrame(request, chunks));
    const frame = await answered;
    const { hung, index } = watch.stop();
    if (frame === null) return { kind: "ended", hung, index };
    return { kind: "answered", reply: frame.head as Reply, body: frame.body };
  }

  const startup = setTimeout(kill, readyMsMax);
  const ready = await next();
  clearTimeout(startup);
  progress.unlink();
  return ready === null ? null : { exchange, isAlive: () => alive, pid: child.pid, kill };
}

/** Processor time that a process has taken; null where the system does not tell. */
function processorMs(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * tickMs;
  } catch {
    return null;
  }
}

/**
 * Looks again and again whether the process still gets on, and kills it when one step takes too long.
 *
 * Where the system tells, it is the processor's time that counts, up to a bound by the clock: on a machine that is
 * busy with something else a script that takes microseconds may wait much longer.
 */
function watchSteps(read: () => Step, pid: number, kill: () => void) {
  const before = read();
  let last = before;
  let sinceMs = performance.now();
  let takenMs = processorMs(pid);
  let hung = false;

  function look(): void {
    const nowMs = performance.now();
    const step = read();
    if (step.count !== last.count) {
      last = step;
      sinceMs = nowMs;
      takenMs = processorMs(pid);
    }
    const tookMs = nowMs - sinceMs;
    if (hung || tookMs < eventMsMax + killGraceMs) return;
    if (tookMs < stepMsMax && (!step.byScript || !hasTaken(eventMsMax))) return;
    hung = true;
    kill();
  }

  function hasTaken(ms: number): boolean {
    const nowTakenMs = processorMs(pid);
    return takenMs === null || nowTakenMs === null || nowTakenMs - takenMs >= ms;
  }

  const timer = setInterval(look, watchEveryMs);
  return {
    stop() {
      clearInterval(timer);
      const step = read();
      return { hung, index: step.count === before.count ? 0 : step.index };
    },
  };
}
