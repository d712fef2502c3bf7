import { randomUUID } from "node:crypto";
import { type Kysely, sql, type Transaction } from "kysely";
import type { DataLayerConfig, DataLayerVersion } from "../../../domain/model/data-layer.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import { recentVersionBytesMax, recentVersionDays, recentVersionsMax } from "../../../domain/model/limits.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { FirstTenant, NewIntegration } from "../../../ports/tenant-store.ts";
import { announce, audit, secretMask } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied, sqlStateOf } from "../failure.ts";
import { integrationOf } from "../rows.ts";
import { lockOrganization, withTenant } from "../tenant-scope.ts";
import { lockProject } from "./workspace-projects.ts";

type Tx = Transaction<Database>;

const uniqueViolation = "23505";

/** Creates an organisation with all a first event needs; false, and nothing done, if there is any organisation. */
export async function insertFirstTenant(db: Kysely<Database>, tenant: FirstTenant): Promise<boolean> {
  const { orgId } = tenant;
  return withTenant(db, orgId, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('tidegate first organisation'))`.execute(tx);
    const found = await sql<{ any: boolean }>`select any_organization() as any`.execute(tx);
    if (found.rows[0]?.any) return false;
    await tx.insertInto("organizations").values({ org_id: orgId, name: tenant.orgName }).execute();
    const owner = { org_id: orgId, member_id: tenant.ownerId };
    await tx
      .insertInto("members")
      .values({ ...owner, name: tenant.ownerName, role: "owner" })
      .execute();
    const token = { ...owner, token_id: randomUUID(), sha256: tenant.adminTokenSha256, revoked_at: null };
    await tx.insertInto("api_tokens").values(token).execute();
    await insertProjectAndSources(tx, tenant);
    const dataLayer = { org_id: orgId, version: 1, config: JSON.stringify(tenant.dataLayer) };
    await tx
      .insertInto("data_layer_versions")
      .values({ ...dataLayer, updated_by: tenant.ownerId })
      .execute();
    const by = { orgId, memberId: tenant.ownerId };
    const created = { name: tenant.orgName, source_id: tenant.sourceId, signing_secret: secretMask };
    await audit(tx, by, "organization_created", orgId, { old: null, new: created });
    await announce(tx, orgId);
    return true;
  });
}

async function insertProjectAndSources(tx: Tx, tenant: FirstTenant): Promise<void> {
  const project = { org_id: tenant.orgId, project_id: tenant.projectId };
  await tx
    .insertInto("projects")
    .values({ ...project, name: tenant.projectName })
    .execute();
  const sources = [tenant, ...(tenant.otherSources ?? [])].map((source) => ({
    ...project,
    source_id: source.sourceId,
    name: source.sourceName,
    kind: source.sourceKind,
    write_key: source.writeKey,
    app_id: source.appId,
    sealed_signing_secret: source.sealedSigningSecret,
  }));
  await tx.insertInto("sources").values(sources).execute();
}

/** Appends a version of the data layer. Errors: `version_conflict`, `not_found`, `too_many_changes`. */
export async function insertVersion(
  db: Kysely<Database>,
  by: Principal,
  config: DataLayerConfig,
  expectedVersion: number | null,
): Promise<DataLayerVersion> {
  const { orgId } = by;
  return withTenant(db, orgId, async (tx) => {
    await lockOrganization(tx, orgId);
    const newest = await tx
      .selectFrom("data_layer_versions")
      .select((eb) => eb.fn.max("version").as("version"))
      .where("org_id", "=", orgId)
      .executeTakeFirst();
    const current = newest?.version ?? 0;
    if (expectedVersion !== null && expectedVersion !== current) throw new NotApplied("version_conflict");
    const version = current + 1;
    const text = JSON.stringify(config);
    const bytes = Buffer.byteLength(text);
    await refuseTooMany(tx, orgId, bytes);
    const stored = await tx
      .insertInto("data_layer_versions")
      .values({ org_id: orgId, version, config: text, config_bytes: bytes, updated_by: by.memberId })
      .returning("updated_at")
      .executeTakeFirstOrThrow();
    await audit(tx, by, "data_layer_put", String(version), { old: { version: current }, new: { version } });
    await announce(tx, orgId);
    return { orgId, version, config, updatedAtMs: stored.updated_at, updatedBy: by.memberId };
  });
}

/** Errors: `too_many_changes`: no version can be forgotten in the days in which a waiting record may name it. */
async function refuseTooMany(tx: Tx, orgId: string, bytes: number): Promise<void> {
  const recent = await tx
    .selectFrom("data_layer_versions")
    .select((eb) => [eb.fn.countAll<string>().as("versions"), eb.fn.sum<string | null>("config_bytes").as("bytes")])
    .where("org_id", "=", orgId)
    .where("updated_at", ">", sql<number>`now() - make_interval(days => ${recentVersionDays})`)
    .executeTakeFirst();
  const isFull = Number(recent?.versions ?? 0) >= recentVersionsMax;
  if (isFull || Number(recent?.bytes ?? 0) + bytes > recentVersionBytesMax) throw new NotApplied("too_many_changes");
}

/** Creates an integration in one of the organisation's projects. Errors: `not_found`, `conflict`. */
export async function createIntegration(
  db: Kysely<Database>,
  by: Principal,
  integration: NewIntegration,
): Promise<Integration> {
  const { id, projectId, vendor, name, enabled, config, sealedSecrets } = integration;
  return withTenant(db, by.orgId, async (tx) => {
    await lockProject(tx, projectId);
    const row = { org_id: by.orgId, integration_id: id, project_id: projectId, vendor, name, enabled };
    const json = { config: JSON.stringify(config), sealed_secrets: JSON.stringify(sealedSecrets) };
    const stored = await tx
      .insertInto("integrations")
      .values({ ...row, ...json })
      .returningAll()
      .executeTakeFirstOrThrow()
      .catch((error: unknown) => {
        throw sqlStateOf(error) === uniqueViolation ? new NotApplied("conflict") : error;
      });
    const secrets = Object.fromEntries(Object.keys(sealedSecrets).map((secret) => [secret, secretMask]));
    await audit(tx, by, "integration_created", id, { old: null, new: { vendor, name, enabled, config, secrets } });
    await announce(tx, by.orgId);
    return integrationOf(stored);
  });
}
