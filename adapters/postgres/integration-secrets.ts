import type { Kysely } from "kysely";
import type { Integration } from "../../domain/model/delivery.ts";
import type { Principal, SealedSecret } from "../../domain/model/tenant.ts";
import { announce, audit, secretMask } from "./audit.ts";
import type { Database } from "./database.ts";
import { NotApplied } from "./failure.ts";
import { integrationOf } from "./rows.ts";
import { isUuid, withTenant } from "./tenant-scope.ts";

/** Puts other sealed secrets in the place of an integration's own. Errors: `not_found`. */
export async function replaceSecrets(
  db: Kysely<Database>,
  by: Principal,
  integrationId: string,
  sealedSecrets: Readonly<Record<string, SealedSecret>>,
): Promise<Integration> {
  return withTenant(db, by.orgId, async (tx) => {
    const changed = await tx
      .updateTable("integrations")
      .set((eb) => ({ sealed_secrets: JSON.stringify(sealedSecrets), version: eb("version", "+", 1) }))
      .where("integration_id", "=", isUuid(integrationId) ? integrationId : null)
      .returningAll()
      .executeTakeFirst();
    if (!changed) throw new NotApplied("not_found");
    const secrets = Object.fromEntries(Object.keys(sealedSecrets).map((secret) => [secret, secretMask]));
    await audit(tx, by, "integration_secret_replaced", integrationId, { old: null, new: { secrets } });
    await announce(tx, by.orgId);
    return integrationOf(changed);
  });
}
