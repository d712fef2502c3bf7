import type { Result } from "../domain/model/failure.ts";
import type { Principal } from "../domain/model/tenant.ts";
import type { Page } from "./event-store.ts";

/** What could not be stored or delivered, and why: codes and ids. */
export interface DeadLetter {
  readonly id: string;
  readonly orgId: string;
  readonly integrationId: string | null;
  readonly eventId: string | null;
  readonly messageId: string | null;
  /** Null if the event was never stored, or is no longer. */
  readonly eventName: string | null;
  readonly stage: "store" | "relay";
  readonly code: string;
  readonly createdAtMs: number;
  /** Since when the vendor may have the event all the same; null if it certainly has not. */
  readonly ambiguousSinceMs: number | null;
}

/** Which dead letters are meant; what is left out narrows nothing. */
export interface DeadLetterFilter {
  readonly ids?: readonly string[];
  readonly integrationId?: string;
  readonly code?: string;
  readonly eventName?: string;
  /** Of the moment it was given up, inclusive. */
  readonly sinceMs?: number;
  /** Of the same, exclusive. */
  readonly untilMs?: number;
}

export interface Redriven {
  readonly redriven: number;
  /** Left where they are: the vendor may have them, and would no longer notice that it gets them twice. */
  readonly leftAmbiguous: number;
  /** Whether there are more than were allowed at once. */
  readonly more: boolean;
}

/** What was given up, and its way back into the queue. */
export interface DeadLetters {
  /** Newest first. Errors: `invalid_cursor`. */
  deadLetters(
    orgId: string,
    page: DeadLetterFilter & { readonly limit: number; readonly cursor?: string },
  ): Promise<Result<Page<DeadLetter>>>;
  /**
   * Queues dead letters of the relay again, the oldest first, with a line in the audit log.
   *
   * Their attempts start anew. Those that are ambiguous keep what was frozen of them, and since when they are so; since
   * `ambiguousBeforeMs` or longer, they are left. The others were refused on every attempt, so that nothing binds them
   * to a name any more. The ledger counts them as waiting instead of dead.
   */
  redrive(
    by: Principal,
    filter: DeadLetterFilter,
    bounds: { readonly nowMs: number; readonly ambiguousBeforeMs: number; readonly lettersMax: number },
  ): Promise<Result<Redriven>>;
}
