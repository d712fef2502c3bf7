import type { ScriptFault, ScriptIssue } from "../../ports/sandbox.ts";

/** To the process: run a script on events. The body is the code, where it is sent along, then the events. */
export interface RunRequest {
  readonly kind: "run";
  /** Names the organisation and version; a process keeps what it made of the code under it. */
  readonly key: string;
  /** Bytes of the code; -1 if the process should have it. */
  readonly code: number;
  readonly events: readonly number[];
  readonly contexts: readonly string[];
  /** One index into `contexts` per event. */
  readonly contextOf: readonly number[];
}

/** To the process: check a script. The body is the code. */
export interface CheckRequest {
  readonly kind: "check";
}

export type Request = RunRequest | CheckRequest;

/** What became of one event: bytes of the body, dropped, or a fault with its line. */
export type RunResult = number | "dropped" | { readonly fault: ScriptFault; readonly line: number | null };

/** From the process. A run may end before its last event: the turn was over. */
export type Reply =
  | { readonly kind: "ready" }
  /** The process does not have the script (any more): send the code along. */
  | { readonly kind: "unknown_script" }
  | {
      readonly kind: "ran";
      readonly results: readonly RunResult[];
      /** Time of the script alone: neither of loading an engine nor of packing. */
      readonly scriptMs: number;
      /** The process holds much memory and should be replaced. */
      readonly spent: boolean;
    }
  | { readonly kind: "checked"; readonly issue: ScriptIssue | null };

/** What one event may take of the processor. Units: milliseconds, as for all here. */
export const eventMsMax = 50;
/** What it may take by the clock on a busy machine, if it ran for `ranMsMin` of that. */
export const busyMsMax = 60;
/** Who ran for less was kept waiting by others: starting a script takes up to 17, most events a hundredth. */
export const ranMsMin = 25;
/** What it may take by the clock, however busy the machine is. */
export const stepMsMax = 1_000;
/** Beyond these, when the engine's own interrupt has failed: the process is killed. */
export const killGraceMs = 10;
/** How long an owner waits for an answer whose process says nothing: its watch has failed. */
export const exchangeMsMax = 5_000;
/** How long a script may hold a process before others get their turn. */
export const turnMsMax = 100;
export const turnEventsMax = 100;
export const turnBytesMax = 4 * 1024 * 1024;
export const scriptMemoryBytesMax = 8 * 1024 * 1024;
