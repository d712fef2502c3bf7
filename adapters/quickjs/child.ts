// The process that runs organisations' JavaScript. It gets frames on standard input and answers on standard output;
// what it writes into the progress file before each piece of work tells its watchdog and its owner where it hangs.
import process from "node:process";
import type { ScriptFault } from "../../ports/sandbox.ts";
import { type Engine, EngineBroken, loadEngine, type StartedScript } from "./engine.ts";
import { createFrameReader, cutBody, encodeFrame, type Frame } from "./frames.ts";
import { type Reply, type Request, type RunRequest, type RunResult, turnMsMax } from "./messages.ts";
import { openProgressPen } from "./progress.ts";
import { timesFor } from "./script-times.ts";
import { startWatchdog } from "./watchdog-thread.ts";

const scriptsMax = 16;
/** Memory above what it began with, beyond which this process forgets idle scripts, and if need be ends. */
const grownBytesMax = 40 * 1024 * 1024;
/** The same after a script that wanted all memory there is: what it left is no use to others. */
const grownByGreedBytesMax = 8 * 1024 * 1024;
const startFaults: Partial<Record<string, ScriptFault>> = {
  syntax: "syntax",
  no_function: "no_function",
  timeout: "timeout",
  memory: "memory",
};

interface Kept {
  readonly code: string;
  engine: Engine | null;
  script: StartedScript | null;
}

const kept = new Map<string, Kept>();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const progressPath = process.argv[2] as string;
const times = timesFor(Number(process.argv[3]));
const writeStep = openProgressPen(progressPath);
/** Memory of this process before its first script. */
let firstBytes = 0;
/** What a runtime has to free memory at once: Bun its own call, the others `gc`, where they were started with it. */
const runtime = globalThis as { readonly Bun?: { gc(now: boolean): void }; readonly gc?: () => void };
let at = { index: 0, byScript: false };
let stepMs = 0;
let scriptMs = 0;

/** Says that a script begins its next piece of work, and which event of the request it is for. */
function step(index: number): void {
  advance({ index, byScript: true });
}

/** Says that what comes now is the work of this process, not a script's. */
function rest(): void {
  if (at.byScript) advance({ ...at, byScript: false });
}

function advance(to: typeof at): void {
  const nowMs = performance.now();
  if (at.byScript) scriptMs += nowMs - stepMs;
  stepMs = nowMs;
  at = to;
  writeStep(to);
}

/** The engine for the next new script: loaded while nothing waits for it. */
let ready: Promise<Engine> | null = null;

function takeEngine(): Promise<Engine> {
  const taken = ready ?? loadEngine(times);
  ready = null;
  return taken;
}

function prepareEngine(): Promise<Engine> {
  ready ??= loadEngine(times);
  return ready;
}

/** The first script of a process starts ten times as slowly as the next: this is it. */
async function warmUp(): Promise<void> {
  const start = (await loadEngine(times)).start("function process(event) { return event }");
  if (start.ok) start.script.run(new TextEncoder().encode("{}"), "{}");
}

/** The script under that key; the one that was used longest ago makes room. */
function scriptOf(request: RunRequest, body: Uint8Array): Kept | null {
  const found = kept.get(request.key);
  kept.delete(request.key);
  const script =
    request.code < 0 ? found : { code: decoder.decode(body.subarray(0, request.code)), engine: null, script: null };
  if (!script) return null;
  kept.set(request.key, script);
  const oldest = kept.keys().next().value;
  if (kept.size > scriptsMax && oldest !== undefined) kept.delete(oldest);
  return script;
}

/** A started instance of the script: what erred was thrown away before. */
async function started(kept: Kept, index: number): Promise<StartedScript | ScriptFault> {
  if (kept.script) return kept.script;
  rest();
  try {
    kept.engine ??= await takeEngine();
    step(index);
    const start = kept.engine.start(kept.code);
    if (!start.ok) return startFaults[start.issue.code] ?? "start";
    kept.script = start.script;
    return start.script;
  } catch (error) {
    kept.engine = null;
    freeEngines();
    return error instanceof EngineBroken ? error.fault : "crash";
  }
}

function runOne(
  kept: Kept,
  script: StartedScript,
  json: Uint8Array,
  context: string,
): ReturnType<StartedScript["run"]> {
  try {
    return script.run(json, context);
  } catch (error) {
    kept.engine = null;
    kept.script = null;
    freeEngines();
    return { fault: error instanceof EngineBroken ? error.fault : "crash", line: null };
  }
}

/** An instance that erred is never used again; one that ran out of time or memory takes its engine with it. */
function discard(kept: Kept, fault: ScriptFault): void {
  rest();
  const { script } = kept;
  kept.script = null;
  if (fault !== "exception" && fault !== "bad_return") kept.engine = null;
  try {
    if (kept.engine) script?.dispose();
  } catch {
    kept.engine = null;
  }
  if (kept.engine === null) freeEngines();
}

/** Gives back the memory of engines that were thrown away: the runtime would wait with that, and pile them up. */
function freeEngines(): void {
  runtime.Bun?.gc(true);
  runtime.gc?.();
}

/** True if this process holds too much and should be replaced, also after it forgot what is idle. */
function isSpent(keyInUse: string, bytesMax: number): boolean {
  const hasGrown = () => process.memoryUsage.rss() - firstBytes > bytesMax;
  if (!hasGrown()) return false;
  for (const key of [...kept.keys()]) if (key !== keyInUse) kept.delete(key);
  freeEngines();
  return hasGrown();
}

async function run(request: RunRequest, body: Uint8Array): Promise<{ reply: Reply; chunks: Uint8Array[] }> {
  const startMs = performance.now();
  scriptMs = 0;
  const found = scriptOf(request, body);
  if (!found) return { reply: { kind: "unknown_script" }, chunks: [] };
  const events = cutBody(body.subarray(Math.max(0, request.code)), request.events);
  const results: RunResult[] = [];
  const chunks: Uint8Array[] = [];
  for (const [index, event] of events.entries()) {
    if (index > 0 && performance.now() - startMs > turnMsMax) break;
    const script = await started(found, index);
    if (typeof script === "string") {
      const fault = { fault: script, line: null };
      for (let left = index; left < events.length; left += 1) results.push(fault);
      break;
    }
    const context = request.contexts[request.contextOf[index] as number] as string;
    step(index);
    const outcome = runOne(found, script, event, context);
    if (outcome === "dropped") results.push(outcome);
    else if ("json" in outcome) {
      chunks.push(outcome.json);
      results.push(outcome.json.length);
    } else {
      discard(found, outcome.fault);
      results.push(outcome);
    }
  }
  rest();
  const greedy = results.some((result) => typeof result === "object" && result.fault === "memory");
  const spent = isSpent(request.key, greedy ? grownByGreedBytesMax : grownBytesMax);
  return { reply: { kind: "ran", results, scriptMs, spent }, chunks };
}

async function check(body: Uint8Array): Promise<Reply> {
  const engine = await takeEngine();
  try {
    step(0);
    const start = engine.start(decoder.decode(body));
    return { kind: "checked", issue: start.ok ? null : start.issue };
  } catch {
    const message = "The code could not be read: it is nested too deeply.";
    return { kind: "checked", issue: { code: "syntax", message, line: null, column: null } };
  }
}

async function answer({ head, body }: Frame): Promise<void> {
  const request = head as Request;
  watchdog.begin();
  const { reply, chunks } =
    request.kind === "run" ? await run(request, body) : { reply: await check(body), chunks: [] };
  watchdog.end();
  send(reply, chunks);
  setImmediate(() => void prepareEngine().catch(() => (ready = null)));
}

function send(reply: Reply, chunks: readonly Uint8Array[]): void {
  process.stdout.write(encodeFrame(reply, chunks));
}

// All is ready before the first event: the thread that ends a hung script, and an engine whose code has run once.
const [watchdog] = await Promise.all([startWatchdog(progressPath, times), warmUp().then(prepareEngine)]);
firstBytes = process.memoryUsage.rss();
const readChunk = createFrameReader((frame) => void answer(frame).catch(() => process.exit(1)));
process.stdin.on("data", (chunk: Uint8Array) => readChunk(chunk));
process.stdin.once("end", () => process.exit(0));
process.stdin.once("error", () => process.exit(0));
send({ kind: "ready" }, []);
