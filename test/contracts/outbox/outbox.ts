import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeliveryVerdict, Integration } from "../../../domain/model/delivery.ts";
import type { OutboxClaim } from "../../../ports/outbox.ts";
import { codeOf, unwrap } from "../results.ts";
import { deletionCases } from "./outbox-deletion.ts";
import {
  allAre,
  bounds,
  type Case,
  claimOne,
  countsOf,
  delivered,
  frozenOf,
  idsOf,
  leaseMs,
  nowMs,
  type OpenedOutbox,
  receiptOf,
  retryAt,
} from "./outbox-parts.ts";
import { redriveCases } from "./outbox-redrive.ts";
import { statusCases } from "./outbox-status.ts";

export type { OpenedOutbox } from "./outbox-parts.ts";

const leaseCases: readonly Case[] = [
  {
    promise: "what is queued is claimed once, with its integration, until the lease runs out",
    async run({ outbox, addIntegration, queue }) {
      const integration = await addIntegration(1);
      await queue(integration, 3);
      const claim = await claimOne(outbox);
      assert.deepEqual(claim.integration, integration);
      assert.equal(claim.leaseUntilMs, nowMs + leaseMs);
      assert.equal(claim.events.length, 3);
      for (const { attempts, ambiguousSinceMs, frozen } of claim.events) {
        assert.deepEqual([attempts, ambiguousSinceMs, frozen], [0, null, null]);
      }
      assert.deepEqual(unwrap(await outbox.claim(bounds)), []);
      assert.deepEqual(unwrap(await outbox.claim({ ...bounds, nowMs: nowMs + leaseMs - 1 })), []);
      const again = await claimOne(outbox, nowMs + leaseMs);
      assert.deepEqual(idsOf([again]).sort(), idsOf([claim]).sort());
      assert.notEqual(again.id, claim.id);
    },
  },
  {
    promise: "a relay that starts alone need not wait for the leases of a dead one, which can settle nothing then",
    async run({ outbox, addIntegration, queue }) {
      await queue(await addIntegration(1), 3);
      const dead = await claimOne(outbox);
      assert.ok(unwrap(await outbox.endLeases(nowMs + 1)) > 0);
      const again = await claimOne(outbox, nowMs + 1);
      assert.deepEqual(idsOf([again]).sort(), idsOf([dead]).sort());
      const delivered = new Map(dead.events.map(({ event }) => [event.id, { kind: "delivered" } as const]));
      await outbox.settle(dead, delivered, [], nowMs + 2);
      assert.equal(unwrap(await outbox.endLeases(nowMs + 3)) > 0, true, "the second relay still holds them");
    },
  },
  {
    promise: "relays that claim at once share the events, none gets another's",
    async run({ outbox, addIntegration, queue }) {
      for (const org of [1, 1, 1, 2, 2, 3, 3, 4]) await queue(await addIntegration(org), 25);
      const claimed = await Promise.all([1, 2, 3, 4, 5, 6].map(() => outbox.claim({ ...bounds, eventsMax: 10 })));
      const ids = claimed.flatMap((claims) => idsOf(unwrap(claims)));
      assert.equal(new Set(ids).size, ids.length);
      for (let round = 0; ids.length < 200 && round < 20; round += 1) {
        ids.push(...idsOf(unwrap(await outbox.claim({ ...bounds, eventsMax: 10 }))));
      }
      assert.equal(new Set(ids).size, 200);
    },
  },
  {
    promise: "2,500 events queued at once are claimed 200 at a time, each once, and small ones are put together",
    async run(opened) {
      const { outbox, addIntegration, queue } = opened;
      const integration = await addIntegration(1);
      await queue(integration, 2_500);
      for (let n = 0; n < 5; n += 1) await queue(integration, 3);
      const seen = new Set<string>();
      const sizes: number[] = [];
      while (seen.size < 2_515) {
        const claim = await claimOne(outbox, nowMs, 200);
        sizes.push(claim.events.length);
        for (const id of idsOf([claim])) assert.equal(seen.has(id), false);
        for (const id of idsOf([claim])) seen.add(id);
        unwrap(await outbox.settle(claim, allAre(claim, delivered), [], nowMs));
      }
      assert.deepEqual(sizes, [...Array(12).fill(200), 115]);
      assert.deepEqual(await countsOf(opened, integration), [2_515, 2_515, 0, 0, 0]);
    },
  },
  {
    promise: "integrations that are to be left alone are, and claimsMax bounds the rest",
    async run({ outbox, addIntegration, queue }) {
      const integrations = [await addIntegration(1), await addIntegration(1), await addIntegration(2)];
      for (const integration of integrations) await queue(integration, 2);
      const [first, ...others] = integrations.map((integration) => integration.id);
      const claims = unwrap(await outbox.claim({ ...bounds, except: [first as string] }));
      assert.deepEqual(claims.map((claim) => claim.integration.id).sort(), others.sort());
      await queue(integrations[1] as Integration, 1);
      assert.equal(unwrap(await outbox.claim({ ...bounds, claimsMax: 1 })).length, 1);
    },
  },
  {
    promise: "what is queued for a paused integration waits, is counted, and is claimed once it is resumed",
    async run(opened) {
      const { outbox, addIntegration, queue, pause } = opened;
      const [paused, other] = [await addIntegration(1), await addIntegration(1)];
      await queue(paused, 2);
      await pause(paused, true);
      await queue(paused, 1);
      await queue(other, 1);
      const claim = await claimOne(outbox);
      assert.equal(claim.integration.id, other.id);
      assert.deepEqual(await countsOf(opened, paused), [3, 0, 0, 0, 3]);
      await pause(paused, false);
      const resumed = await claimOne(outbox);
      assert.deepEqual([resumed.integration.id, resumed.events.length], [paused.id, 3]);
    },
  },
  {
    promise: "one organisation's flood keeps no other integration waiting for more than its turn",
    needsTurns: true,
    async run({ outbox, addIntegration, queue }) {
      const flooding = [await addIntegration(1), await addIntegration(1), await addIntegration(1)];
      for (const integration of flooding) for (let n = 0; n < 10; n += 1) await queue(integration, 10);
      const quiet = await addIntegration(2);
      await queue(quiet, 1);
      const served: string[] = [];
      for (let n = 0; n < 2; n += 1) {
        const [claim] = unwrap(await outbox.claim({ ...bounds, claimsMax: 1, eventsMax: 10 }));
        served.push((claim as OutboxClaim).integration.id);
      }
      assert.ok(served.includes(quiet.id));
      const next = unwrap(await outbox.claim({ ...bounds, claimsMax: 2, eventsMax: 10 }));
      const three = new Set([...served, ...next.map((claim) => claim.integration.id)]);
      assert.equal(three.size, 4);
    },
  },
];

const historyCases: readonly Case[] = [
  {
    promise: "a counted retry adds an attempt, an uncounted one none, and neither comes before its time",
    async run({ outbox, addIntegration, queue }) {
      await queue(await addIntegration(1), 3);
      const claim = await claimOne(outbox);
      const [a, b, c] = idsOf([claim]) as [string, string, string];
      const verdicts = new Map([
        [a, retryAt(nowMs + 100)],
        [b, retryAt(nowMs + 100, { counted: false })],
        [c, retryAt(nowMs + 200)],
      ]);
      unwrap(await outbox.settle(claim, verdicts, [], nowMs));
      assert.deepEqual(unwrap(await outbox.claim({ ...bounds, nowMs: nowMs + 99 })), []);
      const early = await claimOne(outbox, nowMs + 100);
      const attempts = new Map(early.events.map(({ event, attempts }) => [event.id, attempts]));
      assert.deepEqual([attempts.get(a), attempts.get(b), attempts.has(c)], [1, 0, false]);
      const late = await claimOne(outbox, nowMs + 200);
      assert.deepEqual(idsOf([late]), [c]);
    },
  },
  {
    promise: "an event whose attempt may have had an effect is ambiguous from then on, its neighbours are not",
    async run({ outbox, addIntegration, queue }) {
      await queue(await addIntegration(1), 2);
      const claim = await claimOne(outbox);
      const [a, b] = idsOf([claim]) as [string, string];
      unwrap(await outbox.freeze(claim, frozenOf(claim, "Purchase")));
      const first = new Map([
        [a, retryAt(nowMs, { effect: "unknown" })],
        [b, retryAt(nowMs)],
      ]);
      unwrap(await outbox.settle(claim, first, [receiptOf(claim, nowMs)], nowMs));
      const again = await claimOne(outbox, nowMs + 10);
      const since = new Map(again.events.map(({ event, ambiguousSinceMs }) => [event.id, ambiguousSinceMs]));
      assert.deepEqual([since.get(a), since.get(b)], [nowMs, null]);
      unwrap(await outbox.settle(again, allAre(again, retryAt(nowMs + 20, { effect: "unknown" })), [], nowMs + 20));
      const third = await claimOne(outbox, nowMs + 20);
      const then = new Map(third.events.map(({ event, ambiguousSinceMs }) => [event.id, ambiguousSinceMs]));
      assert.deepEqual([then.get(a), then.get(b)], [nowMs, nowMs + 20]);
    },
  },
  {
    promise: "names, ids and times frozen once stay as they are, through retries and lost leases",
    async run({ outbox, addIntegration, queue }) {
      await queue(await addIntegration(1), 5);
      const claim = await claimOne(outbox, nowMs, 3);
      const frozen = frozenOf(claim, "Purchase");
      unwrap(await outbox.freeze(claim, frozen));
      unwrap(await outbox.freeze(claim, frozenOf(claim, "Other")));
      unwrap(await outbox.settle(claim, allAre(claim, retryAt(nowMs + 1)), [], nowMs));
      const again = await claimOne(outbox, nowMs + 1);
      assert.equal(again.events.length, 5);
      const kept = again.events.map((outbound) => outbound.frozen).filter((one) => one !== null);
      const byId = (one: { eventId: string }, two: { eventId: string }) => (one.eventId < two.eventId ? -1 : 1);
      assert.deepEqual(kept.sort(byId), frozen.sort(byId));
      for (const { ambiguousSinceMs } of again.events) assert.equal(ambiguousSinceMs, null);
      const third = await claimOne(outbox, nowMs + 1 + leaseMs);
      for (const outbound of third.events) {
        assert.equal(outbound.ambiguousSinceMs, outbound.frozen ? nowMs + 1 : null);
        assert.equal(outbound.attempts, outbound.frozen ? 1 : 0);
      }
    },
  },
  {
    promise: "what was never named was never sent: it is in no doubt beside others whose lease ran out",
    async run({ outbox, addIntegration, queue }) {
      const integration = await addIntegration(1);
      await queue(integration, 2);
      const killed = await claimOne(outbox);
      const [named] = frozenOf(killed, "Purchase");
      assert.ok(named);
      unwrap(await outbox.freeze(killed, [named]));
      const again = await claimOne(outbox, nowMs + leaseMs);
      const since = new Map(again.events.map(({ event, ambiguousSinceMs }) => [event.id, ambiguousSinceMs]));
      const unnamed = idsOf([again]).find((id) => id !== named.eventId) as string;
      assert.deepEqual([since.get(named.eventId), since.get(unnamed)], [nowMs, null]);
      unwrap(await outbox.settle(again, allAre(again, { kind: "dead", code: "filtered" }), [], nowMs + leaseMs));
      const { items } = unwrap(await outbox.deadLetters(integration.orgId, { limit: 9 }));
      const ambiguities = new Map(items.map(({ eventId, ambiguousSinceMs }) => [eventId, ambiguousSinceMs]));
      assert.deepEqual([ambiguities.get(named.eventId), ambiguities.get(unnamed)], [nowMs, null]);
    },
  },
  {
    promise: "a relay whose lease another holds by now can neither freeze nor settle",
    async run(opened) {
      const { outbox, addIntegration, queue } = opened;
      const integration = await addIntegration(1);
      await queue(integration, 2);
      const lost = await claimOne(outbox);
      const held = await claimOne(outbox, nowMs + leaseMs);
      assert.equal(codeOf(await outbox.freeze(lost, frozenOf(lost, "Purchase"))), "lease_lost");
      unwrap(await outbox.settle(lost, allAre(lost, delivered), [], nowMs + leaseMs));
      assert.deepEqual(await countsOf(opened, integration), [2, 0, 0, 0, 2]);
      unwrap(await outbox.settle(held, allAre(held, delivered), [], nowMs + leaseMs));
      assert.deepEqual(await countsOf(opened, integration), [2, 2, 0, 0, 0]);
    },
  },
];

const ledgerCases: readonly Case[] = [
  {
    promise: "queued = delivered + dead + expired + canceled + waiting, whatever the verdicts",
    async run(opened) {
      const { outbox, addIntegration, queue } = opened;
      const integration = await addIntegration(1);
      await queue(integration, 10);
      assert.deepEqual(await countsOf(opened, integration), [10, 0, 0, 0, 10]);
      const claim = await claimOne(outbox);
      assert.deepEqual(await countsOf(opened, integration), [10, 0, 0, 0, 10]);
      const kinds: DeliveryVerdict[] = [
        ...[delivered, delivered, delivered, { kind: "dead", code: "meta_100" } as const],
        ...[{ kind: "expired", code: "too_old" } as const, retryAt(nowMs + 5), retryAt(nowMs, { effect: "unknown" })],
      ];
      const verdicts = new Map(kinds.map((verdict, n) => [idsOf([claim])[n] as string, verdict]));
      unwrap(await outbox.settle(claim, verdicts, [receiptOf(claim, nowMs)], nowMs));
      assert.deepEqual(await countsOf(opened, integration), [10, 3, 1, 1, 5]);
      unwrap(await outbox.settle(claim, verdicts, [receiptOf(claim, nowMs)], nowMs));
      assert.deepEqual(await countsOf(opened, integration), [10, 3, 1, 1, 5]);
      const rest = await claimOne(outbox, nowMs + 5);
      assert.equal(rest.events.length, 5);
      unwrap(await outbox.settle(rest, allAre(rest, { kind: "expired", code: "too_old" }), [], nowMs + 5));
      assert.deepEqual(await countsOf(opened, integration), [10, 3, 1, 6, 0]);
    },
  },
  {
    promise: "what is nothing for the vendor leaves the queue: it is neither queued nor dead, and is counted apart",
    async run(opened) {
      const { outbox, addIntegration, queue, ledger } = opened;
      const integration = await addIntegration(1);
      await queue(integration, 4);
      const claim = await claimOne(outbox);
      const [a, b, c] = idsOf([claim]) as [string, string, string];
      const verdicts = new Map<string, DeliveryVerdict>([
        [a, { kind: "not_applicable" }],
        [b, { kind: "not_applicable" }],
        [c, delivered],
      ]);
      unwrap(await outbox.settle(claim, verdicts, [], nowMs));
      assert.deepEqual(await countsOf(opened, integration), [2, 1, 0, 0, 1]);
      assert.equal((await ledger(integration)).notApplicable, 2);
      assert.deepEqual(unwrap(await outbox.deadLetters(integration.orgId, { limit: 9 })).items, []);
    },
  },
  {
    promise: "events of a claim without a verdict are due again at once, their history unchanged",
    async run({ outbox, addIntegration, queue }) {
      await queue(await addIntegration(1), 2);
      const claim = await claimOne(outbox);
      unwrap(await outbox.settle(claim, new Map(), [], nowMs));
      const again = await claimOne(outbox);
      assert.deepEqual(
        again.events.map(({ attempts, ambiguousSinceMs }) => [attempts, ambiguousSinceMs]),
        [
          [0, null],
          [0, null],
        ],
      );
    },
  },
  {
    promise: "dead letters name the event and the code, newest first, page by page, for their organisation only",
    async run({ outbox, addIntegration, queue }) {
      const [ours, theirs] = [await addIntegration(1), await addIntegration(2)];
      await queue(ours, 5);
      await queue(theirs, 1);
      for (const claim of unwrap(await outbox.claim(bounds))) {
        unwrap(await outbox.settle(claim, allAre(claim, { kind: "dead", code: "meta_100" }), [], nowMs));
      }
      const seen = new Set<string>();
      let cursor: string | null | undefined;
      do {
        const page = unwrap(await outbox.deadLetters(ours.orgId, { limit: 2, ...(cursor ? { cursor } : {}) }));
        for (const letter of page.items) {
          assert.deepEqual([letter.integrationId, letter.stage, letter.code], [ours.id, "relay", "meta_100"]);
          assert.ok(letter.messageId);
          assert.equal(letter.createdAtMs <= nowMs, true);
          seen.add(letter.eventId as string);
        }
        cursor = page.nextCursor;
      } while (cursor);
      assert.equal(seen.size, 5);
    },
  },
  {
    promise: "a relay that waits is woken by what is queued meanwhile",
    async run({ outbox, addIntegration, queue }) {
      const integration = await addIntegration(1);
      const startedMs = performance.now();
      const woken = outbox.awaitWork(10_000);
      await queue(integration, 1);
      await woken;
      assert.ok(performance.now() - startedMs < 30_000);
    },
  },
];

/** The promises of ports/outbox.ts, run against one adapter. `open` gives a new, empty outbox each time. */
export function outboxSuite(name: string, open: () => Promise<OpenedOutbox>): void {
  describe(`outbox: ${name}`, () => {
    for (const { promise, needsTurns, run } of [
      ...leaseCases,
      ...historyCases,
      ...ledgerCases,
      ...redriveCases,
      ...statusCases,
      ...deletionCases,
    ]) {
      it(promise, async (context) => {
        const opened = await open();
        try {
          if (needsTurns && opened.unfair) context.skip(opened.unfair);
          else await run(opened);
        } finally {
          await opened.remove();
        }
      });
    }
  });
}
