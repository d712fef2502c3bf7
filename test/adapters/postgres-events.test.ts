import { after } from "node:test";
import { eventStoreSuite } from "../contracts/event-store.ts";
import { unwrap } from "../contracts/results.ts";
import { ownerOf } from "../contracts/tenants.ts";
import { openTestDatabase } from "./postgres-server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

eventStoreSuite("postgres", async () => {
  const { store, addTenant, clear } = database;
  return {
    store: store.eventStore,
    outbox: store.outbox,
    addTenant,
    addIntegration: async (tenant, integration) => {
      unwrap(await store.tenantStore.createIntegration(ownerOf(tenant), integration));
    },
    remove: clear,
  };
});
