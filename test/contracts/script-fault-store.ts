import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { type CountedFault, keptFaultsMax, type ScriptFaultStore } from "../../ports/script-fault-store.ts";
import { unwrap } from "./results.ts";

const startMs = Date.UTC(2026, 0, 1);

function fault(rest: Partial<CountedFault> = {}): CountedFault {
  return { version: 1, fault: "exception", line: 3, count: 1, firstAtMs: startMs, lastAtMs: startMs, ...rest };
}

const cases: readonly { readonly promise: string; readonly run: (store: ScriptFaultStore) => Promise<void> }[] = [
  {
    promise: "an organisation that nothing is known of has no faults and no pause",
    async run(store) {
      unwrap(await store.add([]));
      assert.deepEqual(unwrap(await store.overview(randomUUID())), { faults: [], pausedUntilMs: null });
    },
  },
  {
    promise: "faults of one kind, line and version are added up; others stand apart, newest first",
    async run(store) {
      const orgId = randomUUID();
      const later = fault({ count: 2, firstAtMs: startMs + 5, lastAtMs: startMs + 9 });
      const others = [
        fault({ line: null, lastAtMs: startMs + 4 }),
        fault({ version: 2, lastAtMs: startMs + 3 }),
        fault({ fault: "timeout", lastAtMs: startMs + 2 }),
      ];
      unwrap(await store.add([{ orgId, faults: [later, ...others], pausedUntilMs: null }]));
      unwrap(await store.add([{ orgId, faults: [fault()], pausedUntilMs: null }]));
      const { faults } = unwrap(await store.overview(orgId));
      assert.deepEqual(faults, [fault({ count: 3, lastAtMs: startMs + 9 }), ...others]);
    },
  },
  {
    promise: "a pause is known until it is told of a later one, with or without faults",
    async run(store) {
      const orgId = randomUUID();
      for (const pausedUntilMs of [startMs + 60_000, null, startMs]) {
        unwrap(await store.add([{ orgId, faults: [], pausedUntilMs }]));
        assert.equal(unwrap(await store.overview(orgId)).pausedUntilMs, startMs + 60_000);
      }
    },
  },
  {
    promise: "of one organisation a bounded number is kept: those that were seen last",
    async run(store) {
      const orgId = randomUUID();
      for (const from of [0, keptFaultsMax]) {
        const faults = Array.from({ length: keptFaultsMax }, (_, n) => {
          return fault({ line: from + n + 1, lastAtMs: startMs + from + n });
        });
        unwrap(await store.add([{ orgId, faults, pausedUntilMs: null }]));
      }
      const { faults } = unwrap(await store.overview(orgId));
      assert.equal(faults.length, keptFaultsMax);
      assert.deepEqual([faults[0]?.line, faults.at(-1)?.line], [2 * keptFaultsMax, keptFaultsMax + 1]);
    },
  },
  {
    promise: "reports of several organisations are written together, and each is read by its own only",
    async run(store) {
      const [first, second] = [randomUUID(), randomUUID()];
      const reports = [first, second].map((orgId, n) => {
        return { orgId, faults: [fault({ count: n + 1 })], pausedUntilMs: null };
      });
      unwrap(await store.add(reports));
      assert.deepEqual(unwrap(await store.overview(first)).faults, [fault({ count: 1 })]);
      assert.deepEqual(unwrap(await store.overview(second)).faults, [fault({ count: 2 })]);
    },
  },
];

/** What every store of script faults promises. */
export function scriptFaultStoreSuite(name: string, store: ScriptFaultStore): void {
  describe(`script fault store: ${name}`, () => {
    for (const { promise, run } of cases) it(promise, () => run(store));
  });
}
