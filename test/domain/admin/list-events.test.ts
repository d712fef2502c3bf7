import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { openReferenceKernel } from "../../../adapters/reference-kernel/kernel.ts";
import { createListEvents } from "../../../domain/admin/events/list-events.ts";
import { defaultDataLayer } from "../../../domain/data-layer/configuration.ts";
import { succeed } from "../../../domain/model/failure.ts";
import { defaultLimits } from "../../../domain/model/limits.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { EventFilter } from "../../../ports/event-store.ts";

const by = { orgId: randomUUID(), memberId: "usr_1", role: "viewer" } as Principal;

async function askedFor(userId: string, config = defaultDataLayer): Promise<string | undefined> {
  const filters: EventFilter[] = [];
  const listEvents = createListEvents({
    kernel: openReferenceKernel(),
    limits: defaultLimits,
    tenants: {
      hasProject: async () => succeed(true),
      dataLayer: async (orgId) => succeed({ orgId, version: 1, config, updatedAtMs: 0, updatedBy: "" }),
    },
    store: {
      async events(_, filter) {
        filters.push(filter);
        return succeed({ items: [], nextCursor: null });
      },
    },
  });
  assert.equal((await listEvents(by, { user_id: userId })).ok, true);
  return filters[0]?.userId;
}

test("events of a user whose id is an email are found by that email, as its hash", async () => {
  const hash = createHash("sha256").update("ana@example.com").digest("hex");
  for (const email of ["ana@example.com", "Ana@Example.com"]) assert.equal(await askedFor(email), hash);
  assert.equal(await askedFor(hash), hash);
});

test("other ids are asked for as they are", async () => {
  for (const id of ["user-1", "42", 'a "quoted" id', "ünïcode", ""]) {
    assert.equal(await askedFor(id), id);
  }
});

test("an id that is a phone number is asked for as the data layer has it stored", async () => {
  const { pii_rules } = defaultDataLayer;
  const seen = { ...defaultDataLayer, pii_rules: { ...pii_rules, detect_phones: "off" as const } };
  assert.equal(await askedFor("+491701234567", seen), "+491701234567");
  assert.match((await askedFor("+491701234567")) ?? "", /^[0-9a-f]{64}$/);
});
