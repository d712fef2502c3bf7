import { type Kysely, sql, type Transaction } from "kysely";
import type pg from "pg";
import { succeed } from "../../../domain/model/failure.ts";
import type { SealedSecret } from "../../../domain/model/tenant.ts";
import type { SecretPage, SecretRow, SecretStore } from "../../../ports/secret-store.ts";
import { announce } from "../audit.ts";
import type { Database } from "../database.ts";
import { attempt } from "../failure.ts";
import { withTenant } from "../tenant-scope.ts";

/** The number is arbitrary; one works on the keys at a time per database. */
const rotationLock = 7_411_083_022;
const signingSecret = "signing_secret";
const sealedToken = "sealed_token";

/** The tables that hold secrets, in the order of the walk. */
const tables = ["integrations", "sources", "attributions"] as const;
type Table = (typeof tables)[number];

/** Where a walk over all secrets is: in one organisation's table, after a row. */
interface Position {
  readonly orgId: string;
  readonly table: Table;
  readonly afterKey: string | null;
}

type Tx = Transaction<Database>;

/** Opens every organisation's sealed secrets, as the role that is bound to one organisation at a time. */
export function openSecretStore(pool: pg.Pool, db: Kysely<Database>): SecretStore {
  async function firstOf(afterOrg: string | null): Promise<Position | null> {
    const found = await sql<{ org_id: string }>`select org_id from organizations_after(${afterOrg}::uuid, 1)`.execute(
      db,
    );
    const orgId = found.rows[0]?.org_id;
    return orgId === undefined ? null : { orgId, table: tables[0], afterKey: null };
  }

  async function pageAt(at: Position, rowsMax: number): Promise<SecretPage> {
    const rows = await withTenant(db, at.orgId, (tx) => readers[at.table](tx, at, rowsMax));
    const last = rows.at(-1);
    const following = tables[tables.indexOf(at.table) + 1];
    let next: Position | null;
    if (last && rows.length === rowsMax) next = { ...at, afterKey: last.key };
    else if (following) next = { orgId: at.orgId, table: following, afterKey: null };
    else next = await firstOf(at.orgId);
    return { rows, next: next && JSON.stringify(next) };
  }

  return {
    takeTurn: () => attempt(() => takeTurn(pool)),
    page: (cursor, rowsMax) =>
      attempt(async () => {
        const at = cursor === null ? await firstOf(null) : (JSON.parse(cursor) as Position);
        return at === null ? { rows: [], next: null } : pageAt(at, rowsMax);
      }),
    async replace(orgId, rows) {
      if (rows.length === 0) return succeed(new Set<string>());
      return attempt(() =>
        withTenant(db, orgId, async (tx) => {
          const replaced = new Set<string>();
          for (const { from, to } of rows) if ((await replaceOne(tx, from, to)) > 0) replaced.add(from.key);
          if (replaced.size > 0) await announce(tx, orgId);
          return replaced;
        }),
      );
    },
  };
}

/** A lock of the session: given back at its end, and by Postgres where the connection ends before. */
async function takeTurn(pool: pg.Pool): Promise<{ end(): Promise<void> } | null> {
  const client = await pool.connect();
  const { rows } = await client
    .query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [rotationLock])
    .catch((error: Error) => {
      client.release(error);
      throw error;
    });
  if (!rows[0]?.taken) {
    client.release();
    return null;
  }
  return {
    async end() {
      const given = client.query("select pg_advisory_unlock($1)", [rotationLock]);
      client.release(
        await given.then(
          () => false,
          () => true,
        ),
      );
    },
  };
}

async function integrationRows(tx: Tx, { orgId, afterKey }: Position, rowsMax: number): Promise<SecretRow[]> {
  const rows = await tx
    .selectFrom("integrations")
    .select(["integration_id", "sealed_secrets"])
    .$if(afterKey !== null, (query) => query.where("integration_id", ">", afterKey as string))
    .orderBy("integration_id")
    .limit(rowsMax)
    .execute();
  return rows.map((row) => ({
    orgId,
    table: "integrations",
    key: row.integration_id,
    id: row.integration_id,
    sealed: row.sealed_secrets as Record<string, SealedSecret>,
  }));
}

async function sourceRows(tx: Tx, { orgId, afterKey }: Position, rowsMax: number): Promise<SecretRow[]> {
  const rows = await tx
    .selectFrom("sources")
    .select(["source_id", "sealed_signing_secret"])
    .where("sealed_signing_secret", "is not", null)
    .$if(afterKey !== null, (query) => query.where("source_id", ">", afterKey as string))
    .orderBy("source_id")
    .limit(rowsMax)
    .execute();
  return rows.map((row) => ({
    orgId,
    table: "sources",
    key: row.source_id,
    id: row.source_id,
    sealed: { [signingSecret]: row.sealed_signing_secret as SealedSecret },
  }));
}

/** Tokens that wait for their exchange, sealed for their hash. */
async function attributionRows(tx: Tx, { orgId, afterKey }: Position, rowsMax: number): Promise<SecretRow[]> {
  const rows = await tx
    .selectFrom("attributions")
    .select(["attribution_id", "token_sha256", "sealed_token"])
    .where("sealed_token", "is not", null)
    .$if(afterKey !== null, (query) => query.where("attribution_id", ">", afterKey as string))
    .orderBy("attribution_id")
    .limit(rowsMax)
    .execute();
  return rows.map((row) => ({
    orgId,
    table: "attributions",
    key: row.attribution_id,
    id: row.token_sha256,
    sealed: { [sealedToken]: row.sealed_token as SealedSecret },
  }));
}

const readers = { integrations: integrationRows, sources: sourceRows, attributions: attributionRows };

/** Compares and swaps: a secret that was changed meanwhile is sealed with the current key already. */
async function replaceOne(tx: Tx, from: SecretRow, to: SecretRow): Promise<number> {
  if (from.table === "integrations") {
    const done = await tx
      .updateTable("integrations")
      .set({ sealed_secrets: JSON.stringify(to.sealed) })
      .where("integration_id", "=", from.key)
      .where(sql<boolean>`sealed_secrets = ${JSON.stringify(from.sealed)}::jsonb`)
      .executeTakeFirst();
    return Number(done.numUpdatedRows);
  }
  if (from.table === "attributions") {
    const done = await tx
      .updateTable("attributions")
      .set({ sealed_token: to.sealed[sealedToken] as SealedSecret })
      .where("attribution_id", "=", from.key)
      .where("sealed_token", "=", from.sealed[sealedToken] as SealedSecret)
      .executeTakeFirst();
    return Number(done.numUpdatedRows);
  }
  const done = await tx
    .updateTable("sources")
    .set({ sealed_signing_secret: to.sealed[signingSecret] as SealedSecret })
    .where("source_id", "=", from.key)
    .where("sealed_signing_secret", "=", from.sealed[signingSecret] as SealedSecret)
    .executeTakeFirst();
  return Number(done.numUpdatedRows);
}
