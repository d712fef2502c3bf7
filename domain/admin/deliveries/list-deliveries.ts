import type { Clock } from "../../../ports/clock.ts";
import type { Deliveries, Delivery } from "../../../ports/deliveries.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { FailureClass } from "../../model/delivery.ts";
import type { Principal } from "../../model/tenant.ts";
import { cursorFault, type ShownPage } from "../events/list-events.ts";
import { refuseForeign } from "../integrations/find-integration.ts";
import { isoTime } from "../names.ts";
import { createFilterReader, given, type Query } from "../query-filters.ts";
import { type AdminResult, failed, granted, invalid } from "../refusal.ts";

/** One request to a vendor and what came back: codes and ids only. */
export interface ShownDelivery {
  readonly id: string;
  readonly integration_id: string;
  readonly event_ids: readonly string[];
  readonly attempt: number;
  readonly ok: boolean;
  readonly code: string;
  readonly class: FailureClass | null;
  readonly trace_id: string | null;
  /** What events of it say and the vendor was not told, as codes. */
  readonly warnings: readonly string[];
  readonly started_at: string;
  readonly duration_ms: number;
}

const filters = ["integration_id", "event_id", "code", "ok", "since", "until", "cursor", "limit"];
/** How far back receipts of one event are looked for, unless the caller says it: vendors take nothing older. */
const eventWindowMs = 8 * 24 * 3_600_000;

/** Makes the use case that lists receipts, newest first; viewers may. */
export function createListDeliveries(parts: {
  readonly outbox: Deliveries;
  readonly tenants: Pick<TenantStore, "integrations">;
  readonly clock: Pick<Clock, "nowMs">;
}) {
  return async function listDeliveries(by: Principal, query: Query): Promise<AdminResult<ShownPage<ShownDelivery>>> {
    const reader = createFilterReader(query);
    reader.only(filters);
    const eventId = reader.id("event_id");
    const asked = given({
      integrationId: reader.id("integration_id"),
      eventId,
      code: reader.text("code"),
      ok: reader.flag("ok"),
      sinceMs: reader.time("since") ?? (eventId === undefined ? undefined : parts.clock.nowMs() - eventWindowMs),
      untilMs: reader.time("until"),
      limit: reader.limit(),
      cursor: query["cursor"],
    });
    if (reader.faults.length > 0) return invalid(reader.faults);
    const foreign = await refuseForeign(parts.tenants, by, asked.integrationId);
    if (foreign) return foreign;
    const page = await parts.outbox.deliveries(by.orgId, asked);
    if (!page.ok) return page.failure.code === "invalid_cursor" ? invalid([cursorFault]) : failed(page.failure);
    return granted({ items: page.value.items.map(show), next_cursor: page.value.nextCursor });
  };
}

function show(delivery: Delivery): ShownDelivery {
  return {
    id: delivery.id,
    integration_id: delivery.integrationId,
    event_ids: delivery.eventIds,
    attempt: delivery.attempt,
    ok: delivery.ok,
    code: delivery.code,
    class: delivery.failureClass,
    trace_id: delivery.traceId,
    warnings: delivery.warnings ?? [],
    started_at: isoTime(delivery.startedAtMs),
    duration_ms: Math.round(delivery.durationMs),
  };
}
