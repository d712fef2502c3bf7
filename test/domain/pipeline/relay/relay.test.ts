import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Integration } from "../../../../domain/model/delivery.ts";
import { relayBatchEventsMax } from "../../../../domain/model/limits.ts";
import { deadCodes, drain, type MetaRig, metaIntegration, metaRig, range, settled, storedEvent } from "./parts.ts";

const hourMs = 3_600_000;
const rigs: MetaRig[] = [];

async function rigOf(...args: Parameters<typeof metaRig>): Promise<MetaRig> {
  const rig = await metaRig(...args);
  rigs.push(rig);
  return rig;
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    assert.equal(rig.simulator.counts().tokenInUrl, 0);
    assert.deepEqual(rig.simulator.findings(), []);
    await rig.simulator.close();
  }
});

function queue(rig: MetaRig, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, storedEvent(number), "granted");
}

/** A relay whose events of these numbers reach Meta from a place that it does not know: it refuses their batches. */
function poisoned(numbers: readonly number[]): Promise<MetaRig> {
  const ids = new Set(numbers.map((number) => `message-${number}`));
  return rigOf({}, (payload) => {
    const event = payload as { event_id: string };
    return ids.has(event.event_id) ? { ...event, action_source: "nowhere" } : event;
  });
}

describe("the relay before Meta", () => {
  it("delivers what waits, in batches, each event once", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, relayBatchEventsMax + 5);
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 205, dead: 0, expired: 0, waiting: 0 });
    assert.equal(rig.simulator.counts().requests, 2);
    assert.equal(rig.simulator.counts().effective, 205);
  });

  for (const size of [1, 10, 100]) {
    const places = { first: [1], middle: [Math.ceil(size / 2)], last: [size], two: [1, size], all: range(size) };
    for (const [place, numbers] of Object.entries(places)) {
      it(`buries the poison and nothing else: ${place} of ${size}`, async () => {
        const rig = await poisoned(numbers);
        const integration = await metaIntegration();
        queue(rig, integration, size);
        await drain(rig, integration);
        const dead = new Set(numbers).size;
        assert.deepEqual(settled(rig, integration), { delivered: size - dead, dead, expired: 0, waiting: 0 });
        assert.equal(rig.simulator.counts().effective, size - dead);
        assert.equal(rig.simulator.counts().duplicates, 0);
        assert.deepEqual([...new Set(await deadCodes(rig))], ["meta_100"]);
      });
    }
  }

  it("needs one more request, not seven, where Meta names the event", async () => {
    const rig = await rigOf({}, (payload) => {
      const event = payload as { event_id: string };
      return event.event_id === "message-42" ? { ...event, surprise: 1 } : event;
    });
    const integration = await metaIntegration();
    queue(rig, integration, 100);
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 99, dead: 1, expired: 0, waiting: 0 });
    assert.equal(rig.simulator.counts().requests, 2);
  });

  it("an answer that was lost after Meta took the batch has one effect", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 10);
    rig.simulator.fail("answerLostAfterCommit");
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 10, dead: 0, expired: 0, waiting: 0 });
    const { effective, duplicates } = rig.simulator.counts();
    assert.deepEqual({ effective, duplicates }, { effective: 10, duplicates: 10 });
  });

  for (const fault of ["throttle", "transient", "html502", "resetBeforeCommit", "slow"] as const) {
    it(`every event comes through ${fault}, once`, async () => {
      const rig = await rigOf();
      const integration = await metaIntegration();
      queue(rig, integration, 10);
      rig.simulator.fail(fault, { times: 2, ...(fault === "slow" ? { afterMs: 400 } : {}) });
      if (fault === "slow") rig.giveUpEarly(2);
      const steps = await drain(rig, integration);
      assert.ok(steps >= 2, "a failed request is not repeated at once");
      assert.deepEqual(settled(rig, integration), { delivered: 10, dead: 0, expired: 0, waiting: 0 });
      assert.equal(rig.simulator.counts().effective, 10);
    });
  }

  it("waits as long as Meta's usage headers ask for", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 1);
    rig.simulator.fail("throttle", { regainMinutes: 30 });
    await rig.relay.runOnce(rig.clock.nowMs());
    await rig.clock.advance(30 * 60_000 - 1);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 0);
    await rig.clock.advance(1);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 1);
    assert.equal(rig.simulator.counts().requests, 2);
  });

  it("a revoked token holds events back, and loses none once it is restored", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 30);
    rig.simulator.revokeToken("token-1");
    await drain(rig, integration, { stepsMax: 100 });
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 0, waiting: 30 });
    assert.ok(rig.simulator.counts().requests < 40, "a refused token is not tried at every turn");
    rig.simulator.restoreToken("token-1");
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 30, dead: 0, expired: 0, waiting: 0 });
    assert.equal(rig.simulator.counts().effective, 30);
  });

  it("a token for another dataset holds events back instead of burying them", async () => {
    const datasets = [
      { id: "100001", tokens: ["another"] },
      { id: "2", tokens: ["token-1"] },
    ];
    const rig = await rigOf({ datasets });
    const integration = await metaIntegration();
    queue(rig, integration, 5);
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 0, waiting: 5 });
    assert.equal(rig.outbox.receipts()[0]?.code, "meta_100_permission");
  });

  it("events that a circuit holds back too long expire", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 3);
    rig.simulator.revokeToken("token-1");
    await drain(rig, integration, { stepMs: hourMs, stepsMax: 7 * 24 + 2 });
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 3, waiting: 0 });
  });

  it("retries something ambiguous within 48 hours only", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 1);
    rig.simulator.fail("answerLostAfterCommit");
    await rig.relay.runOnce(rig.clock.nowMs());
    rig.simulator.revokeToken("token-1");
    await drain(rig, integration, { stepMs: hourMs, stepsMax: 60 });
    assert.deepEqual(await deadCodes(rig), ["ambiguous"]);
    assert.equal(rig.simulator.counts().effective, 1);
  });

  it("gives up what Meta fails of again and again once its effect can no longer be undone by dedup", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 1);
    rig.simulator.fail("transient", { times: Number.POSITIVE_INFINITY, code: 2 });
    await drain(rig, integration, { stepMs: 15 * 60_000, stepsMax: 400 });
    assert.deepEqual(await deadCodes(rig), ["ambiguous"]);
    assert.ok(rig.simulator.counts().requests <= 200, "one request a step, at most");
  });

  it("name, id and time are the same on every attempt, even when the mapping changes in between", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 1);
    rig.simulator.fail("html502", { times: 1 });
    await rig.relay.runOnce(rig.clock.nowMs());
    rig.outbox.replaceIntegration({
      ...integration,
      config: { ...integration.config, event_map: { "Order Completed": "Purchase" } },
    });
    await drain(rig, integration);
    const sent = rig.simulator.requests().map((request) => JSON.parse(new TextDecoder().decode(request.body)));
    const keys = sent.map(({ data: [event] }) => [event.event_name, event.event_id, event.event_time]);
    assert.equal(keys.length, 2);
    assert.deepEqual(keys[0], keys[1]);
    assert.equal(keys[0]?.[0], "layers_order_completed");
  });

  it("an event that can't be sent never costs its batch anything", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration(1, { naming: "standard" });
    queue(rig, integration, 5);
    rig.outbox.enqueue(integration, storedEvent(6, { properties: { currency: "EUR" } }), "granted");
    rig.outbox.enqueue(integration, storedEvent(7, { name: "Ünicode!" }), "granted");
    rig.outbox.enqueue(integration, storedEvent(8, { timestampMs: rig.clock.nowMs() - 8 * 24 * hourMs }), "granted");
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual(settled(rig, integration), { delivered: 5, dead: 2, expired: 1, waiting: 0 });
    assert.deepEqual((await deadCodes(rig)).sort(), ["event_name_unmappable", "purchase_value_missing"]);
    assert.equal(rig.simulator.counts().requests, 1);
  });

  it("what consent denies is never sent, nor what it does not grant where it is required", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration(1, { require_consent: true });
    rig.outbox.enqueue(integration, storedEvent(1), "denied");
    rig.outbox.enqueue(integration, storedEvent(2), "unknown");
    rig.outbox.enqueue(integration, storedEvent(3), "granted");
    const lax = await metaIntegration(2);
    rig.outbox.enqueue(lax, storedEvent(4), "denied");
    rig.outbox.enqueue(lax, storedEvent(5), "unknown");
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual((await deadCodes(rig)).sort(), ["consent_denied", "consent_denied", "consent_unknown"]);
    const sent = rig.simulator.effectiveEvents().map((event) => event["event_id"]);
    assert.deepEqual(sent.sort(), ["message-3", "message-5"]);
  });

  it("a relay that dies after sending has one effect, and its events count as ambiguous", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 3);
    const settle = rig.outbox.settle;
    Object.assign(rig.outbox, { settle: () => new Promise(() => {}) });
    void rig.relay.runOnce(rig.clock.nowMs());
    while (rig.simulator.counts().effective < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    Object.assign(rig.outbox, { settle });
    await rig.clock.advance(6 * 60_000);
    const bounds = { except: [], claimsMax: 1, eventsMax: 10, leaseMs: 1, nowMs: rig.clock.nowMs() };
    const claimed = await rig.outbox.claim(bounds);
    assert.ok(claimed.ok && claimed.value[0]?.events.every((event) => event.ambiguousSinceMs !== null));
    await rig.clock.advance(2);
    await drain(rig, integration);
    assert.equal(rig.outbox.ledger(integration.id).delivered, 3);
    assert.equal(rig.simulator.counts().effective, 3);
  });

  it("logs and measures codes and ids of its own only", async () => {
    const rig = await poisoned([2]);
    const integration = await metaIntegration();
    queue(rig, integration, 3);
    rig.simulator.fail("html502");
    await drain(rig, integration);
    assert.ok(rig.telemetry.lines.length > 0);
    assert.doesNotMatch(rig.telemetry.lines.join("\n"), /message-|user-|order-|token-|Order|Bad Gateway/);
  });
});
