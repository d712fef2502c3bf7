import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { VendorState } from "../../ports/delivery-status.ts";
import { allAre, type Case, claimOne, delivered, idsOf, nowMs, receiptOf, retryAt } from "./outbox-parts.ts";
import { codeOf, unwrap } from "./results.ts";

const startMs = Math.floor(nowMs);

export const statusCases: readonly Case[] = [
  {
    promise:
      "the status of an integration counts what was delivered and failed since, by class, and what waits longest",
    async run({ outbox, addIntegration, queue }) {
      const [integration, other] = [await addIntegration(1), await addIntegration(1)];
      await queue(integration, 3);
      const fresh = unwrap(await outbox.status(integration.orgId, integration.id, nowMs));
      assert.deepEqual([fresh.delivered, fresh.failed, fresh.vendor], [{ requests: 0, events: 0 }, {}, null]);
      assert.ok((fresh.oldestWaitingMs ?? 0) > 0);
      const claim = await claimOne(outbox);
      const [first] = idsOf([claim]) as [string];
      const failed = receiptOf(claim, nowMs);
      const taken = { ...failed, eventIds: [first], startedAtMs: nowMs + 5, ok: true, code: "ok", failureClass: null };
      const verdicts = new Map([...allAre(claim, retryAt(nowMs)), [first, delivered] as const]);
      unwrap(await outbox.settle(claim, verdicts, [failed, failed, taken], nowMs));
      const status = unwrap(await outbox.status(integration.orgId, integration.id, nowMs));
      assert.deepEqual(status.delivered, { requests: 1, events: 1 });
      assert.deepEqual(status.failed, { transient: { requests: 2, events: 6 } });
      assert.deepEqual([status.ledger.delivered, status.ledger.waiting], [1, 2]);
      const later = unwrap(await outbox.status(integration.orgId, integration.id, nowMs + 1));
      assert.deepEqual([later.delivered.requests, later.failed], [1, {}]);
      const idle = unwrap(await outbox.status(other.orgId, other.id, nowMs));
      assert.deepEqual([idle.oldestWaitingMs, idle.delivered.events, idle.failed], [null, 0, {}]);
    },
  },
  {
    promise: "the last word of a relay about a vendor is what the status tells, to its organisation only",
    async run({ outbox, addIntegration }) {
      const [ours, theirs] = [await addIntegration(1), await addIntegration(2)];
      const until = { sinceMs: startMs, untilMs: startMs + 5_000 };
      const states: readonly VendorState[] = [
        { circuit: { class: "auth", code: "meta_190", ...until }, quota: null },
        { circuit: null, quota: { usedPercent: 85, seenAtMs: startMs, untilMs: startMs + 1_000 } },
        { circuit: null, quota: { usedPercent: 20, seenAtMs: startMs, untilMs: null } },
        { circuit: null, quota: null },
      ];
      for (const state of states) {
        unwrap(await outbox.noteVendor(ours, state));
        assert.deepEqual(unwrap(await outbox.status(ours.orgId, ours.id, nowMs)).vendor, state);
      }
      assert.equal(unwrap(await outbox.status(theirs.orgId, theirs.id, nowMs)).vendor, null);
      for (const id of [ours.id, randomUUID(), "no id"]) {
        assert.equal(codeOf(await outbox.status(theirs.orgId, id, nowMs)), "not_found");
      }
    },
  },
];
