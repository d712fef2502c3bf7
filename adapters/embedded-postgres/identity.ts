import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { EmbeddedPostgresError } from "./error.ts";

export type Isolation = "auto" | "set-uid";

/** As whom Postgres runs: what stands before its command line, and who must own its files. */
export interface Identity {
  readonly prefix: readonly string[];
  /** Undefined where files made by this process already belong to the right user. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

const nobodyId = 65_534;
const probeMsMax = 5_000;

export function commandWorks(command: readonly string[]): boolean {
  const [file = "", ...args] = command;
  return spawnSync(file, args, { stdio: "ignore", timeout: probeMsMax }).status === 0;
}

function chownTree(path: string, uid: number, gid: number): void {
  const stat = lstatSync(path);
  if (stat.uid !== uid || stat.gid !== gid) chownSync(path, uid, gid);
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(path)) chownTree(join(path, name), uid, gid);
}

/** Gives a path to the identity's user, with all that is in it. */
export function giveTo(identity: Identity, path: string): void {
  if (identity.owner) chownTree(path, identity.owner.uid, identity.owner.gid);
}

function ownerOf(path: string): { uid: number; gid: number } | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/**
 * Chooses as whom to run Postgres, which refuses user id 0.
 *
 * An ordinary user runs it as is. For root a user namespace is best: Postgres sees another id, the files stay root's
 * and nothing needs to be readable by others. Where the kernel or a container forbids that, or where the cluster
 * already belongs to another user, root changes to that user's id, else to nobody's.
 *
 * Errors: EmbeddedPostgresError `directory_not_ours`, `no_unprivileged_user`.
 */
export function chooseIdentity(input: {
  dataDir: string;
  clusterDir: string;
  postgres: string;
  isolation: Isolation;
}): Identity {
  const ownUid = process.getuid?.() ?? 0;
  const owner = ownerOf(input.clusterDir);
  if (ownUid !== 0) {
    if (owner === undefined || owner.uid === ownUid) return { prefix: [], owner: undefined };
    throw new EmbeddedPostgresError(
      "directory_not_ours",
      `${input.clusterDir} belongs to user id ${owner.uid}, this process runs as ${ownUid}: run Tidegate as its ` +
        "owner, or give it the directory with chown",
    );
  }
  const namespace = ["unshare", "--user", `--map-user=${nobodyId}`, `--map-group=${nobodyId}`, "--"];
  const mayMap = input.isolation === "auto" && (owner === undefined || owner.uid === 0);
  if (mayMap && commandWorks([...namespace, input.postgres, "--version"]))
    return { prefix: namespace, owner: undefined };

  const user = owner !== undefined && owner.uid !== 0 ? owner : { uid: nobodyId, gid: nobodyId };
  const prefix = ["setpriv", `--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--"];
  letPass(input.dataDir, user.gid);
  if (
    commandWorks([...prefix, "test", "-x", input.dataDir]) &&
    commandWorks([...prefix, input.postgres, "--version"])
  ) {
    return { prefix, owner: { uid: user.uid, gid: user.gid } };
  }
  throw new EmbeddedPostgresError(
    "no_unprivileged_user",
    `Postgres refuses to run as root, and user id ${user.uid} can't reach ${input.dataDir} or ${input.postgres}: ` +
      "run Tidegate as an ordinary user, move both below a directory that others may enter, or set DATABASE_URL",
  );
}

// Postgres' user may walk through the data directory to its own, not list or read it.
function letPass(dataDir: string, gid: number): void {
  const stat = statSync(dataDir);
  if ((stat.mode & 0o001) !== 0) return;
  chownSync(dataDir, stat.uid, gid);
  chmodSync(dataDir, (stat.mode & 0o7777) | 0o010);
}
