import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { transformationsMax } from "../../domain/model/limits.ts";
import type { TransformationRule } from "../../domain/model/transformation.ts";
import type { FirstTenant } from "../../ports/tenant-store.ts";
import type { TransformationStore } from "../../ports/transformation-store.ts";
import { codeOf, unwrap } from "./results.ts";
import { newTenant, ownerOf } from "./tenants.ts";

/** A store of transformations under test. */
export interface OpenedTransformationStore {
  readonly store: TransformationStore;
  /** Adds an organisation with two integrations. Shape: their ids, in order. */
  addTenant(tenant: FirstTenant): Promise<readonly [string, string]>;
  remove(): Promise<void>;
}

interface Case {
  readonly promise: string;
  readonly run: (opened: OpenedTransformationStore) => Promise<void>;
}

const rules: readonly TransformationRule[] = [{ type: "delete", path: "traits.email", events: ["A"] }];

function words<T extends object>(rest: T) {
  return { id: randomUUID(), name: "", position: 0, enabled: true, rules, ...rest };
}

const cases: readonly Case[] = [
  {
    promise: "what was made is read back whole, of one integration or of all, in the order in which it runs",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      const [first, second] = await addTenant(tenant);
      const by = ownerOf(tenant);
      const late = unwrap(await store.create(by, words({ integrationId: first, position: 2, name: "late" })));
      const early = unwrap(await store.create(by, words({ integrationId: first, position: 1, enabled: false })));
      const other = unwrap(await store.create(by, words({ integrationId: second })));
      assert.deepEqual([late.version, late.rules, late.updatedBy, late.orgId], [1, rules, by.memberId, by.orgId]);
      assert.deepEqual(unwrap(await store.list(by.orgId, first)), [early, late]);
      assert.deepEqual(unwrap(await store.list(by.orgId, second)), [other]);
      assert.equal(unwrap(await store.list(by.orgId, null)).length, 3);
      assert.deepEqual(unwrap(await store.find(by.orgId, early.id)), early);
    },
  },
  {
    promise: "a change counts the version up and keeps what it does not name; a stale one is refused",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      const [integrationId] = await addTenant(tenant);
      const by = ownerOf(tenant);
      const made = unwrap(await store.create(by, words({ integrationId, name: "n" })));
      const changed = unwrap(await store.change(by, made.id, { enabled: false }, 1));
      assert.deepEqual([changed.version, changed.enabled, changed.name, changed.rules], [2, false, "n", rules]);
      assert.equal(codeOf(await store.change(by, made.id, { enabled: true }, 1)), "version_conflict");
      assert.equal(unwrap(await store.find(by.orgId, made.id)).enabled, false);
      assert.equal(codeOf(await store.remove(by, made.id, 1)), "version_conflict");
      unwrap(await store.remove(by, made.id, 2));
      assert.equal(codeOf(await store.find(by.orgId, made.id)), "not_found");
      assert.equal(codeOf(await store.remove(by, made.id, null)), "not_found");
    },
  },
  {
    promise: "a number of a rule that no double holds exactly can be kept and changed again",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      const [integrationId] = await addTenant(tenant);
      const by = ownerOf(tenant);
      const rules = [{ type: "set", path: "properties.n", value: 1e30 }] as const;
      const made = unwrap(await store.create(by, { ...words({ integrationId }), rules }));
      const changed = unwrap(await store.change(by, made.id, { name: "again", enabled: false }, null));
      assert.deepEqual(changed.rules, rules);
      assert.deepEqual(unwrap(await store.list(by.orgId, null))[0]?.rules, rules);
    },
  },
  {
    promise: "another organisation's are as none",
    async run({ store, addTenant }) {
      const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
      const [integrationId] = await addTenant(ours);
      await addTenant(theirs);
      const made = unwrap(await store.create(ownerOf(ours), words({ integrationId })));
      const by = ownerOf(theirs);
      assert.deepEqual(unwrap(await store.list(by.orgId, null)), []);
      assert.deepEqual(unwrap(await store.list(by.orgId, integrationId)), []);
      assert.equal(codeOf(await store.find(by.orgId, made.id)), "not_found");
      assert.equal(codeOf(await store.change(by, made.id, { name: "x" }, null)), "not_found");
      assert.equal(codeOf(await store.remove(by, made.id, null)), "not_found");
      assert.equal(codeOf(await store.create(by, words({ integrationId }))), "not_found");
      assert.equal(unwrap(await store.find(ours.orgId, made.id)).version, 1);
    },
  },
  {
    promise: "an integration has a bounded number of them",
    async run({ store, addTenant }) {
      const tenant = newTenant();
      const [integrationId, other] = await addTenant(tenant);
      const by = ownerOf(tenant);
      for (let n = 0; n < transformationsMax; n += 1) unwrap(await store.create(by, words({ integrationId })));
      assert.equal(codeOf(await store.create(by, words({ integrationId }))), "too_many");
      assert.equal(codeOf(await store.create(by, words({ integrationId: other }))), "ok");
    },
  },
];

/** Runs the promises of a transformation store against one implementation. */
export function transformationStoreSuite(name: string, open: () => Promise<OpenedTransformationStore>): void {
  describe(`transformation store: ${name}`, () => {
    for (const { promise, run } of cases) {
      it(promise, async () => {
        const opened = await open();
        try {
          await run(opened);
        } finally {
          await opened.remove();
        }
      });
    }
  });
}
