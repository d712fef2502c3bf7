import type { Clock } from "../../../ports/clock.ts";
import type { DeliveryStatus, DeliveryStatuses, RequestCount, VendorState } from "../../../ports/delivery-status.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { FailureClass, Integration, Vendor } from "../../model/delivery.ts";
import type { Principal } from "../../model/tenant.ts";
import { findIntegration } from "../integrations/find-integration.ts";
import { isoTime } from "../names.ts";
import { type AdminResult, failed, granted } from "../refusal.ts";
import { type IntegrationLine, integrationLine } from "./show-ledger.ts";

/** How an integration fares, in counts and codes. */
export interface ShownStatus {
  readonly integration_id: string;
  readonly vendor: Vendor;
  readonly enabled: boolean;
  readonly paused_at: string | null;
  /** Since it was made. */
  readonly ledger: IntegrationLine;
  readonly last_24_hours: {
    readonly delivered: RequestCount;
    /** By what the vendor's answer meant; an event that was tried twice counts twice. */
    readonly failed: Readonly<Partial<Record<FailureClass, RequestCount>>>;
  };
  readonly oldest_waiting_at: string | null;
  readonly oldest_waiting_seconds: number | null;
  readonly circuit: ShownCircuit;
  /** Null where the vendor says nothing of it. */
  readonly quota: {
    readonly used_percent: number;
    readonly seen_at: string;
    readonly held_until: string | null;
  } | null;
}

/** `open`: left alone until then. `probing`: to be tried with the next claim, after it failed. */
export interface ShownCircuit {
  readonly state: "closed" | "open" | "probing";
  readonly class: FailureClass | null;
  readonly code: string | null;
  readonly since: string | null;
  readonly until: string | null;
}

const dayMs = 24 * 3_600_000;

export interface CapiStatusParts {
  readonly tenants: Pick<TenantStore, "integrations">;
  readonly outbox: Pick<DeliveryStatuses, "status">;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Makes the use case that tells how an integration fares; viewers may. */
export function createShowCapiStatus({ tenants, outbox, clock }: CapiStatusParts) {
  return async function showCapiStatus(by: Principal, integrationId: string): Promise<AdminResult<ShownStatus>> {
    const found = await findIntegration(tenants, by, integrationId);
    if (!found.ok) return found;
    const nowMs = clock.nowMs();
    const status = await outbox.status(by.orgId, found.value.id, nowMs - dayMs);
    return status.ok ? granted(show(found.value, status.value, nowMs)) : failed(status.failure);
  };
}

function show(integration: Integration, status: DeliveryStatus, nowMs: number): ShownStatus {
  const { id, vendor, enabled, pausedAtMs } = integration;
  const { ledger, oldestWaitingMs, delivered, failed: failures } = status;
  const oldestMs = oldestWaitingMs === null ? null : nowMs - oldestWaitingMs;
  return {
    ...{ integration_id: id, vendor, enabled, paused_at: timeOf(pausedAtMs) },
    ledger: integrationLine(ledger),
    last_24_hours: { delivered, failed: failures },
    oldest_waiting_at: timeOf(oldestWaitingMs),
    oldest_waiting_seconds: oldestMs === null ? null : Math.max(0, Math.floor(oldestMs / 1_000)),
    circuit: circuitOf(status.vendor, nowMs),
    quota: quotaOf(status.vendor, nowMs),
  };
}

function circuitOf(vendor: VendorState | null, nowMs: number): ShownCircuit {
  const circuit = vendor?.circuit;
  if (!circuit) return { state: "closed", class: null, code: null, since: null, until: null };
  const { class: failureClass, code, sinceMs, untilMs } = circuit;
  const state = untilMs > nowMs ? "open" : "probing";
  return { state, class: failureClass, code, since: isoTime(sinceMs), until: isoTime(untilMs) };
}

function quotaOf(vendor: VendorState | null, nowMs: number): ShownStatus["quota"] {
  const quota = vendor?.quota;
  if (!quota) return null;
  const heldUntilMs = quota.untilMs !== null && quota.untilMs > nowMs ? quota.untilMs : null;
  return { used_percent: quota.usedPercent, seen_at: isoTime(quota.seenAtMs), held_until: timeOf(heldUntilMs) };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
