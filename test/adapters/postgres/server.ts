import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import pg from "pg";
import { openEmbeddedPostgres } from "../../../adapters/embedded-postgres/open.ts";
import type { DatabaseLogin } from "../../../adapters/postgres/connect/connection.ts";
import { migrate } from "../../../adapters/postgres/migrate/migrate.ts";
import { openPostgres, type PostgresStore } from "../../../adapters/postgres/open.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import { copyCluster } from "../../cluster-template.ts";

/** A migrated database of its own, with the store opened over it. */
export interface TestDatabase {
  readonly store: PostgresStore;
  readonly superuser: DatabaseLogin;
  readonly admin: DatabaseLogin;
  readonly pipeline: DatabaseLogin;
  /** Runs a statement as the superuser, whom no policy binds. */
  query<T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** Adds an organisation beside those there are. */
  addTenant(tenant: FirstTenant): Promise<void>;
  /** Empties every table: faster than a new database, where a case needs one to itself. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface TestServer {
  /** A new database, migrated, with partitions for the days around now. */
  openDatabase(): Promise<TestDatabase>;
  newDatabase(options?: string): Promise<DatabaseLogin>;
  stop(): Promise<void>;
}

const passwords = { admin: "admin's password", pipeline: "pipeline's password" };

/** A real Postgres: the one `TIDEGATE_TEST_DATABASE_URL` names, as a superuser, else an embedded one of its own. */
export async function openTestServer(): Promise<TestServer> {
  const url = process.env["TIDEGATE_TEST_DATABASE_URL"];
  const server = url ? { login: loginOf(url), stop: async () => {} } : await openEmbedded();
  const made: string[] = [];

  async function newDatabase(options = ""): Promise<DatabaseLogin> {
    const database = `tidegate_test_${randomUUID().replaceAll("-", "")}`;
    await runAs(server.login, `create database ${database} ${options}`);
    made.push(database);
    return { ...server.login, database };
  }

  return {
    newDatabase,
    openDatabase: async () => openOn(await newDatabase()),
    async stop() {
      if (url)
        for (const database of made) await runAs(server.login, `drop database if exists ${database} with (force)`);
      await server.stop();
    },
  };
}

/** A server and one database of it, which close together. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const server = await openTestServer();
  const database = await server.openDatabase();
  const close = async () => {
    await database.close();
    await server.stop();
  };
  return { ...database, close };
}

async function openEmbedded() {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-store-"));
  const paths = { dataDir: join(folder, "data"), secretsDir: join(folder, "secrets") };
  await copyCluster(paths);
  const server = await openEmbeddedPostgres({ ...paths, log: () => {} });
  const { host, port, user, password, database } = server;
  const login: DatabaseLogin = { host, port, user, password, database };
  // These tests kill nothing; test/crash does, with a server as it is shipped.
  await runAs(login, "alter system set fsync = off");
  await runAs(login, "select pg_reload_conf()");
  const stopAndRemove = async () => {
    const stopped = server.stop();
    // Nobody reads what a shutdown would write; it is told so once no restart can follow.
    process.kill(server.pid, "SIGQUIT");
    await stopped;
    rmSync(folder, { recursive: true, force: true });
  };
  return { login, stop: stopAndRemove };
}

function loginOf(url: string): DatabaseLogin {
  const { hostname, port, username, password, pathname } = new URL(url);
  const user = decodeURIComponent(username);
  const database = pathname.slice(1) || user;
  return { host: hostname, port: Number(port || 5432), user, password: decodeURIComponent(password), database };
}

async function runAs(login: DatabaseLogin, text: string): Promise<void> {
  const client = new pg.Client(login);
  await client.connect();
  await client.query(text).finally(() => client.end());
}

async function openOn(superuser: DatabaseLogin): Promise<TestDatabase> {
  await migrate({ connection: superuser, rolePasswords: passwords });
  const admin = { ...superuser, user: "tidegate_admin", password: passwords.admin };
  const pipeline = { ...superuser, user: "tidegate_pipeline", password: passwords.pipeline };
  const opened = await openPostgres({ admin, pipeline, clock: openSystemClock() });
  if (!opened.ok) throw new Error(`the store could not be opened: ${opened.failure.code}`);
  const store = opened.value;
  await store.maintain();
  const pool = new pg.Pool({ ...superuser, max: 2, options: "-c search_path=tidegate" });
  pool.on("error", () => {});
  return {
    store,
    superuser,
    admin,
    pipeline,
    query: async (text, values = []) => (await pool.query(text, [...values])).rows,
    addTenant: (tenant) => addTenant(pool, tenant),
    async clear() {
      const tables = await pool.query(
        `select string_agg('delete from ' || relname, '; ') as deletions from pg_class
        where relnamespace = 'tidegate'::regnamespace and relkind in ('r', 'p') and not relispartition
          and relname <> 'migrations'`,
      );
      // As a replica no foreign key is checked, so that the order of the tables does not matter.
      await pool.query(`set local session_replication_role = replica; ${tables.rows[0].deletions}`);
    },
    async close() {
      await store.close();
      await pool.end();
    },
  };
}

export async function addTenant(pool: Pick<pg.ClientBase, "query">, tenant: FirstTenant): Promise<void> {
  const { orgId, projectId, sourceId, ownerId } = tenant;
  await pool.query("insert into organizations (org_id, name) values ($1, $2)", [orgId, tenant.orgName]);
  await pool.query("insert into members (org_id, member_id, name, role) values ($1, $2, $3, 'owner')", [
    orgId,
    ownerId,
    tenant.ownerName,
  ]);
  await pool.query("insert into api_tokens (org_id, token_id, member_id, sha256) values ($1, $2, $3, $4)", [
    orgId,
    randomUUID(),
    ownerId,
    tenant.adminTokenSha256,
  ]);
  await pool.query("insert into projects (org_id, project_id, name) values ($1, $2, $3)", [
    orgId,
    projectId,
    tenant.projectName,
  ]);
  await pool.query(
    `insert into sources (org_id, source_id, project_id, name, kind, write_key, app_id, sealed_signing_secret)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[orgId, sourceId, projectId, tenant.sourceName, tenant.sourceKind],
      ...[tenant.writeKey, tenant.appId, tenant.sealedSigningSecret],
    ],
  );
  await pool.query("insert into data_layer_versions (org_id, version, config, updated_by) values ($1, 1, $2, $3)", [
    orgId,
    tenant.dataLayer,
    ownerId,
  ]);
}
