import { streamBacklogBytesMax } from "../../domain/model/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventStream, SourceBacklog, StreamState } from "../../ports/event-stream.ts";
import { createAppender } from "./appender.ts";
import { createConsumer } from "./consumer.ts";
import { fileFault, openDatabase } from "./database.ts";

/**
 * Opens the stream of the embedded mode: one SQLite file, durable at every commit, shared by two processes at most.
 *
 * The HTTP process appends and one processing child reads; both open the same path. Appends of one turn of the event
 * loop share a transaction and an fsync. An id that is still in the stream is not appended twice.
 * Errors: throws if the file can't be opened or is no stream; `stream_full` once the backlog has `backlogBytesMax`.
 */
export async function openSqliteStream(options: {
  readonly path: string;
  readonly backlogBytesMax?: number;
  readonly clock: Clock;
}): Promise<EventStream> {
  const { path, clock } = options;
  const writing = await openDatabase(path, "every-commit", clock);
  const reading = await openDatabase(path, "checkpoints", clock);
  const consumer = createConsumer(reading, clock);
  const appender = createAppender(writing, {
    backlogBytesMax: options.backlogBytesMax ?? streamBacklogBytesMax,
    clock,
    appended: consumer.wake,
  });
  const readBacklog = reading.prepare("SELECT records, bytes FROM backlog");
  const readOldest = reading.prepare("SELECT appended_ms FROM records ORDER BY seq LIMIT 1");
  const readSources = reading.prepare(
    `SELECT org_id AS orgId, source_id AS sourceId, accepted,
            (SELECT coalesce(sum(events), 0) FROM records WHERE source = sources.key) AS inFlight
     FROM sources WHERE org_id = ? ORDER BY source_id`,
  );
  let closed = false;

  async function backlog(orgId: string): Promise<SourceBacklog[]> {
    return readSources.all(orgId).map((row) => ({ ...(row as unknown as SourceBacklog) }));
  }

  async function state(): Promise<StreamState> {
    const { records, bytes } = readBacklog.get() as { records: number; bytes: number };
    const oldest = readOldest.get() as { appended_ms: number } | undefined | null;
    const oldestAgeMs = oldest ? Math.max(0, clock.nowMs() - oldest.appended_ms) : 0;
    return { accepts: appender.accepts(), records, bytes, oldestAgeMs, lossWindowMs: 0 };
  }

  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    appender.close();
    consumer.close();
    reading.close();
    writing.close();
  }

  const { append } = appender;
  const { acknowledge, release } = consumer;
  const read: EventStream["read"] = (bounds) =>
    consumer.read(bounds).catch((error: unknown) => {
      throw fileFault(path, error);
    });
  return { append, read, acknowledge, release, backlog, state, close };
}
