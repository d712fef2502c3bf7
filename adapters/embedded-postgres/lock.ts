import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EmbeddedPostgresError } from "./error.ts";

const sqliteBusy = 5;

/**
 * Takes the data directory for this process, because two launchers would stop each other's server.
 *
 * The lock is SQLite's own on an empty file: the kernel gives it back when its holder dies, however it dies, so there
 * is no stale lock to guess about. Children don't inherit it.
 *
 * Errors: EmbeddedPostgresError `directory_in_use` while another process holds it.
 */
export function lockDataDirectory(dataDir: string): { release(): void } {
  const path = join(dataDir, "postgres.lock");
  const database = openFile(path);
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (!isHeld(error)) {
      const said = error instanceof Error ? error.message : "unknown";
      const message = `${path} can't be written (${said}): free space on its disk, or make it writable`;
      throw new EmbeddedPostgresError("directory_not_ours", message);
    }
    throw new EmbeddedPostgresError(
      "directory_in_use",
      `another Tidegate runs on ${dataDir}: stop it, or give this one a data directory of its own`,
    );
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}

/** Deno gives SQLite's message without its code. */
function isHeld(error: unknown): boolean {
  const { errcode, message } = error as { errcode?: number; message?: string };
  return errcode === undefined ? /database is locked/.test(message ?? "") : errcode === sqliteBusy;
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path);
  } catch {
    throw new EmbeddedPostgresError("directory_not_ours", `${path} can't be opened: is the path too long for SQLite?`);
  }
}
