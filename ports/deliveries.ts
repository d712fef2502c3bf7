import type { FailureClass } from "../domain/model/delivery.ts";
import type { Result } from "../domain/model/failure.ts";
import type { Page } from "./event-store.ts";

/** The receipt of one vendor request: codes and ids only. */
export interface DeliveryReceipt {
  readonly eventIds: readonly string[];
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly ok: boolean;
  /** `ok`, `ok_with_warnings`, `ok_in_part` or a failure code. */
  readonly code: string;
  /** Null if it was taken. */
  readonly failureClass: FailureClass | null;
  readonly traceId: string | null;
  /** Codes of what its events say and it does not, because it can be read in two ways or not at all. */
  readonly warnings?: readonly string[];
}

/** A receipt as it is kept. */
export interface Delivery extends DeliveryReceipt {
  readonly id: string;
  readonly orgId: string;
  readonly integrationId: string;
}

export interface DeliveryFilter {
  readonly integrationId?: string;
  readonly eventId?: string;
  readonly code?: string;
  readonly ok?: boolean;
  /** Of the moment it was sent, inclusive. */
  readonly sinceMs?: number;
  /** Of the same, exclusive. */
  readonly untilMs?: number;
}

/** What was sent to vendors, and what they answered. */
export interface Deliveries {
  /** Newest first. Errors: `invalid_cursor`. */
  deliveries(
    orgId: string,
    page: DeliveryFilter & { readonly limit: number; readonly cursor?: string },
  ): Promise<Result<Page<Delivery>>>;
}
