import { fail, type Result, succeed } from "../../domain/model/failure.ts";
import { streamBacklogBytesMax } from "../../domain/model/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type {
  ConfirmedPosition,
  EventStream,
  SourceBacklog,
  StreamEntry,
  StreamLoss,
  StreamRecord,
  StreamState,
} from "../../ports/event-stream.ts";

const fullRetryMs = 1_000;

interface Held {
  readonly record: StreamRecord;
  readonly appendedMs: number;
  given: boolean;
}

/**
 * Opens a stream that lives and dies with the process, for tests of what stands on either side of one.
 *
 * It keeps the whole contract but durability, and says so: its loss window is infinite.
 */
export function openMemoryStream(options: { readonly clock: Clock; readonly backlogBytesMax?: number }): EventStream {
  const { clock, backlogBytesMax = streamBacklogBytesMax } = options;
  const held = new Map<number, Held>();
  const ids = new Set<string>();
  const accepted = new Map<string, { orgId: string; sourceId: string; accepted: number }>();
  let bytes = 0;
  let lastSeq = 0;
  let confirmed: ConfirmedPosition | null = null;
  const losses: StreamLoss[] = [];
  let isFull = false;
  let closed = false;
  let sleeping = new AbortController();

  function wake(): void {
    sleeping.abort();
    sleeping = new AbortController();
  }

  async function append(record: StreamRecord): Promise<Result<void>> {
    if (closed) return fail("stream_unavailable");
    if (ids.has(record.id)) return succeed(undefined);
    isFull = bytes + record.bytes.length > backlogBytesMax;
    if (isFull) return fail("stream_full", { retry: { afterMs: fullRetryMs } });
    held.set((lastSeq += 1), { record, appendedMs: clock.nowMs(), given: false });
    ids.add(record.id);
    bytes += record.bytes.length;
    const { orgId, sourceId } = record;
    const total = accepted.get(`${orgId}/${sourceId}`) ?? { orgId, sourceId, accepted: 0 };
    total.accepted += record.accepted;
    accepted.set(`${orgId}/${sourceId}`, total);
    wake();
    return succeed(undefined);
  }

  function take(recordsMax: number, bytesMax: number): StreamEntry[] {
    const entries: StreamEntry[] = [];
    let taken = 0;
    for (const [seq, entry] of held) {
      if (entry.given) continue;
      taken += entry.record.bytes.length;
      if (entries.length === recordsMax || (entries.length > 0 && taken > bytesMax)) break;
      entry.given = true;
      entries.push({ ...entry.record, token: String(seq) });
    }
    return entries;
  }

  async function read(bounds: Parameters<EventStream["read"]>[0]): Promise<StreamEntry[]> {
    const untilMs = clock.nowMs() + bounds.waitMs;
    while (!closed) {
      const entries = take(bounds.recordsMax, bounds.bytesMax);
      const leftMs = untilMs - clock.nowMs();
      if (entries.length > 0 || leftMs <= 0) return entries;
      await clock.sleep(leftMs, sleeping.signal);
    }
    return [];
  }

  async function acknowledge(entries: readonly StreamEntry[], position?: string): Promise<void> {
    if (position !== undefined) confirmed = { position, atMs: clock.nowMs() };
    for (const entry of entries) {
      const found = held.get(Number(entry.token));
      if (!found) continue;
      held.delete(Number(entry.token));
      ids.delete(found.record.id);
      bytes -= found.record.bytes.length;
      isFull = false;
    }
  }

  async function release(entries: readonly Pick<StreamEntry, "token">[]): Promise<void> {
    for (const entry of entries) {
      const found = held.get(Number(entry.token));
      if (found) found.given = false;
    }
    wake();
  }

  async function backlog(orgId: string): Promise<SourceBacklog[]> {
    const own = [...accepted.values()].filter((total) => total.orgId === orgId);
    return own
      .map((total) => {
        const inFlight = [...held.values()]
          .filter(({ record }) => record.orgId === orgId && record.sourceId === total.sourceId)
          .reduce((sum, { record }) => sum + record.accepted, 0);
        return { ...total, inFlight };
      })
      .sort((a, b) => (a.sourceId < b.sourceId ? -1 : 1));
  }

  async function state(): Promise<StreamState> {
    const oldest = held.values().next().value;
    const oldestAgeMs = oldest ? Math.max(0, clock.nowMs() - oldest.appendedMs) : 0;
    const refuses = closed ? "closed" : isFull ? "backlog_full" : null;
    const lossWindowMs = Number.POSITIVE_INFINITY;
    return { accepts: refuses === null, refuses, records: held.size, bytes, oldestAgeMs, lossWindowMs };
  }

  async function close(): Promise<void> {
    closed = true;
    wake();
  }

  return {
    append,
    read,
    acknowledge,
    release,
    backlog,
    confirmedPosition: async () => confirmed,
    noteLoss: async (loss) => void losses.unshift(loss),
    losses: async () => [...losses],
    state,
    close,
  };
}
