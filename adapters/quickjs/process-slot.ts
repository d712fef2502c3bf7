import type { Script, ScriptEvent, ScriptOutcome } from "../../ports/sandbox.ts";
import { cutBody } from "./frames.ts";
import type { RunRequest, RunResult } from "./messages.ts";
import type { Exchange, SandboxProcess } from "./sandbox-process.ts";
import type { ScriptTimes } from "./script-times.ts";
import type { SpareProcesses } from "./spare.ts";

/** An event on its way through a script; null until it is decided. */
export interface Work {
  readonly event: ScriptEvent;
  outcome: ScriptOutcome | null;
}

/** Where scripts run: one process at a time, started when there is work and after the last one was killed. */
export interface ProcessSlot {
  busy: boolean;
  /** Whether there is a process that can work. */
  isReady(): boolean;
  /** Whether the process has the script already, as far as this side knows. */
  knows(script: Script): boolean;
  /**
   * Decides one event at least; the others may be left for another turn.
   * Shape: the time that the script itself took. Units: milliseconds.
   */
  run(script: Script, work: readonly Work[]): Promise<number>;
  close(): void;
}

const knownScriptsMax = 16;
const idleMsMax = 60_000;
/** What it costs to start another process, which a script pays for that used its process up. */
const replaceMs = 100;
const encoder = new TextEncoder();

/** Opens a place without a process. */
export function openProcessSlot(processes: SpareProcesses, { eventMsMax }: ScriptTimes): ProcessSlot {
  let current: Promise<SandboxProcess | null> | null = null;
  let ready = false;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  const known = new Set<string>();

  function start(): Promise<SandboxProcess | null> {
    const starting = closed ? Promise.resolve(null) : processes.take();
    current = starting;
    void starting.then((process) => (ready = process !== null && current === starting));
    return starting;
  }

  /** The process ends; another is started at once if one was killed at work, so that the next turn need not wait. */
  async function end(): Promise<void> {
    const ending = current;
    current = null;
    ready = false;
    known.clear();
    const process = await ending;
    if (process) processes.giveBack(process);
  }

  async function exchange(script: Script, work: readonly Work[], withCode: boolean): Promise<Exchange> {
    const process = await (current ?? start());
    if (!process?.isAlive()) {
      await end();
      return { kind: "ended", hung: false, begun: false, index: 0 };
    }
    const key = keyOf(script);
    const code = withCode || !known.has(key) ? encoder.encode(script.code) : null;
    remember(key);
    const request = { ...requestOf(work), key, code: code === null ? -1 : code.length };
    return process.exchange(request, [...(code ? [code] : []), ...work.map(({ event }) => event.json)]);
  }

  function remember(key: string): void {
    known.delete(key);
    known.add(key);
    const oldest = known.keys().next().value;
    if (known.size > knownScriptsMax && oldest !== undefined) known.delete(oldest);
  }

  async function runWork(script: Script, work: readonly Work[]): Promise<number> {
    let answer = await exchange(script, work, false);
    if (answer.kind === "ended" && !answer.begun) {
      // The process ended while no script was at work, for a reason of its own: no event is to blame.
      await end();
      answer = await exchange(script, work, false);
    }
    if (answer.kind === "answered" && answer.reply.kind === "unknown_script") {
      answer = await exchange(script, work, true);
    }
    if (answer.kind === "answered" && answer.reply.kind === "ran" && settle(work, answer.reply.results, answer.body)) {
      if (!answer.reply.spent) return answer.reply.scriptMs;
      await end();
      return answer.reply.scriptMs + replaceMs;
    }
    const hung = answer.kind === "ended" && answer.hung;
    const victim = work[answer.kind === "ended" ? answer.index : 0] ?? (work[0] as Work);
    victim.outcome = { kind: "failed", fault: hung ? "timeout" : "crash", line: null };
    await end();
    if (hung) void start();
    return hung ? eventMsMax : 0;
  }

  const slot: ProcessSlot = {
    busy: false,
    isReady: () => ready,
    knows: (script) => known.has(keyOf(script)),
    async run(script, work) {
      slot.busy = true;
      clearTimeout(idle);
      try {
        return await runWork(script, work);
      } finally {
        slot.busy = false;
        idle = setTimeout(() => void end(), idleMsMax);
        (idle as { unref?: () => void }).unref?.();
      }
    },
    close() {
      closed = true;
      clearTimeout(idle);
      void end();
    },
  };
  return slot;
}

function keyOf(script: Script): string {
  return `${script.orgId} ${script.version}`;
}

function requestOf(work: readonly Work[]): Pick<RunRequest, "kind" | "events" | "contexts" | "contextOf"> {
  const contexts = new Map<string, number>();
  const contextOf = work.map(({ event: { context } }) => {
    const index = contexts.get(context) ?? contexts.size;
    contexts.set(context, index);
    return index;
  });
  return { kind: "run", events: work.map(({ event }) => event.json.length), contexts: [...contexts.keys()], contextOf };
}

/** Writes what a process answered to the work it did; false if the answer makes no sense. */
function settle(work: readonly Work[], results: readonly RunResult[], body: Uint8Array): boolean {
  if (results.length === 0 || results.length > work.length) return false;
  let texts: Uint8Array[];
  try {
    texts = cutBody(
      body,
      results.filter((result) => typeof result === "number"),
    );
  } catch {
    return false;
  }
  for (const [index, result] of results.entries()) (work[index] as Work).outcome = outcomeOf(result, texts);
  return true;
}

function outcomeOf(result: RunResult, texts: Uint8Array[]): ScriptOutcome {
  if (typeof result === "number") return { kind: "returned", json: texts.shift() as Uint8Array };
  return result === "dropped" ? { kind: "dropped" } : { kind: "failed", ...result };
}
