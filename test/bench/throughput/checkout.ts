import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onEarlyEnd } from "./leftovers.ts";

/** A tree of this repository that a server can be started from. */
export interface Checkout {
  readonly root: string;
  /** The commit's abbreviated id, with what the working tree adds said. */
  readonly commit: string;
  remove(): void;
}

const ownRoot = fileURLToPath(new URL("../../..", import.meta.url));

/** This tree, as it is. */
export function ownCheckout(): Checkout {
  const commit = git(["rev-parse", "--short", "HEAD"]);
  const changes = git(["status", "--porcelain"]);
  const words = commit === null ? "unknown" : changes === "" ? commit : `${commit} with changes`;
  return { root: ownRoot, commit: words, remove: () => undefined };
}

/**
 * Another revision in a folder of its own, with this tree's packages.
 *
 * Errors: throws where Git does not know the revision, or its kernel does not build.
 */
export function openCheckout(revision: string): Checkout {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-checkout-"));
  const isRemoved = onEarlyEnd(() => rmSync(folder, { recursive: true, force: true }));
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    isRemoved();
  };
  try {
    const root = join(folder, "tree");
    mkdirSync(root);
    const archive = join(folder, "tree.tar");
    call("git", ["-C", ownRoot, "archive", "--output", archive, revision], "Git knows no such revision");
    call("tar", ["-xf", archive, "-C", root], "the revision's files can't be unpacked");
    symlinkSync(join(ownRoot, "node_modules"), join(root, "node_modules"));
    if (!existsSync(join(root, "wasm", "kernel.wasm"))) {
      call("node", [join(root, "wasm", "build.mjs")], "the revision's kernel does not build");
    }
    return { root, commit: git(["rev-parse", "--short", revision]) ?? revision, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function git(args: readonly string[]): string | null {
  const { status, stdout } = spawnSync("git", ["-C", ownRoot, ...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

function call(command: string, args: readonly string[], fault: string): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${fault}: ${stderr ?? ""}`);
}
