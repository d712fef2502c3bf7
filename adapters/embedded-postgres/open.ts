import { accessSync, chmodSync, constants, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { findPostgresBinaries } from "./binaries.ts";
import { makeCluster, readOrMakePassword, superuser } from "./cluster.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { chooseIdentity, giveTo, type Isolation } from "./identity.ts";
import { type KeptServer, keepRunning } from "./keeper.ts";
import { lockDataDirectory } from "./lock.ts";
import { type EmbeddedLog, startServer, type Tether } from "./server.ts";
import { stopStaleServer } from "./stale.ts";

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
  /** Changes when the server ended unasked and was started again. */
  readonly pid: number;
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

interface OpenedServer {
  readonly port: number;
  readonly password: string;
  readonly kept: KeptServer;
}

async function openServer(options: EmbeddedPostgresOptions, dataDir: string): Promise<OpenedServer> {
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
  const start = (port?: number) => {
    const where = port === undefined ? {} : { port };
    return startServer({ clusterDir, postgres: binaries.postgres, identity, tether, log, ...where });
  };
  const first = await start();
  const { port } = first;
  const kept = keepRunning(first, () => stopStaleServer(clusterDir, log).then(() => start(port)), log);
  return { port, password, kept };
}

/**
 * Runs Tidegate's own PostgreSQL, so that one command is enough to start: makes the cluster the first time, clears away
 * what a killed run left, and returns when connections are accepted. A server that ends unasked is started again; it
 * ends with this process, however that ends.
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
    const { port, password, kept } = await openServer(options, dataDir);
    const login = { host: "127.0.0.1", port, user: superuser, password, database: "postgres" };
    return {
      ...login,
      get pid() {
        return kept.pid();
      },
      async stop() {
        await kept.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
