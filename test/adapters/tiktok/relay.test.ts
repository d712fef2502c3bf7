import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Integration } from "../../../domain/model/delivery.ts";
import { relayBatchEventsMax } from "../../../domain/model/limits.ts";
import { deadCodes, drain, range, settled } from "../../domain/pipeline/relay/parts.ts";
import { type TiktokRig, tiktokIntegration, tiktokRig, webEvent } from "./parts.ts";

const hourMs = 3_600_000;
const rigs: TiktokRig[] = [];

async function rigOf(...args: Parameters<typeof tiktokRig>): Promise<TiktokRig> {
  const rig = await tiktokRig(...args);
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

function queue(rig: TiktokRig, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, webEvent(number), "granted");
}

function receiptCodes(rig: TiktokRig): string[] {
  return rig.outbox.receipts().map(({ code }) => code);
}

/** A relay whose events of these numbers reach TikTok with something that makes it refuse their batches. */
function poisoned(numbers: readonly number[], failing: Record<string, unknown>): Promise<TiktokRig> {
  const ids = new Set(numbers.map((number) => `message-${number}`));
  return rigOf({}, (payload) => {
    const event = payload as { event_id: string };
    return ids.has(event.event_id) ? { ...event, ...failing } : event;
  });
}

const named = { properties: { contents: [{ content_id: 7 }] } };
/** Refused with 40062, which names no event; the hash is one in upper case, so that nobody's data is in clear. */
const unnamed = { user: { email: "A".repeat(64) } };

describe("the relay before TikTok", () => {
  it("delivers what waits, in batches, each event once", async () => {
    const rig = await rigOf({ strict: true });
    const integration = await tiktokIntegration();
    queue(rig, integration, relayBatchEventsMax + 5);
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 205, dead: 0, expired: 0, waiting: 0 });
    assert.deepEqual([rig.simulator.counts().requests, rig.simulator.counts().effective], [2, 205]);
  });

  for (const size of [1, 10, 100]) {
    const places = { first: [1], middle: [Math.ceil(size / 2)], last: [size], two: [1, size], all: range(size) };
    for (const [place, numbers] of Object.entries(places)) {
      it(`buries the poison that TikTok names and nothing else: ${place} of ${size}`, async () => {
        const rig = await poisoned(numbers, named);
        const integration = await tiktokIntegration();
        queue(rig, integration, size);
        await drain(rig, integration);
        const dead = new Set(numbers).size;
        assert.deepEqual(settled(rig, integration), { delivered: size - dead, dead, expired: 0, waiting: 0 });
        assert.deepEqual([...new Set(await deadCodes(rig))], ["tiktok_40002"]);
        const { effective, duplicates, requests } = rig.simulator.counts();
        assert.deepEqual({ effective, duplicates }, { effective: size - dead, duplicates: 0 });
        assert.equal(requests, dead + (dead < size ? 1 : 0), "one request for each poison, and one for the rest");
      });
    }
  }

  it("halves a batch down to the poison where TikTok does not name it", async () => {
    const rig = await poisoned([42], unnamed);
    const integration = await tiktokIntegration();
    queue(rig, integration, 100);
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 99, dead: 1, expired: 0, waiting: 0 });
    assert.deepEqual(await deadCodes(rig), ["tiktok_40062"]);
    assert.deepEqual([rig.simulator.counts().effective, rig.simulator.counts().duplicates], [99, 0]);
  });

  it("an answer that was lost after TikTok took the batch has one effect", async () => {
    const rig = await rigOf();
    const integration = await tiktokIntegration();
    queue(rig, integration, 10);
    rig.simulator.fail("answerLostAfterCommit");
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 10, dead: 0, expired: 0, waiting: 0 });
    const { effective, duplicates } = rig.simulator.counts();
    assert.deepEqual({ effective, duplicates }, { effective: 10, duplicates: 10 });
  });

  for (const fault of ["throttle", "transient", "html502", "resetBeforeCommit", "slow", "tokenRevoked"] as const) {
    it(`every event comes through ${fault}, once`, async () => {
      const rig = await rigOf();
      const integration = await tiktokIntegration();
      queue(rig, integration, 10);
      rig.simulator.fail(fault, { times: 2, ...(fault === "slow" ? { afterMs: 400 } : {}) });
      if (fault === "slow") rig.giveUpEarly(2);
      const steps = await drain(rig, integration);
      assert.ok(steps >= 2, "a failed request is not repeated at once");
      assert.deepEqual(settled(rig, integration), { delivered: 10, dead: 0, expired: 0, waiting: 0 });
      assert.equal(rig.simulator.counts().effective, 10);
    });
  }

  it("a quota of requests that is used up only delays", async () => {
    const rig = await rigOf({ requestsPerSecondMax: 1 });
    const integration = await tiktokIntegration();
    queue(rig, integration, relayBatchEventsMax * 2);
    await rig.relay.runOnce(rig.clock.nowMs());
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual(receiptCodes(rig), ["ok", "tiktok_40100"]);
    await drain(rig, integration);
    assert.equal(settled(rig, integration).delivered, relayBatchEventsMax * 2);
  });

  it("a revoked token holds events back under status 200, and loses none once it is restored", async () => {
    const rig = await rigOf();
    const integration = await tiktokIntegration();
    queue(rig, integration, 30);
    rig.simulator.revokeToken("token-1");
    await drain(rig, integration, { stepsMax: 100 });
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 0, waiting: 30 });
    assert.ok(rig.simulator.counts().requests < 40, "a refused token is not tried at every turn");
    rig.simulator.restoreToken("token-1");
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 30, dead: 0, expired: 0, waiting: 0 });
  });

  it("a token for another pixel holds events back instead of burying them", async () => {
    const rig = await rigOf({ sources: [{ id: "other", tokens: ["token-1"] }] });
    const integration = await tiktokIntegration();
    queue(rig, integration, 5);
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 0, waiting: 5 });
    assert.deepEqual(receiptCodes(rig), ["tiktok_40001"]);
  });

  it("events that a circuit holds back too long expire", async () => {
    const rig = await rigOf();
    const integration = await tiktokIntegration();
    queue(rig, integration, 3);
    rig.simulator.revokeToken("token-1");
    await drain(rig, integration, { stepMs: hourMs, stepsMax: 7 * 24 + 2 });
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 3, waiting: 0 });
  });

  it("a batch that TikTok took in part is done, is not sent again, and raises an alarm: nobody is named", async () => {
    const rig = await rigOf({ partial: true }, (payload) => {
      const event = payload as { event_id: string };
      return event.event_id === "message-2" ? { ...event, ...named } : event;
    });
    const integration = await tiktokIntegration();
    queue(rig, integration, 3);
    await drain(rig, integration);
    assert.equal(settled(rig, integration).delivered, 3);
    assert.equal(rig.simulator.counts().effective, 2);
    assert.deepEqual(receiptCodes(rig), ["ok_in_part"]);
    assert.ok(rig.outbox.receipts()[0]?.traceId, "TikTok's support can be asked about it");
    const alarms = rig.telemetry.lines.filter((line) => line.includes("took a part of a batch"));
    assert.deepEqual(alarms.length, 1);
    assert.ok(alarms[0]?.includes('"level":"error"'));
    const counted = rig.telemetry.lines.filter((line) => line.includes('"code":"ok_in_part"'));
    assert.equal(counted.length, 1, "one request counted under its own code, to watch for");
  });

  it("keeps name, id and time over attempts, whatever becomes of the configuration", async () => {
    const rig = await rigOf();
    const integration = await tiktokIntegration();
    queue(rig, integration, 1);
    rig.simulator.fail("html502");
    await rig.relay.runOnce(rig.clock.nowMs());
    const config = { ...integration.config, event_map: { "Order Completed": "Lead" } };
    rig.outbox.replaceIntegration({ ...integration, config });
    await drain(rig, integration);
    const sent = rig.simulator.requests().map((request) => JSON.parse(new TextDecoder().decode(request.body)));
    const keys = sent.map(({ data: [event] }) => [event.event, event.event_id, event.event_time]);
    assert.equal(keys.length, 2);
    assert.deepEqual(keys[0], keys[1]);
    assert.equal(keys[0]?.[0], "Purchase");
  });

  it("an event that can't be sent never costs its batch anything", async () => {
    const rig = await rigOf();
    const integration = await tiktokIntegration();
    queue(rig, integration, 5);
    rig.outbox.enqueue(integration, webEvent(6, { context: {} }), "granted");
    rig.outbox.enqueue(integration, webEvent(7, { name: "Level Up" }), "granted");
    rig.outbox.enqueue(integration, webEvent(8, { timestampMs: rig.clock.nowMs() - 8 * 24 * hourMs }), "granted");
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual(settled(rig, integration), { delivered: 5, dead: 2, expired: 1, waiting: 0 });
    assert.deepEqual((await deadCodes(rig)).sort(), ["event_name_unmappable", "page_url_missing"]);
    assert.equal(rig.simulator.counts().requests, 1);
  });

  it("what consent denies is never sent, nor what it does not grant where it is required", async () => {
    const rig = await rigOf();
    const integration = await tiktokIntegration(1, { require_consent: true });
    rig.outbox.enqueue(integration, webEvent(1), "denied");
    rig.outbox.enqueue(integration, webEvent(2), "unknown");
    rig.outbox.enqueue(integration, webEvent(3), "granted");
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual((await deadCodes(rig)).sort(), ["consent_denied", "consent_unknown"]);
    assert.deepEqual(
      rig.simulator.effectiveEvents("PIXEL1").map((event) => event["event_id"]),
      ["message-3"],
    );
  });

  it("logs and measures codes and ids of its own only", async () => {
    const rig = await poisoned([2], named);
    const integration = await tiktokIntegration();
    queue(rig, integration, 3);
    rig.simulator.fail("html502");
    await drain(rig, integration);
    assert.ok(rig.telemetry.lines.length > 0);
    assert.doesNotMatch(rig.telemetry.lines.join("\n"), /message-|user-|order-|token-|Order|Batch|Bad Gateway/);
  });
});
