import assert from "node:assert/strict";
import { unwrap } from "../results.ts";
import type { Case } from "./event-store.ts";
import { newEvent, newRecord } from "./records.ts";

/** What an event store does with records that the disk did not keep as they were written. */
export const damageCases: readonly Case[] = [
  {
    promise: "a damaged record is counted once, as accepted, dead and damaged, for its own source only",
    async run({ store, ours, theirs }) {
      const damaged = { id: newRecord(ours, []).id, orgId: ours.orgId, sourceId: ours.sourceId, accepted: 7 };
      assert.deepEqual(unwrap(await store.countDamaged([damaged, damaged])), ["counted", "known"]);
      assert.deepEqual(unwrap(await store.countDamaged([damaged])), ["known"]);
      const [ledger] = unwrap(await store.sourceLedgers(ours.orgId));
      assert.deepEqual([ledger?.accepted, ledger?.dead, ledger?.damaged, ledger?.stored], [7, 7, 7, 0]);
      const [other] = unwrap(await store.sourceLedgers(theirs.orgId));
      assert.deepEqual([other?.accepted, other?.damaged], [0, 0]);
      assert.deepEqual(
        unwrap(await store.storeRecords([newRecord(ours, [newEvent()], { id: damaged.id })], () => false)),
        [{ kind: "known" }],
      );
    },
  },
  {
    promise: "a damaged record whose label is damaged too is nobody's, and refuses no other",
    async run({ store, ours, theirs }) {
      const sound = { id: newRecord(ours, []).id, orgId: ours.orgId, sourceId: ours.sourceId, accepted: 1 };
      const wrongs = [
        { ...sound, orgId: "" },
        { ...sound, sourceId: `${ours.sourceId.slice(0, -1)}x` },
        { ...sound, id: "no-uuid" },
        { ...sound, sourceId: theirs.sourceId },
        { ...sound, orgId: newRecord(ours, []).id },
        { ...sound, accepted: 2 ** 40 },
      ];
      const outcomes = unwrap(await store.countDamaged([...wrongs, sound]));
      assert.deepEqual(outcomes, [...wrongs.map(() => "unknown"), "counted"]);
    },
  },
];
