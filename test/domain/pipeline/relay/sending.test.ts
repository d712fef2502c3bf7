import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Integration, SendResult } from "../../../../domain/model/delivery.ts";
import { BrokenInvariant } from "../../../../domain/model/failure.ts";
import type { OutboundEvent } from "../../../../ports/outbox.ts";
import {
  deadCodes,
  drain,
  metaIntegration,
  orgId,
  type RelayRig,
  relayRig,
  type Send,
  settled,
  storedEvent,
  turns,
  vendorOf,
} from "./parts.ts";

const hourMs = 3_600_000;
const taken: SendResult = { ok: true, traceId: null, received: 0, warnings: 0 };
const raw = "ana@example.com";

/** The two ways in which what gives a promise can throw. */
const breaks: Readonly<Record<string, (fault: Error) => ReturnType<Send>>> = {
  "at once": (fault) => {
    throw fault;
  },
  "with its answer": (fault) => Promise.reject(fault),
};

function queue(rig: RelayRig, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, storedEvent(number));
}

/** What waits, once its time has come. */
async function waiting(rig: RelayRig): Promise<readonly OutboundEvent[]> {
  const bounds = { except: [], claimsMax: 9, eventsMax: 1_000, leaseMs: 1, nowMs: rig.clock.nowMs() + hourMs };
  const claimed = await rig.outbox.claim(bounds);
  assert.ok(claimed.ok);
  return claimed.value.flatMap(({ events }) => events);
}

describe("a request in which the adapter throws", () => {
  for (const [how, broken] of Object.entries(breaks)) {
    it(`${how}, is one whose answer was lost: its own events are in doubt, what was answered counts`, async () => {
      const integration = await metaIntegration();
      let requests = 0;
      const send: Send = () => {
        requests += 1;
        return requests === 2 ? broken(new TypeError(`can't read ${raw}`)) : Promise.resolve(taken);
      };
      const rig = relayRig(() => vendorOf(send));
      queue(rig, integration, 35);
      await rig.relay.runOnce(rig.clock.nowMs());
      assert.deepEqual(settled(rig, integration), { delivered: 10, dead: 0, expired: 0, waiting: 25 });
      const codes = rig.outbox.receipts().map(({ code, failureClass }) => [code, failureClass]);
      assert.deepEqual(codes, [
        ["ok", null],
        ["sending_failed", "unknown"],
      ]);
      const events = await waiting(rig);
      const histories = events.map(({ attempts, ambiguousSinceMs }) => `${attempts} ${ambiguousSinceMs !== null}`);
      assert.deepEqual(histories.sort(), [...Array(15).fill("0 false"), ...Array(10).fill("1 true")]);
    });
  }

  it("is an error in the log, with the place of the throw and nothing of what it says", async () => {
    const integration = await metaIntegration();
    const rig = relayRig(() => vendorOf(() => Promise.reject(new TypeError(raw))));
    queue(rig, integration, 35);
    await rig.relay.runOnce(rig.clock.nowMs());
    const errors = rig.telemetry.lines.filter((line) => line.includes('"error"'));
    assert.equal(errors.length, 1);
    assert.match(errors[0] as string, /"code":"sending_failed","where":"sending.test.[jt]s:\d+"/);
    assert.ok(!rig.telemetry.lines.join().includes(raw));
  });

  it("is made again under the same ids, and all is delivered once the adapter is mended", async () => {
    const integration = await metaIntegration();
    const asked: string[] = [];
    let isRetried = false;
    const rig = relayRig(() =>
      vendorOf(async (_, ids) => {
        asked.push(...ids);
        if (!isRetried) throw new TypeError(raw);
        return taken;
      }),
    );
    queue(rig, integration, 35);
    await drain(rig, integration, { stepsMax: 5 });
    isRetried = true;
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 35, dead: 0, expired: 0, waiting: 0 });
    assert.equal(new Set(asked).size, 35);
  });

  it("again and again is made ever less often, holds up no other integration, and ends within two days", async () => {
    const broken = await metaIntegration(1);
    const sound = await metaIntegration(2);
    let requests = 0;
    const rig = relayRig(() =>
      vendorOf(async ({ id }) => {
        if (id === sound.id) return taken;
        requests += 1;
        throw new TypeError(raw);
      }),
    );
    queue(rig, broken, 5);
    queue(rig, sound, 35);
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.equal(rig.outbox.ledger(sound.id).delivered, 35);
    for (let second = 0; second < 60; second += 1) {
      await rig.clock.advance(1_000);
      await rig.relay.runOnce(rig.clock.nowMs());
    }
    assert.ok(requests > 1 && requests < 10, `${requests} requests in a minute`);
    await drain(rig, broken, { stepMs: 10 * 60_000, stepsMax: 50 * 6 });
    assert.deepEqual(settled(rig, broken), { delivered: 0, dead: 5, expired: 0, waiting: 0 });
    assert.ok(requests <= 5 * 60, `${requests} requests in all`);
    const letters = await rig.outbox.deadLetters(orgId, { limit: 9 });
    assert.ok(letters.ok && letters.value.items.every(({ ambiguousSinceMs }) => ambiguousSinceMs !== null));
  });

  it("at one event's payload costs that event alone", async () => {
    const integration = await metaIntegration();
    const rig = relayRig(() =>
      vendorOf(async (_, ids) => {
        if (ids.includes("message-17")) throw new TypeError(raw);
        return taken;
      }),
    );
    queue(rig, integration, 35);
    await drain(rig, integration, { stepMs: 10 * 60_000, stepsMax: 50 * 6 });
    assert.deepEqual(settled(rig, integration), { delivered: 34, dead: 1, expired: 0, waiting: 0 });
    assert.match((await deadCodes(rig)).join(), /^(sending_failed|ambiguous)$/);
  });
});

describe("a request of which the adapter never says how it ended", () => {
  it("is one whose answer was lost: the integration is served again, and the relay can end", async () => {
    const integration = await metaIntegration();
    let requests = 0;
    const rig = relayRig(() =>
      vendorOf(() => {
        requests += 1;
        return requests === 1 ? new Promise(() => {}) : Promise.resolve(taken);
      }),
    );
    queue(rig, integration, 5);
    const stop = new AbortController();
    const running = rig.relay.run(stop.signal);
    await turns(5);
    await rig.clock.advance(14_999);
    assert.equal(rig.outbox.receipts().length, 0, "the vendor has its time");
    for (let second = 0; second < 60; second += 1) {
      await rig.clock.advance(1_000);
      await turns(2);
    }
    stop.abort();
    await rig.clock.advance(2_000);
    await running;
    assert.deepEqual(
      rig.outbox.receipts().map(({ code, failureClass, durationMs }) => [code, failureClass, durationMs]),
      [
        ["timeout", "transient", 15_000],
        ["ok", null, 0],
      ],
    );
    assert.deepEqual(settled(rig, integration), { delivered: 5, dead: 0, expired: 0, waiting: 0 });
  });
});

describe("a claim in which something else throws", () => {
  it("is left to its lease, while the relay goes on with others, and is tried again once a minute", async () => {
    const broken = await metaIntegration(1);
    const sound = await metaIntegration(2);
    let faults = 0;
    const batchEventsMaxOf = ({ id }: Integration) => {
      if (id === sound.id) return 10;
      faults += 1;
      throw new TypeError(raw);
    };
    const rig = relayRig(() => vendorOf(async () => taken, { batchEventsMaxOf }));
    queue(rig, broken, 5);
    queue(rig, sound, 35);
    const stop = new AbortController();
    const running = rig.relay.run(stop.signal);
    for (let second = 0; second < 150; second += 1) {
      await rig.clock.advance(1_000);
      await turns(2);
    }
    assert.equal(rig.outbox.ledger(sound.id).delivered, 35);
    assert.deepEqual(settled(rig, broken), { delivered: 0, dead: 0, expired: 0, waiting: 5 });
    assert.equal(faults, 3);
    const errors = rig.telemetry.lines.filter((line) => line.includes('"error"'));
    assert.equal(errors.length, faults);
    assert.match(errors[0] as string, /"code":"claim_failed","where":"sending.test.[jt]s:\d+"/);
    assert.ok(!rig.telemetry.lines.join().includes(raw));
    stop.abort();
    await rig.clock.advance(2_000);
    await running;
  });
});

describe("a broken invariant in a request", () => {
  it("stops the relay, but what was answered before it counts, and its own events are in doubt", async () => {
    const integration = await metaIntegration();
    const fault = new BrokenInvariant("no such state");
    let requests = 0;
    const rig = relayRig(() =>
      vendorOf(async () => {
        requests += 1;
        if (requests === 2) throw fault;
        return taken;
      }),
    );
    queue(rig, integration, 35);
    await assert.rejects(rig.relay.run(new AbortController().signal), fault);
    assert.equal(requests, 2);
    assert.deepEqual(settled(rig, integration), { delivered: 10, dead: 0, expired: 0, waiting: 25 });
    const events = await waiting(rig);
    assert.equal(events.filter(({ ambiguousSinceMs }) => ambiguousSinceMs !== null).length, 10);
  });
});
