import type pg from "pg";
import type { Consent } from "../../../domain/model/event/event.ts";
import { joinableId } from "../../../domain/model/identity/placeholder-id.ts";
import type { Arrival } from "./store-events.ts";

/** One of the two ids a visitor may be known by, within a project. */
interface VisitorKey {
  readonly orgId: string;
  readonly projectId: string;
  readonly kind: "user" | "anonymous";
  readonly id: string;
}

interface Word {
  readonly value: Consent;
  readonly atMs: number | null;
}
type ConsentRow = VisitorKey & { advertising: Word; analytics: Word };
type IdentityRow = VisitorKey & { email: string | null; phone: string | null; phoneE164: string | null; atMs: number };

const unsaid: Word = { value: "unknown", atMs: null };

/** The ids of an event that name somebody: nothing is kept under a placeholder. */
function visitorsOf({ record, event }: Arrival): VisitorKey[] {
  const place = { orgId: record.orgId, projectId: record.projectId };
  const keys: VisitorKey[] = [];
  const [userId, anonymousId] = [joinableId(event.userId), joinableId(event.anonymousId)];
  if (userId !== null) keys.push({ ...place, kind: "user", id: userId });
  if (anonymousId !== null) keys.push({ ...place, kind: "anonymous", id: anonymousId });
  return keys;
}

function keyText(key: VisitorKey): string {
  return `${key.projectId} ${key.kind} ${key.id}`;
}

function keyColumns(rows: readonly VisitorKey[]): string[][] {
  return [rows.map((r) => r.orgId), rows.map((r) => r.projectId), rows.map((r) => r.kind), rows.map((r) => r.id)];
}

/** The later word on one purpose; an event that says nothing of it leaves it as it was. */
function laterWord(before: Word, said: Consent, atMs: number): Word {
  if (said === "unknown" || (before.atMs !== null && before.atMs > atMs)) return before;
  return { value: said, atMs };
}

const upsertConsentsText = `
  insert into consents as c (
    org_id, project_id, id_kind, visitor_id, advertising, advertising_at, analytics, analytics_at
  )
  select org, project, kind, id, advertising, to_timestamp(advertising_ms / 1000.0), analytics,
    to_timestamp(analytics_ms / 1000.0)
  from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::text[], $8::float8[]
  ) as n (org, project, kind, id, advertising, advertising_ms, analytics, analytics_ms)
  order by org, project, kind, id collate "C"
  on conflict (org_id, project_id, id_kind, visitor_id) do update set
    advertising = case when excluded.advertising_at >= coalesce(c.advertising_at, '-infinity')
      then excluded.advertising else c.advertising end,
    advertising_at = greatest(excluded.advertising_at, c.advertising_at),
    analytics = case when excluded.analytics_at >= coalesce(c.analytics_at, '-infinity')
      then excluded.analytics else c.analytics end,
    analytics_at = greatest(excluded.analytics_at, c.analytics_at)
  where excluded.advertising_at >= coalesce(c.advertising_at, '-infinity')
    or excluded.analytics_at >= coalesce(c.analytics_at, '-infinity')`;

/** Keeps each visitor's latest word on consent, by event time, under both ids the event names. */
export async function upsertConsents(client: pg.PoolClient, arrivals: readonly Arrival[]): Promise<void> {
  const rows = new Map<string, ConsentRow>();
  for (const arrival of arrivals) {
    const { advertising, analytics, timestampMs } = arrival.event;
    if (advertising === "unknown" && analytics === "unknown") continue;
    for (const key of visitorsOf(arrival)) {
      const row = rows.get(keyText(key)) ?? { ...key, advertising: unsaid, analytics: unsaid };
      row.advertising = laterWord(row.advertising, advertising, timestampMs);
      row.analytics = laterWord(row.analytics, analytics, timestampMs);
      rows.set(keyText(key), row);
    }
  }
  if (rows.size === 0) return;
  const list = [...rows.values()];
  await client.query(upsertConsentsText, [
    ...keyColumns(list),
    list.map((row) => row.advertising.value),
    list.map((row) => row.advertising.atMs),
    list.map((row) => row.analytics.value),
    list.map((row) => row.analytics.atMs),
  ]);
}

const upsertIdentitiesText = `
  insert into identities as i (
    org_id, project_id, id_kind, visitor_id, email_sha256, phone_sha256, phone_e164_sha256, updated_at
  )
  select org, project, kind, id, email, phone, phone_e164, to_timestamp(ms / 1000.0)
  from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[]
  ) as n (org, project, kind, id, email, phone, phone_e164, ms)
  order by org, project, kind, id collate "C"
  on conflict (org_id, project_id, id_kind, visitor_id) do update set
    email_sha256 = coalesce(excluded.email_sha256, i.email_sha256),
    phone_sha256 = coalesce(excluded.phone_sha256, i.phone_sha256),
    phone_e164_sha256 = coalesce(excluded.phone_e164_sha256, i.phone_e164_sha256),
    updated_at = excluded.updated_at
  where excluded.updated_at >= i.updated_at`;

/** Keeps the hashes of a visitor's latest identify calls, under both ids they name. */
export async function upsertIdentities(client: pg.PoolClient, arrivals: readonly Arrival[]): Promise<void> {
  const rows = new Map<string, IdentityRow>();
  const known = arrivals.filter(({ event }) => event.type === "identify" && hasHash(event));
  known.sort((a, b) => a.event.timestampMs - b.event.timestampMs);
  for (const arrival of known) {
    const { emailSha256, phoneSha256, phoneE164Sha256, timestampMs } = arrival.event;
    for (const key of visitorsOf(arrival)) {
      const before = rows.get(keyText(key));
      rows.set(keyText(key), {
        ...key,
        email: emailSha256 ?? before?.email ?? null,
        phone: phoneSha256 ?? before?.phone ?? null,
        phoneE164: phoneE164Sha256 ?? before?.phoneE164 ?? null,
        atMs: timestampMs,
      });
    }
  }
  if (rows.size === 0) return;
  const list = [...rows.values()];
  await client.query(upsertIdentitiesText, [
    ...keyColumns(list),
    list.map((row) => row.email),
    list.map((row) => row.phone),
    list.map((row) => row.phoneE164),
    list.map((row) => row.atMs),
  ]);
}

function hasHash(event: Arrival["event"]): boolean {
  return event.emailSha256 !== null || event.phoneSha256 !== null || event.phoneE164Sha256 !== null;
}
