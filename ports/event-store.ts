import type { Integration } from "../domain/model/delivery.ts";
import type { EventToStore, RecordToStore, StoredEvent } from "../domain/model/event/stored-event.ts";
import type { Result } from "../domain/model/failure.ts";
import type { DropReason } from "../domain/model/outcome.ts";
import type { StorePosition } from "../domain/model/store-position.ts";

/**
 * Decides whether an integration of the event's project is to relay it. Pure. `not_applicable`: its settings keep the
 * event from the vendor, which is counted; what the vendor is never told of is not.
 */
export type RelayRule = (integration: Integration, event: EventToStore) => boolean | "not_applicable";

/**
 * What became of one record. `known`: the store had it already, nothing was changed. `withheld`: the store is damaged
 * where the record would go, nothing was changed, and the stream must keep it; `code` names what the store said.
 */
export type StoredRecord =
  | { readonly kind: "stored"; readonly stored: number; readonly duplicate: number; readonly dead: number }
  | { readonly kind: "known" }
  | { readonly kind: "withheld"; readonly code: string };

export interface EventFilter {
  readonly projectId?: string;
  readonly appId?: string;
  readonly eventNames?: readonly string[];
  readonly userId?: string;
  /** Of received_at, inclusive. */
  readonly sinceMs?: number;
  /** Of received_at, exclusive. */
  readonly untilMs?: number;
  readonly limit: number;
  /** Opaque, from the page before. */
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** What the store counted for one source since it exists: accepted = stored + duplicate + dropped + dead. */
export interface SourceLedger {
  readonly sourceId: string;
  readonly accepted: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly dead: number;
  /** Among the dead: those of records whose bytes the disk did not keep as they were written. */
  readonly damaged: number;
  readonly dropped: Partial<Record<DropReason, number>>;
}

/** A record of which only what the stream wrote beside it can be read. */
export interface DamagedRecord {
  readonly id: string;
  readonly orgId: string;
  readonly sourceId: string;
  readonly accepted: number;
}

/** What became of one: `unknown` if it names nobody's source, so that no ledger can count it. */
export type CountedRecord = "counted" | "known" | "unknown";

/** queued = delivered + dead + expired + canceled + waiting; waiting is counted from the outbox. */
export interface IntegrationLedger {
  readonly integrationId: string;
  readonly queued: number;
  readonly delivered: number;
  readonly dead: number;
  readonly expired: number;
  /** Taken out of the queue unsent, because the integration was deleted. */
  readonly canceled: number;
  readonly waiting: number;
  /** Never queued, or taken out of the queue, because they are nothing for the integration; not among the queued. */
  readonly notApplicable: number;
}

/** Events at rest, walled off per tenant. */
export interface EventStore {
  /**
   * One transaction for all records: record ids, dedup, events, ledger, and one outbox row per integration.
   * A record the store refuses is retried alone, then event by event; an offending event becomes a dead letter. A
   * damaged store takes what it can: batches are split by tenant, then by record, and those it can't take are withheld.
   * Shape: one result per record, in order. Errors: `store_unavailable` (nothing was changed).
   */
  storeRecords(records: readonly RecordToStore[], relays: RelayRule): Promise<Result<StoredRecord[]>>;
  /**
   * Counts damaged records as accepted, dead and damaged, once each, and leaves a dead letter `record_damaged` for it.
   * Shape: one result per record, in order. Errors: `store_unavailable` (nothing was changed, or some were counted).
   */
  countDamaged(records: readonly DamagedRecord[]): Promise<Result<CountedRecord[]>>;
  /** How far the store's log is on disk. */
  position(): Promise<Result<StorePosition>>;
  /** When the newest record that the store has was received; null if it has none. */
  newestRecordMs(): Promise<Result<number | null>>;
  /** Newest first by received_at. */
  events(orgId: string, filter: EventFilter): Promise<Result<Page<StoredEvent>>>;
  sourceLedgers(orgId: string): Promise<Result<SourceLedger[]>>;
  integrationLedgers(orgId: string): Promise<Result<IntegrationLedger[]>>;
}
