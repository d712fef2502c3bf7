import { copyFileSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../ports/clock.ts";
import type { StreamLoss } from "../../ports/event-stream.ts";
import { type CarvedRecord, carveRecords } from "./carve.ts";
import { ForeignStream, formatVersion, makeFile, openDatabase, transact } from "./database.ts";
import { FoundDamage, isOfSurroundings } from "./errors.ts";
import { addLoss, type KeptBeside, readKeptBeside } from "./losses.ts";
import { type Mark, type Marks, openMarks } from "./marks.ts";
import { readWriteAheadLog } from "./write-ahead-log.ts";

/** What a repair did, for whoever tells it. */
export interface StreamRepair extends StreamLoss {
  readonly records: number;
  readonly events: number;
  /** Records of which only the label is left: they are set aside like any damaged one. */
  readonly damagedRecords: number;
  /** Where the damaged files are kept, for whoever wants to look. */
  readonly keptAt: string;
}

const pageBytes = 4_096;

/**
 * Makes sure, alone with the files, that they hold what was answered: SQLite's structures are sound, no frame of the
 * log was left out, and no source stands behind its mark. Where that is not so, the stream is built anew of the
 * records that can be found in the files, which are kept under another name.
 *
 * Shape: what was done; null where all was well. Errors: what SQLite says if the file can't be used at all, or if there
 * is nothing in it to build a stream of.
 */
export async function checkStream(path: string, clock: Clock): Promise<StreamRepair | null> {
  const marks = openMarks(path, formatVersion);
  try {
    const known = marks.read();
    const log = `${path}-wal`;
    if (known.format !== null && known.format > formatVersion) throw new ForeignStream(path, known.format);
    const isInterrupted = existsSync(pendingPath(path));
    const isSuspect = existsSync(log) && !readWriteAheadLog(readFileSync(log), pageBytes).isSound;
    const isKept = isSuspect && !isInterrupted && keepCopies(path);
    const mayOpen = !isInterrupted && (!isSuspect || isKept);
    const fault = mayOpen ? await faultOf(path, known, clock) : new FoundDamage("it was found damaged before");
    if (fault === null) {
      removeFiles(pendingPath(path));
      return null;
    }
    if (isOfSurroundings(fault)) throw fault;
    return await rebuild(path, known, fault, clock);
  } finally {
    marks.close();
  }
}

/** Under this name damaged files lie until the stream is built anew; then under `.damaged`. */
function pendingPath(path: string): string {
  return `${path}.damaged-now`;
}

function removeFiles(path: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
}

/** Copies the files before SQLite opens them: it may overwrite what it takes for nothing. */
function keepCopies(path: string): boolean {
  try {
    for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${pendingPath(path)}${end}`);
    return true;
  } catch {
    removeFiles(pendingPath(path));
    return false; // no room: then they are read without asking SQLite first
  }
}

/** Opens the file as it is, checks it and sets its counters right. Shape: what is wrong with it, or null. */
async function faultOf(path: string, marks: Marks, clock: Clock): Promise<unknown> {
  let db: DatabaseSync | null = null;
  try {
    makeFile(path);
    db = await openDatabase(path, "every-commit", clock);
    checkStructure(db);
    checkMarks(db, marks);
    recount(db);
    return null;
  } catch (error) {
    return error;
  } finally {
    db?.close();
  }
}

function checkStructure(db: DatabaseSync): void {
  const [found] = db.prepare("PRAGMA integrity_check(1)").all() as { integrity_check: string }[];
  if (found?.integrity_check !== "ok") throw new FoundDamage("the file's structure is damaged");
}

function checkMarks(db: DatabaseSync, marks: Marks): void {
  const accepted = db.prepare("SELECT accepted FROM sources WHERE org_id = ? AND source_id = ?");
  for (const mark of marks.sources.values()) {
    const row = accepted.get(mark.orgId, mark.sourceId) as { accepted: number } | undefined | null;
    if ((row?.accepted ?? 0) < mark.accepted) throw new FoundDamage("the file stands behind what was answered");
  }
  const last = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'records'").get() as
    | { seq: number }
    | undefined;
  if ((last?.seq ?? 0) < marks.lastSeq) throw new FoundDamage("the file stands behind what was answered");
}

/** The backlog's sums bound what is taken, so that a damaged one might refuse everybody for good. */
function recount(db: DatabaseSync): void {
  db.exec(`UPDATE backlog SET (records, bytes) =
    (SELECT count(*), coalesce(sum(length(payload)), 0) FROM records)
    WHERE (records, bytes) != (SELECT count(*), coalesce(sum(length(payload)), 0) FROM records)`);
  db.exec("UPDATE records SET bytes = length(payload) WHERE bytes != length(payload)");
}

async function rebuild(path: string, marks: Marks, fault: unknown, clock: Clock): Promise<StreamRepair> {
  const pending = pendingPath(path);
  const found = new Map<string, CarvedRecord>();
  for (const from of [path, pending]) {
    for (const carved of carveRecords(from)) {
      if ((found.get(carved.id)?.receivedAtMs ?? null) === null) found.set(carved.id, carved);
    }
  }
  const carved = [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (carved.length === 0 && marks.sources.size === 0) throw fault;
  const kept = readKeptBeside([path, pending]);
  const repair = repairOf(path, carved, marks, kept, clock.nowMs());
  const draft = `${path}.rebuilt`;
  removeFiles(draft);
  makeFile(draft);
  const db = await openDatabase(draft, "every-commit", clock);
  try {
    transact(db, () => fill(db, carved, marks, kept, repair));
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
  if (!existsSync(pending) && existsSync(path)) for (const end of ["", "-wal"]) moveFile(path, pending, end);
  removeFiles(path);
  renameSync(draft, path);
  removeFiles(draft);
  removeFiles(repair.keptAt);
  for (const end of ["", "-wal"]) moveFile(pending, repair.keptAt, end);
  return repair;
}

function moveFile(from: string, to: string, end: string): void {
  if (existsSync(`${from}${end}`)) renameSync(`${from}${end}`, `${to}${end}`);
}

function repairOf(
  path: string,
  carved: readonly CarvedRecord[],
  marks: Marks,
  kept: KeptBeside | null,
  nowMs: number,
): StreamRepair {
  const sound = carved.filter((record) => record.receivedAtMs !== null);
  const times = sound.map((record) => record.receivedAtMs as number);
  const oldest = [marks.oldestMs, ...times].filter((ms) => ms > 0);
  const newest = [marks.lastMs, ...times];
  return {
    cause: "stream_damaged",
    foundMs: nowMs,
    // Where earlier losses can't be read, they are part of this one: since when is not known then.
    fromMs: kept && oldest.length > 0 ? oldest.reduce((a, b) => Math.min(a, b)) : 0,
    toMs: newest.reduce((a, b) => Math.max(a, b), 0) || nowMs,
    records: sound.length,
    events: sound.reduce((sum, record) => sum + record.accepted, 0),
    damagedRecords: carved.length - sound.length,
    keptAt: `${path}.damaged`,
  };
}

/** Sources keep their keys and what was accepted for them; records come in their order, under numbers never given. */
function fill(
  db: DatabaseSync,
  carved: readonly CarvedRecord[],
  marks: Marks,
  kept: KeptBeside | null,
  repair: StreamRepair,
): void {
  const keys = new Map<string, number>();
  const addSource = db.prepare("INSERT INTO sources (key, org_id, source_id, accepted) VALUES (?, ?, ?, ?)");
  const nameOf = (of: Pick<Mark, "orgId" | "sourceId">) => `${of.orgId}/${of.sourceId}`;
  for (const [key, mark] of marks.sources) {
    if (keys.has(nameOf(mark))) continue;
    addSource.run(key, mark.orgId, mark.sourceId, mark.accepted);
    keys.set(nameOf(mark), key);
  }
  const unmarked = new Map<string, number>();
  for (const record of carved) {
    if (keys.has(nameOf(record)) && !unmarked.has(nameOf(record))) continue;
    if (!keys.has(nameOf(record))) {
      const { lastInsertRowid } = addSource.run(null, record.orgId, record.sourceId, 0);
      keys.set(nameOf(record), Number(lastInsertRowid));
    }
    unmarked.set(nameOf(record), (unmarked.get(nameOf(record)) ?? 0) + record.accepted);
  }
  const setAccepted = db.prepare("UPDATE sources SET accepted = ? WHERE key = ?");
  for (const [name, accepted] of unmarked) setAccepted.run(accepted, keys.get(name) as number);
  db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('records', ?)").run(marks.lastSeq);
  const addRecord = db.prepare(
    "INSERT INTO records (id, source, events, bytes, appended_ms, payload) VALUES (?, ?, ?, ?, ?, ?)",
  );
  for (const record of carved) {
    const key = keys.get(nameOf(record)) as number;
    const { id, accepted, bytes } = record;
    addRecord.run(id, key, accepted, bytes.length, record.receivedAtMs ?? repair.foundMs, bytes);
  }
  recount(db);
  for (const loss of kept?.losses ?? []) addLoss(db, loss);
  addLoss(db, repair);
  if (kept?.confirmed) {
    const { position, atMs } = kept.confirmed;
    db.prepare("INSERT INTO confirmed (one, position, at_ms) VALUES (1, ?, ?)").run(position, atMs);
  }
}
