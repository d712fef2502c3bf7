import { after } from "node:test";
import { accountStoreSuite } from "../../contracts/account-store.ts";
import { workspaceStoreSuite } from "../../contracts/workspace-store.ts";
import { openTestDatabase } from "./server.ts";

const database = openTestDatabase();
after(async () => (await database).close());

accountStoreSuite("postgres", async () => {
  const { store, addTenant, clear } = await database;
  return { store: store.accountStore, addTenant, remove: clear };
});

workspaceStoreSuite("postgres", async () => {
  const { store, addTenant, clear } = await database;
  const { workspaceStore, tenantStore: tenants, accountStore: accounts } = store;
  return { store: workspaceStore, tenants, accounts, addTenant, remove: clear };
});
