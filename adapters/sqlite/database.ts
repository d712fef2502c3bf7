import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../ports/clock.ts";

const applicationId = 0x54474553; // "TGES"
const formatVersion = 1;
const busyTimeoutMs = 5_000;
const openAttemptsMax = 50;
const openRetryMs = 100;
/** Pages of the write-ahead log after which a commit copies them into the file: 16 MiB. */
const checkpointPages = 4_096;
const walBytesMax = 32 * 1024 * 1024;

/**
 * `seq` is AUTOINCREMENT because a reader remembers the last one it was given: a number must never come twice, and
 * without the keyword SQLite starts again at 1 when the table runs empty. The payload stands last, so that counting
 * and listing don't read its overflow pages.
 */
const schema = `
  CREATE TABLE sources (
    key INTEGER PRIMARY KEY,
    org_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (org_id, source_id)
  ) STRICT;
  CREATE TABLE backlog (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    records INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  INSERT INTO backlog VALUES (1, 0, 0);
  CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    source INTEGER NOT NULL REFERENCES sources (key),
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    appended_ms INTEGER NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
  CREATE INDEX records_by_source ON records (source, events);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`;

const sqliteBusy = 5;
const sqliteLocked = 6;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;
const codeBits = 0xff;

/** True if another connection held the file for longer than we wait. */
export function isBusy(error: unknown): boolean {
  return [sqliteBusy, sqliteLocked].includes(codeOf(error));
}

/** SQLite's code without its extension; 0 if the error is not SQLite's. */
function codeOf(error: unknown): number {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & codeBits : 0;
}

/** A stream's file that SQLite can't read: it may hold the only copy of what was answered. */
export class DamagedStream extends Error {
  override readonly name = "DamagedStream";
  constructor(path: string) {
    super(
      `${path} is damaged, and may hold events that were taken and are not stored yet: restore it from a backup, or ` +
        "move it away, with its -wal and -shm, to start without them",
    );
  }
}

/** Why a stream's file can't be used, with its path, and what to do where it is damaged. */
export function fileFault(path: string, error: unknown): Error {
  if ([sqliteCorrupt, sqliteNotADatabase].includes(codeOf(error))) return new DamagedStream(path);
  const message = error instanceof Error ? error.message : "unknown";
  return message.includes(path) ? new Error(message) : new Error(`${path} can't be used: ${message}`);
}

/** Runs `work` under the write lock: all of it or nothing. */
export function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const value = work();
    db.exec("COMMIT");
    return value;
  } catch (error) {
    try {
      db.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
    throw error;
  }
}

function pragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() as Record<string, unknown>)[0];
}

function configure(db: DatabaseSync, durability: "every-commit" | "checkpoints"): void {
  db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
  // Before the WAL: switching to it writes the header, which fixes the kind of vacuum for good.
  db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  db.exec("PRAGMA journal_mode = WAL");
  db.exec(`PRAGMA synchronous = ${durability === "every-commit" ? "FULL" : "NORMAL"}`);
  db.exec("PRAGMA secure_delete = ON");
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
  db.exec(`PRAGMA journal_size_limit = ${walBytesMax}`);
  if (pragma(db, "journal_mode") !== "wal") throw new Error("the stream's file system does not support SQLite's WAL");
}

function createSchema(db: DatabaseSync, path: string): void {
  transact(db, () => {
    const version = pragma(db, "user_version");
    if (version === 0 && pragma(db, "schema_version") === 0) db.exec(schema);
    else if (version !== formatVersion || pragma(db, "application_id") !== applicationId) {
      throw new Error(`${path} is not a Tidegate stream of format ${formatVersion}`);
    }
  });
}

/**
 * Opens a connection to a stream's file, making the file and its tables where they are missing.
 *
 * "checkpoints" is for the consumer: what it deletes may come back after a power cut, which only shows the store a
 * record that it knows, and not waiting for the disk keeps the write lock short for the appender.
 * Errors: throws, with the path and what to do, if the file can't be opened or is no stream; waits while another
 * process is opening it.
 */
export async function openDatabase(
  path: string,
  durability: "every-commit" | "checkpoints",
  clock: Clock,
): Promise<DatabaseSync> {
  try {
    if (!existsSync(path)) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      closeSync(openSync(path, "a", 0o600));
    }
    chmodSync(path, 0o600);
    return await openReady(path, durability, clock);
  } catch (error) {
    throw fileFault(path, error);
  }
}

async function openReady(path: string, durability: "every-commit" | "checkpoints", clock: Clock) {
  for (let attempt = 1; ; attempt += 1) {
    const db = new DatabaseSync(path);
    try {
      configure(db, durability);
      createSchema(db, path);
      return db;
    } catch (error) {
      db.close();
      if (!isBusy(error) || attempt === openAttemptsMax) throw error;
      await clock.sleep(openRetryMs);
    }
  }
}
