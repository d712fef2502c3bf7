import { type Kysely, sql, type Transaction } from "kysely";
import { sourcesPerOrgMax } from "../../../domain/model/limits.ts";
import type { Principal, SealedSecret, Source, SourceSettings } from "../../../domain/model/tenant.ts";
import type { NewSource } from "../../../ports/workspace-store.ts";
import { announce, audit, secretMask } from "../audit.ts";
import type { Database } from "../database.ts";
import { NotApplied } from "../failure.ts";
import { moment } from "../moment.ts";
import { sourceOf } from "../rows.ts";
import { isUuid, lockOrganization, withTenant } from "../tenant-scope.ts";
import { lockProject } from "./workspace-projects.ts";

type Tx = Transaction<Database>;

/** Sources that were not deleted, the oldest first: ids sort by time. */
export async function listSources(tx: Tx): Promise<Source[]> {
  const rows = await tx
    .selectFrom("sources")
    .selectAll()
    .where("deleted_at", "is", null)
    .orderBy("source_id")
    .execute();
  return rows.map(sourceOf);
}

/** Errors: `not_found`. */
export async function ownSource(tx: Tx, sourceId: string): Promise<Source> {
  return sourceOf(await rowOf(tx, sourceId, false));
}

/** Errors: `not_found`, `limit_reached`. */
export function insertSource(db: Kysely<Database>, by: Principal, source: NewSource): Promise<Source> {
  const { id, projectId, writeKey, appId, sealedSigningSecret, ...settings } = source;
  return withTenant(db, by.orgId, async (tx) => {
    await lockOrganization(tx, by.orgId);
    await lockProject(tx, projectId);
    if ((await listSources(tx)).length >= sourcesPerOrgMax) throw new NotApplied("limit_reached");
    const keys = { write_key: writeKey, app_id: appId, sealed_signing_secret: sealedSigningSecret };
    const row = await tx
      .insertInto("sources")
      .values({
        ...{ org_id: by.orgId, source_id: id, project_id: projectId, ...keys },
        ...columnsOf(settings),
        ...{ name: settings.name, kind: settings.kind },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const created = { project_id: projectId, ...shown(settings), write_key: secretMask, signing_secret: secretMask };
    await audit(tx, by, "source_created", id, { old: null, new: created });
    await announce(tx, by.orgId);
    return sourceOf(row);
  });
}

/** Errors: `not_found`. */
export function changeSource(
  db: Kysely<Database>,
  by: Principal,
  sourceId: string,
  changes: Partial<SourceSettings>,
): Promise<Source> {
  return withTenant(db, by.orgId, async (tx) => {
    const before = sourceOf(await rowOf(tx, sourceId, true));
    if (Object.keys(changes).length === 0) return before;
    const row = await tx
      .updateTable("sources")
      .set(columnsOf(changes))
      .where("source_id", "=", sourceId)
      .returningAll()
      .executeTakeFirstOrThrow();
    const old = Object.fromEntries(Object.keys(changes).map((name) => [name, before[name as keyof SourceSettings]]));
    await audit(tx, by, "source_changed", sourceId, { old: shown(old), new: shown(changes) });
    await announce(tx, by.orgId);
    return sourceOf(row);
  });
}

/** Errors: `not_found`. */
export function deleteSource(db: Kysely<Database>, by: Principal, sourceId: string): Promise<void> {
  return withTenant(db, by.orgId, async (tx) => {
    const { name, kind } = await rowOf(tx, sourceId, true);
    await tx
      .updateTable("sources")
      .set({ deleted_at: sql<number>`now()`, enabled: false })
      .where("source_id", "=", sourceId)
      .execute();
    await audit(tx, by, "source_deleted", sourceId, { old: { name, kind }, new: null });
    await announce(tx, by.orgId);
  });
}

/** Errors: `not_found`. */
export function rotateWriteKey(
  db: Kysely<Database>,
  by: Principal,
  sourceId: string,
  next: { readonly writeKey: string; readonly previousUntilMs: number },
): Promise<Source> {
  return withTenant(db, by.orgId, async (tx) => {
    const before = await rowOf(tx, sourceId, true);
    const row = await tx
      .updateTable("sources")
      .set({
        write_key: next.writeKey,
        previous_write_key: before.write_key,
        previous_write_key_until: moment(next.previousUntilMs),
      })
      .where("source_id", "=", sourceId)
      .returningAll()
      .executeTakeFirstOrThrow();
    const until = new Date(next.previousUntilMs).toISOString();
    const change = { old: { write_key: secretMask }, new: { write_key: secretMask, previous_valid_until: until } };
    await audit(tx, by, "source_write_key_rotated", sourceId, change);
    await announce(tx, by.orgId);
    return sourceOf(row);
  });
}

/** Errors: `not_found`. */
export function replaceSigningSecret(
  db: Kysely<Database>,
  by: Principal,
  sourceId: string,
  sealed: SealedSecret,
): Promise<Source> {
  return withTenant(db, by.orgId, async (tx) => {
    const row = await rowOf(tx, sourceId, true);
    await tx.updateTable("sources").set({ sealed_signing_secret: sealed }).where("source_id", "=", sourceId).execute();
    const change = { old: { signing_secret: secretMask }, new: { signing_secret: secretMask } };
    await audit(tx, by, "source_signing_secret_replaced", sourceId, change);
    await announce(tx, by.orgId);
    return sourceOf(row);
  });
}

async function rowOf(tx: Tx, sourceId: string, lock: boolean) {
  const found = tx
    .selectFrom("sources")
    .selectAll()
    .where("source_id", "=", isUuid(sourceId) ? sourceId : null)
    .where("deleted_at", "is", null);
  const row = await (lock ? found.forUpdate() : found).executeTakeFirst();
  if (!row) throw new NotApplied("not_found");
  return row;
}

/** Settings by the names of their columns; those that are not given are left out. */
function columnsOf(settings: Partial<SourceSettings>) {
  return {
    name: settings.name,
    kind: settings.kind,
    dialect: settings.dialect,
    default_calling_code: settings.defaultCallingCode,
    enabled: settings.enabled,
    events_per_second_max: settings.eventsPerSecondMax,
  };
}

/** Settings for the audit log: as columns, without those that are not given. */
function shown(settings: Partial<SourceSettings>): object {
  return Object.fromEntries(Object.entries(columnsOf(settings)).filter(([, value]) => value !== undefined));
}
