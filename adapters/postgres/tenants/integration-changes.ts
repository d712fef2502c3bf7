import { type Kysely, sql } from "kysely";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { IntegrationChange } from "../../../ports/tenant-store.ts";
import { announce, audit, secretMask } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied } from "../failure.ts";
import { integrationOf } from "../rows.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";
import { lockProject } from "./workspace-projects.ts";

/** Names, enables, pauses or configures an integration, or undoes it. Errors: `not_found`, `version_conflict`. */
export async function changeIntegration(
  db: Kysely<Database>,
  by: Principal,
  integrationId: string,
  change: IntegrationChange,
  expectedVersion: number | null,
): Promise<Integration> {
  return withTenant(db, by.orgId, async (tx) => {
    const row = await tx
      .selectFrom("integrations")
      .selectAll()
      .where("integration_id", "=", isUuid(integrationId) ? integrationId : null)
      .where("deleted_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new NotApplied("not_found");
    if (expectedVersion !== null && expectedVersion !== row.version) throw new NotApplied("version_conflict");
    const before = integrationOf(row);
    const { paused = before.pausedAtMs !== null, ...rest } = change;
    const after = { ...before, ...rest };
    // None is at work in a project that was deleted, or is just now.
    if (after.enabled && !before.enabled) await lockProject(tx, before.projectId);
    const stored = await tx
      .updateTable("integrations")
      .set({
        name: after.name,
        enabled: after.enabled,
        paused_at: paused ? sql<number>`coalesce(paused_at, now())` : null,
        config: JSON.stringify(after.config),
        sealed_secrets: JSON.stringify(after.sealedSecrets),
        version: row.version + 1,
        ...{ updated_at: sql`now()` },
      })
      .where("integration_id", "=", integrationId)
      .returningAll()
      .executeTakeFirstOrThrow();
    const changed = integrationOf(stored);
    await audit(tx, by, "integration_changed", integrationId, { old: toldOf(before), new: toldOf(changed, before) });
    await announce(tx, by.orgId);
    return changed;
  });
}

/** An integration as the audit log tells it: a secret is a mask, and whether it is another one is said beside. */
export function toldOf(integration: Integration, before?: Integration) {
  const { name, enabled, pausedAtMs, config, sealedSecrets } = integration;
  const names = Object.keys(sealedSecrets);
  const secrets = Object.fromEntries(names.map((secret) => [secret, secretMask]));
  const replaced = names.filter((secret) => before && before.sealedSecrets[secret] !== sealedSecrets[secret]);
  const rotated = replaced.length > 0 ? { secrets_replaced: replaced } : {};
  return { name, enabled, paused: pausedAtMs !== null, config, secrets, ...rotated };
}
