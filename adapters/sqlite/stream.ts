import { fail } from "../../domain/model/failure.ts";
import { streamBacklogBytesMax } from "../../domain/model/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { EventStream, StreamState } from "../../ports/event-stream.ts";
import { type Telemetry, word } from "../../ports/telemetry.ts";
import { type Connections, openConnections } from "./connections.ts";
import { makeFile } from "./database.ts";
import { fileFault, isDamage } from "./errors.ts";
import { type Guard, openGuard } from "./guard.ts";
import { checkStream, type StreamRepair } from "./repair.ts";

const lookForNoteMs = 250;
const repairRetryMs = 5_000;
/** How long a look at the stream waits for a repair, and a reader before it asks again. */
const lookMsMax = 10_000;
const readAgainMs = 50;

export interface SqliteStreamOptions {
  readonly path: string;
  readonly backlogBytesMax?: number;
  readonly clock: Clock;
  readonly telemetry?: Pick<Telemetry, "log" | "count">;
}

/**
 * Opens the stream of the embedded mode: one SQLite file, durable at every commit, shared by two processes at most.
 *
 * The HTTP process appends and one processing child reads; both open the same path. Appends of one turn of the event
 * loop share a transaction and an fsync. An id that is still in the stream is not appended twice. Files that are
 * damaged, when they are opened or later, are built anew of the records in them, and both processes go on with those.
 * Errors: throws if the file can't be opened or is no stream; `stream_full` once the backlog has `backlogBytesMax`.
 */
export async function openSqliteStream(options: SqliteStreamOptions): Promise<EventStream> {
  const { path } = options;
  let guard: Guard | null = null;
  try {
    makeFile(path);
    guard = openGuard(path, options.clock);
    return await openGuarded(options, guard);
  } catch (error) {
    guard?.close();
    throw fileFault(path, error);
  }
}

function tellRepair(telemetry: SqliteStreamOptions["telemetry"], repair: StreamRepair): void {
  telemetry?.count("stream_repairs_total");
  telemetry?.log("error", "the stream's files were damaged and are built anew: events of this time may be missing", {
    code: word("stream_damaged"),
    from: word(new Date(repair.fromMs).toISOString()),
    to: word(new Date(repair.toMs).toISOString()),
    records_read: repair.records,
    events_read: repair.events,
    damaged_records: repair.damagedRecords,
    kept_at: word(repair.keptAt),
  });
}

async function openGuarded(options: SqliteStreamOptions, guard: Guard): Promise<EventStream> {
  const { path, clock, telemetry, backlogBytesMax = streamBacklogBytesMax } = options;
  let open: Connections | null = null;
  let repairing: Promise<void> | null = null;
  let closed = false;

  async function check(): Promise<void> {
    const repair = await checkStream(path, clock);
    if (repair) tellRepair(telemetry, repair);
  }

  const connect = () => openConnections({ path, backlogBytesMax, clock, foundDamage: () => void repairNow(true) });

  /** Closes the files, waits until one process has repaired them, and opens what there is then. */
  async function repair(isOurs: boolean): Promise<void> {
    if (isOurs) guard.wantRepair();
    const damaged = open;
    open = null;
    await Promise.resolve(); // whoever found the damage is still within a call
    try {
      damaged?.close();
    } catch {
      // SQLite has nothing more to say that a repair would need
    }
    guard.leave();
    while (!closed && open === null) {
      try {
        await guard.enter(check, false);
        open = await connect();
      } catch (error) {
        guard.leave();
        telemetry?.log("error", fileFault(path, error).message, { code: word("stream_damaged") });
        await clock.sleep(repairRetryMs);
      }
    }
  }

  function repairNow(isOurs: boolean): Promise<void> {
    repairing ??= repair(isOurs).finally(() => (repairing = null));
    return repairing;
  }

  /** Looks at the files; damage that shows is repaired and they are looked at again. */
  async function look<T>(at: (connections: Connections) => T | Promise<T>, none: T, msMax = lookMsMax): Promise<T> {
    for (;;) {
      if (repairing) await Promise.race([repairing, clock.sleep(msMax)]);
      if (!open) return none;
      try {
        return await at(open);
      } catch (error) {
        if (!isDamage(error)) throw fileFault(path, error);
        void repairNow(true);
      }
    }
  }

  function stateOf({ appender, sizes }: Connections): StreamState {
    const { records, bytes, oldestMs } = sizes();
    const refuses = appender.refuses();
    const oldestAgeMs = oldestMs === null ? 0 : Math.max(0, clock.nowMs() - oldestMs);
    return { accepts: refuses === null, refuses, records, bytes, oldestAgeMs, lossWindowMs: 0 };
  }

  await guard.enter(check, true);
  open = await connect();
  const looking = setInterval(() => {
    if (!repairing && guard.isRepairWanted()) void repairNow(false);
  }, lookForNoteMs);
  looking.unref();
  const away = { accepts: false, records: 0, bytes: 0, oldestAgeMs: 0, lossWindowMs: 0 };

  return {
    append: async (record) => (await open?.appender.append(record)) ?? fail("stream_unavailable"),
    read: (bounds) => look(({ consumer }) => consumer.read(bounds), [], Math.max(bounds.waitMs, readAgainMs)),
    acknowledge: async (entries, position) => open?.consumer.acknowledge(entries, position),
    confirmedPosition: () => look((connections) => connections.confirmed(), null),
    noteLoss: (loss) => look((connections) => connections.noteLoss(loss), undefined),
    release: async (entries) => open?.consumer.release(entries),
    backlog: (orgId) => look((connections) => connections.backlog(orgId), []),
    losses: () => look((connections) => connections.losses(), []),
    async state() {
      const refuses = closed ? "closed" : "stream_damaged";
      if (repairing || !open) return { ...away, refuses };
      return look(stateOf, { ...away, refuses });
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(looking);
      open?.close();
      open = null;
      guard.close();
    },
  };
}
