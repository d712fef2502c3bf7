import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../ports/clock.ts";
import { isBusy } from "./errors.ts";

const applicationId = 0x54474553; // "TGES"
export const formatVersion = 3;
const formatVersionMin = 1;
const busyTimeoutMs = 5_000;
const openAttemptsMax = 50;
const openRetryMs = 100;
/** Pages of the write-ahead log after which a commit copies them into the file: 16 MiB. */
const checkpointPages = 4_096;
const walBytesMax = 32 * 1024 * 1024;

/** Times between which events may be missing, and why; events is null where nothing says how many. */
const lossesTable = `
  CREATE TABLE losses (
    cause TEXT NOT NULL,
    found_ms INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    events INTEGER
  ) STRICT;`;

/** How far the store had come when it confirmed what was forgotten last. */
const positionTable = `
  CREATE TABLE confirmed (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    position TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;`;

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
  ${lossesTable}
  ${positionTable}
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
    const version = pragma(db, "user_version") as number;
    if (version === 0 && pragma(db, "schema_version") === 0) return db.exec(schema);
    const isOurs = pragma(db, "application_id") === applicationId && pragma(db, "encoding") === "UTF-8";
    if (!isOurs || version < formatVersionMin || version > formatVersion) {
      throw new ForeignStream(path, isOurs ? version : null);
    }
    if (version === formatVersion) return;
    if (version < 2) db.exec(lossesTable);
    db.exec(positionTable);
    db.exec(`PRAGMA user_version = ${formatVersion}`);
  });
}

/** A file of SQLite's that is not this version's. */
export class ForeignStream extends Error {
  override readonly name = "ForeignStream";
  constructor(path: string, version: number | null) {
    const what = version === null ? "no Tidegate stream" : `a Tidegate stream of format ${version}`;
    super(`${path} is ${what}, and this version reads formats ${formatVersionMin} to ${formatVersion}`);
  }
}

/** Makes the stream's file, readable by its owner only, where there is none. */
export function makeFile(path: string): void {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
  }
  chmodSync(path, 0o600);
}

/**
 * Opens a connection to a stream's file, making its tables where they are missing.
 *
 * "checkpoints" is for the consumer: what it deletes may come back after a power cut, which only shows the store a
 * record that it knows, and not waiting for the disk keeps the write lock short for the appender.
 * Errors: throws what SQLite says; waits while another process is opening it.
 */
export async function openDatabase(
  path: string,
  durability: "every-commit" | "checkpoints",
  clock: Clock,
): Promise<DatabaseSync> {
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
