import type { FailureClass } from "../domain/model/delivery.ts";
import type { Result } from "../domain/model/failure.ts";
import type { IntegrationLedger } from "./event-store.ts";

/** What a relay last learned of an integration's vendor. */
export interface VendorState {
  /** Why and until when the vendor is left alone; null if its last answer was a yes. */
  readonly circuit: {
    readonly class: FailureClass;
    readonly code: string;
    readonly sinceMs: number;
    readonly untilMs: number;
  } | null;
  /** What the vendor says is used of what it lets one send; null if it says nothing. */
  readonly quota: {
    readonly usedPercent: number;
    readonly seenAtMs: number;
    /** Until when the relay sends nothing for the quota's sake; null if it does not hold back. */
    readonly untilMs: number | null;
  } | null;
}

/** Requests and the events in them; an event that is tried twice counts twice. */
export interface RequestCount {
  readonly requests: number;
  readonly events: number;
}

/** How an integration fares. */
export interface DeliveryStatus {
  readonly ledger: IntegrationLedger;
  /** When the event was received that waits longest; null if none waits. */
  readonly oldestWaitingMs: number | null;
  /** Of the time asked for. */
  readonly delivered: RequestCount;
  readonly failed: Readonly<Partial<Record<FailureClass, RequestCount>>>;
  /** Null if no relay has tried yet. */
  readonly vendor: VendorState | null;
}

export interface DeliveryStatuses {
  /** Keeps what a relay learned, for others to read; the last word counts, whichever relay says it. */
  saveVendorState(
    integration: { readonly orgId: string; readonly id: string },
    state: VendorState,
  ): Promise<Result<void>>;
  /** Errors: `not_found`. Units: `sinceMs` in milliseconds since 1970. */
  status(orgId: string, integrationId: string, sinceMs: number): Promise<Result<DeliveryStatus>>;
}
