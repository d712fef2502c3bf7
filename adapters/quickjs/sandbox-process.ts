import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createFrameReader, encodeFrame, type Frame } from "./frames.ts";
import type { Reply, Request } from "./messages.ts";
import { openProgress } from "./progress.ts";
import { type ScriptTimes, timesFor } from "./script-times.ts";

/** What came of a request: an answer, or the process ended; `hung`: it was killed for taking too long. */
export type Exchange =
  | { readonly kind: "answered"; readonly reply: Reply; readonly body: Uint8Array }
  /** `index` is the event that was worked on; `begun`: whether a script was at work on it. */
  | { readonly kind: "ended"; readonly hung: boolean; readonly begun: boolean; readonly index: number };

/** A process for organisations' JavaScript, used by one request at a time. */
export interface SandboxProcess {
  exchange(request: Request, chunks: readonly Uint8Array[]): Promise<Exchange>;
  isAlive(): boolean;
  readonly pid: number | undefined;
  kill(): void;
}

const readyMsMax = 20_000;

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
  return "Deno" in globalThis
    ? ["run", "--allow-all", "--v8-flags=--expose-gc"]
    : process.versions["bun"]
      ? ["--no-install"]
      : [];
}

/** Starts a process: no environment, nothing but pipes and the progress file. Standard error only wakes its owner. */
function startChild(progressPath: string, times: ScriptTimes): ChildProcess {
  const entry = fileURLToPath(new URL("./child.ts", import.meta.url));
  const command = [
    ...tetherCommand(),
    process.execPath,
    ...runtimeArgs(),
    entry,
    progressPath,
    String(times.eventMsMax),
  ];
  return spawn(command[0] as string, command.slice(1), {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "" },
  });
}

/** Starts a sandbox process and waits until it can work; null if it can't be started. */
export async function startSandboxProcess(times = timesFor()): Promise<SandboxProcess | null> {
  const progress = openProgress();
  const child = startChild(progress.path, times);
  let waiting: ((frame: Frame | null) => void) | null = null;
  let alive = true;
  let open = true;

  function settle(frame: Frame | null): void {
    const settleWaiting = waiting;
    waiting = null;
    settleWaiting?.(frame);
  }

  function ended(): void {
    if (!open) return;
    open = false;
    alive = false;
    settle(null);
    progress.unlink();
    // Whoever waited for an answer looks at the last step first.
    setImmediate(progress.close);
  }

  function kill(): void {
    alive = false;
    child.kill("SIGKILL");
  }

  /** The watchdog says so before it ends the process: taking a process apart takes many times as long. */
  function heardWatchdog(): void {
    if (!open || progress.read().hungIndex === null) return;
    kill();
    settle(null);
  }

  child.stderr?.on("data", heardWatchdog);
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
    if (!alive) return { kind: "ended", hung: false, begun: false, index: 0 };
    const before = progress.read().step.count;
    let late = false;
    const answered = next();
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, times.exchangeMsMax);
    child.stdin?.write(encodeFrame(request, chunks));
    const frame = await answered;
    clearTimeout(timer);
    if (frame !== null) return { kind: "answered", reply: frame.head as Reply, body: frame.body };
    const { step, hungIndex } = progress.read();
    const begun = step.byScript && step.count !== before;
    return { kind: "ended", hung: late || hungIndex !== null, begun, index: hungIndex ?? (begun ? step.index : 0) };
  }

  const startup = setTimeout(kill, readyMsMax);
  const ready = await next();
  clearTimeout(startup);
  progress.unlink();
  return ready === null ? null : { exchange, isAlive: () => alive, pid: child.pid, kill };
}
