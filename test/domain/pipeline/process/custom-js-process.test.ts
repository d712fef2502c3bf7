import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemoryStream } from "../../../../adapters/memory/stream.ts";
import { openReferenceKernel } from "../../../../adapters/reference-kernel/kernel.ts";
import { openSystemClock } from "../../../../adapters/system/clock.ts";
import { openSystemRandom } from "../../../../adapters/system/random.ts";
import { acceptedEvents, encodeRecord } from "../../../../domain/model/event/record.ts";
import type { RecordToStore } from "../../../../domain/model/event/stored-event.ts";
import { fail, succeed } from "../../../../domain/model/failure.ts";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import { createCustomJs } from "../../../../domain/pipeline/process/custom-js.ts";
import { createProcess } from "../../../../domain/pipeline/process/process.ts";
import type { DamagedRecord } from "../../../../ports/event-store.ts";
import type { Sandbox } from "../../../../ports/sandbox.ts";
import { waitFor } from "../../../tidegate-process.ts";
import { recordOf, silent, versionOf } from "./custom-js-parts.ts";

const slowOrg = "01900000-0000-7000-8000-0000000000aa";
const plainOrg = "01900000-0000-7000-8000-0000000000bb";
const soonMs = 30_000;

/** The processing loop over a stream in memory; the slow organisation's script ends when the test says so. */
function openRig() {
  const clock = openSystemClock();
  const random = openSystemRandom();
  const stream = openMemoryStream({ clock });
  const stored: RecordToStore[] = [];
  const damaged: DamagedRecord[] = [];
  const store = { refusals: 0 };
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const sandbox: Pick<Sandbox, "run"> = {
    async run(_, events) {
      await released;
      return events.map(() => ({ kind: "dropped" }));
    },
  };
  const tenants = {
    dataLayerVersion: async (orgId: string, version: number) => {
      const off = { custom_js: { enabled: false, code: "", description: "" } };
      return succeed({ ...versionOf(orgId === slowOrg ? {} : off, version), orgId });
    },
  };
  const parts = { sandbox, tenants, kernel: openReferenceKernel(), telemetry: silent, clock, limits: defaultLimits };
  const eventStore = {
    position: async () => fail<never>("store_unavailable"),
    async storeRecords(records: readonly RecordToStore[]) {
      if (store.refusals-- > 0) return fail<never>("store_unavailable");
      stored.push(...records);
      return succeed(records.map(() => ({ kind: "stored", stored: 1, duplicate: 0, dead: 0 }) as const));
    },
    async countDamaged(records: readonly DamagedRecord[]) {
      if (store.refusals-- > 0) return fail<never>("store_unavailable");
      damaged.push(...records);
      return succeed(records.map(() => "counted" as const));
    },
  } as unknown as Parameters<typeof createProcess>[0]["store"];
  const customJs = createCustomJs(parts);
  const work = createProcess({
    stream,
    store: eventStore,
    relays: () => false,
    customJs,
    clock,
    random,
    telemetry: silent,
  });
  const appendDamaged = async (orgId: string, id: string) => {
    const bytes = encodeRecord({ ...recordOf([{ type: "track", event: "E", userId: "u", messageId: id }]), orgId, id });
    bytes[30] = (bytes[30] as number) ^ 4;
    await stream.append({ id, orgId, sourceId: "s", accepted: 2, bytes });
  };
  const append = async (orgId: string, id: string) => {
    const record = { ...recordOf([{ type: "track", event: "E", userId: "u", messageId: id }]), orgId, id };
    const bytes = encodeRecord(record);
    await stream.append({ id, orgId, sourceId: record.sourceId, accepted: acceptedEvents(record), bytes });
  };
  return { stream, stored, damaged, store, work, append, appendDamaged, release };
}

test("records of others are stored while a script is slow, and its own when it is done, each once", async () => {
  const rig = openRig();
  const stopping = new AbortController();
  const running = rig.work.run(stopping.signal);
  for (let n = 0; n < 3; n += 1) await rig.append(slowOrg, `slow-${n}`);
  for (let n = 0; n < 3; n += 1) await rig.append(plainOrg, `plain-${n}`);
  await waitFor(
    async () => rig.stored.length === 3,
    soonMs,
    () => "the others were not stored",
  );
  assert.deepEqual(
    rig.stored.map(({ orgId }) => orgId),
    [plainOrg, plainOrg, plainOrg],
  );
  assert.equal((await rig.stream.state()).records, 3);
  rig.release();
  await waitFor(
    async () => (await rig.stream.state()).records === 0,
    soonMs,
    () => "records were not acknowledged",
  );
  const slow = rig.stored.filter(({ orgId }) => orgId === slowOrg);
  assert.deepEqual(
    slow.map(({ id, events, dropped }) => [id, events.length, dropped]),
    [0, 1, 2].map((n) => [`slow-${n}`, 0, { custom_js: 1 }]),
  );
  stopping.abort();
  await running;
});

test("a store that refuses gets the records of scripts again", async () => {
  const rig = openRig();
  rig.store.refusals = 1;
  rig.release();
  const stopping = new AbortController();
  const running = rig.work.run(stopping.signal);
  await rig.append(slowOrg, "slow-0");
  await waitFor(
    async () => (await rig.stream.state()).records === 0,
    soonMs,
    () => "the record was not acknowledged",
  );
  assert.deepEqual(
    rig.stored.map(({ id }) => id),
    ["slow-0"],
  );
  stopping.abort();
  await running;
});

test("a damaged record is counted for its owner, a store that refuses is asked again, and others go on", async () => {
  const rig = openRig();
  rig.store.refusals = 2;
  const stopping = new AbortController();
  const running = rig.work.run(stopping.signal);
  await rig.appendDamaged(plainOrg, "damaged-0");
  await rig.append(plainOrg, "sound-0");
  await rig.append(slowOrg, "slow-0");
  rig.release();
  await waitFor(
    async () => (await rig.stream.state()).records === 0,
    soonMs,
    () => "records were not acknowledged",
  );
  assert.deepEqual(
    rig.damaged.map(({ id, orgId, sourceId, accepted }) => [id, orgId, sourceId, accepted]),
    [["damaged-0", plainOrg, "s", 2]],
  );
  assert.deepEqual(rig.stored.map(({ id }) => id).sort(), ["slow-0", "sound-0"]);
  stopping.abort();
  await running;
});
