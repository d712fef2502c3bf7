import type { DatabaseSync } from "node:sqlite";
import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { StreamRecord } from "../../ports/event-stream.ts";
import { transact } from "./database.ts";

/** Bounds of one transaction. */
const groupRecordsMax = 1_024;
const groupBytesMax = 16 * 1024 * 1024;
const fullRetryMs = 1_000;
/** How long a refused append stands for those that would come. */
const failingMs = 5_000;

interface Waiting {
  readonly record: StreamRecord;
  readonly settle: (result: Result<void>) => void;
}

export interface Appender {
  append(record: StreamRecord): Promise<Result<void>>;
  /** Whether the file took the latest records, or would take some now. */
  accepts(): boolean;
  /** Commits what waits and refuses whatever comes later. */
  close(): void;
}

type GroupInsert = (group: readonly Waiting[]) => Result<void>[];

/** Makes the work of one transaction: insert what fits the backlog, count it for its source and as backlog. */
function createInsertGroup(db: DatabaseSync, backlogBytesMax: number, clock: Clock): GroupInsert {
  const addSource = db.prepare("INSERT INTO sources (org_id, source_id) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const findSource = db.prepare("SELECT key FROM sources WHERE org_id = ? AND source_id = ?");
  const addAccepted = db.prepare("UPDATE sources SET accepted = accepted + ? WHERE key = ?");
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
    const sources = new Map<string, { key: number; accepted: number }>();
    let bytes = 0;
    let records = 0;
    const results = group.map(({ record }): Result<void> => {
      const size = record.bytes.length;
      if (before + bytes + size > backlogBytesMax) return fail("stream_full", { retry: { afterMs: fullRetryMs } });
      const name = `${record.orgId}/${record.sourceId}`;
      const source = sources.get(name) ?? { key: sourceKey(record), accepted: 0 };
      sources.set(name, source);
      const added = addRecord.run(record.id, source.key, record.accepted, size, nowMs, record.bytes);
      if (Number(added.changes) === 1) {
        source.accepted += record.accepted;
        bytes += size;
        records += 1;
      }
      return succeed(undefined);
    });
    for (const { key, accepted } of sources.values()) addAccepted.run(accepted, key);
    if (records > 0) addBacklog.run(records, bytes);
    return results;
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
  options: { readonly backlogBytesMax: number; readonly clock: Clock; readonly appended: () => void },
): Appender {
  const insertGroup = createInsertGroup(db, options.backlogBytesMax, options.clock);
  let waiting: Waiting[] = [];
  let scheduled = false;
  let closed = false;
  let failedAtMs: number | null = null;
  const touch = db.prepare("UPDATE backlog SET records = records");

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
    let results: Result<void>[];
    try {
      results = transact(db, () => insertGroup(group));
      failedAtMs = null;
    } catch (cause) {
      failedAtMs = options.clock.nowMs();
      const failed = fail<void>("stream_unavailable", { effect: "unknown", cause });
      for (const { settle } of group) settle(failed);
      return;
    }
    group.forEach(({ settle }, index) => {
      settle(results[index] as Result<void>);
    });
    options.appended();
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
   * Who is told that nothing is taken sends nothing, so that a write of our own has to show that it is over. It is a
   * small one, for which a full disk may have room: it counts only when no other failed for a while.
   */
  function accepts(): boolean {
    if (failedAtMs === null || closed) return !closed;
    if (Math.abs(options.clock.nowMs() - failedAtMs) < failingMs) return false;
    try {
      transact(db, () => touch.run());
      failedAtMs = null;
    } catch {
      // as before
    }
    return failedAtMs === null;
  }

  function close(): void {
    closed = true;
    commitWaiting();
    waiting = [];
  }

  return { append, accepts, close };
}
