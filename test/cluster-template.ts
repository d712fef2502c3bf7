import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

export interface ClusterFolders {
  readonly dataDir: string;
  readonly secretsDir: string;
}

const modeOfOwner = 0o700;
const cluster = "postgres";
const password = "postgres-password";

function foldersIn(folder: string): ClusterFolders {
  return { dataDir: join(folder, "data"), secretsDir: join(folder, "secrets") };
}

/**
 * Puts a cluster as the first start makes it into new folders, by a copy of one that was made once for all files of a
 * run: a fifth of the time. Outside of such a run it does nothing, and the server makes its own.
 */
export async function copyCluster(to: ClusterFolders): Promise<void> {
  const cache = process.env["TIDEGATE_TEST_CACHE"];
  if (cache === undefined || existsSync(join(to.dataDir, cluster))) return;
  const from = foldersIn(join(cache, "cluster"));
  if (!existsSync(from.dataDir)) await makeTemplate(cache);
  for (const folder of [to.dataDir, to.secretsDir]) mkdirSync(folder, { recursive: true, mode: modeOfOwner });
  copy(join(from.secretsDir, password), join(to.secretsDir, password));
  copy(join(from.dataDir, cluster), join(to.dataDir, cluster));
}

/** Files that run at the same time may both make one; the first that is ready stays. */
async function makeTemplate(cache: string): Promise<void> {
  // Only now, because tests that Node 20 runs, which has no SQLite, import this file, too.
  const { openEmbeddedPostgres } = await import("../adapters/embedded-postgres/open.ts");
  const draft = mkdtempSync(join(cache, "draft-"));
  const server = await openEmbeddedPostgres({ ...foldersIn(draft), log: () => {} });
  await server.stop();
  try {
    renameSync(draft, join(cache, "cluster"));
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync("cp", ["-a", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the cluster can't be copied: ${stderr}`);
}
