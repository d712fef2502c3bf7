import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, it } from "node:test";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import { newEvent, newRecord } from "../../contracts/events/records.ts";
import { unwrap } from "../../contracts/results.ts";
import { newIntegration, newTenant, ownerOf } from "../../contracts/tenants.ts";
import { transformationStoreSuite } from "../../contracts/transformation-store.ts";
import { openTestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());
const { store } = database;

async function addTenant(tenant: FirstTenant): Promise<readonly [string, string]> {
  await database.addTenant(tenant);
  const ids = [randomUUID(), randomUUID()] as const;
  for (const id of ids) {
    unwrap(await store.tenantStore.createIntegration(ownerOf(tenant), { ...newIntegration(tenant), id }));
  }
  return ids;
}

transformationStoreSuite("postgres", async () => {
  return { store: store.transformationStore, addTenant, remove: database.clear };
});

it("a claim brings its integration's own transformations, enabled ones, in order; changes are audited", async () => {
  const tenant = newTenant();
  const [first, second] = await addTenant(tenant);
  const by = ownerOf(tenant);
  const rules = [{ type: "delete", path: "properties.x" }] as const;
  const make = async (integrationId: string, name: string, position: number, enabled = true) => {
    const made = { id: randomUUID(), integrationId, name, position, enabled, rules };
    return unwrap(await store.transformationStore.create(by, made)).id;
  };
  await make(first, "late", 9);
  await make(first, "off", 5, false);
  const early = await make(first, "early", 1);
  await make(second, "other", 0);
  unwrap(await store.eventStore.storeRecords([newRecord(tenant, [newEvent()])], () => true));
  const bounds = { except: [], claimsMax: 9, eventsMax: 9, leaseMs: 60_000, nowMs: Date.now() + 1_000 };
  const claims = unwrap(await store.outbox.claim(bounds));
  const names = (id: string) =>
    claims.find(({ integration }) => integration.id === id)?.transformations.map(({ name }) => name);
  assert.deepEqual([names(first), names(second)], [["early", "late"], ["other"]]);
  unwrap(await store.transformationStore.remove(by, early, null));
  const logged = await database.query<{ action: string }>(
    "select action from audit_log where org_id = $1 and subject = $2 order by audit_id",
    [tenant.orgId, early],
  );
  assert.deepEqual(
    logged.map(({ action }) => action),
    ["transformation_created", "transformation_removed"],
  );
});
