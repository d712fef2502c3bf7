import { after } from "node:test";
import { tenantStoreSuite } from "../contracts/tenant-store.ts";
import { openTestDatabase } from "./postgres-server.ts";

const database = openTestDatabase();
after(async () => (await database).close());

tenantStoreSuite("postgres", async () => {
  const { store, addTenant, clear } = await database;
  return { store: store.tenantStore, addTenant, remove: clear };
});
