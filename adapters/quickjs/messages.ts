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

/** How long a script may hold a process before others get their turn. */
export const turnMsMax = 100;
export const turnEventsMax = 100;
export const turnBytesMax = 4 * 1024 * 1024;
export const scriptMemoryBytesMax = 8 * 1024 * 1024;
