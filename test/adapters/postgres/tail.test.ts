import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";
import { newEvent, newRecord } from "../../contracts/events/records.ts";
import { unwrap } from "../../contracts/results.ts";
import { newTenant } from "../../contracts/tenants.ts";
import { openTestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());
const { eventStore, eventTail } = database.store;

test("the tail is one tenant's newest events, filtered, and counts what it leaves out", async () => {
  const [ours, theirs] = [newTenant("Ours"), newTenant("Theirs")];
  for (const tenant of [ours, theirs]) await database.addTenant(tenant);
  assert.equal(unwrap(await eventTail.newestMs(ours.orgId)), null);
  const sinceMs = 0;
  const events = Array.from({ length: 7 }, (_, n) => newEvent({ name: n < 2 ? "A" : "B" }));
  unwrap(await eventStore.storeRecords([newRecord(ours, events), newRecord(theirs, [newEvent()])], () => false));
  const all = unwrap(await eventTail.since(ours.orgId, {}, sinceMs, 100));
  assert.deepEqual([all.items.length, all.matched], [7, 7]);
  assert.ok(all.items.every((event) => event.orgId === ours.orgId));
  assert.equal(unwrap(await eventTail.newestMs(ours.orgId)), all.items[0]?.receivedAtMs);
  const cut = unwrap(await eventTail.since(ours.orgId, {}, sinceMs, 3));
  assert.deepEqual([cut.items.length, cut.matched], [3, 7]);
  const matched = async (filter: Parameters<typeof eventTail.since>[1]) =>
    unwrap(await eventTail.since(ours.orgId, filter, sinceMs, 100)).matched;
  assert.equal(await matched({ eventNames: ["A", "'; drop"] }), 2);
  assert.equal(await matched({ projectId: ours.projectId, sourceId: ours.sourceId }), 7);
  assert.equal(await matched({ sourceId: randomUUID() }), 0);
  assert.equal(await matched({ projectId: theirs.projectId }), 0);
  assert.equal(unwrap(await eventTail.since(ours.orgId, {}, Date.now() + 60_000, 100)).matched, 0);
});
