import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { crc32 } from "../../../domain/model/event/checksum.ts";
import { rowStride } from "../../../domain/model/event/event.ts";
import {
  acceptedEvents,
  decodeRecord,
  type EventRecord,
  encodeRecord,
  readRecord,
} from "../../../domain/model/event/record.ts";
import { type DropReason, dropCodes } from "../../../domain/model/outcome.ts";

/** Set TIDEGATE_SEED to replay a run; a failure prints the seed it had. */
const seed = Number(process.env["TIDEGATE_SEED"] ?? randomInt(2 ** 31));
const runs = 200;

const reasons = Object.keys(dropCodes) as DropReason[];
const anyText = fc.string({ unit: "grapheme", maxLength: 40 });

const anyRecord: fc.Arbitrary<EventRecord> = fc
  .record({
    id: fc.uuid(),
    orgId: fc.uuid(),
    projectId: fc.uuid(),
    sourceId: fc.uuid(),
    appId: anyText,
    dataLayerVersion: fc.nat(),
    receivedAtMs: fc.nat({ max: 2 ** 45 }),
    sentAtMs: fc.option(fc.integer()),
    dropped: fc.dictionary(fc.constantFrom(...reasons), fc.nat({ max: 2_500 })),
    messageIds: fc.array(anyText, { maxLength: 6 }),
    payload: fc.uint8Array({ maxLength: 400 }),
    column: fc.int32Array({ minLength: 1, maxLength: 50 }),
  })
  .map(({ payload, column, ...header }) => {
    const count = header.messageIds.length;
    const rows = Int32Array.from({ length: count * rowStride }, (_, at) => column[at % column.length] as number);
    return { ...header, batch: { count, rows, bytes: payload } };
  });

/** The record in plain objects, so that buffers of other sizes and offsets compare by their contents. */
function plain(record: EventRecord): unknown {
  const { count, rows, bytes } = record.batch;
  return { ...record, dropped: { ...record.dropped }, batch: { count, rows: [...rows], bytes: [...bytes] } };
}

/** What was written before records had a checksum: the magic "TGE1", and the header at 16. */
function withoutChecksum(record: EventRecord, count = record.batch.count): Uint8Array {
  const encoded = encodeRecord(record);
  const older = new Uint8Array(encoded.length - 4);
  older.set(encoded.subarray(0, 16));
  older.set(encoded.subarray(20), 16);
  const view = new DataView(older.buffer);
  view.setUint32(0, 0x54474531, true);
  view.setUint32(8, count, true);
  return older;
}

describe("record", () => {
  it("what is encoded decodes to the same record", () => {
    const roundTrip = fc.property(anyRecord, (record) => {
      assert.deepEqual(plain(decodeRecord(encodeRecord(record))), plain(record));
    });
    fc.assert(roundTrip, { seed, numRuns: runs });
  });

  it("it decodes from any place in a larger buffer", () => {
    const anywhere = fc.property(anyRecord, fc.nat({ max: 9 }), (record, offset) => {
      const encoded = encodeRecord(record);
      const larger = new Uint8Array(encoded.length + offset + 3).fill(0xff);
      larger.set(encoded, offset);
      const decoded = decodeRecord(larger.subarray(offset, offset + encoded.length));
      assert.deepEqual(plain(decoded), plain(record));
    });
    fc.assert(anywhere, { seed, numRuns: runs });
  });

  it("rows beyond the batch's count, as a kernel's buffer has them, are not carried", () => {
    const trimmed = fc.property(anyRecord, fc.nat({ max: 300 }), (record, spare) => {
      const rows = new Int32Array(record.batch.rows.length + spare).fill(-7);
      rows.set(record.batch.rows);
      const roomy = { ...record, batch: { ...record.batch, rows } };
      assert.deepEqual(plain(decodeRecord(encodeRecord(roomy))), plain(record));
    });
    fc.assert(trimmed, { seed, numRuns: runs });
  });

  it("cut short, lengthened, or something else, it is a broken invariant", () => {
    const broken = fc.property(anyRecord, fc.nat(), (record, cut) => {
      const encoded = encodeRecord(record);
      assert.throws(() => decodeRecord(encoded.subarray(0, cut % encoded.length)));
      assert.throws(() => decodeRecord(Uint8Array.from([...encoded, 0])), { name: "BrokenInvariant" });
      const foreign = Uint8Array.from(encoded);
      foreign[0] = (foreign[0] as number) ^ 1;
      assert.throws(() => decodeRecord(foreign), { name: "BrokenInvariant" });
    });
    fc.assert(broken, { seed, numRuns: runs });
  });

  it("any bit that is flipped is found, wherever it lies", () => {
    const flipped = fc.property(anyRecord, fc.nat(), fc.nat({ max: 7 }), (record, place, bit) => {
      const damaged = Uint8Array.from(encodeRecord(record));
      const at = place % damaged.length;
      damaged[at] = (damaged[at] as number) ^ (1 << bit);
      const read = readRecord(damaged);
      assert.equal(read.ok ? "read" : read.failure.code, "record_damaged", `bit ${bit} of byte ${at}`);
    });
    fc.assert(flipped, { seed, numRuns: runs });
    const record = fc.sample(anyRecord, { seed, numRuns: 1 })[0] as EventRecord;
    const whole = encodeRecord(record);
    for (let at = 0; at < whole.length * 8; at += 1) {
      const damaged = Uint8Array.from(whole);
      damaged[at >> 3] = (damaged[at >> 3] as number) ^ (1 << (at & 7));
      assert.equal(readRecord(damaged).ok, false, `bit ${at}`);
    }
  });

  it("a record of the form without a checksum is read, and one whose ids or counts are none is damaged", () => {
    const older = fc.property(anyRecord, (record) => {
      assert.deepEqual(plain(decodeRecord(withoutChecksum(record))), plain(record));
      for (const wrong of [{ orgId: "0197" }, { id: 7 }, { messageIds: null }, { dropped: { consent: "1" } }]) {
        const damaged = withoutChecksum({ ...record, ...wrong } as EventRecord, record.batch.count);
        assert.equal(readRecord(damaged).ok, false, JSON.stringify(wrong));
      }
    });
    fc.assert(older, { seed, numRuns: runs });
  });

  it("the checksum is the one of the standard, in parts and at any length", () => {
    const check = new TextEncoder().encode("123456789");
    assert.equal(crc32(check), 0xcbf43926);
    for (let cut = 0; cut <= check.length; cut += 1) {
      assert.equal(crc32(check.subarray(cut), crc32(check.subarray(0, cut))), 0xcbf43926);
    }
    const long = Uint8Array.from({ length: 4_099 }, (_, at) => (at * 31) & 255);
    assert.equal(crc32(long.subarray(3), crc32(long.subarray(0, 3))), crc32(long));
  });

  it("its accepted events are those it carries and those the edge dropped", () => {
    const batch = { count: 4, rows: new Int32Array(4 * rowStride), bytes: new Uint8Array() };
    assert.equal(acceptedEvents({ batch, dropped: {} }), 4);
    assert.equal(acceptedEvents({ batch, dropped: { consent: 2, bot_known: 3 } }), 9);
  });
});
