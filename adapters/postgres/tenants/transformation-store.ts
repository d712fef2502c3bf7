import { type Kysely, sql, type Transaction } from "kysely";
import { withDoubles } from "../../../domain/model/json/exact-json.ts";
import { transformationsMax } from "../../../domain/model/limits.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { Transformation, TransformationRule } from "../../../domain/model/transformation.ts";
import type { TransformationStore, TransformationWords } from "../../../ports/transformation-store.ts";
import { audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { attempt, NotApplied } from "../failure.ts";
import { isUuid, withTenant } from "../tenant-scope.ts";

type Tx = Transaction<Database>;

/** A row of `transformations`. */
export interface TransformationRow {
  readonly org_id: string;
  readonly transformation_id: string;
  readonly integration_id: string;
  readonly name: string;
  readonly position: number;
  readonly enabled: boolean;
  readonly rules: readonly TransformationRule[];
  readonly version: number;
  readonly updated_at: number;
  readonly updated_by: string;
}

/** A row as the model has it. */
export function transformationOf(row: TransformationRow): Transformation {
  const { name, position, enabled, rules, version } = row;
  return {
    id: row.transformation_id,
    orgId: row.org_id,
    integrationId: row.integration_id,
    name,
    position,
    enabled,
    rules: withDoubles(rules),
    version,
    updatedAtMs: row.updated_at,
    updatedBy: row.updated_by,
  };
}

/** The order in which an integration's transformations run. */
export const runningOrder = "position, created_at, transformation_id";

/** Opens what integrations change about events, as the role that is bound to one tenant at a time. */
export function openTransformationStore(db: Kysely<Database>): TransformationStore {
  return {
    list: (orgId, integrationId) =>
      attempt(async () => {
        if (integrationId !== null && !isUuid(integrationId)) return [];
        const rows = await withTenant(db, orgId, (tx) => listed(tx, orgId, integrationId));
        return rows.map(transformationOf);
      }),
    find: (orgId, id) => attempt(() => withTenant(db, orgId, (tx) => found(tx, orgId, id))),
    create: (by, made) => attempt(() => withTenant(db, by.orgId, (tx) => create(tx, by, made))),
    change: (by, id, words, expectedVersion) =>
      attempt(() => withTenant(db, by.orgId, (tx) => change(tx, by, id, words, expectedVersion))),
    remove: (by, id, expectedVersion) =>
      attempt(() => withTenant(db, by.orgId, (tx) => remove(tx, by, id, expectedVersion))),
  };
}

async function listed(tx: Tx, orgId: string, integrationId: string | null): Promise<TransformationRow[]> {
  const { rows } = await sql<TransformationRow>`
    select * from transformations
    where org_id = ${orgId} and (${integrationId}::uuid is null or integration_id = ${integrationId})
    order by integration_id, ${sql.raw(runningOrder)}`.execute(tx);
  return rows;
}

async function found(tx: Tx, orgId: string, id: string): Promise<Transformation> {
  if (!isUuid(id)) throw new NotApplied("not_found");
  const { rows } = await sql<TransformationRow>`
    select * from transformations where org_id = ${orgId} and transformation_id = ${id} for update`.execute(tx);
  if (!rows[0]) throw new NotApplied("not_found");
  return transformationOf(rows[0]);
}

async function create(tx: Tx, by: Principal, made: Parameters<TransformationStore["create"]>[1]) {
  const { id, integrationId, name, position, enabled, rules } = made;
  if (!isUuid(integrationId)) throw new NotApplied("not_found");
  const integration = tx
    .selectFrom("integrations")
    .select("integration_id")
    .where("org_id", "=", by.orgId)
    .where("deleted_at", "is", null);
  const own = await integration.where("integration_id", "=", integrationId).forUpdate().executeTakeFirst();
  if (!own) throw new NotApplied("not_found");
  if ((await listed(tx, by.orgId, integrationId)).length >= transformationsMax) throw new NotApplied("too_many");
  const { rows } = await sql<TransformationRow>`
    insert into transformations
      (org_id, transformation_id, integration_id, name, position, enabled, rules, updated_by)
    values (${by.orgId}, ${id}, ${integrationId}, ${name}, ${position}, ${enabled}, ${JSON.stringify(rules)},
      ${by.memberId})
    returning *`.execute(tx);
  const created = transformationOf(rows[0] as TransformationRow);
  await audit(tx, by, "transformation_created", id, { old: null, new: audited(created) });
  return created;
}

async function change(
  tx: Tx,
  by: Principal,
  id: string,
  words: Partial<TransformationWords>,
  expectedVersion: number | null,
): Promise<Transformation> {
  const before = await found(tx, by.orgId, id);
  if (expectedVersion !== null && expectedVersion !== before.version) throw new NotApplied("version_conflict");
  const { name, position, enabled, rules } = { ...before, ...words };
  const { rows } = await sql<TransformationRow>`
    update transformations
    set name = ${name}, position = ${position}, enabled = ${enabled}, rules = ${JSON.stringify(rules)},
      version = version + 1, updated_at = now(), updated_by = ${by.memberId}
    where org_id = ${by.orgId} and transformation_id = ${id}
    returning *`.execute(tx);
  const changed = transformationOf(rows[0] as TransformationRow);
  await audit(tx, by, "transformation_changed", id, { old: audited(before), new: audited(changed) });
  return changed;
}

async function remove(tx: Tx, by: Principal, id: string, expectedVersion: number | null): Promise<void> {
  const before = await found(tx, by.orgId, id);
  if (expectedVersion !== null && expectedVersion !== before.version) throw new NotApplied("version_conflict");
  await sql`delete from transformations where org_id = ${by.orgId} and transformation_id = ${id}`.execute(tx);
  await audit(tx, by, "transformation_removed", id, { old: audited(before), new: null });
}

function audited({ integrationId, name, position, enabled, version, rules }: Transformation) {
  return { integration_id: integrationId, name, position, enabled, version, rules };
}
