import { randomUUID } from "node:crypto";
import { describe } from "node:test";
import { openMemoryAttributionStore } from "../../../adapters/memory/attribution-store.ts";
import { attributionStoreSuite } from "../../contracts/attribution-store.ts";
import { newAttribution } from "../../contracts/attributions.ts";

describe("attributions in memory", () => {
  attributionStoreSuite(async () => {
    const store = openMemoryAttributionStore();
    const orgIds = [randomUUID(), randomUUID()] as const;
    return {
      store,
      orgIds,
      async add(orgId, rest = {}) {
        const token = newAttribution({ orgId, ...rest });
        store.add(token);
        return token.id;
      },
    };
  });
});
