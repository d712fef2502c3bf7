import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { clientConfig, type DatabaseLogin } from "../connect/connection.ts";
import { scramVerifier } from "../connect/scram.ts";
import { sqlStateOf } from "../failure.ts";

/** Passwords of the two roles the application logs in with. */
export interface RolePasswords {
  readonly admin: string;
  readonly pipeline: string;
}

/** A database that can't be brought to this version; the message says why, and never quotes a value. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

interface Migration {
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

const versionMin = 150_000;
/** One migration at a time per database; the number is arbitrary. */
const migrationLock = 7_411_083_021;
const passwordAttemptsMax = 5;
const rightsHint =
  "the migrating role must be allowed to create roles and schemas, and where Tidegate's roles exist already, it must " +
  "be the one that made them";

/**
 * Brings the database to this version: every file of `migrations/` that it has not seen, in order, each in a
 * transaction of its own; then sets the passwords of the application's roles.
 *
 * Shape: the names of the files that were applied now. Errors: `MigrationError`.
 */
export async function migrate(options: {
  readonly connection: DatabaseLogin;
  readonly rolePasswords: RolePasswords;
}): Promise<readonly string[]> {
  const client = new pg.Client(clientConfig(options.connection, "tidegate-migrate"));
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    throw new MigrationError(unreachable(error, options.connection), { cause: error });
  });
  try {
    await client.query("select pg_advisory_lock($1)", [migrationLock]);
    await checkServer(client);
    const applied = await applyMissing(client, await readMigrations());
    await setPassword(client, "tidegate_admin", options.rolePasswords.admin);
    await setPassword(client, "tidegate_pipeline", options.rolePasswords.pipeline);
    return applied;
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(`the database could not be brought to this version: ${said(error)}`, { cause: error });
  } finally {
    await client.end();
  }
}

/** What an error says in a code: texts of Postgres may quote values. */
function said(error: unknown): string {
  const state = sqlStateOf(error);
  const hint = state === "42501" ? `; ${rightsHint}` : "";
  return `${state ?? (error as { code?: unknown } | null)?.code ?? "a lost connection"}${hint}`;
}

/** Why nobody could log in, with the next step. What a connection fails with holds no event, nor the password. */
function unreachable(error: unknown, { host, port, user, database }: DatabaseLogin): string {
  const state = sqlStateOf(error);
  const at = `${host}:${port}`;
  if (state?.startsWith("28")) return `the server at ${at} does not let ${user} in (${state}): check user and password`;
  if (state === "3D000") return `there is no database ${database} at ${at}: create it first`;
  if (state !== null) return `the server at ${at} takes no connection (${state}): look at its log`;
  const { code, message } = error as { code?: string; message: string };
  return `no Postgres answers at ${at} (${code ?? message}): check the address, and that it runs`;
}

async function readMigrations(): Promise<Migration[]> {
  const folder = new URL("../../../migrations/", import.meta.url);
  const names = (await readdir(fileURLToPath(folder))).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), "utf8");
      return { name, text, sha256: createHash("sha256").update(text).digest("hex") };
    }),
  );
}

async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    "select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding",
  );
  const { version, encoding } = rows[0];
  if (version < versionMin) throw new MigrationError("Tidegate needs PostgreSQL 15 or newer");
  if (encoding !== "UTF8") {
    throw new MigrationError(`the database's encoding is ${encoding}: create one with the encoding UTF8`);
  }
}

async function applyMissing(client: pg.Client, files: readonly Migration[]): Promise<string[]> {
  await client.query("set client_min_messages = warning; create schema if not exists tidegate");
  await client.query(
    `create table if not exists tidegate.migrations (
      name text primary key, sha256 text not null, applied_at timestamptz not null default now()
    )`,
  );
  const { rows } = await client.query<{ name: string; sha256: string }>("select name, sha256 from tidegate.migrations");
  const known = new Map(rows.map((row) => [row.name, row.sha256]));
  checkHistory(files, known);
  const missing = files.filter((file) => !known.has(file.name));
  for (const file of missing) await applyOne(client, file);
  return missing.map((file) => file.name);
}

/** What was applied is this version's own, unchanged, and nothing is to be squeezed in before it. */
function checkHistory(files: readonly Migration[], known: ReadonlyMap<string, string>): void {
  const names = new Set(files.map((file) => file.name));
  for (const name of known.keys()) {
    if (!names.has(name)) {
      throw new MigrationError(
        `the database is of a newer version (it has seen ${name}): start that version, or restore a backup from before`,
      );
    }
  }
  const newest = [...known.keys()].sort().at(-1) ?? "";
  for (const file of files) {
    const sha256 = known.get(file.name);
    if (sha256 !== undefined && sha256 !== file.sha256) {
      throw new MigrationError(`migrations/${file.name} was changed after it had been applied`);
    }
    if (sha256 === undefined && file.name < newest) {
      throw new MigrationError(`migrations/${file.name} comes before ${newest}, which was applied already`);
    }
  }
}

async function applyOne(client: pg.Client, file: Migration): Promise<void> {
  try {
    await client.query("begin");
    await client.query(file.text);
    await client.query("reset role");
    await client.query("insert into tidegate.migrations (name, sha256) values ($1, $2)", [file.name, file.sha256]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw new MigrationError(`migrations/${file.name} failed with ${said(error)}`, { cause: error });
  }
}

/** Two databases of one server may set the same role at the same time, which Postgres answers with XX000. */
async function setPassword(client: pg.Client, role: string, password: string): Promise<void> {
  const verifier = client.escapeLiteral(scramVerifier(password));
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(`alter role ${role} login password ${verifier}`);
      return;
    } catch (error) {
      if (sqlStateOf(error) !== "XX000" || attempt >= passwordAttemptsMax) {
        throw new MigrationError(`the password of ${role} could not be set`, { cause: error });
      }
    }
  }
}
