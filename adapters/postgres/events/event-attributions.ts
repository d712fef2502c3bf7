import { sql, type Transaction } from "kysely";
import type { EventAttribution, StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { visitorOf } from "../../../domain/model/session.ts";
import type { Database } from "../database.ts";

interface FoundRow {
  readonly event_id: string;
  readonly attribution_id: string;
  readonly state: EventAttribution["state"];
  readonly development: boolean;
  readonly campaign: EventAttribution["campaign"];
}

/** The latest attribution of each event's install whose token had come by the time the event did. */
export async function withAttributions(
  tx: Transaction<Database>,
  orgId: string,
  events: readonly StoredEvent[],
): Promise<StoredEvent[]> {
  const known = events.filter((event) => visitorOf(event) !== null);
  if (known.length === 0) return [...events];
  const { rows } = await sql<FoundRow>`
    select n.event_id, a.attribution_id, a.state, a.development, a.campaign
    from unnest(${known.map(({ id }) => id)}::uuid[], ${known.map(({ projectId }) => projectId)}::uuid[],
      ${known.map(visitorOf)}::text[], ${known.map(({ receivedAtMs }) => receivedAtMs)}::float8[])
      as n (event_id, project, visitor, received)
    cross join lateral (
      select * from attributions a
      where a.org_id = ${orgId} and a.project_id = n.project and a.visitor_id = n.visitor collate "C"
        and a.received_at <= to_timestamp(n.received / 1000.0) and a.state in ('exchanged', 'organic')
      order by a.received_at desc, a.attribution_id desc
      limit 1
    ) a`.execute(tx);
  const found = new Map(rows.map((row) => [row.event_id, attributionOf(row)]));
  return events.map((event) => {
    const attribution = found.get(event.id);
    return attribution ? { ...event, attribution } : event;
  });
}

function attributionOf({ attribution_id: id, state, development, campaign }: FoundRow): EventAttribution {
  return { id, state, development, campaign };
}
