import type pg from "pg";
import type { FrozenEvent } from "../../domain/model/delivery.ts";
import type { OutboxClaim } from "../../ports/outbox.ts";
import { NotApplied } from "./failure.ts";
import { withTenants } from "./tenant-scope.ts";

/** What is frozen already stays: the right side of `||` wins. */
const freezeText = `
  update outbox o
  set frozen = (
    select jsonb_object_agg(f.id, jsonb_build_array(f.name, f.vendor_id, f.seconds))
    from unnest($5::text[], $6::text[], $7::text[], $8::bigint[]) as f (id, name, vendor_id, seconds)
    where f.id::uuid = any (o.event_ids)
  ) || coalesce(o.frozen, '{}')
  where o.org_id = $1 and o.integration_id = $2 and o.due_at = to_timestamp($3::float8 / 1000.0) and o.claim_id = $4
    and o.event_ids && $5::uuid[]
  returning o.event_ids`;

/**
 * Writes names, ids and times before the first attempt, so that they are the same on every one.
 *
 * Errors: `lease_lost` if another relay holds the events by now.
 */
export async function freezeClaim(pool: pg.Pool, claim: OutboxClaim, frozen: readonly FrozenEvent[]): Promise<void> {
  if (frozen.length === 0) return;
  const { orgId, id: integrationId } = claim.integration;
  await withTenants(pool, [orgId], async (client) => {
    const updated = await client.query<{ event_ids: string[] }>(freezeText, [
      orgId,
      integrationId,
      claim.leaseUntilMs,
      claim.id,
      frozen.map((event) => event.eventId),
      frozen.map((event) => event.vendorEventName),
      frozen.map((event) => event.vendorEventId),
      frozen.map((event) => event.vendorTimeSeconds),
    ]);
    const held = new Set(updated.rows.flatMap((row) => row.event_ids));
    if (!frozen.every((event) => held.has(event.eventId))) throw new NotApplied("lease_lost");
  });
}
