import { type Kysely, sql } from "kysely";
import type pg from "pg";
import type { FailureClass } from "../../../domain/model/delivery.ts";
import { fail, type Result } from "../../../domain/model/failure.ts";
import type { DeliveryStatus, DeliveryStatuses, RequestCount, VendorState } from "../../../ports/delivery-status.ts";
import type { Database } from "../database.ts";
import { readIntegrationLedgers } from "../events/event-queries.ts";
import { attempt } from "../failure.ts";
import { isUuid, withTenant, withTenants } from "../tenant-scope.ts";
import { moment } from "./dead-letters.ts";

const noteText = `
  insert into integration_states values (
    $1, $2, $3, $4, to_timestamp($5::float8 / 1000.0), to_timestamp($6::float8 / 1000.0), $7,
    to_timestamp($8::float8 / 1000.0), to_timestamp($9::float8 / 1000.0)
  )
  on conflict (org_id, integration_id) do update set
    circuit_class = excluded.circuit_class, circuit_code = excluded.circuit_code,
    circuit_since = excluded.circuit_since, circuit_until = excluded.circuit_until,
    quota_used_percent = excluded.quota_used_percent, quota_seen_at = excluded.quota_seen_at,
    quota_until = excluded.quota_until`;

/** Writes what a relay learned of a vendor over what was written before. */
export async function saveVendorState(
  pool: pg.Pool,
  { orgId, id }: Parameters<DeliveryStatuses["saveVendorState"]>[0],
  { circuit, quota }: VendorState,
): Promise<void> {
  const failing = [circuit?.class, circuit?.code, circuit?.sinceMs, circuit?.untilMs];
  const used = [quota?.usedPercent, quota?.seenAtMs, quota?.untilMs];
  const values = [orgId, id, ...failing, ...used].map((value) => value ?? null);
  await withTenants(pool, [orgId], (client) => client.query(noteText, values));
}

interface StatusRow {
  readonly oldest: number | null;
  readonly circuit_class: FailureClass | null;
  readonly circuit_code: string | null;
  readonly circuit_since: number | null;
  readonly circuit_until: number | null;
  readonly quota_used_percent: number | null;
  readonly quota_seen_at: number | null;
  readonly quota_until: number | null;
  readonly noted: boolean;
}

interface CountRow {
  readonly ok: boolean;
  readonly failure_class: FailureClass | null;
  readonly requests: number;
  readonly events: number;
}

/** How one integration fares. Errors: `not_found`, `store_unavailable`. */
export async function readStatus(
  db: Kysely<Database>,
  orgId: string,
  integrationId: string,
  sinceMs: number,
): Promise<Result<DeliveryStatus>> {
  const ledgers = await readIntegrationLedgers(db, orgId);
  if (!ledgers.ok) return ledgers;
  const ledger = ledgers.value.find((one) => one.integrationId === integrationId);
  if (!ledger || !isUuid(integrationId)) return fail("not_found", { retry: "never" });
  return attempt(() =>
    withTenant(db, orgId, async (tx) => {
      const { rows } = await sql<StatusRow>`
        select s.*, s.org_id is not null as noted,
          (select min(o.received_at) from outbox o
            where o.org_id = i.org_id and o.integration_id = i.integration_id) as oldest
        from integrations i
        left join integration_states s on s.org_id = i.org_id and s.integration_id = i.integration_id
        where i.org_id = ${orgId}::uuid and i.integration_id = ${integrationId}::uuid`.execute(tx);
      const counted = await sql<CountRow>`
        select b.ok, b.failure_class, count(*)::integer as requests, sum(cardinality(b.event_ids))::integer as events
        from delivery_batches b
        where b.org_id = ${orgId}::uuid and b.integration_id = ${integrationId}::uuid
          and b.started_at >= ${moment(sinceMs)}
        group by b.ok, b.failure_class`.execute(tx);
      const row = rows[0];
      const vendor = row?.noted ? vendorOf(row) : null;
      return { ledger, oldestWaitingMs: row?.oldest ?? null, ...countsOf(counted.rows), vendor };
    }),
  );
}

function countsOf(rows: readonly CountRow[]): Pick<DeliveryStatus, "delivered" | "failed"> {
  let delivered: RequestCount = { requests: 0, events: 0 };
  const failed: Partial<Record<FailureClass, RequestCount>> = {};
  for (const { ok, failure_class: failureClass, requests, events } of rows) {
    if (ok) delivered = { requests, events };
    else failed[failureClass ?? "unknown"] = { requests, events };
  }
  return { delivered, failed };
}

function vendorOf(row: StatusRow): VendorState {
  const { circuit_class: failureClass, circuit_code: code, quota_used_percent: usedPercent } = row;
  const circuit =
    failureClass === null
      ? null
      : { class: failureClass, code: code ?? "", sinceMs: row.circuit_since ?? 0, untilMs: row.circuit_until ?? 0 };
  const quota =
    usedPercent === null ? null : { usedPercent, seenAtMs: row.quota_seen_at ?? 0, untilMs: row.quota_until };
  return { circuit, quota };
}
