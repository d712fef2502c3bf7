import type { Clock } from "../../../ports/clock.ts";
import type { RetryNow } from "../../../ports/retry-now.ts";
import type { TenantStore } from "../../../ports/tenant-store.ts";
import type { Principal } from "../../model/tenant.ts";
import { type AdminResult, failed, granted, refused, requireRole } from "../refusal.ts";
import { findIntegration } from "./find-integration.ts";

export interface DeleteIntegrationParts {
  readonly tenants: Pick<TenantStore, "integrations" | "deleteIntegration">;
  readonly outbox: Pick<RetryNow, "retryNow">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly forget: (orgId: string) => void;
}

/**
 * Makes the use case that deletes an integration; admins may.
 *
 * Its secrets are destroyed at once, what waits for it is canceled, its receipts and books stay. A relay that has some
 * of its events under way ends the request at hand and begins no other.
 */
export function createDeleteIntegration({ tenants, outbox, clock, forget }: DeleteIntegrationParts) {
  return async function deleteIntegration(
    by: Principal,
    integrationId: string,
    expectedVersion: number | null,
  ): Promise<AdminResult<null>> {
    const forbidden = requireRole(by, "admin");
    if (forbidden) return forbidden;
    const found = await findIntegration(tenants, by, integrationId);
    if (!found.ok) return found;
    const { id, orgId, version } = found.value;
    if (expectedVersion !== null && expectedVersion !== version) return refused("version_conflict");
    const deleted = await tenants.deleteIntegration(by, id, expectedVersion);
    forget(by.orgId);
    if (!deleted.ok) return failed(deleted.failure);
    // Relays stop early for it. Where this fails they end what they hold, a minute later at most.
    await outbox.retryNow({ orgId, id, version: deleted.value }, clock.nowMs());
    return granted(null);
  };
}
