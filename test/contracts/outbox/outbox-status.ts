import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { VendorState } from "../../../ports/delivery-status.ts";
import type { Outbox } from "../../../ports/outbox.ts";
import { codeOf, unwrap } from "../results.ts";
import { allAre, bounds, type Case, claimOne, delivered, idsOf, nowMs, receiptOf, retryAt } from "./outbox-parts.ts";

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
        unwrap(await outbox.saveVendorState(ours, state));
        assert.deepEqual(unwrap(await outbox.status(ours.orgId, ours.id, nowMs)).vendor, state);
      }
      assert.equal(unwrap(await outbox.status(theirs.orgId, theirs.id, nowMs)).vendor, null);
      for (const id of [ours.id, randomUUID(), "no id"]) {
        assert.equal(codeOf(await outbox.status(theirs.orgId, id, nowMs)), "not_found");
      }
    },
  },
  {
    promise: "what waits for a mended integration is due at once, leased events and other integrations' apart",
    async run({ outbox, addIntegration, queue }) {
      const [retried, other] = [await addIntegration(1), await addIntegration(1)];
      for (const integration of [retried, other]) await queue(integration, 4);
      const laterMs = nowMs + 300_000;
      for (const claim of unwrap(await outbox.claim({ ...bounds, eventsMax: 4 }))) {
        const [first] = idsOf([claim]) as [string];
        const verdicts = new Map([[first, retryAt(nowMs)]]);
        for (const id of idsOf([claim]).slice(1)) verdicts.set(id, retryAt(laterMs));
        unwrap(await outbox.settle(claim, verdicts, [], nowMs));
      }
      const leased = unwrap(await outbox.claim({ ...bounds, except: [other.id] }));
      assert.equal(idsOf(leased).length, 1);
      unwrap(await outbox.retryNow(retried, nowMs));
      const due = unwrap(await outbox.claim({ ...bounds, nowMs }));
      const sizes = due.map((claim) => [claim.integration.id, claim.events.length]);
      assert.deepEqual(
        new Map(sizes as [string, number][]),
        new Map([
          [retried.id, 3],
          [other.id, 1],
        ]),
      );
      assert.ok(
        due.flatMap(({ events }) => events).every(({ attempts }) => attempts === 1),
        "their history stays",
      );
    },
  },
  {
    promise:
      "who watches hears of each mended integration and its version, until it no longer watches; who waits wakes",
    async run({ outbox, addIntegration }) {
      const integration = await addIntegration(1);
      const heard: unknown[] = [];
      const unwatch = outbox.watchRetryNow(({ id, version }) => void heard.push([id, version]));
      await untilListening(outbox, integration, heard);
      heard.length = 0;
      await outbox.awaitWork(0);
      const woken = outbox.awaitWork(10_000);
      const startedMs = performance.now();
      unwrap(await outbox.retryNow({ ...integration, version: 7 }, nowMs));
      await woken;
      const isHeard = () => heard.some((one) => (one as number[])[1] === 7);
      while (!isHeard() && performance.now() - startedMs < 30_000) await pause();
      assert.deepEqual(heard.at(-1), [integration.id, 7]);
      unwatch();
      const times = heard.length;
      unwrap(await outbox.retryNow(integration, nowMs));
      await pause();
      assert.equal(heard.length, times);
      assert.ok(performance.now() - startedMs < 30_000);
    },
  },
];

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

/** The connection that hears is opened by the first who watches; what is told before it stands is not heard. */
async function untilListening(outbox: Outbox, integration: Integration, heard: readonly unknown[]): Promise<void> {
  const startedMs = performance.now();
  while (heard.length === 0) {
    assert.ok(performance.now() - startedMs < 30_000, "nothing is heard");
    unwrap(await outbox.retryNow(integration, nowMs));
    await pause();
  }
  await pause();
}
