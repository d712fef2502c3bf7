import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import variant from "@jitl/quickjs-wasmfile-release-sync";
import { loadQuickJs } from "@sebastianwessel/quickjs";
import { assert } from "../../domain/model/failure.ts";
import { customJsBytesMax } from "../../domain/model/limits.ts";
import type { ScriptFault, ScriptIssue } from "../../ports/sandbox.ts";
import { badReturnWord, bootstrapCode, droppedWord, scriptName } from "./bootstrap.ts";
import { scriptMemoryBytesMax } from "./messages.ts";
import { type ScriptTimes, timesFor } from "./script-times.ts";
import { type Called, openTexts } from "./texts.ts";
import { createTimeLimit } from "./time-limit.ts";

type Module = Awaited<ReturnType<typeof loadQuickJs>>["module"];
type Context = ReturnType<Module["newContext"]>;
type Handle = ReturnType<Context["newString"]>;

/** Where and how a script failed. */
export interface Fault {
  readonly fault: ScriptFault;
  readonly line: number | null;
}

export type RunOutcome = { readonly json: Uint8Array } | "dropped" | Fault;

/** A script that was started: it may run until it fails once. */
export interface StartedScript {
  /** The event in UTF-8, as it comes and as it goes: what is returned is a copy. */
  run(json: Uint8Array, context: string): RunOutcome;
  /** Frees what the script holds. Errors: it throws if the engine's memory is no longer sound. */
  dispose(): void;
}

/** One engine with a memory of its own: scripts of different organisations never share one. */
export interface Engine {
  start(
    code: string,
  ): { readonly ok: true; readonly script: StartedScript } | { readonly ok: false; issue: ScriptIssue };
}

/** The engine itself broke (its stack or memory ran out in native code): it must be thrown away. */
export class EngineBroken extends Error {
  override readonly name = "EngineBroken";
  readonly fault: "memory" | "stack";

  constructor(fault: "memory" | "stack") {
    super(fault);
    this.fault = fault;
  }
}

/**
 * All memory an engine can have, in pages of 64 KiB: 18 MB, of which 13 are left for a script.
 *
 * The limit of the runtime counts small objects only (texts, arrays and buffers pass it); past this one the engine has
 * no memory to give, and says so. Source: quickjs-emscripten, issue 255.
 */
const pageBytes = 64 * 1024;
const enginePagesMin = 256;
const enginePagesMax = 288;

const scriptStackBytesMax = 128 * 1024;
/** Time for wording a fault, which may run the script's getters. */
const describeMsMax = 5;
const messageCharsMax = 200;
const encoder = new TextEncoder();

type ModuleLoader = Exclude<Awaited<ReturnType<typeof variant.importModuleLoader>>, { default: unknown }>;
type ModuleOptions = Parameters<ModuleLoader>[0];

/** The engine's code, compiled once: its instances share it, and what the runtime has learnt to run it fast. */
let compiled: Promise<WebAssembly.Module> | null = null;

function compile(): Promise<WebAssembly.Module> {
  const path = fileURLToPath(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"));
  compiled ??= readFile(path).then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}

/** The package's variant, except that its instances are made from the one module. */
const variantOn = (wasmMemory: WebAssembly.Memory): typeof variant => ({
  ...variant,
  async importModuleLoader() {
    const imported = (await variant.importModuleLoader()) as ModuleLoader | { readonly default: ModuleLoader };
    const load = typeof imported === "function" ? imported : imported.default;
    const module = await compile();
    const instantiateWasm = (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) => {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    };
    return (options) => load({ ...options, instantiateWasm, wasmMemory } as ModuleOptions);
  },
});

/** Loads an engine. It has no host function at all: what a script can reach is the language. */
export async function loadEngine(times = timesFor()): Promise<Engine> {
  const memory = new WebAssembly.Memory({ initial: enginePagesMin, maximum: enginePagesMax });
  const { module } = await loadQuickJs(variantOn(memory));
  const guarded = guardOf(memory);
  return { start: (code) => guarded(() => startScript(module, code, times, guarded)) };
}

type Guard = <T>(work: () => T) => T;

/** Whatever the engine throws into the host leaves it in an unknown state; where it had no more memory, that is why. */
function guardOf(memory: WebAssembly.Memory): Guard {
  return function guarded(work) {
    try {
      return work();
    } catch {
      throw new EngineBroken(memory.buffer.byteLength >= enginePagesMax * pageBytes ? "memory" : "stack");
    }
  };
}

function startScript(module: Module, code: string, times: ScriptTimes, guarded: Guard): ReturnType<Engine["start"]> {
  if (encoder.encode(code).length > customJsBytesMax) {
    return refused("too_large", `The code may have ${customJsBytesMax} bytes.`);
  }
  const runtime = module.newRuntime();
  runtime.setMemoryLimit(scriptMemoryBytesMax);
  runtime.setMaxStackSize(scriptStackBytesMax);
  const limit = createTimeLimit(times);
  const { allow } = limit;
  runtime.setInterruptHandler(limit.isPassed);
  const context = runtime.newContext();
  const texts = openTexts(context);
  const held: Handle[] = [];
  const hold = (handle: Handle) => {
    held.push(handle);
    return handle;
  };
  const dispose = () => {
    texts.dispose();
    for (const handle of held) handle.dispose();
    context.dispose();
    runtime.dispose();
  };
  allow(times.eventMsMax);
  const tools = hold(context.unwrapResult(context.evalCode(bootstrapCode, "sandbox", { type: "global" })));
  const bind = hold(context.getProp(tools, "bind"));
  const describe = hold(context.getProp(tools, "describe"));
  const faultOf = (thrown: Handle) =>
    describeFault(context, describe, thrown, limit.isPassed(), allow, lineCount(code));

  const evaluated = context.evalCode(code, scriptName, { type: "global" });
  if (evaluated.error) {
    const issue = startIssue(context, hold(evaluated.error), faultOf(evaluated.error), code);
    dispose();
    return { ok: false, issue };
  }
  evaluated.value.dispose();
  const named = context.evalCode("typeof process === 'function' ? process : undefined", "sandbox", { type: "global" });
  hold(named.error ?? named.value);
  if (named.error || context.typeof(named.value) !== "function") {
    dispose();
    return refused("no_function", "The code must define a function named process.");
  }
  const bound = hold(context.unwrapResult(context.callFunction(bind, context.undefined, named.value)));
  const enter = hold(context.getProp(tools, "enter"));
  let entered: string | null = null;

  function run(json: Uint8Array, eventContext: string): RunOutcome {
    allow(times.eventMsMax);
    let called: Called | null = null;
    if (eventContext !== entered) {
      called = texts.call(enter, encoder.encode(eventContext));
      entered = eventContext;
    }
    if (called === null || "text" in called) called = texts.call(bound, json);
    if ("text" in called) return outcomeOf(called.text);
    const fault = faultOf(called.thrown);
    called.thrown.dispose();
    return fault;
  }

  return {
    ok: true,
    script: { run: (json, eventContext) => guarded(() => run(json, eventContext)), dispose: () => guarded(dispose) },
  };
}

const brace = 0x7b;
const decoder = new TextDecoder();

function outcomeOf(text: Uint8Array): RunOutcome {
  if (text[0] === brace) return { json: text };
  const word = decoder.decode(text);
  assert(word === droppedWord || word === badReturnWord, "the sandbox says what it can't");
  return word === droppedWord ? "dropped" : { fault: "bad_return", line: null };
}

function describeFault(
  context: Context,
  describe: Handle,
  thrown: Handle,
  interrupted: boolean,
  allow: (ms: number) => void,
  linesMax: number,
): Fault {
  allow(describeMsMax);
  const worded = context.callFunction(describe, context.undefined, thrown);
  const text = worded.error ? unworded(context, worded.error) : context.getString(worded.value);
  (worded.error ?? worded.value).dispose();
  const [kind, place] = text.split(":") as [ScriptFault, string];
  const line = place === "" ? null : Math.min(Number(place), linesMax);
  return { fault: interrupted ? "timeout" : kind, line };
}

/** Names a fault that could not be worded: without memory for that the engine throws null once more. */
function unworded(context: Context, error: Handle): string {
  return context.sameValue(error, context.null) ? "memory:" : "exception:";
}

/** Words why code could not be started: its author reads the engine's message about the code. */
function startIssue(context: Context, error: Handle, fault: Fault, code: string): ScriptIssue {
  const textOf = (name: string) => {
    const value = context.getProp(error, name);
    const text = context.typeof(value) === "string" ? context.getString(value) : "";
    value.dispose();
    return text;
  };
  if (fault.fault === "timeout") return refused("timeout", "The code does not come to an end.", fault.line).issue;
  if (fault.fault === "memory") return refused("memory", "The code wants more memory than there is.", fault.line).issue;
  const isSyntax = textOf("name") === "SyntaxError";
  const place = new RegExp(`${scriptName}:(\\d{1,7})(?::(\\d{1,7}))?`).exec(textOf("stack"));
  const line = place ? Math.min(Number(place[1]), lineCount(code)) : null;
  const column = place?.[2] === undefined ? null : Number(place[2]);
  const message = textOf("message").slice(0, messageCharsMax) || "The code could not be started.";
  return refused(isSyntax ? "syntax" : "start", message, line, column).issue;
}

function refused(code: ScriptIssue["code"], message: string, line: number | null = null, column: number | null = null) {
  return { ok: false, issue: { code, message, line, column } } as const;
}

function lineCount(code: string): number {
  return code.split(/\r\n|[\n\r\u2028\u2029]/).length;
}
