import type { DatabaseSync } from "node:sqlite";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { StreamRecord, StreamRefusal } from "../../ports/event-stream.ts";
import { transact } from "./database.ts";
import { isDamage, isDiskFull } from "./errors.ts";
import type { Mark, MarksFile } from "./marks.ts";

/** Bounds of one transaction. */
const groupRecordsMax = 1_024;
const groupBytesMax = 16 * 1024 * 1024;
const fullRetryMs = 1_000;
/** How long a refused append stands for those that would come; twice as long if one is refused soon after. */
const failingFirstMs = 5_000;
const failingMaxMs = 60_000;
/** A full backlog is ready again once this part of it is free, and what it refused fits. */
const freePartMin = 0.05;

interface Waiting {
  readonly record: StreamRecord;
  readonly settle: (result: Result<void>) => void;
}

export interface Appender {
  append(record: StreamRecord): Promise<Result<void>>;
  /** Why the file does not take records; null if it took the latest, or would take some now. */
  refuses(): StreamRefusal | null;
  /** Commits what waits and refuses whatever comes later. */
  close(): void;
}

interface Inserted {
  readonly results: Result<void>[];
  /** By key, for the sources of the group. */
  readonly marks: ReadonlyMap<number, Mark>;
  readonly oldestMs: number;
}

type GroupInsert = (group: readonly Waiting[]) => Inserted;

/** Makes the work of one transaction: insert what fits the backlog, count it for its source and as backlog. */
function createInsertGroup(db: DatabaseSync, backlogBytesMax: number, clock: Clock): GroupInsert {
  const addSource = db.prepare("INSERT INTO sources (org_id, source_id) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const findSource = db.prepare("SELECT key FROM sources WHERE org_id = ? AND source_id = ?");
  const addAccepted = db.prepare("UPDATE sources SET accepted = accepted + ? WHERE key = ? RETURNING accepted");
  const oldest = db.prepare("SELECT appended_ms AS ms FROM records ORDER BY seq LIMIT 1");
  const readBacklog = db.prepare("SELECT bytes FROM backlog");
  const addBacklog = db.prepare("UPDATE backlog SET records = records + ?, bytes = bytes + ?");
  const addRecord = db.prepare(
    `INSERT INTO records (id, source, events, bytes, appended_ms, payload) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
  );

  function sourceKey(record: StreamRecord): number {
    addSource.run(record.orgId, record.sourceId);
    return (findSource.get(record.orgId, record.sourceId) as { key: number }).key;
  }

  return function insertGroup(group) {
    const nowMs = clock.nowMs();
    const before = (readBacklog.get() as { bytes: number }).bytes;
    const sources = new Map<string, { of: StreamRecord; key: number; accepted: number; lastSeq: number }>();
    let bytes = 0;
    let records = 0;
    const results = group.map(({ record }): Result<void> => {
      const size = record.bytes.length;
      if (before + bytes + size > backlogBytesMax) return fail("stream_full", { retry: { afterMs: fullRetryMs } });
      const name = `${record.orgId}/${record.sourceId}`;
      const source = sources.get(name) ?? { of: record, key: sourceKey(record), accepted: 0, lastSeq: 0 };
      sources.set(name, source);
      const added = addRecord.run(record.id, source.key, record.accepted, size, nowMs, record.bytes);
      if (Number(added.changes) === 1) {
        source.accepted += record.accepted;
        source.lastSeq = Number(added.lastInsertRowid);
        bytes += size;
        records += 1;
      }
      return succeed(undefined);
    });
    const marks = new Map<number, Mark>();
    for (const { of, key, accepted, lastSeq } of sources.values()) {
      const total = addAccepted.get(accepted, key) as { accepted: number };
      const { orgId, sourceId } = of;
      if (lastSeq > 0) marks.set(key, { orgId, sourceId, accepted: total.accepted, lastSeq, atMs: nowMs });
    }
    if (records > 0) addBacklog.run(records, bytes);
    return { results, marks, oldestMs: (oldest.get() as { ms: number } | undefined | null)?.ms ?? nowMs };
  };
}

/**
 * Makes the writing side: appends that meet in one turn of the event loop share one transaction and one fsync.
 *
 * A commit holds the event loop until the disk has answered; requests that arrive meanwhile wait in their sockets and
 * meet in the next turn, so that groups grow with the load and with the disk's slowness.
 * Errors: `stream_full`, `stream_unavailable` (disk full, I/O error, file locked for longer than the busy timeout).
 */
export function createAppender(
  db: DatabaseSync,
  options: {
    readonly backlogBytesMax: number;
    readonly clock: Clock;
    readonly marks: Pick<MarksFile, "write">;
    /** Whether the disk has room again for what a busy second brings. */
    readonly hasRoom: () => boolean;
    readonly appended: () => void;
    readonly foundDamage: () => void;
  },
): Appender {
  const insertGroup = createInsertGroup(db, options.backlogBytesMax, options.clock);
  let waiting: Waiting[] = [];
  let scheduled = false;
  let closed = false;
  let failedAtMs: number | null = null;
  let failedBy: StreamRefusal = "disk_failing";
  let recoveredAtMs = Number.NEGATIVE_INFINITY;
  let failingMs = failingFirstMs;
  let refusedBytes = 0;
  const touch = db.prepare("UPDATE backlog SET records = records");
  const readBacklog = db.prepare("SELECT bytes FROM backlog");

  function takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { record } of waiting) {
      bytes += record.bytes.length;
      if (count > 0 && (bytes > groupBytesMax || count === groupRecordsMax)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  function commitGroup(group: readonly Waiting[]): void {
    let done: Inserted;
    try {
      done = transact(db, () => insertGroup(group));
      failedAtMs = null;
    } catch (cause) {
      noteFailure(cause);
      const failed = fail<void>("stream_unavailable", { effect: "unknown", cause });
      for (const { settle } of group) settle(failed);
      return;
    }
    options.marks.write(done.marks, done.oldestMs);
    const refused = group.findIndex((_, index) => !done.results[index]?.ok);
    if (refused >= 0) refusedBytes = (group[refused] as Waiting).record.bytes.length;
    group.forEach(({ settle }, index) => {
      settle(done.results[index] as Result<void>);
    });
    options.appended();
  }

  function noteFailure(cause: unknown): void {
    const nowMs = options.clock.nowMs();
    if (nowMs - recoveredAtMs > failingMaxMs) failingMs = failingFirstMs;
    else failingMs = Math.min(failingMaxMs, failingMs * 2);
    failedAtMs = nowMs;
    failedBy = isDiskFull(cause) ? "disk_full" : "disk_failing";
    if (isDamage(cause)) options.foundDamage();
  }

  function commitWaiting(): void {
    scheduled = false;
    while (waiting.length > 0) commitGroup(takeGroup());
  }

  function append(record: StreamRecord): Promise<Result<void>> {
    if (closed) return Promise.resolve(fail("stream_unavailable"));
    if (!scheduled) {
      scheduled = true;
      setImmediate(commitWaiting);
    }
    return new Promise((settle) => {
      waiting.push({ record, settle });
    });
  }

  /**
   * Who is told that nothing is taken sends nothing, so that writes of our own have to show that it is over: a small
   * one to the file, for which a full disk may have room, and one to the disk as large as those that come.
   */
  function refuses(): StreamRefusal | null {
    if (closed) return "closed";
    if (failedAtMs !== null && !isOver(failedAtMs)) return failedBy;
    if (refusedBytes > 0) {
      const { bytes } = readBacklog.get() as { bytes: number };
      const room = Math.max(refusedBytes, options.backlogBytesMax * freePartMin);
      if (bytes + room <= options.backlogBytesMax) refusedBytes = 0;
    }
    return refusedBytes > 0 ? "backlog_full" : null;
  }

  function isOver(sinceMs: number): boolean {
    if (Math.abs(options.clock.nowMs() - sinceMs) < failingMs) return false;
    try {
      transact(db, () => touch.run());
      if (!options.hasRoom()) return false;
    } catch {
      return false;
    }
    failedAtMs = null;
    recoveredAtMs = options.clock.nowMs();
    return true;
  }

  function close(): void {
    closed = true;
    commitWaiting();
    waiting = [];
  }

  return { append, refuses, close };
}
