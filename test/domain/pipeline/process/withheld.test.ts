import assert from "node:assert/strict";
import { test } from "node:test";
import { openVirtualClock } from "../../../../adapters/memory/clock.ts";
import { openMemoryStream } from "../../../../adapters/memory/stream.ts";
import { openReferenceKernel } from "../../../../adapters/reference-kernel/kernel.ts";
import { openSystemRandom } from "../../../../adapters/system/random.ts";
import { openTroubles } from "../../../../adapters/system/troubles.ts";
import { encodeRecord } from "../../../../domain/model/event/record.ts";
import type { RecordToStore } from "../../../../domain/model/event/stored-event.ts";
import { fail, succeed } from "../../../../domain/model/failure.ts";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import { createCustomJs } from "../../../../domain/pipeline/process/custom-js.ts";
import { createProcess } from "../../../../domain/pipeline/process/process.ts";
import { createWithheld } from "../../../../domain/pipeline/process/withheld.ts";
import type { StoredRecord } from "../../../../ports/event-store.ts";
import { recordOf, silent, versionOf } from "./custom-js-parts.ts";

const damagedOrg = "01900000-0000-7000-8000-0000000000aa";
const soundOrg = "01900000-0000-7000-8000-0000000000bb";

/** The processing loop over a store that is damaged where one organisation's records go. */
function openRig() {
  const clock = openVirtualClock();
  const stream = openMemoryStream({ clock });
  const troubles = openTroubles(clock);
  const stored: string[] = [];
  const shown: string[] = [];
  const state = { isDamaged: true, isAway: false };
  const store = {
    position: async () => fail<never>("store_unavailable"),
    async storeRecords(records: readonly RecordToStore[]) {
      if (state.isAway) return fail<never>("store_disk_full");
      return succeed(
        records.map(({ id, orgId }): StoredRecord => {
          shown.push(id);
          if (state.isDamaged && orgId === damagedOrg) return { kind: "withheld", code: "store_damaged_XX001" };
          stored.push(id);
          return { kind: "stored", stored: 1, duplicate: 0, dead: 0 };
        }),
      );
    },
  } as unknown as Parameters<typeof createProcess>[0]["store"];
  const sandbox = { run: async () => [] };
  const off = { custom_js: { enabled: false, code: "", description: "" } };
  const tenants = { dataLayerVersion: async (orgId: string) => succeed({ ...versionOf(off), orgId }) };
  const kernel = openReferenceKernel();
  const parts = { clock, telemetry: silent, limits: defaultLimits };
  const customJs = createCustomJs({ ...parts, sandbox, tenants, kernel });
  const random = openSystemRandom();
  const work = createProcess({ ...parts, stream, store, relays: () => false, customJs, random, troubles });
  const append = async (orgId: string, id: string) => {
    const event = { type: "track", event: "E", userId: "u", messageId: id };
    const bytes = encodeRecord({ ...recordOf([event]), orgId, id });
    await stream.append({ id, orgId, sourceId: "s", accepted: 1, bytes });
  };
  /** Lets `ms` pass, and what is woken come to rest. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 250) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(250);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, stream, troubles, stored, shown, state, work, append, pass };
}

test("records that a damaged store can't take wait, others pass them, and they are stored in the end", async () => {
  const rig = openRig();
  const stopping = new AbortController();
  const running = rig.work.run(stopping.signal);
  for (let n = 0; n < 3; n += 1) {
    await rig.append(damagedOrg, `held-${n}`);
    await rig.append(soundOrg, `sound-${n}`);
  }
  await rig.pass(10_000);
  assert.deepEqual(rig.stored, ["sound-0", "sound-1", "sound-2"]);
  assert.equal((await rig.stream.state()).records, 3, "they are kept");
  assert.deepEqual(rig.troubles.list(), ["store_damaged"]);
  assert.ok(rig.shown.length < 30, `the store is not asked again and again: ${rig.shown.length}`);
  await rig.append(soundOrg, "later");
  await rig.pass(1_000);
  assert.equal(rig.stored.at(-1), "later");
  assert.deepEqual(rig.troubles.list(), ["store_damaged"], "what others are stored is no proof");
  rig.state.isDamaged = false;
  await rig.pass(60_000);
  assert.deepEqual(rig.stored.slice(4).sort(), ["held-0", "held-1", "held-2"]);
  assert.equal((await rig.stream.state()).records, 0);
  assert.deepEqual(rig.troubles.list(), []);
  rig.state.isAway = true;
  await rig.append(soundOrg, "no-room");
  await rig.pass(1_000);
  assert.deepEqual(rig.troubles.list(), ["store_disk_full"]);
  stopping.abort();
  await rig.pass(10_000);
  await running;
});

test("a few withheld records are shown to the store at once, ever later, and each of them in the end", () => {
  let nowMs = 0;
  const withheld = createWithheld({ nowMs: () => nowMs });
  const entries = Array.from({ length: 50 }, (_, n) => {
    return { token: `t${n}`, id: `r${n}`, orgId: "o", sourceId: "s", accepted: 1, bytes: new Uint8Array() };
  });
  withheld.hold(entries);
  assert.deepEqual(withheld.takeDue(), []);
  nowMs = 2_000;
  const first = withheld.takeDue();
  assert.equal(first.length, 20);
  withheld.hold(entries.slice(0, 20));
  nowMs = 4_000;
  assert.deepEqual(
    withheld.takeDue().map(({ token }) => token),
    entries.slice(20, 40).map(({ token }) => token),
  );
  withheld.settle(entries);
  assert.equal(withheld.size(), 0);
});
