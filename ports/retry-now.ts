import type { Integration } from "../domain/model/delivery.ts";
import type { Result } from "../domain/model/failure.ts";

/** An integration whose configuration was changed, or whose vendor said yes to somebody, as it is since then. */
export type RetriedIntegration = Pick<Integration, "orgId" | "id" | "version">;

/** Tells relays to try an integration again at once. */
export interface RetryNow {
  /** Makes what waits for an integration due at once, leases aside, and tells every relay. */
  retryNow(integration: RetriedIntegration, nowMs: number): Promise<Result<void>>;
  /**
   * Calls `heard` with each integration that is to be tried again, whichever process says so; returns what
   * ends that.
   * Calls are lost while the connection is: then the relay tries again by its own schedule.
   */
  watchRetryNow(heard: (retried: Pick<RetriedIntegration, "id" | "version">) => void): () => void;
}
