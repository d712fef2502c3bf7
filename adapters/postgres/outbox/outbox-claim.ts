import type pg from "pg";
import type { FrozenEvent, Integration } from "../../../domain/model/delivery.ts";
import type { Consent } from "../../../domain/model/event/event.ts";
import { assert } from "../../../domain/model/failure.ts";
import type { Transformation } from "../../../domain/model/transformation.ts";
import type { OutboundEvent, Outbox, OutboxClaim } from "../../../ports/outbox.ts";
import { isStoreDamage } from "../failure.ts";
import { integrationOf, type StoredEventRow, storedEventOf } from "../rows.ts";
import { setTenants, withTenants } from "../tenant-scope.ts";
import { runningOrder, type TransformationRow, transformationOf } from "../tenants/transformation-store.ts";
import { type Known, nothingKnown, readPeople } from "./claimed-people.ts";
import { settleClaim } from "./outbox-settle.ts";

type Bounds = Parameters<Outbox["claim"]>[0];

/** What is frozen of an event, as the outbox keeps it: vendor event name, id, and time in seconds. */
export type FrozenParts = readonly [string, string, number];

interface Lease {
  readonly claim_id: string;
  readonly org_id: string;
  readonly integration_id: string;
}

const claimText = `
  select * from claim_outbox(
    to_timestamp($1::float8 / 1000.0), to_timestamp($2::float8 / 1000.0), $3, $4, $5::uuid[]
  )`;

const claimApartText = `
  select * from claim_outbox_apart(
    $1, $2, to_timestamp($3::float8 / 1000.0), to_timestamp($4::float8 / 1000.0), $5
  )`;

const leasedRowsText = `
  select claim_id, org_id, received_at, event_ids, attempts, ambiguous_since, frozen
  from outbox
  where (org_id, integration_id) in (select * from unnest($1::uuid[], $2::uuid[]))
    and due_at = to_timestamp($3::float8 / 1000.0) and claim_id = any ($4::uuid[])
  order by received_at, outbox_id`;

/** What a vendor's payload may be made of, and the event's own word on consent. */
const eventColumns = [
  ...["org_id", "received_at", "event_id", "project_id", "source_id", "app_id", "message_id", "type", "name"],
  ...["user_id", "anonymous_id", "timestamp", "original_timestamp", "sent_at", "device_os", "device_model"],
  ...["country", "region", "session_id", "data_layer_version", "advertising"],
  ...["email_sha256", "phone_sha256", "phone_e164_sha256", "properties", "traits", "context", "extra"],
];

/**
 * The events of a claim. The times stand in the condition a second time, as plain parameters, so that the planner
 * leaves out the partitions of other days.
 */
export const eventsText = `
  select ${eventColumns.map((name) => `e.${name}`).join(", ")}
  from unnest($1::uuid[], $2::float8[], $3::uuid[]) as w (org_id, received_ms, event_id)
  join sdk_events e on e.org_id = w.org_id and e.received_at = to_timestamp(w.received_ms / 1000.0)
    and e.event_id = w.event_id
  where e.received_at = any ($4::timestamptz[])`;

/**
 * Leases due events in one transaction, each integration's as one claim.
 *
 * Events that are no longer stored (past their retention, or erased) are settled as expired on the way. Where a page of
 * the database is damaged, each integration is claimed apart, and those that the page is about are left out.
 * Errors: the damage, if nothing but what it is about is due.
 */
export async function claimDue(pool: pg.Pool, bounds: Bounds): Promise<OutboxClaim[]> {
  const { nowMs, leaseMs, claimsMax, eventsMax, except } = bounds;
  assert(claimsMax > 0 && eventsMax > 0 && leaseMs > 0, "a claim's bounds are not positive");
  try {
    return await claimWith(pool, bounds, async (client) => {
      const values = [nowMs, nowMs + leaseMs, claimsMax, eventsMax, except];
      return (await client.query<Lease>(claimText, values)).rows;
    });
  } catch (error) {
    if (!isStoreDamage(error)) throw error;
    const apart = await claimApart(pool, bounds);
    if (apart.length === 0) throw error;
    return apart;
  }
}

async function claimApart(pool: pg.Pool, bounds: Bounds): Promise<OutboxClaim[]> {
  const { nowMs, leaseMs, claimsMax, eventsMax, except } = bounds;
  type Turn = Pick<Lease, "org_id" | "integration_id">;
  const turns = await pool.query<Turn>("select * from integrations_by_turn($1::uuid[])", [except]);
  const claims: OutboxClaim[] = [];
  for (const turn of turns.rows) {
    if (claims.length >= claimsMax) break;
    const lease = async (client: pg.PoolClient) => {
      await client.query("set local enable_seqscan = off"); // it would read the damaged pages of others
      const values = [turn.org_id, turn.integration_id, nowMs, nowMs + leaseMs, eventsMax];
      return (await client.query<Lease>(claimApartText, values)).rows;
    };
    try {
      claims.push(...(await claimWith(pool, bounds, lease)));
    } catch (error) {
      if (!isStoreDamage(error)) throw error;
    }
  }
  return claims;
}

async function claimWith(
  pool: pg.Pool,
  { nowMs, leaseMs }: Bounds,
  lease: (client: pg.PoolClient) => Promise<readonly Lease[]>,
): Promise<OutboxClaim[]> {
  const leaseUntilMs = nowMs + leaseMs;
  const claims = await withTenants(pool, [], async (client) => {
    const leases = await lease(client);
    if (leases.length === 0) return [];
    await setTenants(
      client,
      leases.map((one) => one.org_id),
    );
    const integrations = await readIntegrations(client, leases);
    const transformations = await readTransformations(client, leases);
    const events = await readClaimed(client, leases, leaseUntilMs);
    return leases.map((one): OutboxClaim => {
      const integration = integrations.get(one.integration_id);
      assert(integration, "an integration was claimed that is not there");
      const own = transformations.filter((each) => each.integrationId === integration.id);
      const waiting = events.get(one.claim_id) ?? [];
      return { id: one.claim_id, integration, transformations: own, events: waiting, leaseUntilMs };
    });
  });
  const empty = claims.filter((claim) => claim.events.length === 0);
  for (const claim of empty) await settleClaim(pool, claim, new Map(), [], nowMs);
  return claims.filter((claim) => claim.events.length > 0);
}

async function readIntegrations(client: pg.PoolClient, leases: readonly Lease[]): Promise<Map<string, Integration>> {
  const { rows } = await client.query(
    "select * from integrations where (org_id, integration_id) in (select * from unnest($1::uuid[], $2::uuid[]))",
    [leases.map((lease) => lease.org_id), leases.map((lease) => lease.integration_id)],
  );
  return new Map(rows.map((row) => [row.integration_id, integrationOf(row)]));
}

async function readTransformations(client: pg.PoolClient, leases: readonly Lease[]): Promise<Transformation[]> {
  const { rows } = await client.query<TransformationRow>(
    `select * from transformations
    where enabled and (org_id, integration_id) in (select * from unnest($1::uuid[], $2::uuid[]))
    order by ${runningOrder}`,
    [leases.map((lease) => lease.org_id), leases.map((lease) => lease.integration_id)],
  );
  return rows.map(transformationOf);
}

interface LeasedRow {
  readonly claim_id: string;
  readonly org_id: string;
  readonly received_at: number;
  readonly event_ids: readonly string[];
  readonly attempts: number;
  readonly ambiguous_since: number | null;
  readonly frozen: Readonly<Record<string, FrozenParts>> | null;
}

async function readClaimed(
  client: pg.PoolClient,
  leases: readonly Lease[],
  leaseUntilMs: number,
): Promise<Map<string, OutboundEvent[]>> {
  const { rows } = await client.query<LeasedRow>(leasedRowsText, [
    leases.map((lease) => lease.org_id),
    leases.map((lease) => lease.integration_id),
    leaseUntilMs,
    leases.map((lease) => lease.claim_id),
  ]);
  const stored = await readEvents(client, rows);
  const byClaim = new Map<string, OutboundEvent[]>();
  for (const row of rows) {
    const events = byClaim.get(row.claim_id) ?? [];
    for (const eventId of row.event_ids) {
      const event = stored.get(`${row.org_id} ${row.received_at} ${eventId}`);
      if (event) events.push(outboundOf(row, event));
    }
    byClaim.set(row.claim_id, events);
  }
  return byClaim;
}

type EventRow = StoredEventRow & { readonly advertising: Consent };

/** An event as it is stored, and what is known of its person beside. */
interface FoundEvent {
  readonly row: EventRow;
  readonly known: Known;
}

async function readEvents(client: pg.PoolClient, rows: readonly LeasedRow[]): Promise<Map<string, FoundEvent>> {
  const wanted = rows.flatMap((row) => row.event_ids.map((id) => ({ row, id })));
  const times = [...new Set(rows.map((row) => row.received_at))].map((ms) => new Date(ms).toISOString());
  const found = await client.query<EventRow>(eventsText, [
    arrayText(wanted.map(({ row }) => row.org_id)),
    arrayText(wanted.map(({ row }) => row.received_at)),
    arrayText(wanted.map(({ id }) => id)),
    times,
  ]);
  const known = await readPeople(client, found.rows);
  return new Map(
    found.rows.map((row, n) => {
      const key = `${row.org_id} ${row.received_at} ${row.event_id}`;
      return [key, { row, known: known[n] ?? nothingKnown }];
    }),
  );
}

/** An array as Postgres writes it: ids and numbers need no quoting, for which `pg` would look through each. */
function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}

/** An event's own hashes win over those known of its person. */
function outboundOf(leased: LeasedRow, { row, known }: FoundEvent): OutboundEvent {
  const event = storedEventOf(row);
  const emailSha256 = event.emailSha256 ?? known.emailSha256;
  const phoneSha256 = event.phoneSha256 ?? known.phoneSha256;
  const phoneE164Sha256 = event.phoneE164Sha256 ?? known.phoneE164Sha256;
  return {
    event: { ...event, emailSha256, phoneSha256, phoneE164Sha256 },
    attempts: leased.attempts,
    advertising: together(row.advertising, known.advertising),
    ambiguousSinceMs: ambiguityOf(leased, row.event_id),
    frozen: frozenOf(row.event_id, leased.frozen?.[row.event_id] ?? null),
  };
}

/** Since when one of a row's events is in doubt: never, if it was not named, for then it was not sent. */
export function ambiguityOf(row: Pick<LeasedRow, "ambiguous_since" | "frozen">, eventId: string): number | null {
  return row.frozen?.[eventId] ? row.ambiguous_since : null;
}

/** Denied if one denies, else granted if one grants. */
function together(...words: readonly Consent[]): Consent {
  return words.includes("denied") ? "denied" : words.includes("granted") ? "granted" : "unknown";
}

function frozenOf(eventId: string, parts: FrozenParts | null): FrozenEvent | null {
  if (parts === null) return null;
  const [vendorEventName, vendorEventId, vendorTimeSeconds] = parts;
  return { eventId, vendorEventName, vendorEventId, vendorTimeSeconds };
}
