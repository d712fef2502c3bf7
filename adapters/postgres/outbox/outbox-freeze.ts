import type pg from "pg";
import type { FrozenEvent } from "../../../domain/model/delivery.ts";
import type { OutboxClaim } from "../../../ports/outbox.ts";
import { NotApplied } from "../failure.ts";
import { withTenants } from "../tenant-scope.ts";
import type { FrozenParts } from "./outbox-claim.ts";

/**
 * What is frozen already stays: the right side of `||` wins. One object holds what is frozen of all events, so that a
 * row finds its own without a look at the others.
 */
const freezeText = `
  update outbox o
  set frozen = (
    select jsonb_object_agg(id, $5::jsonb -> id) from unnest(o.event_ids::text[]) id where $5::jsonb ? id
  ) || coalesce(o.frozen, '{}')
  where o.org_id = $1 and o.integration_id = $2 and o.due_at = to_timestamp($3::float8 / 1000.0) and o.claim_id = $4
    and $5::jsonb ?| o.event_ids::text[]
  returning o.event_ids`;

/**
 * Writes names, ids and times before the first attempt, so that they are the same on every one.
 *
 * Errors: `lease_lost` if another relay holds the events by now.
 */
export async function freezeClaim(pool: pg.Pool, claim: OutboxClaim, frozen: readonly FrozenEvent[]): Promise<void> {
  if (frozen.length === 0) return;
  const { orgId, id: integrationId } = claim.integration;
  const parts = new Map(frozen.map((event): [string, FrozenParts] => [event.eventId, partsOf(event)]));
  await withTenants(pool, [orgId], async (client) => {
    const values = [orgId, integrationId, claim.leaseUntilMs, claim.id, JSON.stringify(Object.fromEntries(parts))];
    const { rows } = await client.query<{ event_ids: readonly string[] }>(freezeText, values);
    const held = rows.reduce((sum, row) => sum + row.event_ids.filter((id) => parts.has(id)).length, 0);
    if (held < parts.size) throw new NotApplied("lease_lost");
  });
}

function partsOf(event: FrozenEvent): FrozenParts {
  return [event.vendorEventName, event.vendorEventId, event.vendorTimeSeconds];
}
