import type pg from "pg";
import type { RecordToStore } from "../../../domain/model/event/stored-event.ts";
import type { Result } from "../../../domain/model/failure.ts";
import { sessionEventNames } from "../../../domain/model/session.ts";
import type { RelayRule } from "../../../ports/event-store.ts";
import type { SessionStore, Sweep } from "../../../ports/session-store.ts";
import type { EventTable } from "../database.ts";
import { attempt, isCollision, isMissingPartition } from "../failure.ts";
import { setTenants, withTenants } from "../tenant-scope.ts";
import { ensurePartitions } from "./maintenance.ts";
import { sessionEventIds } from "./session-events.ts";
import { queueEvents } from "./store-counts.ts";
import type { Arrival } from "./store-events.ts";

type Bounds = Parameters<SessionStore["endDue"]>[0];

interface DueSession {
  readonly org_id: string;
  readonly project_id: string;
  readonly visitor_id: string;
  readonly started_at: number;
}

interface EndedSession {
  readonly org_id: string;
  readonly session_id: string;
  readonly started_at: number;
  readonly last_at: number;
  readonly ends_at: number;
  readonly ended_at: number | null;
  readonly events: number;
  readonly data_layer_version: number;
  readonly opened_event_id: string;
  readonly opened_received_at: number;
}

const transactionTriesMax = 4;

/** Opens what ends sessions. `announceWork` is called after each commit that queued something. */
export function openSessionStore(pipeline: pg.Pool, announceWork: () => void): SessionStore {
  async function sweepWithTries(bounds: Bounds, relays: RelayRule): Promise<Sweep> {
    for (let tries = 1; ; tries += 1) {
      try {
        const { queued, ...sweep } = await withTenants(pipeline, [], (client) => sweepOnce(client, bounds, relays));
        if (queued) announceWork();
        return sweep;
      } catch (error) {
        if (tries >= transactionTriesMax) throw error;
        if (isMissingPartition(error)) await ensurePartitions(pipeline, bounds.nowMs, bounds.nowMs);
        else if (!isCollision(error)) throw error;
      }
    }
  }

  return { endDue: (bounds, relays): Promise<Result<Sweep>> => attempt(() => sweepWithTries(bounds, relays)) };
}

async function sweepOnce(
  client: pg.PoolClient,
  { dueBeforeMs, nowMs, sessionsMax }: Bounds,
  relays: RelayRule,
): Promise<Sweep & { queued: boolean }> {
  const due = await client.query<DueSession>("select * from due_sessions(to_timestamp($1::float8 / 1000.0), $2)", [
    dueBeforeMs,
    sessionsMax,
  ]);
  if (due.rows.length === 0) return { looked: 0, ended: 0, queued: false };
  await setTenants(
    client,
    due.rows.map((row) => row.org_id),
  );
  const ended = await endSessions(client, due.rows, dueBeforeMs, nowMs);
  const told = await insertEndedEvents(client, ended, nowMs);
  const queued = told.length > 0 && (await queueEvents(client, told, relays));
  return { looked: due.rows.length, ended: ended.length, queued };
}

/** A session that was heard of since it was last looked at is put off; the visitors are locked by now. */
const endSessionsText = `
  update sessions s set
    ended_at = case when s.due_at <= to_timestamp($5::float8 / 1000.0) then to_timestamp($6::float8 / 1000.0) end,
    sweep_at = s.due_at
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::float8[]) as n (org, project, visitor, started)
  where s.org_id = n.org and s.project_id = n.project and s.visitor_id = n.visitor
    and s.started_at = to_timestamp(n.started / 1000.0) and s.ended_at is null
  returning s.org_id, s.session_id, s.started_at, s.last_at, s.ends_at, s.ended_at, s.events, s.data_layer_version,
    s.opened_event_id, s.opened_received_at`;

async function endSessions(
  client: pg.PoolClient,
  due: readonly DueSession[],
  dueBeforeMs: number,
  nowMs: number,
): Promise<EndedSession[]> {
  const { rows } = await client.query<EndedSession>(endSessionsText, [
    due.map((row) => row.org_id),
    due.map((row) => row.project_id),
    due.map((row) => row.visitor_id),
    due.map((row) => row.started_at),
    dueBeforeMs,
    nowMs,
  ]);
  return rows.filter((row) => row.ended_at !== null);
}

/**
 * What tells that a session ended has the context of the event that opened it; where that one was erased, nothing is
 * told. The times stand in the condition a second time so that the planner leaves out the partitions of other days.
 */
const insertEndedText = `
  insert into sdk_events (
    org_id, received_at, event_id, project_id, source_id, app_id, message_id, type, name, user_id, anonymous_id,
    "timestamp", device_os, device_model, country, region, session_id, data_layer_version, advertising, analytics,
    email_sha256, phone_sha256, phone_e164_sha256, properties, context
  )
  select e.org_id, to_timestamp($1::float8 / 1000.0), n.id, e.project_id, e.source_id, e.app_id, n.message, 'track', $2,
    e.user_id, e.anonymous_id, to_timestamp(n.ends / 1000.0), e.device_os, e.device_model, e.country, e.region,
    n.session, n.version, e.advertising, e.analytics, e.email_sha256, e.phone_sha256, e.phone_e164_sha256,
    jsonb_build_object('duration_seconds', n.duration, 'event_count', n.events), e.context
  from unnest(
    $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::int[], $8::float8[], $9::numeric[], $10::int[], $11::uuid[],
    $12::float8[]
  ) as n (org, id, message, session, version, ends, duration, events, opened, received)
  join sdk_events e on e.org_id = n.org and e.received_at = to_timestamp(n.received / 1000.0) and e.event_id = n.opened
  left join data_layer_versions v on v.org_id = n.org and v.version = n.version
  where e.received_at = any ($13::timestamptz[])
    and coalesce((v.config -> 'session' ->> 'track_session_end')::boolean, true)
  returning *`;

/** Stores what tells that sessions ended, where their data layers want it told. */
async function insertEndedEvents(
  client: pg.PoolClient,
  ended: readonly EndedSession[],
  nowMs: number,
): Promise<Arrival[]> {
  if (ended.length === 0) return [];
  const ids = ended.map((session) => sessionEventIds(session.session_id, "ended"));
  const times = [...new Set(ended.map((session) => session.opened_received_at))];
  const { rows } = await client.query<EventTable>(insertEndedText, [
    nowMs,
    sessionEventNames.ended,
    ended.map((session) => session.org_id),
    ids.map(({ id }) => id),
    ids.map(({ messageId }) => messageId),
    ended.map((session) => session.session_id),
    ended.map((session) => session.data_layer_version),
    ended.map((session) => session.ends_at),
    ended.map((session) => (session.last_at - session.started_at) / 1_000),
    ended.map((session) => session.events),
    ended.map((session) => session.opened_event_id),
    ended.map((session) => session.opened_received_at),
    times.map((ms) => new Date(ms).toISOString()),
  ]);
  return rows.map((row) => arrivalOf(row, nowMs));
}

/** A stored event as queueing takes it: in a record of its own, which the stream never saw. */
function arrivalOf(row: EventTable, nowMs: number): Arrival {
  const record: RecordToStore = {
    id: row.event_id,
    orgId: row.org_id,
    projectId: row.project_id,
    sourceId: row.source_id,
    appId: row.app_id,
    dataLayerVersion: row.data_layer_version,
    receivedAtMs: nowMs,
    sentAtMs: null,
    dropped: {},
    events: [],
  };
  const event = {
    id: row.event_id,
    messageId: row.message_id,
    type: row.type,
    name: row.name,
    userId: row.user_id,
    anonymousId: row.anonymous_id,
    json: "{}",
    timestampMs: row.timestamp,
    originalTimestampMs: null,
    deviceOs: row.device_os,
    deviceModel: row.device_model,
    country: row.country,
    region: row.region,
    advertising: row.advertising,
    analytics: row.analytics,
    emailSha256: row.email_sha256,
    phoneSha256: row.phone_sha256,
    phoneE164Sha256: row.phone_e164_sha256,
  };
  return { record, event };
}
