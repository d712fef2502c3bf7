import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { DeliveryVerdict, Integration } from "../../../domain/model/delivery.ts";
import type { Principal } from "../../../domain/model/tenant.ts";
import type { DeadLetter } from "../../../ports/dead-letters.ts";
import type { Outbox, OutboxClaim } from "../../../ports/outbox.ts";
import { codeOf, unwrap } from "../results.ts";
import { allAre, type Case, claimOne, countsOf, frozenOf, idsOf, nowMs, receiptOf } from "./outbox-parts.ts";

const hourMs = 3_600_000;
const horizonMs = 48 * hourMs;
const limits = { nowMs: nowMs + 10, ambiguousBeforeMs: nowMs + 10 - horizonMs, lettersMax: 100 };

function editorOf(integration: Integration): Principal {
  return { orgId: integration.orgId, memberId: randomUUID(), role: "editor" };
}

function deadOf(code: string, effect: "none" | "unknown" = "none"): DeliveryVerdict {
  return { kind: "dead", code, effect };
}

async function lettersOf(outbox: Outbox, { orgId }: Integration, filter = {}): Promise<readonly DeadLetter[]> {
  return unwrap(await outbox.deadLetters(orgId, { limit: 100, ...filter })).items;
}

/** Claims what is due of the one integration that has anything, freezes it, and gives it up. */
async function deadLetterAll(outbox: Outbox, verdict: DeliveryVerdict, atMs = nowMs): Promise<OutboxClaim> {
  const claim = await claimOne(outbox, atMs);
  unwrap(await outbox.freeze(claim, frozenOf(claim, "Purchase")));
  unwrap(await outbox.settle(claim, allAre(claim, verdict), [receiptOf(claim, atMs)], atMs));
  return claim;
}

const letterCases: readonly Case[] = [
  {
    promise: "dead letters are narrowed by id, integration, code, event name and time",
    async run({ outbox, addIntegration, queue }) {
      const [first, second] = [await addIntegration(1), await addIntegration(1)];
      await queue(first, 2);
      await deadLetterAll(outbox, deadOf("meta_100"));
      await queue(second, 1);
      await deadLetterAll(outbox, deadOf("filtered"), nowMs + 5);
      const all = await lettersOf(outbox, first);
      assert.equal(all.length, 3);
      const name = all[0]?.eventName;
      assert.ok(name);
      const sizes = [
        [{ integrationId: first.id }, 2],
        [{ code: "filtered" }, 1],
        [{ eventName: name }, 3],
        [{ eventName: "Nothing Of The Kind\0" }, 0],
        [{ ids: [all[0]?.id as string, randomUUID(), "no id"] }, 1],
        [{ sinceMs: nowMs + 5 }, 1],
        [{ untilMs: nowMs + 5 }, 2],
        [{ integrationId: first.id, code: "filtered" }, 0],
        [{ integrationId: "no id" }, 0],
      ] as const;
      for (const [filter, size] of sizes) {
        assert.deepEqual([filter, (await lettersOf(outbox, first, filter)).length], [filter, size]);
      }
    },
  },
  {
    promise: "what was given up after an attempt that may have had an effect is ambiguous since then",
    async run({ outbox, addIntegration, queue }) {
      const integration = await addIntegration(1);
      await queue(integration, 1);
      await deadLetterAll(outbox, deadOf("timeout", "unknown"));
      await queue(integration, 1);
      await deadLetterAll(outbox, deadOf("meta_100"));
      const found = await lettersOf(outbox, integration);
      const since = Object.fromEntries(found.map((letter) => [letter.code, letter.ambiguousSinceMs]));
      assert.deepEqual(since, { timeout: nowMs, meta_100: null });
    },
  },
  {
    promise: "receipts are read newest first, page by page, narrowed by integration, event, code and outcome",
    async run({ outbox, addIntegration, queue }) {
      const [ours, theirs] = [await addIntegration(1), await addIntegration(2)];
      await queue(ours, 2);
      const claim = await deadLetterAll(outbox, deadOf("http_502"));
      const warnings = ["price_unclear", "value_unclear"];
      const taken = { ...receiptOf(claim, nowMs + 5), ok: true, code: "ok", failureClass: null, warnings };
      unwrap(await outbox.settle({ ...claim, id: randomUUID() }, new Map(), [taken], nowMs + 5));
      const read = async (filter: object) =>
        unwrap(await outbox.deliveries(ours.orgId, { limit: 9, ...filter })).items.map((receipt) => receipt.code);
      assert.deepEqual(await read({}), ["ok", "http_502"]);
      assert.deepEqual(await read({ eventId: idsOf([claim])[1] }), ["ok", "http_502"]);
      assert.deepEqual(await read({ eventId: randomUUID() }), []);
      assert.deepEqual(await read({ eventId: "no id" }), []);
      assert.deepEqual(await read({ ok: false }), ["http_502"]);
      assert.deepEqual(await read({ code: "ok", integrationId: ours.id }), ["ok"]);
      assert.deepEqual(await read({ sinceMs: nowMs + 5 }), ["ok"]);
      assert.deepEqual(await read({ untilMs: nowMs + 5 }), ["http_502"]);
      const page = unwrap(await outbox.deliveries(ours.orgId, { limit: 1 }));
      const next = unwrap(await outbox.deliveries(ours.orgId, { limit: 1, cursor: page.nextCursor as string }));
      assert.deepEqual([next.items[0]?.code, next.nextCursor], ["http_502", null]);
      assert.deepEqual([page.items[0]?.warnings, next.items[0]?.warnings], [warnings, undefined]);
      const [receipt] = next.items;
      assert.deepEqual(
        [receipt?.integrationId, receipt?.failureClass, receipt?.traceId],
        [ours.id, "transient", "trace"],
      );
      assert.deepEqual(receipt?.eventIds, idsOf([claim]));
      assert.deepEqual(unwrap(await outbox.deliveries(theirs.orgId, { limit: 9 })).items, []);
    },
  },
];

const movingCases: readonly Case[] = [
  {
    promise: "what is redriven is due at once, its attempts and its name anew, and is counted",
    async run(opened) {
      const { outbox, addIntegration, queue } = opened;
      const integration = await addIntegration(1);
      await queue(integration, 3);
      const deadLettered = await deadLetterAll(outbox, deadOf("meta_100"));
      assert.deepEqual(await countsOf(opened, integration), [3, 0, 3, 0, 0]);
      const moved = unwrap(await outbox.redrive(editorOf(integration), {}, limits));
      assert.deepEqual(moved, { redriven: 3, leftAmbiguous: 0, more: false });
      assert.deepEqual(await countsOf(opened, integration), [3, 0, 0, 0, 3]);
      assert.deepEqual(await lettersOf(outbox, integration), []);
      const again = await claimOne(outbox, limits.nowMs);
      assert.deepEqual(idsOf([again]).sort(), idsOf([deadLettered]).sort());
      for (const { attempts, ambiguousSinceMs, frozen } of again.events) {
        assert.deepEqual([attempts, ambiguousSinceMs, frozen], [0, null, null]);
      }
      unwrap(await outbox.freeze(again, frozenOf(again, "Lead")));
      unwrap(await outbox.settle(again, allAre(again, { kind: "delivered" }), [], limits.nowMs));
      assert.deepEqual(await countsOf(opened, integration), [3, 3, 0, 0, 0]);
    },
  },
  {
    promise: "an ambiguous one goes as it was named while the vendor would notice it twice, and is left afterwards",
    async run(opened) {
      const { outbox, addIntegration, queue } = opened;
      const integration = await addIntegration(1);
      await queue(integration, 2);
      const deadLettered = await deadLetterAll(outbox, deadOf("timeout", "unknown"));
      const late = { nowMs: nowMs + horizonMs, ambiguousBeforeMs: nowMs, lettersMax: 100 };
      const left = unwrap(await outbox.redrive(editorOf(integration), {}, late));
      assert.deepEqual(left, { redriven: 0, leftAmbiguous: 2, more: false });
      assert.deepEqual(await countsOf(opened, integration), [2, 0, 2, 0, 0]);
      assert.equal(unwrap(await outbox.redrive(editorOf(integration), {}, limits)).redriven, 2);
      const again = await claimOne(outbox, limits.nowMs);
      const expected = new Map(frozenOf(deadLettered, "Purchase").map((one) => [one.eventId, one]));
      for (const { event, attempts, ambiguousSinceMs, frozen } of again.events) {
        assert.deepEqual([attempts, ambiguousSinceMs, frozen], [0, nowMs, expected.get(event.id)]);
      }
    },
  },
  {
    promise: "a redrive takes the oldest first, no more than it may, says that there are more, and moves none twice",
    async run(opened) {
      const { outbox, addIntegration, queue } = opened;
      const integration = await addIntegration(1);
      for (const later of [0, 1, 2]) {
        await queue(integration, 1);
        await deadLetterAll(outbox, deadOf(`code_${later}`), nowMs + later);
      }
      const by = editorOf(integration);
      const some = unwrap(await outbox.redrive(by, {}, { ...limits, lettersMax: 2 }));
      assert.deepEqual(some, { redriven: 2, leftAmbiguous: 0, more: true });
      assert.deepEqual(
        (await lettersOf(outbox, integration)).map((letter) => letter.code),
        ["code_2"],
      );
      const both = await Promise.all([1, 2].map(() => outbox.redrive(by, {}, limits)));
      assert.equal(
        both.reduce((sum, one) => sum + unwrap(one).redriven, 0),
        1,
      );
      assert.deepEqual(await countsOf(opened, integration), [3, 0, 0, 0, 3]);
    },
  },
  {
    promise: "a redrive moves what its filter means and nothing of another organisation",
    async run(opened) {
      const { outbox, addIntegration, queue } = opened;
      const [ours, others, theirs] = [await addIntegration(1), await addIntegration(1), await addIntegration(2)];
      for (const integration of [ours, others, theirs]) {
        await queue(integration, 1);
        await deadLetterAll(outbox, deadOf("meta_100"));
      }
      const [foreign] = await lettersOf(outbox, theirs);
      const by = editorOf(ours);
      const moved = async (filter: object) => unwrap(await outbox.redrive(by, filter, limits)).redriven;
      assert.equal(await moved({ ids: [foreign?.id] }), 0);
      assert.equal(await moved({ integrationId: theirs.id }), 0);
      assert.equal(await moved({ code: "other" }), 0);
      assert.equal(await moved({ integrationId: others.id, code: "meta_100" }), 1);
      assert.equal(await moved({ ids: [(await lettersOf(outbox, ours))[0]?.id] }), 1);
      assert.deepEqual(await countsOf(opened, theirs), [1, 0, 1, 0, 0]);
      assert.equal(codeOf(await outbox.redrive(by, { integrationId: "no id" }, limits)), "ok");
    },
  },
  {
    promise: "a relay that waits is woken by what is redriven",
    async run({ outbox, addIntegration, queue }) {
      const integration = await addIntegration(1);
      await queue(integration, 1);
      await deadLetterAll(outbox, deadOf("meta_100"));
      await outbox.awaitWork(0);
      const startedMs = performance.now();
      const woken = outbox.awaitWork(10_000);
      unwrap(await outbox.redrive(editorOf(integration), {}, limits));
      await woken;
      assert.ok(performance.now() - startedMs < 30_000);
    },
  },
];

export const redriveCases: readonly Case[] = [...letterCases, ...movingCases];
