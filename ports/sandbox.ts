import type { Result } from "../domain/model/failure.ts";

/** An organisation's custom JavaScript, as one version of its data layer has it. */
export interface Script {
  readonly orgId: string;
  readonly version: number;
  readonly code: string;
  /** A candidate that is tried out: it has a budget of its own, and nothing of it is counted or logged. */
  readonly isTrial?: boolean;
}

/** One event for a script: JSON texts only, in UTF-8 and as text. */
export interface ScriptEvent {
  readonly json: Uint8Array;
  /** JSON object text of the second argument; events may share one. */
  readonly context: string;
}

/**
 * Why a script did not do its work on an event. `exception`, `timeout`, `memory`, `stack`: it ended so; `bad_return`:
 * neither an object nor null came back; `refused_return`: the kernel refused what came back; `no_function`, `syntax`,
 * `start`: it can't be run at all; `crash`: the sandbox itself ended.
 */
export type ScriptFault =
  | "exception"
  | "timeout"
  | "memory"
  | "stack"
  | "bad_return"
  | "refused_return"
  | "no_function"
  | "syntax"
  | "start"
  | "crash";

/**
 * What a script made of an event. Where it is not `returned` or `dropped`, its organisation's data layer says whether
 * the event goes on unchanged. `ms`: what a candidate on trial took, where it ran on one event alone.
 */
export type ScriptOutcome =
  | { readonly kind: "returned"; readonly json: Uint8Array; readonly ms?: number }
  | { readonly kind: "dropped"; readonly ms?: number }
  /** `line` counts from 1 in the organisation's code; null if it is not known. Never a value. */
  | { readonly kind: "failed"; readonly fault: ScriptFault; readonly line: number | null }
  | { readonly kind: "paused" };

/** What is wrong with a script that was submitted: for its author, who sees the engine's words on the code. */
export interface ScriptIssue {
  readonly code: "syntax" | "no_function" | "start" | "timeout" | "memory" | "too_large";
  readonly message: string;
  /** Both count from 1; null if the engine names no place. */
  readonly line: number | null;
  readonly column: number | null;
}

/** The scripts of one organisation as this process has seen them since it started. */
export interface ScriptCounters {
  readonly orgId: string;
  readonly returned: number;
  readonly dropped: number;
  readonly failed: Partial<Record<ScriptFault, number>>;
  /** Events that went on unchanged while the organisation was paused. */
  readonly paused: number;
  /** Null while it is not paused. */
  readonly pausedUntilMs: number | null;
  readonly lastFault: { readonly fault: ScriptFault; readonly line: number | null; readonly atMs: number } | null;
}

/**
 * Runs organisations' JavaScript apart from everything else: no network, files, environment, timers or host objects,
 * bounded time per event, memory and code; only JSON texts cross.
 */
export interface Sandbox {
  /** What an event may take; a trial warns of scripts that come near it. Units: milliseconds. */
  readonly eventMsMax: number;
  /**
   * Runs a script on events, in order. Never rejects; a script that can't be run fails its events.
   * Shape: one outcome per event, in order. An organisation waits for itself only.
   */
  run(script: Script, events: readonly ScriptEvent[]): Promise<ScriptOutcome[]>;
  /**
   * Null if the code compiles, starts and defines the function; run before a script is kept.
   * Errors: `sandbox_unavailable`, which says nothing of the code.
   */
  check(code: string): Promise<Result<ScriptIssue | null>>;
  /** Bounded: the organisations whose scripts ran last. */
  counters(orgId: string): ScriptCounters | null;
  close(): Promise<void>;
}
