import type pg from "pg";
import type { RecordToStore } from "../../../domain/model/event/stored-event.ts";
import { type Result, succeed } from "../../../domain/model/failure.ts";
import type { RelayRule, StoredRecord } from "../../../ports/event-store.ts";
import { failureOf, isMissingPartition, isRefusal } from "../failure.ts";
import type { SettingsReader } from "./session-settings.ts";
import { insertAttributions } from "./store-attributions.ts";
import { eventFault } from "./store-checks.ts";
import { addToSourceLedger, deadLetter, type NewDeadLetter, queueEvents, type Tally } from "./store-counts.ts";
import { type Arrival, insertEvents, insertKeys, insertRecords, type PlacedArrival } from "./store-events.ts";
import { insertLinks } from "./store-links.ts";
import { placeInSessions } from "./store-sessions.ts";
import { upsertConsents, upsertIdentities } from "./store-visitors.ts";

/** What one transaction did: an outcome per record it was given, and whether there is work for the relay. */
export interface BatchOutcome {
  readonly outcomes: ReadonlyMap<RecordToStore, StoredRecord>;
  readonly queued: boolean;
}

/** How a transaction meets a refusal: give the whole batch back, or find the offending events and bury them. */
export type OnRefusal = "throw" | "bury";

/**
 * Stores records, all of different ids, within the caller's transaction: records, keys, sessions, events, visitors,
 * tokens, outbox, ledgers, in that order in every transaction, so that two of them can't wait for each other. What
 * Tidegate itself adds to a session is stored and queued, and counts for no record.
 *
 * Errors: throws what Postgres said.
 */
export async function storeBatch(
  client: pg.PoolClient,
  records: readonly RecordToStore[],
  relays: RelayRule,
  onRefusal: OnRefusal,
  settings: SettingsReader,
): Promise<BatchOutcome> {
  const unknown = await insertRecords(client, records);
  const fresh = records.filter((record) => unknown.has(record.id));
  const tallies = new Map(fresh.map((record): [RecordToStore, Tally] => [record, tallyOf(record)]));
  const newDeadLetters: NewDeadLetter[] = [];
  const firsts = sortOut(fresh, newDeadLetters);
  const stored = await storeArrivals({ client, onRefusal, settings, newDeadLetters }, firsts);
  for (const { record, added } of stored) if (!added) (tallies.get(record) as Tally).stored += 1;
  for (const { record } of newDeadLetters) (tallies.get(record) as Tally).dead += 1;
  for (const tally of tallies.values()) tally.duplicate = tally.record.events.length - tally.stored - tally.dead;
  await deadLetter(client, newDeadLetters);
  const tokens = await insertAttributions(client, ownOf(stored));
  const queued = stored.length > 0 && (await queueEvents(client, stored, relays));
  await addToSourceLedger(client, [...tallies.values()]);
  return { outcomes: outcomesOf(records, tallies), queued: queued || tokens };
}

/** Without what Tidegate added: its events are made of those they come with, tokens included. */
function ownOf(stored: readonly PlacedArrival[]): PlacedArrival[] {
  return stored.filter(({ added }) => !added);
}

function tallyOf(record: RecordToStore): Tally {
  return { record, stored: 0, duplicate: 0, dead: 0 };
}

/** The events to store: sound, and the first of this batch with their messageId. */
function sortOut(records: readonly RecordToStore[], newDeadLetters: NewDeadLetter[]): Arrival[] {
  const seen = new Set<string>();
  const firsts: Arrival[] = [];
  for (const record of records) {
    for (const event of record.events) {
      const code = eventFault(event);
      const key = `${record.sourceId} ${event.messageId}`;
      if (code !== null) newDeadLetters.push({ record, event, code });
      else if (!seen.has(key)) firsts.push({ record, event });
      if (code === null) seen.add(key);
    }
  }
  return firsts;
}

/** What storing a batch's events takes, and where those end up that can't be stored. */
interface Storing {
  readonly client: pg.PoolClient;
  readonly onRefusal: OnRefusal;
  readonly settings: SettingsReader;
  readonly newDeadLetters: NewDeadLetter[];
}

/** Shape: the events that were stored; the others were there already, or are among the burials now. */
async function storeArrivals(storing: Storing, arrivals: readonly Arrival[]): Promise<PlacedArrival[]> {
  if (arrivals.length === 0) return [];
  if (storing.onRefusal === "throw") return insertArrivals(storing, arrivals);
  const part = await tryArrivals(storing, arrivals);
  if (part.ok) return part.value;
  if (arrivals.length === 1) {
    storing.newDeadLetters.push({ ...(arrivals[0] as Arrival), code: part.failure.code });
    return [];
  }
  const middle = arrivals.length >> 1;
  const head = await storeArrivals(storing, arrivals.slice(0, middle));
  return [...head, ...(await storeArrivals(storing, arrivals.slice(middle)))];
}

/** Tries events behind a savepoint. Errors: `store_refused_…`; what is not a refusal is thrown. */
async function tryArrivals(storing: Storing, arrivals: readonly Arrival[]): Promise<Result<PlacedArrival[]>> {
  const { client } = storing;
  await client.query("savepoint part");
  try {
    const stored = await insertArrivals(storing, arrivals);
    await client.query("release savepoint part");
    return succeed(stored);
  } catch (error) {
    if (!isRefusal(error) || isMissingPartition(error)) throw error;
    await client.query("rollback to savepoint part");
    return { ok: false, failure: failureOf(error) };
  }
}

async function insertArrivals(storing: Storing, arrivals: readonly Arrival[]): Promise<PlacedArrival[]> {
  const { client, settings } = storing;
  const firsts = await insertKeys(client, arrivals);
  const fresh = arrivals.filter(({ event }) => firsts.has(event.id));
  if (fresh.length === 0) return [];
  const stored = await placeInSessions(client, fresh, settings);
  await insertEvents(client, stored);
  await upsertConsents(client, fresh);
  await upsertIdentities(client, fresh);
  await insertLinks(client, fresh);
  return stored;
}

/**
 * Buries all events of a record, and counts them where the store knows their source.
 *
 * Shape: `known` if that was done before.
 */
export async function deadLetterWhole(
  client: pg.PoolClient,
  record: RecordToStore,
  code: string,
): Promise<StoredRecord> {
  const dead = record.events.length;
  const isNew = await countAsDead(client, { record, stored: 0, duplicate: 0, dead });
  if (!isNew) return { kind: "known" };
  await deadLetter(
    client,
    record.events.map((event) => ({ record, event, code })),
  );
  return { kind: "stored", stored: 0, duplicate: 0, dead };
}

/** False if the record was counted before. One of a source that the store does not know is in no ledger. */
async function countAsDead(client: pg.PoolClient, tally: Tally): Promise<boolean> {
  await client.query("savepoint counted");
  try {
    const isNew = (await insertRecords(client, [tally.record])).size === 1;
    if (isNew) await addToSourceLedger(client, [tally]);
    return isNew;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await client.query("rollback to savepoint counted");
    return true;
  }
}

function outcomesOf(
  records: readonly RecordToStore[],
  tallies: ReadonlyMap<RecordToStore, Tally>,
): Map<RecordToStore, StoredRecord> {
  return new Map(
    records.map((record): [RecordToStore, StoredRecord] => {
      const tally = tallies.get(record);
      if (!tally) return [record, { kind: "known" }];
      const { stored, duplicate, dead } = tally;
      return [record, { kind: "stored", stored, duplicate, dead }];
    }),
  );
}
