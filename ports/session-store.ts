import type { Result } from "../domain/model/failure.ts";
import type { RelayRule } from "./event-store.ts";

/** What one sweep did: sessions it looked at, and those of them that were over. */
export interface Sweep {
  readonly looked: number;
  readonly ended: number;
}

/** Sessions at rest. The event store opens and extends them, in the transaction of their events. */
export interface SessionStore {
  /**
   * Ends sessions due before `dueBeforeMs`, the longest due first, and stores and queues what their data layers want
   * told of it, in one transaction. Each is ended once, by whatever number of processes; those another transaction
   * is at are left for the next sweep. Errors: `store_unavailable`.
   */
  endDue(
    bounds: { readonly dueBeforeMs: number; readonly nowMs: number; readonly sessionsMax: number },
    relays: RelayRule,
  ): Promise<Result<Sweep>>;
}
