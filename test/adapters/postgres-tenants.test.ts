import { after } from "node:test";
import { tenantStoreSuite } from "../contracts/tenant-store.ts";
import { openTestDatabase } from "./postgres-server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

tenantStoreSuite("postgres", async () => {
  const { store, addTenant, clear } = database;
  return { store: store.tenantStore, addTenant, remove: clear };
});
