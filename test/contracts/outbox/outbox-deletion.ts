import assert from "node:assert/strict";
import { unwrap } from "../results.ts";
import { allAre, bounds, type Case, claimOne, delivered, leaseMs, nowMs, receiptOf, retryAt } from "./outbox-parts.ts";

const all = { nowMs, ambiguousBeforeMs: 0, lettersMax: 100 };

/** What becomes of the events of an integration that is deleted. */
export const deletionCases: readonly Case[] = [
  {
    promise: "what waits for a deleted integration is canceled, counted, and claimed by nobody",
    async run(opened) {
      const [gone, other] = [await opened.addIntegration(1), await opened.addIntegration(1)];
      await opened.queue(gone, 3);
      await opened.queue(other, 1);
      await opened.delete(gone);
      const claims = unwrap(await opened.outbox.claim(bounds));
      assert.deepEqual(
        claims.map(({ integration }) => integration.id),
        [other.id],
      );
      const { queued, canceled, waiting } = await opened.ledger(gone);
      assert.deepEqual([queued, canceled, waiting], [3, 3, 0]);
      await opened.queue(gone, 2);
      assert.equal((await opened.ledger(gone)).queued, 3, "nothing is queued any more");
    },
  },
  {
    promise: "an integration deleted while a request is under way keeps the receipt; nothing comes back to the queue",
    async run(opened) {
      const integration = await opened.addIntegration(1);
      await opened.queue(integration, 4);
      const claim = await claimOne(opened.outbox, nowMs, 4);
      await opened.delete(integration);
      const verdicts = allAre(claim, retryAt(nowMs + 1));
      const [first] = claim.events;
      verdicts.set(first?.event.id ?? "", delivered);
      unwrap(await opened.outbox.settle(claim, verdicts, [receiptOf(claim, nowMs)], nowMs));
      const { queued, delivered: done, canceled, waiting } = await opened.ledger(integration);
      assert.deepEqual([queued, done, canceled, waiting], [4, 0, 4, 0]);
      const receipts = unwrap(await opened.outbox.deliveries(integration.orgId, { limit: 9 })).items;
      assert.deepEqual(
        receipts.map(({ integrationId }) => integrationId),
        [integration.id],
      );
      assert.deepEqual(unwrap(await opened.outbox.claim({ ...bounds, nowMs: nowMs + 2 * leaseMs })), []);
    },
  },
  {
    promise: "dead letters of a deleted integration stay, and are not sent again",
    async run(opened) {
      const integration = await opened.addIntegration(1);
      await opened.queue(integration, 2);
      const claim = await claimOne(opened.outbox);
      unwrap(await opened.outbox.settle(claim, allAre(claim, { kind: "dead", code: "x" }), [], nowMs));
      await opened.delete(integration);
      const by = { orgId: integration.orgId, memberId: integration.id, role: "owner" } as const;
      const moved = unwrap(await opened.outbox.redrive(by, {}, all));
      assert.deepEqual([moved.redriven, moved.more], [0, false]);
      assert.equal(unwrap(await opened.outbox.deadLetters(integration.orgId, { limit: 9 })).items.length, 2);
      const { queued, dead, canceled, waiting } = await opened.ledger(integration);
      assert.deepEqual([queued, dead, canceled, waiting], [2, 2, 0, 0]);
    },
  },
];
