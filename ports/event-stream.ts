import type { Result } from "../domain/model/failure.ts";

/** One record on its way into the stream, encoded by `encodeRecord`. */
export interface StreamRecord {
  readonly id: string;
  readonly orgId: string;
  readonly sourceId: string;
  /** Events of the record that count as accepted (carried and dropped at the edge). */
  readonly accepted: number;
  readonly bytes: Uint8Array;
}

/**
 * An entry as a consumer gets it; `token` is the stream's own and goes back with the acknowledgement.
 *
 * Id, owner and count are those that the record was appended with, kept apart from its bytes: where these are damaged
 * they say what is missing, and to whom. The bytes come as the stream has them, damaged or not.
 */
export interface StreamEntry extends StreamRecord {
  readonly token: string;
}

/** Per source: all events ever appended, and those of records not yet acknowledged, each counted on its own. */
export interface SourceBacklog {
  readonly orgId: string;
  readonly sourceId: string;
  readonly accepted: number;
  readonly inFlight: number;
}

/** A span of time of which events may be missing, because what the disk kept of it is not what was written. */
export interface StreamLoss {
  readonly cause: StreamLossCause;
  readonly foundMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ConfirmedPosition {
  readonly position: string;
  readonly atMs: number;
}

/** `stream_damaged`: the stream's own files; `store_behind`: the store forgot what it had confirmed. */
export type StreamLossCause = "stream_damaged" | "store_behind";

export interface StreamState {
  /** False while records can't be made durable: a full disk, a file that can't be written. */
  readonly accepts: boolean;
  /** Why they can't; null while they can. */
  readonly refuses: StreamRefusal | null;
  readonly records: number;
  readonly bytes: number;
  readonly oldestAgeMs: number;
  /** How long an acknowledged append may be lost to a crash; 0 for a durable stream. */
  readonly lossWindowMs: number;
}

export type StreamRefusal = "backlog_full" | "disk_full" | "disk_failing" | "stream_damaged" | "closed";

/** The durable buffer between ingest and processing: 2xx is answered when `append` has resolved. */
export interface EventStream {
  /** Resolves when the record survives SIGKILL and power loss. Errors: `stream_full`, `stream_unavailable`. */
  append(record: StreamRecord): Promise<Result<void>>;
  /**
   * The next entries this consumer has not been given yet, in order of append; waits up to `waitMs` for the first.
   * What was given and never acknowledged is given again after a restart.
   */
  read(bounds: {
    readonly recordsMax: number;
    readonly bytesMax: number;
    readonly waitMs: number;
  }): Promise<StreamEntry[]>;
  /**
   * Forgets entries whose effect is durable in the store. `position`, the store's own word for how far it had come, is
   * kept as durably as that they are forgotten.
   */
  acknowledge(entries: readonly StreamEntry[], position?: string): Promise<void>;
  /** The position of the latest acknowledgement that had one, and when that was. */
  confirmedPosition(): Promise<ConfirmedPosition | null>;
  /** Adds to `losses`. */
  noteLoss(loss: StreamLoss): Promise<void>;
  /** Gives entries back to be read again, by this consumer or another; only their tokens are looked at. */
  release(entries: readonly Pick<StreamEntry, "token">[]): Promise<void>;
  backlog(orgId: string): Promise<SourceBacklog[]>;
  /** The latest spans of which events may be missing; how many are, the ledger shows. */
  losses(): Promise<StreamLoss[]>;
  state(): Promise<StreamState>;
  close(): Promise<void>;
}
