import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { copyCluster } from "./cluster-template.ts";

/** What `secrets/credentials.json` holds. */
export interface Credentials {
  readonly ingest_url: string;
  readonly admin_url: string;
  readonly org_id: string;
  readonly project_id: string;
  readonly write_key: string;
  readonly browser_write_key?: string;
  readonly app_id: string;
  readonly admin_token: string;
  readonly signing_secret: string;
}

export interface TidegateProcess {
  readonly folder: string;
  readonly dataDir: string;
  readonly secretsDir: string;
  readonly credentials: Credentials;
  readonly pid: number;
  /** All that was written to standard output and error since the first start. */
  output(): string;
  /** SIGKILL of the main process, awaited. */
  kill(): Promise<void>;
  /** SIGTERM, awaited; the exit code. */
  stop(): Promise<number | null>;
  /** The exit code of the current run, once it has one; null if a signal ended it. */
  ended(): Promise<number | null>;
  /** Starts again on the same folders. */
  restart(): Promise<void>;
  /** Stops and removes the folder. */
  dispose(): Promise<void>;
}

/** The tree whose server is tested: this one, or another that `TIDEGATE_TEST_TREE` names, to see a test fail on it. */
export const testedTree = process.env["TIDEGATE_TEST_TREE"] ?? fileURLToPath(new URL("..", import.meta.url));
const startMaxMs = 100_000;
const stopMaxMs = 30_000;

/**
 * Starts the whole of Tidegate as a user would, on a temporary folder and free ports, and waits until it is ready.
 * Its database's files are copied from a template, unless `firstStart` says that all of a first start is to happen.
 *
 * `ownGroup` makes it the leader of a process group, as a terminal's shell does.
 */
export async function startTidegate(
  env: Record<string, string> = {},
  options: { readonly ownGroup?: boolean; readonly firstStart?: boolean } = {},
): Promise<TidegateProcess> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-"));
  const dataDir = join(folder, "data");
  const secretsDir = join(folder, "secrets");
  const [ingestPort, adminPort] = [await freePort(), await freePort()];
  let child: ChildProcess;
  let output = "";

  async function start(): Promise<void> {
    child = spawn(process.execPath, ["--no-install", serverOf(testedTree)], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      detached: options.ownGroup ?? false,
      env: {
        ...process.env,
        TIDEGATE_DATA_DIR: dataDir,
        TIDEGATE_SECRETS_DIR: secretsDir,
        TIDEGATE_INGEST_PORT: String(ingestPort),
        TIDEGATE_INGEST_HOST: "127.0.0.1",
        TIDEGATE_ADMIN_PORT: String(adminPort),
        DATABASE_URL: "",
        ...env,
      },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
    await waitFor(
      async () => {
        if (child.exitCode !== null) throw new Error(`Tidegate ended with ${child.exitCode}:\n${output}`);
        return (
          (await answers(`http://127.0.0.1:${ingestPort}/ready`)) && answers(`http://127.0.0.1:${adminPort}/ready`)
        );
      },
      startMaxMs,
      () => `Tidegate is not ready:\n${output}`,
    );
  }

  function ended(): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  function end(signal: NodeJS.Signals): Promise<number | null> {
    const gone = ended();
    child.kill(signal);
    const hard = setTimeout(() => child.kill("SIGKILL"), stopMaxMs);
    return gone.finally(() => clearTimeout(hard));
  }

  if (!options.firstStart && !env["DATABASE_URL"]) await copyCluster({ dataDir, secretsDir });
  await start();
  return {
    folder,
    dataDir,
    secretsDir,
    get credentials() {
      return JSON.parse(readFileSync(join(secretsDir, "credentials.json"), "utf8")) as Credentials;
    },
    get pid() {
      return child.pid as number;
    },
    output: () => output,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
    ended,
    restart: start,
    async dispose() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** Polls until `condition` holds; fails with `message` when `maxMs` have passed. */
export async function waitFor(
  condition: () => Promise<boolean> | boolean,
  maxMs: number,
  message: () => string,
  everyMs = 50,
): Promise<void> {
  const endMs = Date.now() + maxMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(message());
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Below what systems give to outgoing connections, which could take a port between its choice and its use. */
const portMin = 10_240;
const portsCount = 20_000;
/** Files that run at the same time have ports apart: one may be chosen long before anything listens on it. */
const lanes = 4;
const lane = process.env["TIDEGATE_TEST_LANE"];
const [lowestPort, portsOfLane] =
  lane === undefined
    ? [portMin, portsCount]
    : [portMin + (Number(lane) % lanes) * (portsCount / lanes), portsCount / lanes];
const handedOut = new Set<number>();

/** A port nobody listens on at the moment, and that was not handed out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowestPort + randomInt(portsOfLane);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url);
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
