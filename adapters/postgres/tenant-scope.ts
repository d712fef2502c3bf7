import { type Kysely, sql, type Transaction } from "kysely";
import type pg from "pg";
import { assert } from "../../domain/model/failure.ts";
import type { Database } from "./database.ts";
import { NotApplied } from "./failure.ts";

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** True for an id in the form the model states. Checked before SQL: Postgres would quote another in its message. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Runs a transaction that sees and changes one tenant's rows only. */
export function withTenant<T>(
  db: Kysely<Database>,
  orgId: string,
  work: (tx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  assert(isUuid(orgId), "an organisation's id is no UUID");
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('app.org_id', ${orgId}, true)`.execute(tx);
    return work(tx);
  });
}

/** Lets one change at a time at an organisation's lists, so that their limits hold. Errors: `not_found`. */
export async function lockOrganization(tx: Transaction<Database>, orgId: string): Promise<void> {
  const org = tx.selectFrom("organizations").select("org_id").where("org_id", "=", orgId).forUpdate();
  if (!(await org.executeTakeFirst())) throw new NotApplied("not_found");
}

/** Runs a transaction of the pipeline that sees and changes rows of exactly these tenants. */
export async function withTenants<T>(
  pool: pg.Pool,
  orgIds: Iterable<string>,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(`begin; ${tenantsText(orgIds)}`);
    const value = await work(client);
    await client.query("commit");
    return value;
  } catch (error) {
    await client.query("rollback").catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Binds the current transaction to these tenants. */
export async function setTenants(client: pg.PoolClient, orgIds: Iterable<string>): Promise<void> {
  await client.query(tenantsText(orgIds));
}

/** Without parameters, so that it may share a round trip with what comes before: ids that are UUIDs need no quoting. */
function tenantsText(orgIds: Iterable<string>): string {
  const distinct = [...new Set(orgIds)];
  assert(distinct.every(isUuid), "an organisation's id is no UUID");
  return `select set_config('app.org_ids', '{${distinct.join(",")}}', true)`;
}
