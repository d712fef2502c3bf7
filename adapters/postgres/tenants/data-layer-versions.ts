import { sql, type Transaction } from "kysely";
import {
  type DataLayerSection,
  type DataLayerVersion,
  type DataLayerVersionEntry,
  dataLayerSections,
} from "../../../domain/model/data-layer.ts";
import { withDoubles } from "../../../domain/model/json/exact-json.ts";
import type { Database } from "../database.ts";

const versionMax = 2 ** 31 - 1;

/** One version of an organisation's data layer; null if there is none of that number. */
export async function versionOf(
  tx: Transaction<Database>,
  orgId: string,
  version: number,
): Promise<DataLayerVersion | null> {
  if (!Number.isInteger(version) || version < 1 || version > versionMax) return null;
  const row = await tx
    .selectFrom("data_layer_versions")
    .selectAll()
    .where("org_id", "=", orgId)
    .where("version", "=", version)
    .executeTakeFirst();
  if (!row) return null;
  return { orgId, version, config: withDoubles(row.config), updatedAtMs: row.updated_at, updatedBy: row.updated_by };
}

/** Versions, newest first. Sections are compared in the database, so that no configuration travels for a list. */
export async function listVersions(
  tx: Transaction<Database>,
  orgId: string,
  page: { readonly limit: number; readonly beforeVersion: number | null },
): Promise<readonly DataLayerVersionEntry[]> {
  const rows = await tx
    .selectFrom("data_layer_versions as v")
    .leftJoin("data_layer_versions as p", (on) =>
      on.onRef("p.org_id", "=", "v.org_id").on(sql<boolean>`p.version = v.version - 1`),
    )
    .select(["v.version", "v.updated_at", "v.updated_by"])
    .select(() => dataLayerSections.map((section) => differs(section).as(section)))
    .where("v.org_id", "=", orgId)
    .where(sql<boolean>`v.version < ${page.beforeVersion ?? Number.MAX_SAFE_INTEGER}::bigint`)
    .orderBy("v.version", "desc")
    .limit(page.limit)
    .execute();
  return rows.map((row) => {
    const changed = dataLayerSections.filter((section) => row[section]);
    const { version, updated_at, updated_by } = row;
    return { orgId, version, updatedAtMs: updated_at, updatedBy: updated_by, changed };
  });
}

function differs(section: DataLayerSection) {
  return sql<boolean>`(p.version is not null
    and v.config->${sql.lit(section)} is distinct from p.config->${sql.lit(section)})`;
}
