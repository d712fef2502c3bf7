import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { EmbeddedPostgresError } from "./embedded-error.ts";

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
  } catch {
    database.close();
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

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path);
  } catch {
    throw new EmbeddedPostgresError("directory_not_ours", `${path} can't be opened: is the path too long for SQLite?`);
  }
}
