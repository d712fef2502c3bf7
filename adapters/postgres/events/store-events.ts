import type pg from "pg";
import type { EventToStore, RecordToStore } from "../../../domain/model/event/stored-event.ts";

/** An event with the record it came in. */
export interface Arrival {
  readonly record: RecordToStore;
  readonly event: EventToStore;
}

/** An event in its session, if it belongs to one. */
export interface PlacedArrival extends Arrival {
  readonly sessionId: string | null;
  /** Added by Tidegate itself: its envelope is that of the event it comes with, of which only the context counts. */
  readonly added: boolean;
}

type Client = pg.PoolClient;

/** Rows go in by the order of their keys, so that transactions that meet wait for each other, never in a ring. */
const insertRecordsText = `
  insert into records (org_id, record_id, source_id, project_id, received_at)
  select org, id, source, project, to_timestamp(ms / 1000.0)
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::float8[]) as r (org, id, source, project, ms)
  order by org, id
  on conflict do nothing
  returning record_id`;

/** Claims records for this transaction. Shape: the ids of those the store did not know. */
export async function insertRecords(client: Client, records: readonly RecordToStore[]): Promise<Set<string>> {
  const { rows } = await client.query<{ record_id: string }>(insertRecordsText, [
    records.map((record) => record.orgId),
    records.map((record) => record.id),
    records.map((record) => record.sourceId),
    records.map((record) => record.projectId),
    records.map((record) => record.receivedAtMs),
  ]);
  return new Set(rows.map((row) => row.record_id));
}

const insertKeysText = `
  insert into event_keys (org_id, source_id, message_id, event_id, received_at)
  select org, source, message, id, to_timestamp(ms / 1000.0)
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::float8[]) as e (org, source, message, id, ms)
  order by org, source, message collate "C"
  on conflict do nothing
  returning event_id`;

/** Claims (source, messageId) pairs. Shape: the ids of the events that are first of theirs. */
export async function insertKeys(client: Client, arrivals: readonly Arrival[]): Promise<Set<string>> {
  const { rows } = await client.query<{ event_id: string }>(insertKeysText, [
    arrivals.map(({ record }) => record.orgId),
    arrivals.map(({ record }) => record.sourceId),
    arrivals.map(({ event }) => event.messageId),
    arrivals.map(({ event }) => event.id),
    arrivals.map(({ record }) => record.receivedAtMs),
  ]);
  return new Set(rows.map((row) => row.event_id));
}

/**
 * $1…: one array per column of the event and the record it belongs to. The envelopes come as one run of bytes with
 * the start (from 1) and length of each, which costs no escaping; each is parsed alone, so that none can reach into
 * its neighbour, and once: the members are taken from the parsed value. An added event has no properties of its own,
 * and the context of the event whose envelope it was given.
 */
const insertEventsText = `
  insert into sdk_events (
    org_id, received_at, event_id, project_id, source_id, app_id, message_id, type, name, user_id, anonymous_id,
    "timestamp", original_timestamp, sent_at, device_os, device_model, country, region, data_layer_version,
    advertising, analytics, email_sha256, phone_sha256, phone_e164_sha256, session_id,
    properties, traits, context, extra
  )
  select r.org, to_timestamp(r.received / 1000.0), p.id, r.project, r.source, r.app, p.message, p.type, p.name,
    p.user_id, p.anonymous, to_timestamp(p.ms / 1000.0), to_timestamp(p.original / 1000.0),
    to_timestamp(r.sent / 1000.0), p.os, p.model, p.country, p.region, r.version, p.advertising, p.analytics,
    p.email, p.phone, p.phone_e164, p.session,
    case when not p.added then p.envelope -> 'properties' end, case when not p.added then p.envelope -> 'traits' end,
    p.envelope -> 'context',
    case when not p.added then nullif(p.envelope - case
      when p.type in ('track', 'consent') then array['type', 'messageId', 'userId', 'anonymousId', 'timestamp',
        'originalTimestamp', 'properties', 'traits', 'context', 'event']
      when p.type in ('page', 'screen') then array['type', 'messageId', 'userId', 'anonymousId', 'timestamp',
        'originalTimestamp', 'properties', 'traits', 'context', 'name']
      else array['type', 'messageId', 'userId', 'anonymousId', 'timestamp',
        'originalTimestamp', 'properties', 'traits', 'context']
    end, '{}'::jsonb) end
  from (
    select e.*, convert_from(substring($1::bytea from e.start for e.length), 'UTF8')::jsonb as envelope
    from unnest(
      $2::int[], $3::int[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
      $11::float8[], $12::float8[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
      $19::text[], $20::text[], $21::text[], $22::uuid[], $23::boolean[]
    ) as e (
      record, start, length, id, message, type, name, user_id, anonymous,
      ms, original, os, model, country, region, advertising, analytics, email, phone, phone_e164, session, added
    )
    offset 0
  ) p
  join unnest(
    $24::int[], $25::uuid[], $26::uuid[], $27::uuid[], $28::text[], $29::float8[], $30::float8[], $31::int[]
  ) as r (n, org, project, source, app, received, sent, version) on r.n = p.record`;

/** Writes events whose keys are this transaction's own. */
export async function insertEvents(client: Client, arrivals: readonly PlacedArrival[]): Promise<void> {
  const records = [...new Set(arrivals.map((arrival) => arrival.record))];
  const numbers = new Map(records.map((record, n) => [record, n]));
  const envelopes = arrivals.map(({ event }) => Buffer.from(event.json));
  const starts: number[] = [];
  let start = 1;
  for (const envelope of envelopes) {
    starts.push(start);
    start += envelope.length;
  }
  const column = <K extends keyof EventToStore>(name: K) => arrivals.map(({ event }) => event[name]);
  await client.query(insertEventsText, [
    Buffer.concat(envelopes),
    arrivals.map(({ record }) => numbers.get(record)),
    starts,
    envelopes.map((envelope) => envelope.length),
    ...[column("id"), column("messageId"), column("type"), column("name"), column("userId"), column("anonymousId")],
    ...[column("timestampMs"), column("originalTimestampMs"), column("deviceOs"), column("deviceModel")],
    ...[column("country"), column("region"), column("advertising"), column("analytics")],
    ...[column("emailSha256"), column("phoneSha256"), column("phoneE164Sha256")],
    arrivals.map(({ sessionId }) => sessionId),
    arrivals.map(({ added }) => added),
    ...recordColumns(records),
  ]);
}

function recordColumns(records: readonly RecordToStore[]): unknown[][] {
  return [
    records.map((_, n) => n),
    records.map((record) => record.orgId),
    records.map((record) => record.projectId),
    records.map((record) => record.sourceId),
    records.map((record) => record.appId),
    records.map((record) => record.receivedAtMs),
    records.map((record) => record.sentAtMs),
    records.map((record) => record.dataLayerVersion),
  ];
}
