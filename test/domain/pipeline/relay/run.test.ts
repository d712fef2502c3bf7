import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Integration, SendResult } from "../../../../domain/model/delivery.ts";
import { deliveryAttemptsMax, relayBatchEventsMax, relayClaimEventsMax } from "../../../../domain/model/limits.ts";
import type { SealedSecret } from "../../../../domain/model/tenant.ts";
import {
  deadCodes,
  drain,
  metaIntegration,
  orgId,
  type RelayRig,
  range,
  relayRig,
  settled,
  storedEvent,
  turns,
  vendorOf,
} from "./parts.ts";

const taken: SendResult = { ok: true, traceId: null, received: 0, warnings: 0 };
const outage: SendResult = {
  ok: false,
  class: "transient",
  code: "http_500",
  eventIndex: null,
  retryAfterMs: null,
  effect: "unknown",
  traceId: null,
};

function queue(rig: RelayRig, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, storedEvent(number));
}

describe("the relay's loop", () => {
  it("a vendor that does not answer holds up nobody but its own integration", async () => {
    const slow = await metaIntegration(1);
    const quick = await metaIntegration(2);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let unanswered = 0;
    const rig = relayRig(() =>
      vendorOf(async ({ id }) => {
        if (id === quick.id) return taken;
        unanswered += 1;
        await held;
        return taken;
      }),
    );
    queue(rig, slow, 5_000);
    const stop = new AbortController();
    const running = rig.relay.run(stop.signal);
    await turns();
    queue(rig, quick, 1_000);
    await turns();
    assert.deepEqual(rig.outbox.ledger(quick.id).delivered, 1_000);
    assert.deepEqual(rig.outbox.ledger(slow.id).delivered, 0);
    assert.equal(unanswered, 1, "it takes one place, not all");
    stop.abort();
    release();
    await running;
  });

  it("a backlog is worked off without waiting in between, and new work is heard of at once", async () => {
    const integration = await metaIntegration();
    const rig = relayRig(() => vendorOf(async () => taken));
    const stop = new AbortController();
    const running = rig.relay.run(stop.signal);
    await turns(20);
    queue(rig, integration, 1_000);
    await turns();
    assert.equal(rig.outbox.ledger(integration.id).delivered, 1_000);
    stop.abort();
    await running;
  });

  it("told to stop, it finishes the request under way, begins no other, and gives the rest back", async () => {
    const integration = await metaIntegration();
    const stop = new AbortController();
    let requests = 0;
    const rig = relayRig(() =>
      vendorOf(async () => {
        requests += 1;
        stop.abort();
        await turns(5);
        return taken;
      }),
    );
    queue(rig, integration, 35);
    await rig.relay.run(stop.signal);
    assert.equal(requests, 1);
    assert.deepEqual(rig.outbox.ledger(integration.id), {
      integrationId: integration.id,
      queued: 35,
      delivered: 10,
      dead: 0,
      expired: 0,
      canceled: 0,
      notApplicable: 0,
      waiting: 25,
    });
    const again = await rig.relay.runOnce(rig.clock.nowMs());
    assert.equal(again, 25, "what was given back is due at once");
  });

  it("serves at most sixteen integrations at once", async () => {
    let atOnce = 0;
    let most = 0;
    const rig = relayRig(() =>
      vendorOf(async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await turns(3);
        atOnce -= 1;
        return taken;
      }),
    );
    const integrations = await Promise.all(Array.from({ length: 40 }, (_, number) => metaIntegration(number + 1)));
    for (const integration of integrations) queue(rig, integration, 2);
    const stop = new AbortController();
    const running = rig.relay.run(stop.signal);
    await turns();
    stop.abort();
    await running;
    assert.equal(most, 16);
    assert.ok(integrations.every(({ id }) => rig.outbox.ledger(id).delivered === 2));
  });
});

/** How long an event waits until it is taken, among slow vendors. Units: virtual milliseconds. */
async function waitAmong(slowVendors: number, answersAfterMs: number): Promise<number> {
  const quick = await metaIntegration(99);
  let takenAtMs = 0;
  const rig: RelayRig = relayRig(() =>
    vendorOf(async ({ id }) => {
      if (id === quick.id) takenAtMs = rig.clock.nowMs();
      else await rig.clock.sleep(answersAfterMs);
      return taken;
    }),
  );
  for (const number of range(slowVendors)) queue(rig, await metaIntegration(number), 200);
  const stop = new AbortController();
  const running = rig.relay.run(stop.signal);
  await turns(20);
  const queuedAtMs = rig.clock.nowMs();
  queue(rig, quick, 1);
  await turns(20);
  while (takenAtMs === 0) {
    await rig.clock.advance(1_000);
    await turns(20);
  }
  stop.abort();
  await rig.clock.advance(answersAfterMs);
  await running;
  return takenAtMs - queuedAtMs;
}

describe("the relay's places", () => {
  it("are not all held by slow vendors: each gives its place back after a request, if all are taken", async () => {
    assert.equal(await waitAmong(15, 9_000), 0);
    const waitedMs = await waitAmong(16, 9_000);
    assert.ok(waitedMs <= 10_000, `it took ${waitedMs} ms`);
  });
});

describe("the relay's bounds", () => {
  it("holds few large claims at a time, so that what is in memory stays bounded", async () => {
    const rig = relayRig(() => vendorOf(async () => taken, { batchEventsMax: relayBatchEventsMax }));
    const integrations = await Promise.all(Array.from({ length: 20 }, (_, number) => metaIntegration(number + 1)));
    for (const integration of integrations) queue(rig, integration, relayClaimEventsMax);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 4 * relayClaimEventsMax + 12 * relayBatchEventsMax);
    assert.equal(rig.outbox.receipts().length, (4 * relayClaimEventsMax) / relayBatchEventsMax + 12);
  });

  it("an event that its vendor fails of, time and again, dies alone", async () => {
    const integration = await metaIntegration();
    const fault: SendResult = { ...outage, effect: "none" };
    const rig = relayRig(() => vendorOf(async (_, ids) => (ids.includes("message-13") ? fault : taken)));
    queue(rig, integration, 40);
    await drain(rig, integration, { stepMs: 900_000, stepsMax: 400 });
    const { delivered, dead, waiting } = rig.outbox.ledger(integration.id);
    assert.deepEqual({ delivered, dead, waiting }, { delivered: 39, dead: 1, waiting: 0 });
    const failures = rig.outbox.receipts().filter((receipt) => !receipt.ok);
    assert.ok(failures.length >= deliveryAttemptsMax);
    assert.deepEqual(await deadCodes(rig), ["http_500"]);
    const withOthers = failures.filter((receipt) => receipt.eventIds.length > 1);
    assert.ok(
      withOthers.every((receipt) => receipt.attempt < 7),
      "a suspect soon travels alone",
    );
  });

  it("during an outage a backlog costs one request a while, and no attempts", async () => {
    const integration = await metaIntegration();
    let isDown = true;
    const rig = relayRig(() => vendorOf(async () => (isDown ? outage : taken)));
    queue(rig, integration, 500);
    await drain(rig, integration, { stepMs: 1_000, stepsMax: 3_600 });
    const sizes = rig.outbox.receipts().map(({ eventIds }) => eventIds.length);
    assert.ok(sizes.length <= 66, `${sizes.length} requests in an hour`);
    assert.deepEqual(sizes.slice(2), sizes.slice(2).fill(1), "from the third on, each is a probe of one event");
    isDown = false;
    await drain(rig, integration, { stepMs: 60_000, stepsMax: 1_000 });
    assert.equal(rig.outbox.ledger(integration.id).delivered, 500);
  });

  for (const events of [1, 30, 300]) {
    it(`an outage of hours ends within a minute, and ${events} events go at full speed`, async () => {
      const integration = await metaIntegration();
      let isDown = true;
      const rig = relayRig(() => vendorOf(async () => (isDown ? outage : taken)));
      queue(rig, integration, events);
      await drain(rig, integration, { stepMs: 20_000, stepsMax: 540 });
      const before = rig.outbox.receipts().length;
      assert.ok(before <= 186, `${before} requests in three hours`);
      isDown = false;
      for (let second = 0; second < 61; second += 1) {
        await rig.relay.runOnce(rig.clock.nowMs());
        await rig.clock.advance(1_000);
      }
      assert.deepEqual(settled(rig, integration), { delivered: events, dead: 0, expired: 0, waiting: 0 });
      const sizes = rig.outbox
        .receipts()
        .slice(before)
        .map(({ eventIds }) => eventIds.length);
      assert.equal(sizes[0], 1, "a probe first");
      assert.ok(sizes.length <= 2 + events / 9, `${sizes.length} requests`);
    });
  }

  it("begins no request that its lease might not outlast", async () => {
    const integration = await metaIntegration();
    let requests = 0;
    const rig = relayRig((clock) =>
      vendorOf(async () => {
        requests += 1;
        await clock.advance(20_000);
        return taken;
      }),
    );
    queue(rig, integration, 200);
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.equal(requests, 3);
    assert.equal(rig.outbox.ledger(integration.id).waiting, 170);
  });

  it("a secret that can't be opened keeps events waiting and is never sent", async () => {
    const sealed = await metaIntegration(1);
    const integration = { ...sealed, sealedSecrets: { access_token: "v1.nonsense" as SealedSecret } };
    const rig = relayRig(() => vendorOf(async () => assert.fail("nothing is to be sent")));
    queue(rig, integration, 3);
    await drain(rig, integration, { stepsMax: 50 });
    assert.equal(rig.outbox.ledger(integration.id).waiting, 3);
    assert.match(rig.telemetry.lines.join("\n"), /secret_unreadable/);
  });

  it("events for a vendor that this relay does not know wait", async () => {
    const integration = { ...(await metaIntegration(1)), vendor: "tiktok" as const };
    const rig = relayRig(() => vendorOf(async () => taken));
    queue(rig, integration, 3);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 3);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 0);
    assert.equal(rig.outbox.ledger(integration.id).waiting, 3);
  });

  it("every dead letter bears its code, its event and its integration", async () => {
    const integration = await metaIntegration();
    const refusal = { kind: "quarantine", code: "user_data_missing" } as const;
    const rig = relayRig(() => vendorOf(async () => taken, { prepare: () => ({ ok: false, refusal }) }));
    queue(rig, integration, 1);
    await rig.relay.runOnce(rig.clock.nowMs());
    const page = await rig.outbox.deadLetters(orgId, { limit: 5 });
    assert.ok(page.ok);
    const [letter] = page.value.items;
    assert.equal(letter?.code, "user_data_missing");
    assert.equal(letter?.eventId, storedEvent(1).id);
    assert.equal(letter?.integrationId, integration.id);
    assert.equal(letter?.stage, "relay");
  });
});
