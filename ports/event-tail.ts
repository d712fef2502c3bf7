import type { StoredEvent } from "../domain/model/event/stored-event.ts";
import type { Result } from "../domain/model/failure.ts";

/** Which of a tenant's events to follow. */
export interface TailFilter {
  readonly projectId?: string;
  readonly sourceId?: string;
  readonly eventNames?: readonly string[];
}

export interface Tail {
  /** Newest first. */
  readonly items: readonly StoredEvent[];
  /** How many there are, those that were left out counted up to `tailCountMax`. */
  readonly matched: number;
}

export const tailCountMax = 10_000;

/** The newest of a tenant's stored events, for those who watch them come in. */
export interface EventTail {
  /** When the newest event was received; null if there is none. Units: milliseconds since the epoch. */
  newestMs(orgId: string): Promise<Result<number | null>>;
  /** Events received from `sinceMs` on, inclusive, at most `limit` of them. */
  since(orgId: string, filter: TailFilter, sinceMs: number, limit: number): Promise<Result<Tail>>;
}
