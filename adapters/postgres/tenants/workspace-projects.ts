import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import { projectsPerOrgMax } from "../../../domain/model/limits.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { Organization, Project } from "../../../ports/workspace-store.ts";
import { announce, audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied } from "../failure.ts";
import { isUuid, lockOrganization, withTenant } from "../tenant-scope.ts";

type Tx = Transaction<Database>;

function projectOf(row: Selectable<Database["projects"]>): Project {
  return { id: row.project_id, name: row.name, createdAtMs: row.created_at };
}

/** Errors: `not_found`. */
export async function organizationOf(tx: Tx, orgId: string): Promise<Organization> {
  const row = await tx.selectFrom("organizations").selectAll().where("org_id", "=", orgId).executeTakeFirst();
  if (!row) throw new NotApplied("not_found");
  return { id: row.org_id, name: row.name, createdAtMs: row.created_at };
}

/** Errors: `not_found`. */
export function renameOrganization(db: Kysely<Database>, by: Principal, name: string): Promise<Organization> {
  return withTenant(db, by.orgId, async (tx) => {
    await lockOrganization(tx, by.orgId);
    const before = await organizationOf(tx, by.orgId);
    await tx.updateTable("organizations").set({ name }).where("org_id", "=", by.orgId).execute();
    await audit(tx, by, "organization_renamed", by.orgId, { old: { name: before.name }, new: { name } });
    await announce(tx, by.orgId);
    return { ...before, name };
  });
}

/** Projects that were not deleted, the oldest first. */
export async function listProjects(tx: Tx): Promise<Project[]> {
  const rows = await tx
    .selectFrom("projects")
    .selectAll()
    .where("deleted_at", "is", null)
    .orderBy("created_at")
    .orderBy("project_id")
    .execute();
  return rows.map(projectOf);
}

/** One project of the organisation, locked for a change. Errors: `not_found`. */
export async function lockProject(tx: Tx, projectId: string): Promise<Project> {
  const row = isUuid(projectId)
    ? await tx
        .selectFrom("projects")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("deleted_at", "is", null)
        .forUpdate()
        .executeTakeFirst()
    : undefined;
  if (!row) throw new NotApplied("not_found");
  return projectOf(row);
}

/** Errors: `limit_reached`. */
export function insertProject(
  db: Kysely<Database>,
  by: Principal,
  { id, name }: Pick<Project, "id" | "name">,
): Promise<Project> {
  return withTenant(db, by.orgId, async (tx) => {
    await lockOrganization(tx, by.orgId);
    if ((await listProjects(tx)).length >= projectsPerOrgMax) throw new NotApplied("limit_reached");
    const row = await tx
      .insertInto("projects")
      .values({ org_id: by.orgId, project_id: id, name })
      .returningAll()
      .executeTakeFirstOrThrow();
    await audit(tx, by, "project_created", id, { old: null, new: { name } });
    await announce(tx, by.orgId);
    return projectOf(row);
  });
}

/** Errors: `not_found`. */
export function renameProject(db: Kysely<Database>, by: Principal, projectId: string, name: string): Promise<Project> {
  return withTenant(db, by.orgId, async (tx) => {
    const before = await lockProject(tx, projectId);
    await tx.updateTable("projects").set({ name }).where("project_id", "=", projectId).execute();
    await audit(tx, by, "project_renamed", projectId, { old: { name: before.name }, new: { name } });
    await announce(tx, by.orgId);
    return { ...before, name };
  });
}

/** Errors: `not_found`, `project_in_use`. */
export function deleteProject(db: Kysely<Database>, by: Principal, projectId: string): Promise<void> {
  return withTenant(db, by.orgId, async (tx) => {
    const { name } = await lockProject(tx, projectId);
    const sources = tx
      .selectFrom("sources")
      .select("source_id as id")
      .where("project_id", "=", projectId)
      .where("deleted_at", "is", null);
    const integrations = tx
      .selectFrom("integrations")
      .select("integration_id as id")
      .where("project_id", "=", projectId)
      .where("enabled", "=", true);
    if (await sources.unionAll(integrations).limit(1).executeTakeFirst()) throw new NotApplied("project_in_use");
    await tx
      .updateTable("projects")
      .set({ deleted_at: sql<number>`now()` })
      .where("project_id", "=", projectId)
      .execute();
    await audit(tx, by, "project_deleted", projectId, { old: { name }, new: null });
    await announce(tx, by.orgId);
  });
}
