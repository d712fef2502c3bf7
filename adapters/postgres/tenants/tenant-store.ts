import { type Kysely, sql, type Transaction } from "kysely";
import type { DataLayerVersion } from "../../../domain/model/data-layer.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import { withDoubles } from "../../../domain/model/json/exact-json.ts";
import type { Principal, SourceBinding } from "../../../domain/model/tenant.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { FirstTenant, TenantStore } from "../../../ports/tenant-store.ts";
import { callerOf } from "../accounts/account-callers.ts";
import type { DatabaseLogin } from "../connect/connection.ts";
import type { Database } from "../database.ts";
import { attempt, NotApplied } from "../failure.ts";
import { integrationOf, sourceOf } from "../rows.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";
import { listVersions, versionOf } from "./data-layer-versions.ts";
import { changeIntegration } from "./integration-changes.ts";
import { deleteIntegration } from "./integration-deletion.ts";
import { replaceSecrets } from "./integration-secrets.ts";
import { createIntegration, insertFirstTenant, insertVersion } from "./tenant-changes.ts";
import { watchChanges } from "./tenant-watch.ts";

type Place = { readonly org_id: string; readonly source_id: string };

/** Opens the organisations and what they configure, as the role that is bound to one tenant at a time. */
export function openTenantStore(db: Kysely<Database>, login: DatabaseLogin, clock: Clock): TenantStore {
  async function bindingAt(place: Place | undefined, writeKey?: string): Promise<SourceBinding | null> {
    if (!place) return null;
    return withTenant(db, place.org_id, async (tx) => {
      const row = await tx
        .selectFrom("sources")
        .selectAll()
        .where("source_id", "=", place.source_id)
        .where("deleted_at", "is", null)
        .executeTakeFirst();
      if (!row) return null;
      const dataLayer = await currentVersion(tx, place.org_id);
      const isPrevious = writeKey !== undefined && writeKey === row.previous_write_key;
      const ends = isPrevious ? { keyEndsAtMs: row.previous_write_key_until ?? 0 } : {};
      return { source: sourceOf(row), sealedSigningSecret: row.sealed_signing_secret, dataLayer, ...ends };
    });
  }

  return {
    createFirstTenant: (tenant: FirstTenant) => attempt(() => insertFirstTenant(db, tenant)),
    firstOrganization: () => attempt(() => firstOrganization(db)),
    bindingByWriteKey: (writeKey) =>
      attempt(async () => {
        if (!storable(writeKey)) return null;
        const found = await sql<Place>`select * from tenant_of_write_key(${writeKey})`.execute(db);
        return bindingAt(found.rows[0], writeKey);
      }),
    bindingByAppId: (appId) =>
      attempt(async () => {
        if (!storable(appId)) return null;
        const found = await sql<Place>`select * from tenant_of_app_id(${appId})`.execute(db);
        return bindingAt(found.rows[0]);
      }),
    source: (orgId, sourceId) =>
      attempt(async () => {
        const row = isUuid(sourceId)
          ? await withTenant(db, orgId, (tx) =>
              tx
                .selectFrom("sources")
                .selectAll()
                .where("source_id", "=", sourceId)
                .where("deleted_at", "is", null)
                .executeTakeFirst(),
            )
          : undefined;
        if (!row) throw new NotApplied("not_found");
        return sourceOf(row);
      }),
    principalByTokenHash: (tokenSha256) => attempt(() => principalOf(db, tokenSha256, clock.nowMs())),
    dataLayer: (orgId) => attempt(() => withTenant(db, orgId, (tx) => currentVersion(tx, orgId))),
    dataLayerVersion: (orgId, version) =>
      attempt(async () => {
        const found = await withTenant(db, orgId, (tx) => versionOf(tx, orgId, version));
        if (!found) throw new NotApplied("not_found");
        return found;
      }),
    dataLayerVersions: (orgId, page) => attempt(() => withTenant(db, orgId, (tx) => listVersions(tx, orgId, page))),
    putDataLayer: (by, config, expectedVersion) => attempt(() => insertVersion(db, by, config, expectedVersion)),
    createIntegration: (by, integration) => attempt(() => createIntegration(db, by, integration)),
    changeIntegration: (by, id, change, expectedVersion) =>
      attempt(() => changeIntegration(db, by, id, change, expectedVersion)),
    replaceIntegrationSecrets: (by, id, secrets, expectedVersion) =>
      attempt(() => replaceSecrets(db, by, id, secrets, expectedVersion)),
    deleteIntegration: (by, id, expectedVersion) => attempt(() => deleteIntegration(db, by, id, expectedVersion)),
    integrations: (orgId) => attempt(() => withTenant(db, orgId, listIntegrations)),
    hasProject: (orgId, projectId) =>
      attempt(async () => {
        if (!isUuid(projectId)) return false;
        const project = await withTenant(db, orgId, (tx) =>
          tx
            .selectFrom("projects")
            .select("project_id")
            .where("project_id", "=", projectId)
            .where("deleted_at", "is", null)
            .executeTakeFirst(),
        );
        return project !== undefined;
      }),
    watchChanges: (changed) => watchChanges(db, login, clock, changed),
  };
}

/** Those that are not deleted, oldest first. */
async function listIntegrations(tx: Transaction<Database>): Promise<Integration[]> {
  const found = tx.selectFrom("integrations").selectAll().where("deleted_at", "is", null);
  const rows = await found.orderBy("created_at").orderBy("integration_id").execute();
  return rows.map(integrationOf);
}

/** Keys come from anyone; Postgres takes no NUL. */
function storable(key: string): boolean {
  return key !== "" && !key.includes("\0");
}

async function principalOf(db: Kysely<Database>, tokenSha256: string, nowMs: number): Promise<Principal | null> {
  const caller = await callerOf(db, tokenSha256, nowMs);
  if (!caller) return null;
  const { orgId, memberId, role } = caller;
  return { orgId, memberId, role };
}

/** The newest version. Errors: `not_found`. */
export async function currentVersion(tx: Transaction<Database>, orgId: string): Promise<DataLayerVersion> {
  const row = await tx
    .selectFrom("data_layer_versions")
    .selectAll()
    .where("org_id", "=", orgId)
    .orderBy("version", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!row) throw new NotApplied("not_found");
  const { version, config, updated_at, updated_by } = row;
  return { orgId, version, config: withDoubles(config), updatedAtMs: updated_at, updatedBy: updated_by };
}

/** Ids tell by their order which came first. */
async function firstOrganization(db: Kysely<Database>): Promise<string | null> {
  const found = await sql<{ org_id: string }>`select org_id from organizations_after(null, 1)`.execute(db);
  return found.rows[0]?.org_id ?? null;
}
