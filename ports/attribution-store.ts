import type { AttributionState, AttributionStep, Campaign, PendingToken } from "../domain/model/attribution.ts";
import type { Result } from "../domain/model/failure.ts";
import type { SealedSecret } from "../domain/model/tenant.ts";
import type { Page } from "./event-store.ts";

/** A token and what became of it; the token itself is not in it. */
export interface StoredAttribution {
  readonly id: string;
  readonly orgId: string;
  readonly projectId: string;
  readonly sourceId: string;
  readonly appId: string;
  /** The event that brought the token. */
  readonly eventId: string;
  readonly anonymousId: string | null;
  readonly userId: string | null;
  readonly state: AttributionState;
  /** Of the last answer that was none; null where all went well. */
  readonly code: string | null;
  /** Told to an app that is signed for development: not to be counted. */
  readonly development: boolean;
  readonly campaign: Campaign | null;
  readonly attempts: number;
  /** When the device made the token, as far as is known. */
  readonly madeAtMs: number;
  readonly expiresAtMs: number;
  readonly receivedAtMs: number;
  /** Null once it is final. */
  readonly dueAtMs: number | null;
  readonly settledAtMs: number | null;
}

export interface ClaimedToken extends PendingToken {
  readonly id: string;
  readonly orgId: string;
  readonly sha256: string;
  readonly sealed: SealedSecret;
  /** Whether the visitor's latest word denies advertising. */
  readonly isDenied: boolean;
}

/** Due tokens, leased to one relay until `leaseUntilMs`; afterwards others may claim them. */
export interface AttributionClaim {
  readonly id: string;
  readonly tokens: readonly ClaimedToken[];
  readonly leaseUntilMs: number;
}

export interface AttributionFilter {
  readonly projectId?: string;
  readonly state?: AttributionState;
  readonly anonymousId?: string;
  readonly limit: number;
  /** Opaque, from the page before. */
  readonly cursor?: string;
}

/** Tokens that wait to be exchanged, and what they were exchanged for. They come in with their events. */
export interface AttributionStore {
  /** Leases due tokens, `tokensMax` at most; organisations take turns. */
  claim(bounds: {
    readonly tokensMax: number;
    readonly leaseMs: number;
    readonly nowMs: number;
  }): Promise<Result<AttributionClaim>>;
  /** Writes a step for each token by id, if the claim still has it; a token that is final is deleted for good. */
  settle(claim: AttributionClaim, steps: ReadonlyMap<string, AttributionStep>, nowMs: number): Promise<Result<void>>;
  /** Newest first. Errors: `invalid_cursor`. */
  list(orgId: string, filter: AttributionFilter): Promise<Result<Page<StoredAttribution>>>;
  /** Errors: `not_found`. */
  find(orgId: string, id: string): Promise<Result<StoredAttribution>>;
  /** Resolves when there may be work, or after `waitMs`. */
  awaitWork(waitMs: number): Promise<void>;
}
