import { accessSync, chmodSync, constants, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { findPostgresBinaries } from "./embedded-binaries.ts";
import { makeCluster, readOrMakePassword, superuser } from "./embedded-cluster.ts";
import { EmbeddedPostgresError } from "./embedded-error.ts";
import { chooseIdentity, giveTo, type Isolation } from "./embedded-identity.ts";
import { lockDataDirectory } from "./embedded-lock.ts";
import { type EmbeddedLog, type EmbeddedServer, startServer, type Tether } from "./embedded-server.ts";
import { stopStaleServer } from "./embedded-stale.ts";

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, in `postgres`; made if missing. */
  readonly dataDir: string;
  /** Holds the superuser's password, in `postgres-password`, apart from the data it opens. */
  readonly secretsDir: string;
  readonly log: EmbeddedLog;
  /** How root gives up its id; `set-uid` leaves user namespaces out. */
  readonly isolation?: Isolation;
  /** How Postgres learns that this process died; `watchdog` leaves the kernel's signal out. */
  readonly tether?: Tether;
}

export interface EmbeddedPostgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly pid: number;
  /** Settles when the server has ended, asked to or not; if not, the process should exit and be started again. */
  readonly ended: Promise<string>;
  /** Fast shutdown; after a bound the server is killed and recovers at the next start. Safe to call twice. */
  stop(): Promise<void>;
}

const privateMode = 0o700;

function openDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: privateMode });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    throw new EmbeddedPostgresError("directory_not_ours", `${path} can't be written: run Tidegate as its owner`);
  }
}

async function openServer(options: EmbeddedPostgresOptions, dataDir: string): Promise<[EmbeddedServer, string]> {
  const clusterDir = join(dataDir, "postgres");
  const binaries = findPostgresBinaries();
  const isolation = options.isolation ?? "auto";
  const identity = chooseIdentity({ dataDir, clusterDir, postgres: binaries.postgres, isolation });
  const clusterExists = existsSync(clusterDir);
  const password = readOrMakePassword(resolve(options.secretsDir), clusterExists);
  if (clusterExists) {
    await stopStaleServer(clusterDir, options.log);
    chmodSync(clusterDir, privateMode); // a copy may have come without its modes, and Postgres insists on them
    giveTo(identity, clusterDir);
  } else {
    options.log("making the database, this happens once");
    await makeCluster({ dataDir, clusterDir, binaries, identity, password });
  }
  const { log, tether = "auto" } = options;
  return [await startServer({ clusterDir, postgres: binaries.postgres, identity, tether, log }), password];
}

/**
 * Runs Tidegate's own PostgreSQL, so that one command is enough to start: makes the cluster the first time, clears away
 * what a killed run left, and returns when connections are accepted. The server ends with this process, however that
 * ends.
 *
 * Shape: the superuser's connection, by password on 127.0.0.1.
 * Errors: EmbeddedPostgresError, whose message names the next step.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  openDirectory(dataDir);
  openDirectory(resolve(options.secretsDir));
  chmodSync(options.secretsDir, privateMode);
  const lock = lockDataDirectory(dataDir);
  try {
    const [server, password] = await openServer(options, dataDir);
    const stop = async (): Promise<void> => {
      await server.stop();
      lock.release();
    };
    const { port, pid, ended } = server;
    return { host: "127.0.0.1", port, user: superuser, password, database: "postgres", pid, ended, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}
