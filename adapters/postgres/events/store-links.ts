import type pg from "pg";
import { joinableId } from "../../../domain/model/identity/placeholder-id.ts";
import { fieldBytesMax } from "../../../domain/model/limits.ts";
import type { Arrival } from "./store-events.ts";

interface Link {
  readonly orgId: string;
  readonly projectId: string;
  readonly idKind: "user" | "anonymous";
  readonly visitorId: string;
  readonly userId: string;
  readonly kind: "alias" | "seen";
  readonly atMs: number;
}

/** The ids that alias calls name as the earlier ones: no column holds them. */
const previousIdsText = `
  select e.event_id, e.extra ->> 'previousId' as previous_id
  from unnest($1::uuid[], $2::float8[], $3::uuid[]) as w (org_id, received_ms, event_id)
  join sdk_events e on e.org_id = w.org_id and e.received_at = to_timestamp(w.received_ms / 1000.0)
    and e.event_id = w.event_id
  where e.received_at = any ($4::timestamptz[]) and jsonb_typeof(e.extra -> 'previousId') in ('string', 'number')`;

/** Those that are known already are left out first: a row that is in the way would be locked, and written for that. */
const insertLinksText = `
  insert into identity_links (org_id, project_id, id_kind, visitor_id, user_id, kind, seen_at)
  select n.org, n.project, n.id_kind, n.visitor, n."user", n.kind, to_timestamp(n.ms / 1000.0)
  from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[])
    as n (org, project, id_kind, visitor, "user", kind, ms)
  where not exists (
    select from identity_links l where l.org_id = n.org and l.project_id = n.project and l.id_kind = n.id_kind
      and l.visitor_id = n.visitor and l.user_id = n."user" and l.kind = n.kind
  )
  order by n.org, n.project, n.id_kind, n.visitor collate "C", n."user" collate "C", n.kind
  on conflict do nothing`;

/** Keeps which ids events show to be one person's: a visitor that came with a user, and what an alias call says. */
export async function insertLinks(client: pg.PoolClient, arrivals: readonly Arrival[]): Promise<void> {
  const links = new Map<string, Link>();
  const add = (link: Link) => void links.set(JSON.stringify({ ...link, atMs: 0 }), link);
  const aliases = arrivals.filter(({ event }) => event.type === "alias" && joinableId(event.userId) !== null);
  const previousIds = aliases.length > 0 ? await readPreviousIds(client, aliases) : new Map<string, string>();
  for (const { record, event } of arrivals) {
    const userId = joinableId(event.userId);
    if (userId === null) continue;
    const place = { orgId: record.orgId, projectId: record.projectId, userId, atMs: event.timestampMs };
    const visitorId = joinableId(event.anonymousId);
    if (visitorId !== null) add({ ...place, idKind: "anonymous", visitorId, kind: "seen" });
    const previousId = previousIds.get(event.id);
    if (previousId === undefined || previousId === userId) continue;
    for (const idKind of ["anonymous", "user"] as const)
      add({ ...place, idKind, visitorId: previousId, kind: "alias" });
  }
  if (links.size === 0) return;
  const list = [...links.values()];
  await client.query(insertLinksText, [
    list.map((link) => link.orgId),
    list.map((link) => link.projectId),
    list.map((link) => link.idKind),
    list.map((link) => link.visitorId),
    list.map((link) => link.userId),
    list.map((link) => link.kind),
    list.map((link) => link.atMs),
  ]);
}

async function readPreviousIds(client: pg.PoolClient, aliases: readonly Arrival[]): Promise<Map<string, string>> {
  const times = new Set(aliases.map(({ record }) => new Date(record.receivedAtMs).toISOString()));
  const { rows } = await client.query<{ event_id: string; previous_id: string }>(previousIdsText, [
    aliases.map(({ record }) => record.orgId),
    aliases.map(({ record }) => record.receivedAtMs),
    aliases.map(({ event }) => event.id),
    [...times],
  ]);
  return new Map(
    rows.flatMap(({ event_id: eventId, previous_id: id }) => {
      const fits = joinableId(id) !== null && Buffer.byteLength(id) <= fieldBytesMax;
      return fits ? [[eventId, id] as const] : [];
    }),
  );
}
