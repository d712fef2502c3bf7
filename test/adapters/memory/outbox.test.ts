import { randomUUID } from "node:crypto";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openMemoryOutbox } from "../../../adapters/memory/outbox.ts";
import { openSystemRandom } from "../../../adapters/system/random.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { newEvent, newRecord, receivedAtMs } from "../../contracts/events/records.ts";
import { outboxSuite } from "../../contracts/outbox/outbox.ts";
import { newIntegration, newTenant } from "../../contracts/tenants.ts";

outboxSuite("memory", async () => {
  const outbox = openMemoryOutbox({ clock: openVirtualClock(receivedAtMs), random: openSystemRandom() });
  const tenants = new Map<number, ReturnType<typeof newTenant>>();
  return {
    outbox,
    async addIntegration(org) {
      const tenant = tenants.get(org) ?? newTenant();
      tenants.set(org, tenant);
      const integration = { ...newIntegration(tenant), orgId: tenant.orgId, pausedAtMs: null, version: 1 };
      outbox.replaceIntegration(integration);
      return integration;
    },
    async queue(integration, events) {
      const record = newRecord({ ...newTenant(), orgId: integration.orgId }, []);
      for (let n = 0; n < events; n += 1) {
        const { json, advertising, analytics, ...columns } = newEvent({ id: randomUUID() });
        const { id: _, dropped, events: __, ...received } = record;
        const members = { properties: {}, traits: {}, context: {}, extra: {} };
        outbox.enqueue(integration, { ...received, ...columns, ...members, sessionId: null } satisfies StoredEvent);
      }
    },
    async pause(integration, paused) {
      outbox.replaceIntegration({ ...integration, pausedAtMs: paused ? receivedAtMs : null });
    },
    delete: async (integration) => outbox.cancel(integration.id),
    ledger: async (integration) => outbox.ledger(integration.id),
    remove: async () => {},
    unfair: "the memory outbox serves tests of one relay: whoever is due first comes first",
  };
});
