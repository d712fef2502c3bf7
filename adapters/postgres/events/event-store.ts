import type { Kysely } from "kysely";
import type pg from "pg";
import type { RecordToStore } from "../../../domain/model/event/stored-event.ts";
import { assert, type Result, succeed } from "../../../domain/model/failure.ts";
import type { EventStore, RelayRule, StoredRecord } from "../../../ports/event-store.ts";
import type { Database } from "../database.ts";
import {
  attempt,
  failureOf,
  isCollision,
  isMissingPartition,
  isRefusal,
  isStoreDamage,
  sqlStateOf,
} from "../failure.ts";
import { withTenants } from "../tenant-scope.ts";
import { readEvents, readIntegrationLedgers, readSourceLedgers } from "./event-queries.ts";
import { ensurePartitions } from "./maintenance.ts";
import { createSettingsReader } from "./session-settings.ts";
import { deadLetterWhole, type OnRefusal, storeBatch } from "./store-batch.ts";
import { assertRecord } from "./store-checks.ts";
import { countDamaged } from "./store-damaged.ts";
import { readNewestRecord, readStorePosition } from "./store-position.ts";

type Outcomes = Map<RecordToStore, StoredRecord>;

const transactionTriesMax = 4;

/** Opens the events at rest. `announceWork` is called after each commit that queued something. */
export function openEventStore(pipeline: pg.Pool, db: Kysely<Database>, announceWork: () => void): EventStore {
  const settings = createSettingsReader();

  async function storeOnce(records: readonly RecordToStore[], relays: RelayRule, onRefusal: OnRefusal) {
    const orgIds = records.map((record) => record.orgId);
    const done = await withTenants(pipeline, orgIds, (client) =>
      storeBatch(client, records, relays, onRefusal, settings),
    );
    if (done.queued) announceWork();
    return done.outcomes;
  }

  /** Runs the transaction again where it collided with another, or where a day's partition was missing. */
  async function storeWithTries(records: readonly RecordToStore[], relays: RelayRule, onRefusal: OnRefusal) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await storeOnce(records, relays, onRefusal);
      } catch (error) {
        if (tries >= transactionTriesMax) throw error;
        if (isMissingPartition(error)) await makePartitions(records);
        else if (!isCollision(error)) throw error;
      }
    }
  }

  async function makePartitions(records: readonly RecordToStore[]): Promise<void> {
    for (const day of new Set(records.map((record) => record.receivedAtMs))) {
      await ensurePartitions(pipeline, day, day);
    }
  }

  /** A batch the store refuses is split by tenant, then by record; a record alone gives up its offending events. */
  async function storeSplitting(records: readonly RecordToStore[], relays: RelayRule, into: Outcomes): Promise<void> {
    const alone = records.length === 1;
    try {
      const outcomes = await storeWithTries(records, relays, alone ? "bury" : "throw");
      for (const [record, outcome] of outcomes) into.set(record, outcome);
    } catch (error) {
      const isDamaged = isStoreDamage(error);
      if (!isRefusal(error) && !isDamaged) throw error;
      if (alone && isDamaged) into.set(records[0] as RecordToStore, { kind: "withheld", code: failureOf(error).code });
      else if (alone) await deadLetterRecord(records[0] as RecordToStore, error, into);
      else for (const part of split(records)) await storeSplitting(part, relays, into);
    }
  }

  /** The record itself was refused: its source or project is not the store's, or its time is no time. */
  async function deadLetterRecord(record: RecordToStore, error: unknown, into: Outcomes): Promise<void> {
    const code = `store_refused_${sqlStateOf(error)}`;
    into.set(record, await withTenants(pipeline, [record.orgId], (client) => deadLetterWhole(client, record, code)));
  }

  async function storeRecords(records: readonly RecordToStore[], relays: RelayRule): Promise<Result<StoredRecord[]>> {
    if (records.length === 0) return succeed([]);
    records.forEach(assertRecord);
    const positions = new Map<string, number>();
    records.forEach(({ id }, n) => void (positions.has(id) || positions.set(id, n)));
    const isFirst = (record: RecordToStore, n: number) => positions.get(record.id) === n;
    return attempt(async () => {
      const outcomes: Outcomes = new Map();
      await storeSplitting(records.filter(isFirst), relays, outcomes);
      return records.map((record, n): StoredRecord => {
        const outcome = isFirst(record, n) ? outcomes.get(record) : ({ kind: "known" } as const);
        assert(outcome, "a record was stored without an outcome");
        return outcome;
      });
    });
  }

  return {
    storeRecords,
    position: () => readStorePosition(pipeline),
    newestRecordMs: () => readNewestRecord(pipeline),
    countDamaged: (records) => countDamaged(pipeline, records),
    events: (orgId, filter) => readEvents(db, orgId, filter),
    sourceLedgers: (orgId) => readSourceLedgers(db, orgId),
    integrationLedgers: (orgId) => readIntegrationLedgers(db, orgId),
  };
}

function split(records: readonly RecordToStore[]): RecordToStore[][] {
  const byTenant = new Map<string, RecordToStore[]>();
  for (const record of records) byTenant.set(record.orgId, [...(byTenant.get(record.orgId) ?? []), record]);
  return byTenant.size > 1 ? [...byTenant.values()] : records.map((record) => [record]);
}
