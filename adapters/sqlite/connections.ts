import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../ports/clock.ts";
import type { ConfirmedPosition, SourceBacklog, StreamLoss } from "../../ports/event-stream.ts";
import { type Appender, createAppender } from "./appender.ts";
import { type Consumer, createConsumer } from "./consumer.ts";
import { formatVersion, openDatabase, transact } from "./database.ts";
import { addLoss } from "./losses.ts";
import { type Mark, type MarksFile, openMarks } from "./marks.ts";
import { hasRoomBeside } from "./room.ts";

/** A stream's files, open; closed and opened anew around a repair. */
export interface Connections {
  readonly appender: Appender;
  readonly consumer: Consumer;
  backlog(orgId: string): SourceBacklog[];
  losses(): StreamLoss[];
  confirmed(): ConfirmedPosition | null;
  noteLoss(loss: StreamLoss): void;
  sizes(): { readonly records: number; readonly bytes: number; readonly oldestMs: number | null };
  close(): void;
}

export interface ConnectionOptions {
  readonly path: string;
  readonly backlogBytesMax: number;
  readonly clock: Clock;
  readonly foundDamage: () => void;
}

/** Opens two connections, one that writes and one that reads, and the marks. Errors: throws what SQLite says. */
export async function openConnections(options: ConnectionOptions): Promise<Connections> {
  const { path, clock } = options;
  const writing = await openDatabase(path, "every-commit", clock);
  const reading = await openDatabase(path, "checkpoints", clock);
  const marks = openMarks(path, formatVersion);
  writeMissing(reading, marks);
  const consumer = createConsumer(reading, clock, options.foundDamage);
  const hasRoom = () => hasRoomBeside(path);
  const appender = createAppender(writing, { ...options, marks, hasRoom, appended: consumer.wake });
  const looks = createLooks(reading);
  return {
    appender,
    consumer,
    ...looks,
    noteLoss: (loss) => transact(writing, () => addLoss(writing, loss)),
    close() {
      appender.close();
      consumer.close();
      reading.close();
      writing.close();
      marks.close();
    },
  };
}

/** Sources without a sound mark get one: those of a stream that is older than the marks, or whose mark was damaged. */
function writeMissing(db: DatabaseSync, file: MarksFile): void {
  const known = file.read().sources;
  const seq = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'records'").get() as { seq: number } | undefined;
  const oldest = db.prepare("SELECT appended_ms AS ms FROM records ORDER BY seq LIMIT 1").get();
  const last = db.prepare("SELECT appended_ms AS ms FROM records ORDER BY seq DESC LIMIT 1").get();
  const atMs = (last as { ms: number } | undefined | null)?.ms ?? 0;
  const missing = new Map<number, Mark>();
  for (const row of db.prepare("SELECT key, org_id AS orgId, source_id AS sourceId, accepted FROM sources").all()) {
    const { key, ...of } = row as { key: number; orgId: string; sourceId: string; accepted: number };
    const mark = known.get(key);
    const isKnown = mark?.orgId === of.orgId && mark.sourceId === of.sourceId && mark.accepted >= of.accepted;
    if (!isKnown) missing.set(key, { ...of, lastSeq: seq?.seq ?? 0, atMs });
  }
  file.write(missing, (oldest as { ms: number } | undefined | null)?.ms ?? atMs);
}

function createLooks(db: DatabaseSync): Pick<Connections, "backlog" | "losses" | "confirmed" | "sizes"> {
  const readBacklog = db.prepare("SELECT records, bytes FROM backlog");
  const readOldest = db.prepare("SELECT appended_ms FROM records ORDER BY seq LIMIT 1");
  const readSources = db.prepare(
    `SELECT org_id AS orgId, source_id AS sourceId, accepted,
            (SELECT coalesce(sum(events), 0) FROM records WHERE source = sources.key) AS inFlight
     FROM sources WHERE org_id = ? ORDER BY source_id`,
  );
  const readLosses = db.prepare(
    "SELECT cause, found_ms AS foundMs, from_ms AS fromMs, to_ms AS toMs FROM losses ORDER BY rowid DESC LIMIT 100",
  );
  const readConfirmed = db.prepare("SELECT position, at_ms AS atMs FROM confirmed");
  return {
    confirmed() {
      const row = readConfirmed.get() as ConfirmedPosition | undefined | null;
      return row ? { ...row } : null;
    },
    backlog: (orgId) => readSources.all(orgId).map((row) => ({ ...(row as unknown as SourceBacklog) })),
    losses: () => readLosses.all().map((row) => ({ ...(row as unknown as StreamLoss) })),
    sizes() {
      const { records, bytes } = readBacklog.get() as { records: number; bytes: number };
      const oldest = readOldest.get() as { appended_ms: number } | undefined | null;
      return { records, bytes, oldestMs: oldest?.appended_ms ?? null };
    },
  };
}
