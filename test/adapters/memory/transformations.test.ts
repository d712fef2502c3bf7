import { randomUUID } from "node:crypto";
import { openMemoryTransformationStore } from "../../../adapters/memory/transformation-store.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { transformationStoreSuite } from "../../contracts/transformation-store.ts";

transformationStoreSuite("memory", async () => {
  const integrations = new Map<string, readonly string[]>();
  const store = openMemoryTransformationStore({
    clock: openSystemClock(),
    hasIntegration: async (orgId, id) => integrations.get(orgId)?.includes(id) ?? false,
  });
  return {
    store,
    async addTenant({ orgId }) {
      const ids = [randomUUID(), randomUUID()] as const;
      integrations.set(orgId, ids);
      return ids;
    },
    remove: async () => undefined,
  };
});
