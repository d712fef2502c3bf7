import type { Result } from "../domain/model/failure.ts";
import type { ScriptFault } from "./sandbox.ts";

/** Faults of one version of an organisation's script that are alike, counted. Never a value of an event. */
export interface CountedFault {
  readonly version: number;
  readonly fault: ScriptFault;
  /** Counts from 1 in the organisation's code; null if it is not known. */
  readonly line: number | null;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** What is new of one organisation's scripts. */
export interface FaultReport {
  readonly orgId: string;
  readonly faults: readonly CountedFault[];
  /** Null if it was not paused since the last report. */
  readonly pausedUntilMs: number | null;
}

/** What is known of one organisation's scripts, by all processes that run them. */
export interface FaultOverview {
  /** Newest first. */
  readonly faults: readonly CountedFault[];
  /** The end of the last pause, past or to come; null if there was none. */
  readonly pausedUntilMs: number | null;
}

/** Kept of one organisation: the kinds of fault that were seen last. */
export const keptFaultsMax = 100;

/** Keeps faults of custom JavaScript where their authors can read them. */
export interface ScriptFaultStore {
  /** Adds to what is kept, all or nothing; beyond `keptFaultsMax` those seen longest ago are forgotten. */
  add(reports: readonly FaultReport[]): Promise<Result<void>>;
  overview(orgId: string): Promise<Result<FaultOverview>>;
}
