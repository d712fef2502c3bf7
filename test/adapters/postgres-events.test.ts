import { after } from "node:test";
import type { FirstTenant, NewIntegration } from "../../ports/tenant-store.ts";
import { eventStoreSuite } from "../contracts/event-store.ts";
import { unwrap } from "../contracts/results.ts";
import { sessionStoreSuite } from "../contracts/session-store.ts";
import { ownerOf } from "../contracts/tenants.ts";
import { openTestDatabase } from "./postgres-server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

async function open() {
  const { store, addTenant, clear } = database;
  return {
    store: store.eventStore,
    outbox: store.outbox,
    sessions: store.sessionStore,
    addTenant,
    addIntegration: async (tenant: FirstTenant, integration: NewIntegration) => {
      unwrap(await store.tenantStore.createIntegration(ownerOf(tenant), integration));
    },
    remove: clear,
  };
}

eventStoreSuite("postgres", open);
sessionStoreSuite("postgres", open);
