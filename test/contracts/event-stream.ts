import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeRecord, readRecord } from "../../domain/model/event/record.ts";
import type { EventStream, StreamEntry, StreamRecord } from "../../ports/event-stream.ts";
import { recordOf } from "../domain/pipeline/process/custom-js-parts.ts";

/** A stream under test. It starts empty. */
export interface OpenedStream {
  readonly stream: EventStream;
  /** Opens the same data again as a new process would, after `stream` was closed; else why that can't be. */
  readonly reopen: (() => Promise<EventStream>) | { readonly skip: string };
  /** Closes and deletes everything. */
  remove(): Promise<void>;
}

export type OpenStream = (bounds: { readonly backlogBytesMax: number }) => Promise<OpenedStream>;

const orgA = "0197a000-0000-7000-8000-00000000000a";
const orgB = "0197a000-0000-7000-8000-00000000000b";
const sourceA = "0197a000-0000-7000-8000-0000000000a1";
const sourceB = "0197a000-0000-7000-8000-0000000000b1";
const roomy = { backlogBytesMax: 64 * 1024 * 1024 };
const all = { recordsMax: 1_000, bytesMax: 16 * 1024 * 1024, waitMs: 1_000 };
const atOnce = { ...all, waitMs: 0 };

/** A record whose payload names it, padded to `size` bytes. */
function record(n: number, rest: Partial<StreamRecord> & { readonly size?: number } = {}): StreamRecord {
  const { size = 64, ...over } = rest;
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, n);
  const id = `0197a000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
  return { id, orgId: orgA, sourceId: sourceA, accepted: 1, bytes, ...over };
}

function numbers(entries: readonly StreamEntry[]): number[] {
  return entries.map(({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
}

async function appendAll(stream: EventStream, records: readonly StreamRecord[]): Promise<void> {
  for (const one of records) assert.deepEqual(await stream.append(one), { ok: true, value: undefined });
}

/** Reads until `count` entries have come or a read stays empty. */
async function readCount(stream: EventStream, count: number): Promise<StreamEntry[]> {
  const entries: StreamEntry[] = [];
  while (entries.length < count) {
    const more = await stream.read(all);
    if (more.length === 0) break;
    entries.push(...more);
  }
  return entries;
}

interface Case {
  readonly promise: string;
  readonly bounds?: { readonly backlogBytesMax: number };
  readonly reopens?: true;
  readonly run: (stream: EventStream, reopen: () => Promise<EventStream>) => Promise<void>;
}

const orderCases: readonly Case[] = [
  {
    promise: "entries come in the order of their appends, with their bytes unchanged",
    async run(stream) {
      const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7) & 255);
      await appendAll(stream, [record(1), record(2), record(3), record(4, { bytes })]);
      const entries = await readCount(stream, 4);
      assert.deepEqual(numbers(entries.slice(0, 3)), [1, 2, 3]);
      assert.deepEqual(Uint8Array.from((entries[3] as StreamEntry).bytes), bytes);
    },
  },
  {
    promise: "an entry is given once while its consumer lives",
    async run(stream) {
      await appendAll(stream, [record(1), record(2)]);
      assert.equal((await readCount(stream, 2)).length, 2);
      assert.deepEqual(await stream.read(atOnce), []);
    },
  },
  {
    promise: "an entry appended after the stream ran empty is given too",
    async run(stream) {
      for (const n of [1, 2, 3]) {
        await appendAll(stream, [record(n)]);
        const entries = await readCount(stream, 1);
        assert.deepEqual(numbers(entries), [n]);
        await stream.acknowledge(entries);
      }
      assert.equal((await stream.state()).records, 0);
    },
  },
  {
    promise: "entries given back come again, before those not given yet",
    async run(stream) {
      await appendAll(stream, [record(1), record(2), record(3)]);
      const first = await stream.read({ ...all, recordsMax: 2 });
      assert.deepEqual(numbers(first), [1, 2]);
      await stream.release(first);
      const again = await readCount(stream, 3);
      assert.deepEqual(numbers(again), [1, 2, 3]);
      await stream.acknowledge(again);
      assert.deepEqual(await stream.read(atOnce), []);
    },
  },
  {
    promise: "acknowledging twice, or what was given back, leaves the counts right",
    async run(stream) {
      await appendAll(stream, [record(1), record(2)]);
      const entries = await readCount(stream, 2);
      await stream.release(entries);
      await stream.acknowledge(entries);
      await stream.acknowledge(entries);
      const { records, bytes } = await stream.state();
      assert.deepEqual({ records, bytes }, { records: 0, bytes: 0 });
      assert.deepEqual(await stream.read(atOnce), []);
    },
  },
];

const damageCases: readonly Case[] = [
  {
    promise: "an entry says beside its bytes which record it is, whose, and of how many events",
    async run(stream) {
      await appendAll(stream, [record(1, { accepted: 5 }), record(2, { orgId: orgB, sourceId: sourceB, accepted: 0 })]);
      const labels = (await readCount(stream, 2)).map(({ id, orgId, sourceId, accepted }) => {
        return { id, orgId, sourceId, accepted };
      });
      assert.deepEqual(labels, [
        { id: record(1).id, orgId: orgA, sourceId: sourceA, accepted: 5 },
        { id: record(2).id, orgId: orgB, sourceId: sourceB, accepted: 0 },
      ]);
    },
  },
  {
    promise: "a record whose bytes are damaged is given with its label, holds up no other, and can be acknowledged",
    async run(stream) {
      const sound = encodeRecord(recordOf([{ type: "track", event: "E", userId: "u", messageId: "m" }]));
      for (const at of [0, 5, 40, sound.length - 1]) {
        const bytes = Uint8Array.from(sound);
        bytes[at] = (bytes[at] as number) ^ 1;
        await appendAll(stream, [record(at + 1, { bytes, accepted: 3 }), record(at + 500, { bytes: sound })]);
        const entries = await readCount(stream, 2);
        const reads = entries.map((entry) => readRecord(entry.bytes).ok);
        assert.deepEqual(reads, [false, true], `a flipped bit at ${at}`);
        assert.deepEqual([entries[0]?.id, entries[0]?.accepted], [record(at + 1).id, 3]);
        await stream.acknowledge(entries);
        assert.deepEqual(await stream.read(atOnce), []);
      }
      assert.equal((await stream.state()).records, 0);
    },
  },
];

const positionCases: readonly Case[] = [
  {
    promise: "the position of the latest acknowledgement is kept, with entries and without, and so are losses",
    async run(stream) {
      assert.equal(await stream.confirmedPosition(), null);
      await appendAll(stream, [record(1), record(2)]);
      await stream.acknowledge(await readCount(stream, 2), "7 1");
      assert.equal((await stream.confirmedPosition())?.position, "7 1");
      await stream.acknowledge([], "7 2");
      assert.equal((await stream.confirmedPosition())?.position, "7 2");
      assert.deepEqual(await stream.losses(), []);
      const loss = { cause: "store_behind", foundMs: 3, fromMs: 1, toMs: 2 } as const;
      await stream.noteLoss(loss);
      assert.deepEqual(await stream.losses(), [loss]);
    },
  },
];

const boundCases: readonly Case[] = [
  {
    promise: "a read keeps to its bounds of records and of bytes",
    async run(stream) {
      await appendAll(stream, [record(1), record(2, { size: 900 }), record(3, { size: 900 }), record(4)]);
      assert.deepEqual(numbers(await stream.read({ ...all, recordsMax: 1 })), [1]);
      assert.deepEqual(numbers(await stream.read({ ...all, bytesMax: 1_000 })), [2]);
      assert.deepEqual(numbers(await stream.read(all)), [3, 4]);
    },
  },
  {
    promise: "a record larger than a read's bytes is given all the same, alone",
    async run(stream) {
      await appendAll(stream, [record(1, { size: 5_000 }), record(2)]);
      assert.deepEqual(numbers(await stream.read({ ...all, bytesMax: 100 })), [1]);
      assert.deepEqual(numbers(await stream.read({ ...all, bytesMax: 100 })), [2]);
    },
  },
  {
    promise: "a read of an empty stream waits no longer than it was told",
    async run(stream) {
      assert.deepEqual(await stream.read({ ...all, waitMs: 30 }), []);
      assert.deepEqual(await stream.read(atOnce), []);
    },
  },
  {
    promise: "a waiting read is given what is appended meanwhile",
    async run(stream) {
      const reading = stream.read({ ...all, waitMs: 5_000 });
      await appendAll(stream, [record(7)]);
      assert.deepEqual(numbers(await reading), [7]);
    },
  },
  {
    promise: "a full backlog refuses with stream_full, keeps what it has, and takes more once some is acknowledged",
    bounds: { backlogBytesMax: 2_500 },
    async run(stream) {
      await appendAll(stream, [record(1, { size: 1_000 }), record(2, { size: 1_000 })]);
      const refused = await stream.append(record(3, { size: 1_000 }));
      assert.equal(refused.ok, false);
      assert.equal(refused.ok ? "" : refused.failure.code, "stream_full");
      assert.equal(refused.ok ? "" : refused.failure.effect, "none");
      const { accepts, refuses } = await stream.state();
      assert.deepEqual([accepts, refuses], [false, "backlog_full"]);
      const entries = await readCount(stream, 2);
      assert.deepEqual(numbers(entries), [1, 2]);
      await stream.acknowledge(entries);
      assert.equal((await stream.state()).refuses, null);
      await appendAll(stream, [record(3, { size: 1_000 })]);
      const [total] = await stream.backlog(orgA);
      assert.deepEqual(total, { orgId: orgA, sourceId: sourceA, accepted: 3, inFlight: 1 });
    },
  },
];

const countCases: readonly Case[] = [
  {
    promise: "accepted and in-flight events are counted per source, each on its own",
    async run(stream) {
      await appendAll(stream, [
        record(1, { accepted: 5 }),
        record(2, { accepted: 7, sourceId: sourceB }),
        record(3, { accepted: 11 }),
        record(4, { accepted: 13, orgId: orgB, sourceId: sourceA }),
        record(5, { accepted: 0, sourceId: sourceB }),
      ]);
      const entries = await readCount(stream, 5);
      await stream.acknowledge(entries.slice(0, 1));
      const counts = (await stream.backlog(orgA)).map(({ sourceId, accepted, inFlight }) => [
        sourceId,
        accepted,
        inFlight,
      ]);
      assert.deepEqual(counts.sort(), [
        [sourceA, 16, 11],
        [sourceB, 7, 7],
      ]);
      assert.deepEqual(await stream.backlog(orgB), [{ orgId: orgB, sourceId: sourceA, accepted: 13, inFlight: 13 }]);
      await stream.acknowledge(entries);
      for (const { inFlight } of await stream.backlog(orgA)) assert.equal(inFlight, 0);
    },
  },
  {
    promise: "an organisation that never sent anything has no backlog",
    async run(stream) {
      await appendAll(stream, [record(1)]);
      assert.deepEqual(await stream.backlog(orgB), []);
    },
  },
  {
    promise: "an id that is in the stream is not appended or counted again",
    async run(stream) {
      const [first, second] = await Promise.all([stream.append(record(1)), stream.append(record(1))]);
      const third = await stream.append(record(1));
      assert.ok(first.ok && second.ok && third.ok);
      assert.equal((await stream.state()).records, 1);
      assert.deepEqual(await stream.backlog(orgA), [{ orgId: orgA, sourceId: sourceA, accepted: 1, inFlight: 1 }]);
      assert.equal((await readCount(stream, 1)).length, 1);
      assert.deepEqual(await stream.read(atOnce), []);
    },
  },
  {
    promise: "the state tells records, bytes and the age of the oldest",
    async run(stream) {
      assert.equal((await stream.state()).oldestAgeMs, 0);
      await appendAll(stream, [record(1, { size: 100 }), record(2, { size: 200 })]);
      const { records, bytes, oldestAgeMs } = await stream.state();
      assert.deepEqual({ records, bytes }, { records: 2, bytes: 300 });
      assert.ok(oldestAgeMs >= 0 && oldestAgeMs < 60_000);
    },
  },
  {
    promise: "many appenders at once lose, double and mix up nothing, and each one's order is kept",
    async run(stream) {
      const appenders = 64;
      const each = 10;
      await Promise.all(
        Array.from({ length: appenders }, async (_, appender) => {
          for (let i = 0; i < each; i += 1) await appendAll(stream, [record(1 + appender * each + i)]);
        }),
      );
      const given = numbers(await readCount(stream, appenders * each));
      assert.equal(given.length, appenders * each);
      assert.equal(new Set(given).size, appenders * each);
      for (let appender = 0; appender < appenders; appender += 1) {
        const own = given.filter((n) => Math.floor((n - 1) / each) === appender);
        assert.deepEqual(
          own,
          [...own].sort((a, b) => a - b),
        );
      }
    },
  },
];

const endCases: readonly Case[] = [
  {
    promise: "a closed stream refuses appends, ends a waiting read, and may be closed again",
    async run(stream) {
      const reading = stream.read({ ...all, waitMs: 5_000 });
      await stream.close();
      assert.deepEqual(await reading, []);
      const refused = await stream.append(record(1));
      assert.equal(refused.ok ? "" : refused.failure.code, "stream_unavailable");
      await stream.close();
    },
  },
  {
    promise: "after a restart what was not acknowledged is given again, in order, and the totals are kept",
    reopens: true,
    async run(stream, reopen) {
      await appendAll(stream, [record(1), record(2), record(3), record(4)]);
      const given = await stream.read({ ...all, recordsMax: 3 });
      await stream.acknowledge(given.slice(1, 2));
      await stream.close();
      const again = await reopen();
      assert.deepEqual(numbers(await readCount(again, 3)), [1, 3, 4]);
      assert.deepEqual(await again.backlog(orgA), [{ orgId: orgA, sourceId: sourceA, accepted: 4, inFlight: 3 }]);
      await again.close();
    },
  },
];

/** The promises of ports/event-stream.ts, run against one adapter. `open` gives a new, empty stream each time. */
export function eventStreamSuite(name: string, open: OpenStream): void {
  describe(`event stream: ${name}`, () => {
    for (const { promise, bounds, reopens, run } of [
      ...orderCases,
      ...damageCases,
      ...positionCases,
      ...boundCases,
      ...countCases,
      ...endCases,
    ]) {
      it(promise, async (context) => {
        const opened = await open(bounds ?? roomy);
        const { reopen } = opened;
        try {
          if (typeof reopen === "function") await run(opened.stream, reopen);
          else if (reopens) context.skip(reopen.skip);
          else await run(opened.stream, () => Promise.reject(new Error("this case does not say that it reopens")));
        } finally {
          await opened.stream.close();
          await opened.remove();
        }
      });
    }
  });
}
