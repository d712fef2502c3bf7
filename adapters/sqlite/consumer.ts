import type { DatabaseSync } from "node:sqlite";
import { assert } from "../../domain/model/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventStream, StreamEntry } from "../../ports/event-stream.ts";
import { transact } from "./database.ts";
import { isBusy, isDamage } from "./errors.ts";

const pollFirstMs = 2;
const pollMaxMs = 20;
/** Bounds of one deleting transaction: how long it may hold the appender's lock. */
const deleteRecordsMax = 64;
const deleteBytesMax = 1024 * 1024;
/** Free pages (16 MiB) beyond which the file gives some back with each read, and how many at a time. */
const freePagesMax = 4_096;
const vacuumPages = 512;

interface Head {
  readonly seq: number;
  readonly bytes: number;
}

/** Owner and source are null where the row names a source that is not there: its number is damaged. */
interface EntryRow {
  readonly id: string;
  readonly orgId: string | null;
  readonly sourceId: string | null;
  readonly accepted: number;
  readonly bytes: Uint8Array;
}

export interface Consumer extends Pick<EventStream, "read" | "acknowledge" | "release"> {
  /** Wakes readers that wait: this process has appended. */
  wake(): void;
  close(): void;
}

type Token = Pick<StreamEntry, "token">;

function seqOf(entry: Token): number {
  const seq = Number(entry.token);
  assert(Number.isSafeInteger(seq) && seq > 0, "a stream entry's token is not this stream's own");
  return seq;
}

/** The longest beginning of `heads` that keeps to `bytesMax`; one at least, else a large record would never be read. */
function fitting(heads: readonly Head[], bytesMax: number): readonly Head[] {
  let bytes = 0;
  for (const [index, head] of heads.entries()) {
    bytes += head.bytes;
    if (bytes > bytesMax && index > 0) return heads.slice(0, index);
  }
  return heads;
}

interface Confirmed {
  readonly position: string;
  readonly atMs: number;
}

type Forget = (seqs: readonly number[], confirmed: Confirmed | null) => void;

/** Makes the deletion of records in short transactions, each with the position that the store confirmed them at. */
function createForget(db: DatabaseSync): Forget {
  const deleteRecord = db.prepare("DELETE FROM records WHERE seq = ? RETURNING bytes");
  const keepPosition = db.prepare(
    `INSERT INTO confirmed (one, position, at_ms) VALUES (1, ?, ?)
     ON CONFLICT (one) DO UPDATE SET position = excluded.position, at_ms = excluded.at_ms`,
  );
  const subtractBacklog = db.prepare("UPDATE backlog SET records = records - ?, bytes = bytes - ?");

  function forgetSome(seqs: readonly number[]): number {
    let done = 0;
    let records = 0;
    let bytes = 0;
    while (done < seqs.length && done < deleteRecordsMax && bytes < deleteBytesMax) {
      const deleted = deleteRecord.get(seqs[done] as number) as { bytes: number } | undefined | null;
      done += 1;
      if (!deleted) continue;
      records += 1;
      bytes += deleted.bytes;
    }
    if (records > 0) subtractBacklog.run(records, bytes);
    return done;
  }

  return function forget(seqs, confirmed) {
    let at = 0;
    do {
      const rest = seqs.slice(at, at + deleteRecordsMax);
      at += transact(db, () => {
        if (confirmed) keepPosition.run(confirmed.position, confirmed.atMs);
        return forgetSome(rest);
      });
    } while (at < seqs.length);
  };
}

/**
 * Makes one step of giving free pages back to the file system; it does nothing while there are few.
 *
 * The pragma frees one page for each row that is asked for, and `exec` asks for one row only on Deno: hence `all`.
 */
function createShrink(db: DatabaseSync): () => void {
  const countFree = db.prepare("PRAGMA freelist_count");
  const vacuum = db.prepare(`PRAGMA incremental_vacuum(${vacuumPages})`);
  return function shrink() {
    const free = (countFree.get() as { freelist_count: number }).freelist_count;
    if (free > freePagesMax) vacuum.all();
  };
}

/**
 * Makes the reading side for one consumer, which may be in another process than the appender.
 *
 * Where it stands is kept in memory: what it was given and did not acknowledge is given again after a restart. An
 * acknowledgement that the file refuses (disk full, locked) is kept and tried again with the next call.
 */
export function createConsumer(db: DatabaseSync, clock: Clock, foundDamage: () => void): Consumer {
  const heads = db.prepare("SELECT seq, bytes FROM records WHERE seq > ? ORDER BY seq LIMIT ?");
  const headAt = db.prepare("SELECT seq, bytes FROM records WHERE seq = ?");
  const entryAt = db.prepare(
    `SELECT id, org_id AS orgId, source_id AS sourceId, events AS accepted, payload AS bytes
     FROM records LEFT JOIN sources ON key = source WHERE seq = ?`,
  );
  const forget = createForget(db);
  const shrink = createShrink(db);
  const returned = new Set<number>();
  const owed = new Set<number>();
  let confirmed: Confirmed | null = null;
  let lastSeq = 0;
  let closed = false;
  let sleeping = new AbortController();

  function forgetOwed(): void {
    if (owed.size === 0 && confirmed === null) return;
    try {
      forget([...owed], confirmed);
      owed.clear();
      confirmed = null;
    } catch (error) {
      // The records stay, and so does the debt: the next call tries again.
      if (isDamage(error)) foundDamage();
    }
  }

  function nextHeads(recordsMax: number): Head[] {
    const again: Head[] = [];
    for (const seq of [...returned].sort((a, b) => a - b)) {
      if (again.length === recordsMax) return again;
      const head = headAt.get(seq) as Head | undefined | null;
      if (head) again.push(head);
      else returned.delete(seq);
    }
    return again.concat(heads.all(lastSeq, recordsMax - again.length) as unknown as Head[]);
  }

  function take(recordsMax: number, bytesMax: number): StreamEntry[] {
    const entries: StreamEntry[] = [];
    for (const { seq } of fitting(nextHeads(recordsMax), bytesMax)) {
      const row = entryAt.get(seq) as EntryRow | undefined | null;
      returned.delete(seq);
      lastSeq = Math.max(lastSeq, seq);
      if (row) entries.push({ ...row, orgId: row.orgId ?? "", sourceId: row.sourceId ?? "", token: String(seq) });
    }
    return entries;
  }

  function takeUnlessBusy(recordsMax: number, bytesMax: number): StreamEntry[] {
    try {
      return take(recordsMax, bytesMax);
    } catch (error) {
      if (isBusy(error)) return [];
      throw error;
    }
  }

  /** Work that may fail and is tried again with the next read. */
  function tidy(): void {
    if (closed) return;
    forgetOwed();
    try {
      shrink();
    } catch (error) {
      // A file that is full or locked now keeps its free pages for a while longer.
      if (isDamage(error)) foundDamage();
    }
  }

  async function read(bounds: Parameters<EventStream["read"]>[0]): Promise<StreamEntry[]> {
    tidy();
    let pollMs = pollFirstMs;
    for (let waitedMs = 0; !closed; waitedMs += pollMs, pollMs = Math.min(pollMaxMs, pollMs * 2)) {
      const entries = takeUnlessBusy(bounds.recordsMax, bounds.bytesMax);
      if (entries.length > 0 || waitedMs >= bounds.waitMs) return entries;
      pollMs = Math.min(pollMs, bounds.waitMs - waitedMs);
      await clock.sleep(pollMs, sleeping.signal);
    }
    return [];
  }

  async function acknowledge(entries: readonly StreamEntry[], position?: string): Promise<void> {
    if (position !== undefined) confirmed = { position, atMs: clock.nowMs() };
    for (const entry of entries) {
      const seq = seqOf(entry);
      returned.delete(seq);
      owed.add(seq);
    }
    if (!closed) forgetOwed();
  }

  async function release(entries: readonly Token[]): Promise<void> {
    for (const entry of entries) {
      const seq = seqOf(entry);
      if (!owed.has(seq)) returned.add(seq);
    }
    wake();
  }

  function wake(): void {
    sleeping.abort();
    sleeping = new AbortController();
  }

  function close(): void {
    forgetOwed();
    closed = true;
    wake();
  }

  return { read, acknowledge, release, wake, close };
}
