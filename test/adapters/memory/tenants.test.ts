import { openMemoryTenantStore } from "../../../adapters/memory/tenant-store.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { tenantStoreSuite } from "../../contracts/tenant-store.ts";

tenantStoreSuite("memory", async () => {
  const store = openMemoryTenantStore(openSystemClock());
  return { store, addTenant: async (tenant) => store.addTenant(tenant), remove: async () => undefined };
});
