import assert from "node:assert/strict";
import { after, it } from "node:test";
import type { SealedSecret } from "../../../domain/model/tenant.ts";
import { unwrap } from "../../contracts/results.ts";
import { tenantStoreSuite } from "../../contracts/tenant-store.ts";
import { newIntegration, newTenant, ownerOf } from "../../contracts/tenants.ts";
import { openTestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

tenantStoreSuite("postgres", async () => {
  const { store, addTenant, clear } = database;
  return { store: store.tenantStore, addTenant, remove: clear };
});

it("a changed integration is in the audit log with old and new, secrets masked, the new ones named", async () => {
  const tenant = newTenant();
  await database.addTenant(tenant);
  const by = ownerOf(tenant);
  const { tenantStore, accountStore } = database.store;
  const { id } = unwrap(await tenantStore.createIntegration(by, newIntegration(tenant)));
  const sealedSecrets = { access_token: "sealed canary" as SealedSecret };
  unwrap(await tenantStore.changeIntegration(by, id, { config: { pixel_id: "9" }, sealedSecrets, paused: true }, 1));
  const [entry] = unwrap(await accountStore.auditLog(tenant.orgId, { limit: 1, beforeId: null }));
  const told = { name: "Pixel", enabled: true, secrets: { access_token: "***" } };
  assert.deepEqual(entry?.before, { ...told, paused: false, config: { pixel_id: "123" } });
  const changed = { paused: true, config: { pixel_id: "9" }, secrets_replaced: ["access_token"] };
  assert.deepEqual(entry?.after, { ...told, ...changed });
  assert.deepEqual([entry?.action, entry?.subject, entry?.memberId], ["integration_changed", id, by.memberId]);
  await database.clear();
});
