import { join } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import { EmbeddedPostgresError } from "../embedded-postgres/error.ts";
import { type EmbeddedPostgresOptions, openEmbeddedPostgres } from "../embedded-postgres/open.ts";
import { runningPostgres } from "../embedded-postgres/running.ts";
import type { DatabaseLogin } from "../postgres/connect/connection.ts";
import { damagedRelation, openIndexRepair, rebuildIndex } from "../postgres/connect/damaged-indexes.ts";
import { sqlStateOf } from "../postgres/failure.ts";
import { migrate, type RolePasswords } from "../postgres/migrate/migrate.ts";

export interface DatabaseServer {
  readonly logins: { readonly admin: DatabaseLogin; readonly pipeline: DatabaseLogin };
  /** Watches for damaged indexes and builds them anew, until the server is stopped. */
  repairIndexes(clock: Clock): Promise<void>;
  stop(): Promise<void>;
}

export interface DatabaseServerOptions {
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly secretsDir: string;
  readonly passwords: RolePasswords;
  readonly log: EmbeddedPostgresOptions["log"];
}

/** Brings a database to this version, the operator's or the embedded one, and tells how the application logs in. */
export async function openDatabaseServer(options: DatabaseServerOptions): Promise<DatabaseServer> {
  const { dataDir, secretsDir, passwords, log } = options;
  const embedded = options.databaseUrl === null ? await openEmbeddedPostgres({ dataDir, secretsDir, log }) : null;
  const owner: DatabaseLogin = embedded ?? loginFromUrl(options.databaseUrl as string);
  let repair: { close(): Promise<void> } | null = null;
  const stop = async () => {
    await repair?.close();
    await embedded?.stop();
  };
  try {
    await migrateRepaired(owner, passwords, log);
  } catch (error) {
    await stop();
    throw embedded === null ? error : lockedOut(error, secretsDir);
  }
  const { host, port, database, tls } = owner;
  const at = { host, port, database, ...(tls ? { tls } : {}) };
  return {
    logins: loginsOf(at, passwords),
    async repairIndexes(clock) {
      repair = await openIndexRepair({ login: owner, clock, log });
    },
    stop,
  };
}

/** Migrates; a damaged index that is in the way is built anew first. */
async function migrateRepaired(
  connection: DatabaseLogin,
  rolePasswords: RolePasswords,
  log: DatabaseServerOptions["log"],
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await migrate({ connection, rolePasswords });
      return;
    } catch (error) {
      const relation = damagedRelation((error as { cause?: unknown }).cause);
      if (relation === null || tries >= repairsMax || !(await rebuildIndex(connection, relation, log))) throw error;
    }
  }
}

/** The embedded server knows one password, the one that its data was made with. */
function lockedOut(error: unknown, secretsDir: string): unknown {
  const state = sqlStateOf((error as { cause?: unknown } | null)?.cause);
  if (state !== "28P01") return error;
  const path = join(secretsDir, "postgres-password");
  const message = `${path} does not open this data: restore the secrets directory that belongs to it`;
  return new EmbeddedPostgresError("password_missing", message);
}

/** Reaches the database beside a running Tidegate, where one runs on the same data; else brings it up. */
export async function joinDatabaseServer(options: DatabaseServerOptions): Promise<DatabaseServer> {
  try {
    return await openDatabaseServer(options);
  } catch (error) {
    const isInUse = error instanceof EmbeddedPostgresError && error.code === "directory_in_use";
    const at = isInUse ? runningPostgres(options.dataDir) : null;
    if (at === null) throw error;
    const logins = loginsOf({ ...at, database: embeddedDatabase }, options.passwords);
    return { logins, repairIndexes: async () => {}, stop: async () => {} };
  }
}

function loginsOf(at: Omit<DatabaseLogin, "user" | "password">, passwords: RolePasswords): DatabaseServer["logins"] {
  return {
    admin: { ...at, user: "tidegate_admin", password: passwords.admin },
    pipeline: { ...at, user: "tidegate_pipeline", password: passwords.pipeline },
  };
}

const repairsMax = 4;
const embeddedDatabase = "postgres";
const defaultPort = 5432;

/** Reads a postgres:// URL; `sslmode=require` encrypts, `verify-ca` and `verify-full` also check the certificate. */
function loginFromUrl(text: string): DatabaseLogin {
  const url = new URL(text);
  const mode = url.searchParams.get("sslmode") ?? "disable";
  const user = decodeURIComponent(url.username);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1") || "localhost",
    port: Number(url.port) || defaultPort,
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    user,
    password: decodeURIComponent(url.password),
    ...(["disable", "allow", "prefer"].includes(mode) ? {} : { tls: { verify: mode.startsWith("verify") } }),
  };
}
