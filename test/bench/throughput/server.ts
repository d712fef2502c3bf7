import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import pg from "pg";
import { freePort, waitFor } from "../../tidegate-process.ts";
import { onEarlyEnd, removeFolderLater } from "./leftovers.ts";

/** The part of `secrets/credentials.json` that is used here. */
export interface ServerCredentials {
  readonly ingest_url: string;
  readonly admin_url: string;
  readonly org_id: string;
  readonly project_id: string;
  readonly write_key: string;
  readonly app_id: string;
  readonly admin_token: string;
  readonly signing_secret: string;
}

/** The whole of Tidegate on a folder of its own, from this checkout or from another. */
export interface Server {
  readonly folder: string;
  readonly dataDir: string;
  readonly secretsDir: string;
  readonly ingestPort: number;
  readonly credentials: ServerCredentials;
  /** Of the main process; undefined while it does not run. */
  pid(): number | undefined;
  postmasterPid(): number;
  /** Works on its Postgres as the superuser. */
  query<T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** Calls the admin listener as the owner. Errors: throws unless the answer is a success. */
  admin<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Records in the stream that are not stored yet. */
  backlogRecords(): Promise<number>;
  /** SIGKILL of the main process; what belongs to it ends by itself. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Starts again on the same folder; `args` are those of the command line. */
  start(args?: readonly string[]): Promise<void>;
  remove(): Promise<void>;
}

const startMsMax = 60_000;
const stopMsMax = 30_000;

export async function startServer(options: {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-bench-"));
  const [dataDir, secretsDir] = [join(folder, "data"), join(folder, "secrets")];
  const [ingestPort, adminPort] = [await freePort(), await freePort()];
  let child: ChildProcess | null = null;
  let output = "";
  let connected: Promise<pg.Client> | null = null;
  const isRemoved = onEarlyEnd(() => {
    child?.kill("SIGKILL");
    removeFolderLater(folder);
  });

  async function start(args: readonly string[] = []): Promise<void> {
    const started = spawn(process.execPath, ["--no-install", serverOf(options.root), ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        TIDEGATE_DATA_DIR: dataDir,
        TIDEGATE_SECRETS_DIR: secretsDir,
        TIDEGATE_INGEST_PORT: String(ingestPort),
        TIDEGATE_INGEST_HOST: "127.0.0.1",
        TIDEGATE_ADMIN_PORT: String(adminPort),
        DATABASE_URL: "",
        ...options.env,
      },
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
    const isReady = async () => {
      if (started.exitCode !== null) throw new Error(`the server ended with ${started.exitCode}:\n${output}`);
      return (await answers(ingestPort)) && (await answers(adminPort));
    };
    await waitFor(isReady, startMsMax, () => `the server is not ready:\n${output}`);
  }

  /** One connection for as long as the server runs: to log in again and again would cost more than what is asked. */
  async function connect(): Promise<pg.Client> {
    const client = new pg.Client(superuserOf(secretsDir, Number(pidFile()[3])));
    client.on("error", () => (connected = null));
    await client.connect();
    return client;
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = null;
    const asking = connected;
    connected = null;
    if (asking !== null) await asking.then((client) => client.end()).catch(() => undefined);
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => ending.once("exit", () => resolve()));
    ending.kill(signal);
    const hard = setTimeout(() => ending.kill("SIGKILL"), stopMsMax);
    await gone.finally(() => clearTimeout(hard));
  }

  const credentials = () => JSON.parse(readFileSync(join(secretsDir, "credentials.json"), "utf8")) as ServerCredentials;
  const pidFile = () => readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8").split("\n");
  await start().catch((error: unknown) => {
    child?.kill("SIGKILL");
    throw error;
  });
  return {
    ...{ folder, dataDir, secretsDir, ingestPort, start },
    get credentials() {
      return credentials();
    },
    pid: () => child?.pid,
    postmasterPid: () => Number(pidFile()[0]),
    async query<T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) {
      connected ??= connect();
      return (await (await connected).query<T>(text, [...values])).rows;
    },
    admin: (method, path, body) => callAdmin(credentials(), method, path, body),
    async backlogRecords() {
      const health = await fetch(`http://127.0.0.1:${ingestPort}/health`);
      return ((await health.json()) as { backlog_records: number }).backlog_records;
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    async remove() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      isRemoved();
    },
  };
}

/** How to reach the Postgres of a data folder as its superuser. */
export function superuserOf(secretsDir: string, port: number): pg.ClientConfig {
  const password = readFileSync(join(secretsDir, "postgres-password"), "utf8").trim();
  return { host: "127.0.0.1", port, user: "postgres", password, database: "postgres" };
}

/** One statement on a connection of its own. */
export async function queryAs<T extends pg.QueryResultRow>(
  login: pg.ClientConfig,
  text: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client(login);
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(text, [...values])).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function callAdmin<T>(keys: ServerCredentials, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${keys.admin_url}${path}`, {
    method,
    headers: { authorization: `Bearer ${keys.admin_token}`, "content-type": "application/json", connection: "close" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

async function answers(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`);
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** The program that serves; trees of before have it under another name. */
function serverOf(tree: string): string {
  const path = join(tree, "adapters/serve.ts");
  return existsSync(path) ? path : join(tree, "adapters/main.ts");
}
