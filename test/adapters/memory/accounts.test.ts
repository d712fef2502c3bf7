import { openMemoryAccountStore } from "../../../adapters/memory/account-store.ts";
import { openMemoryTenantStore } from "../../../adapters/memory/tenant-store.ts";
import { openMemoryWorkspaceStore } from "../../../adapters/memory/workspace-store.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import { accountStoreSuite } from "../../contracts/account-store.ts";
import { workspaceStoreSuite } from "../../contracts/workspace-store.ts";

async function open() {
  const clock = openSystemClock();
  const tenants = openMemoryTenantStore(clock);
  const accounts = openMemoryAccountStore(tenants, clock);
  const workspace = openMemoryWorkspaceStore(tenants, accounts, clock);
  const addTenant = async (tenant: FirstTenant) => tenants.addTenant(tenant);
  return { tenants, accounts, workspace, addTenant, remove: async () => undefined };
}

accountStoreSuite("memory", async () => {
  const { accounts, ...rest } = await open();
  return { ...rest, store: accounts };
});

workspaceStoreSuite("memory", async () => {
  const { workspace, ...rest } = await open();
  return { ...rest, store: workspace };
});
