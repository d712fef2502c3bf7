import assert from "node:assert/strict";
import { test } from "node:test";
import { createRedriveDeadLetters, type RedriveParts } from "../../../domain/admin/deliveries/redrive-dead-letters.ts";
import { succeed } from "../../../domain/model/failure.ts";
import { ambiguityHorizonMs, redriveLettersMax } from "../../../domain/model/limits.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { DeadLetter } from "../../../ports/dead-letters.ts";

const orgId = "00000000-0000-7000-8000-00000000000a";
const stored = "00000000-0000-7000-8000-000000000001";
const relayed = "00000000-0000-7000-8000-000000000002";
const nowMs = Date.UTC(2026, 0, 10);

function letter(id: string, stage: DeadLetter["stage"]): DeadLetter {
  const ids = { id, orgId, integrationId: null, eventId: null, messageId: null, eventName: null };
  return { ...ids, stage, code: "c", createdAtMs: nowMs, ambiguousSinceMs: null };
}

/** Letters of either stage, and what a redrive is asked for. */
function cases() {
  const asked: unknown[] = [];
  const letters = [letter(stored, "store"), letter(relayed, "relay")];
  const outbox: RedriveParts["outbox"] = {
    deadLetters: async (_orgId, { ids }) =>
      succeed({ items: letters.filter(({ id }) => ids?.includes(id)), nextCursor: null }),
    async redrive(_by, filter, bounds) {
      asked.push([filter, bounds]);
      return succeed({ redriven: 1, leftAmbiguous: 0, more: false });
    },
  };
  const tenants = { integrations: async () => succeed([]) };
  return { asked, redrive: createRedriveDeadLetters({ outbox, tenants, clock: { nowMs: () => nowMs } }) };
}

const by = (role: Principal["role"]): Principal => ({ orgId, memberId: orgId, role });

test("what could not be stored can't be sent again: it is refused, and nothing beside it goes", async () => {
  const { asked, redrive } = cases();
  const answer = await redrive(by("editor"), { ids: [relayed, stored] });
  assert.ok(!answer.ok && answer.refusal.code === "invalid_input");
  assert.equal(answer.refusal.faults[0]?.code, "not_redrivable");
  assert.deepEqual(asked, []);
});

test("a redrive is bounded in number and by the vendor's memory, and ids count once in any spelling", async () => {
  const { asked, redrive } = cases();
  assert.ok((await redrive(by("editor"), { ids: [relayed, relayed.toUpperCase()] })).ok);
  const bounds = { nowMs, ambiguousBeforeMs: nowMs - ambiguityHorizonMs, lettersMax: redriveLettersMax };
  assert.deepEqual(asked, [[{ ids: [relayed] }, bounds]]);
});

test("viewers send nothing again", async () => {
  const { asked, redrive } = cases();
  const answer = await redrive(by("viewer"), { all: true });
  assert.ok(!answer.ok && answer.refusal.code === "role_insufficient");
  assert.deepEqual(asked, []);
});
