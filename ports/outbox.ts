import type { DeliveryVerdict, FrozenEvent, Integration } from "../domain/model/delivery.ts";
import type { Consent } from "../domain/model/event/event.ts";
import type { StoredEvent } from "../domain/model/event/stored-event.ts";
import type { Result } from "../domain/model/failure.ts";
import type { Transformation } from "../domain/model/transformation.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Deliveries, DeliveryReceipt } from "./deliveries.ts";
import type { DeliveryStatuses } from "./delivery-status.ts";
import type { RetryNow } from "./retry-now.ts";

/** An event waiting for one integration. */
export interface OutboundEvent {
  readonly event: StoredEvent;
  /** Attempts made so far: verdicts `retry` that were counted. */
  readonly attempts: number;
  /** What the event and its visitor's latest word allow together: denied if either denies, granted if one grants. */
  readonly advertising: Consent;
  /** When the first attempt was made whose effect is unknown; null if every attempt was definitely rejected. */
  readonly ambiguousSinceMs: number | null;
  /** Null before the first attempt. */
  readonly frozen: FrozenEvent | null;
}

/** Due events of one integration, leased to one relay until `leaseUntilMs`; afterwards others may claim them. */
export interface OutboxClaim {
  readonly id: string;
  readonly integration: Integration;
  /** The integration's own, enabled ones only, in the order in which they run. */
  readonly transformations: readonly Transformation[];
  readonly events: readonly OutboundEvent[];
  readonly leaseUntilMs: number;
}

/** The relay's queue, in the store's own transactions: no second queue can fall out of step. */
export interface Outbox extends DeadLetters, Deliveries, DeliveryStatuses, RetryNow {
  /**
   * Leases due events of up to `claimsMax` enabled integrations, at most `eventsMax` each, those due first first.
   * A frozen event whose lease ran out unsettled may have been sent: it is ambiguous since that lease was granted.
   */
  claim(bounds: {
    /** Integrations to leave alone: busy in this relay, or behind an open circuit. */
    readonly except: readonly string[];
    readonly claimsMax: number;
    readonly eventsMax: number;
    readonly leaseMs: number;
    readonly nowMs: number;
  }): Promise<Result<OutboxClaim[]>>;
  /** Ends every lease at once: for a relay that starts and knows that it is the only one. Units: events' rows ended. */
  endLeases(nowMs: number): Promise<Result<number>>;
  /** Writes vendor names, ids and times before the first attempt; what is frozen already stays. */
  freeze(claim: OutboxClaim, frozen: readonly FrozenEvent[]): Promise<Result<void>>;
  /**
   * Ends a claim: a verdict per event, receipts, dead letters and the ledger in one transaction.
   * Events whose lease another claim holds by now are left alone; those without a verdict are due again at once.
   */
  settle(
    claim: OutboxClaim,
    verdicts: ReadonlyMap<string, DeliveryVerdict>,
    receipts: readonly DeliveryReceipt[],
    nowMs: number,
  ): Promise<Result<void>>;
  /** Resolves when there may be work: on NOTIFY, or after `waitMs`. */
  awaitWork(waitMs: number): Promise<void>;
}
