import type pg from "pg";
import type { Session } from "../../../domain/model/session.ts";
import type { Arrival } from "./store-events.ts";

/** A visitor of a project, with its events of this transaction in the order in which they are processed. */
export interface Visitor {
  readonly orgId: string;
  readonly projectId: string;
  readonly id: string;
  readonly arrivals: Arrival[];
}

/** A session that an event opened or changed, and what its row says beside it. */
export interface SessionToSave {
  readonly visitor: Visitor;
  readonly session: Session;
  /** The event that opened it in this transaction; null if it was there. */
  readonly opening: Arrival | null;
}

/** When an event happened, for its session. Units: whole milliseconds, as the rows keep them. */
export function momentOf({ event }: Arrival): number {
  return Math.floor(event.timestampMs);
}

/** A row that need not be written, because its day is known already, is locked all the same. */
const lockVisitorsText = `
  insert into session_visitors as v (org_id, project_id, visitor_id, seen_at)
  select org, project, visitor, to_timestamp(ms / 1000.0)
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::float8[]) as n (org, project, visitor, ms)
  order by org, project, visitor collate "C"
  on conflict (org_id, project_id, visitor_id) do update set seen_at = excluded.seen_at
    where v.seen_at < excluded.seen_at - interval '1 day'`;

/** Locks visitors until the transaction ends: only then may their sessions be read to be changed. */
export async function lockVisitors(client: pg.PoolClient, visitors: readonly Visitor[]): Promise<void> {
  await client.query(lockVisitorsText, [
    visitors.map((visitor) => visitor.orgId),
    visitors.map((visitor) => visitor.projectId),
    visitors.map((visitor) => visitor.id),
    visitors.map(({ arrivals }) => arrivals.reduce((ms, { record }) => Math.max(ms, record.receivedAtMs), 0)),
  ]);
}

const sessionColumns = `
  s.session_id as id, date_part('epoch', s.started_at) * 1000 as started, date_part('epoch', s.last_at) * 1000 as last,
  date_part('epoch', s.ends_at) * 1000 as ends, date_part('epoch', s.due_at) * 1000 as due, s.events,
  s.data_layer_version as version, s.ended_at is not null as ended`;

/** The latest session that could matter to any of a visitor's events: mostly it started before them all. */
const latestSessionsText = `
  select n.visitor, ${sessionColumns}
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::float8[]) as n (visitor, org, project, id, ms)
  cross join lateral (
    select * from sessions
    where org_id = n.org and project_id = n.project and visitor_id = n.id
      and started_at < to_timestamp(n.ms / 1000.0)
    order by started_at desc limit 1
  ) s`;

/** Both neighbours of each moment, by index: however many sessions a visitor has, an event costs two of them. */
const neighboursText = `
  select n.visitor, ${sessionColumns}
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::float8[]) as n (visitor, org, project, id, ms)
  cross join lateral (
    (
      select * from sessions
      where org_id = n.org and project_id = n.project and visitor_id = n.id
        and started_at <= to_timestamp(n.ms / 1000.0)
      order by started_at desc limit 1
    ) union all (
      select * from sessions
      where org_id = n.org and project_id = n.project and visitor_id = n.id
        and started_at > to_timestamp(n.ms / 1000.0)
      order by started_at limit 1
    )
  ) s`;

interface SessionRow {
  readonly visitor: number;
  readonly id: string;
  readonly started: number;
  readonly last: number;
  readonly ends: number;
  readonly due: number;
  readonly events: number;
  readonly version: number;
  readonly ended: boolean;
}

/** A place in a visitor's time, to look for sessions at. */
interface Moment {
  readonly visitor: Visitor;
  readonly n: number;
  readonly ms: number;
}

/**
 * Per visitor, the sessions that its events may join, oldest start first: those just before and just after each.
 *
 * Shape: `timeoutMs` is the longest that governs any of the events.
 */
export async function loadSessions(
  client: pg.PoolClient,
  visitors: readonly Visitor[],
  timeoutMs: number,
): Promise<Session[][]> {
  const times = visitors.map(({ arrivals }) => [...new Set(arrivals.map(momentOf))].sort((a, b) => a - b));
  const ends = visitors.map((visitor, n): Moment => ({ visitor, n, ms: (times[n]?.at(-1) as number) + timeoutMs }));
  const found = visitors.map(() => new Map<string, Session>());
  const crossed = new Set<number>();
  for (const row of await readSessions(client, latestSessionsText, ends)) {
    const session = sessionOf(row);
    found[row.visitor]?.set(row.id, session);
    if (session.startedAtMs > (times[row.visitor]?.[0] as number)) crossed.add(row.visitor);
  }
  const moments = [...crossed].flatMap(
    (n) => times[n]?.map((ms) => ({ visitor: visitors[n] as Visitor, n, ms })) ?? [],
  );
  if (moments.length > 0) {
    for (const row of await readSessions(client, neighboursText, moments)) {
      found[row.visitor]?.set(row.id, sessionOf(row));
    }
  }
  return found.map((sessions) => [...sessions.values()].sort((a, b) => a.startedAtMs - b.startedAtMs));
}

async function readSessions(client: pg.PoolClient, text: string, moments: readonly Moment[]): Promise<SessionRow[]> {
  const { rows } = await client.query<SessionRow>(text, [
    moments.map(({ n }) => n),
    moments.map(({ visitor }) => visitor.orgId),
    moments.map(({ visitor }) => visitor.projectId),
    moments.map(({ visitor }) => visitor.id),
    moments.map(({ ms }) => ms),
  ]);
  return rows;
}

function sessionOf(row: SessionRow): Session {
  return {
    id: row.id,
    startedAtMs: Math.round(row.started),
    lastAtMs: Math.round(row.last),
    endsAtMs: Math.round(row.ends),
    dueAtMs: Math.round(row.due),
    events: row.events,
    dataLayerVersion: row.version,
    ended: row.ended,
  };
}

/** Of a session that is there, the columns after `events` that say how it was opened are not read. */
const saveSessionsText = `
  insert into sessions (
    org_id, session_id, project_id, visitor_id, started_at, last_at, ends_at, due_at, sweep_at, data_layer_version,
    events, opened_event_id, opened_received_at
  )
  select org, id, project, visitor, to_timestamp(started / 1000.0), to_timestamp(last / 1000.0),
    to_timestamp(ends / 1000.0), to_timestamp(due / 1000.0), to_timestamp(due / 1000.0), version, events,
    coalesce(event, id), to_timestamp(received / 1000.0)
  from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::int[],
    $10::int[], $11::uuid[], $12::float8[]
  ) as n (org, id, project, visitor, started, last, ends, due, version, events, event, received)
  order by org, project, visitor collate "C", started
  on conflict (org_id, project_id, visitor_id, started_at) do update set last_at = excluded.last_at,
    ends_at = excluded.ends_at, due_at = excluded.due_at, data_layer_version = excluded.data_layer_version,
    events = excluded.events`;

/** Writes sessions of visitors that this transaction has locked. */
export async function saveSessions(client: pg.PoolClient, changes: readonly SessionToSave[]): Promise<void> {
  if (changes.length === 0) return;
  await client.query(saveSessionsText, [
    changes.map(({ visitor }) => visitor.orgId),
    changes.map(({ session }) => session.id),
    changes.map(({ visitor }) => visitor.projectId),
    changes.map(({ visitor }) => visitor.id),
    changes.map(({ session }) => session.startedAtMs),
    changes.map(({ session }) => session.lastAtMs),
    changes.map(({ session }) => session.endsAtMs),
    changes.map(({ session }) => session.dueAtMs),
    changes.map(({ session }) => session.dataLayerVersion),
    changes.map(({ session }) => session.events),
    changes.map(({ opening }) => opening?.event.id ?? null),
    changes.map(({ session, opening }) => opening?.record.receivedAtMs ?? session.startedAtMs),
  ]);
}
