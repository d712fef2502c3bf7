import type { Kysely } from "kysely";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { Principal, SealedSecret } from "../../../domain/model/tenant.ts";
import { announce, audit, secretMask } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied } from "../failure.ts";
import { integrationOf } from "../rows.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";

/** Puts other sealed secrets in the place of an integration's own. Errors: `not_found`, `version_conflict`. */
export async function replaceSecrets(
  db: Kysely<Database>,
  by: Principal,
  integrationId: string,
  sealedSecrets: Readonly<Record<string, SealedSecret>>,
  expectedVersion: number,
): Promise<Integration> {
  return withTenant(db, by.orgId, async (tx) => {
    const before = await tx
      .selectFrom("integrations")
      .select("version")
      .where("integration_id", "=", isUuid(integrationId) ? integrationId : null)
      .where("deleted_at", "is", null)
      .forUpdate()
      .executeTakeFirst();
    if (!before) throw new NotApplied("not_found");
    if (before.version !== expectedVersion) throw new NotApplied("version_conflict");
    const changed = await tx
      .updateTable("integrations")
      .set({ sealed_secrets: JSON.stringify(sealedSecrets), version: expectedVersion + 1 })
      .where("integration_id", "=", integrationId)
      .returningAll()
      .executeTakeFirstOrThrow();
    const secrets = Object.fromEntries(Object.keys(sealedSecrets).map((secret) => [secret, secretMask]));
    await audit(tx, by, "integration_secret_replaced", integrationId, { old: null, new: { secrets } });
    await announce(tx, by.orgId);
    return integrationOf(changed);
  });
}
