import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { PostgresBinaries } from "./binaries.ts";
import { postgresEnvironment } from "./environment.ts";
import { EmbeddedPostgresError } from "./error.ts";
import { giveTo, type Identity } from "./identity.ts";

const passwordBytes = 32;
const initMsMax = 120_000;
const errorCharsMax = 2_000;
const draftPrefix = "postgres.init-";

export const superuser = "postgres";

// initdb opens its password file by name. The shell's pipe is one that Postgres' user may open so, ours is not. The
// shell then waits for either of two ends: initdb's, or ours, which it sees as the end of its input.
const initScript = `
IFS= read -r password
exec 3<&0
printf '%s\\n' "$password" | "$@" &
init=$!
(read -r line <&3; kill "$init") 2>/dev/null &
watcher=$!
wait "$init"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
`;

function syncDirectory(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads the superuser's password, or makes one as long as there is no cluster that knows another.
 *
 * It is durable before the cluster is made with it, so that no crash leaves a cluster that nobody can enter.
 *
 * Errors: EmbeddedPostgresError `password_missing`.
 */
export function readOrMakePassword(secretsDir: string, clusterExists: boolean): string {
  const path = join(secretsDir, "postgres-password");
  const known = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (known !== "") return known;
  if (clusterExists) {
    throw new EmbeddedPostgresError(
      "password_missing",
      `${path} is missing or empty, yet the data was made with it: restore the secrets directory that belongs to ` +
        "this data",
    );
  }
  const password = randomBytes(passwordBytes).toString("base64url");
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${password}\n`, { mode: 0o600, flag: "wx", flush: true });
  renameSync(draft, path);
  syncDirectory(secretsDir);
  return password;
}

function removeDrafts(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (!name.startsWith(draftPrefix)) continue;
    try {
      rmSync(join(dataDir, name), { recursive: true, force: true });
    } catch {
      // still written to; the next call finds it at rest
    }
  }
}

/**
 * Makes the cluster's directory. It is made under another name and renamed when complete, so that a killed first start
 * leaves nothing that looks like a cluster; remains of such a start are removed.
 *
 * Errors: EmbeddedPostgresError `initialisation_failed`.
 */
export async function makeCluster(input: {
  dataDir: string;
  clusterDir: string;
  binaries: PostgresBinaries;
  identity: Identity;
  password: string;
}): Promise<void> {
  removeDrafts(input.dataDir);
  const draft = join(input.dataDir, `${draftPrefix}${randomBytes(6).toString("hex")}`);
  mkdirSync(draft, { mode: 0o700 });
  giveTo(input.identity, draft);
  const args = [
    `--pgdata=${draft}`,
    `--username=${superuser}`,
    "--pwfile=/dev/stdin",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
  ];
  const command = [...input.identity.prefix, "sh", "-c", initScript, "sh", input.binaries.initdb, ...args];
  const failure = await run(command, `${input.password}\n`);
  if (failure !== undefined) {
    rmSync(draft, { recursive: true, force: true });
    throw new EmbeddedPostgresError("initialisation_failed", `initdb failed in ${input.dataDir}: ${failure}`);
  }
  renameSync(draft, input.clusterDir);
  removeDrafts(input.dataDir); // again: an initdb that had lost its parent may have written until now
  syncDirectory(input.dataDir);
}

function run(command: readonly string[], input: string): Promise<string | undefined> {
  const [file = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: "/",
      env: postgresEnvironment(),
      stdio: ["pipe", "ignore", "pipe"],
      timeout: initMsMax,
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-errorCharsMax);
    });
    child.once("error", (error) => resolve(error.message));
    child.once("exit", () => child.stdin.destroy());
    child.once("close", (code) => resolve(code === 0 ? undefined : errors.trim() || `exit ${code}`));
    child.stdin.on("error", () => {}); // it ended before it read; its exit says why
    child.stdin.write(input); // and not ended, see initScript
  });
}
