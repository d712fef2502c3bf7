import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { openMeta } from "../../../../adapters/meta/meta.ts";
import type { Integration } from "../../../../domain/model/delivery.ts";
import { relayBatchEventsMax } from "../../../../domain/model/limits.ts";
import { createQuotas } from "../../../../domain/pipeline/relay/relay-quotas.ts";
import { unwrap } from "../../../contracts/results.ts";
import { startMetaSimulator } from "../../../simulators/meta/server.ts";
import { drain, type MetaRig, metaIntegration, metaRig, orgId, relayRig, startMs, storedEvent } from "./parts.ts";

const minuteMs = 60_000;
const rigs: Pick<MetaRig, "simulator">[] = [];

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.simulator.close();
});

async function rigOf(): Promise<MetaRig> {
  const rig = await metaRig();
  rigs.push(rig);
  return rig;
}

function queue(rig: Pick<MetaRig, "outbox">, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, storedEvent(number), "granted");
}

async function vendorOf(rig: MetaRig, { id }: Integration) {
  return unwrap(await rig.outbox.status(orgId, id, startMs)).vendor;
}

describe("a vendor's quota is heeded before the wall", () => {
  it("an integration whose quota is nearly used sends more slowly, others do not, and no event is lost", async () => {
    const rig = await rigOf();
    const [busy, other] = [await metaIntegration(1), await metaIntegration(2)];
    queue(rig, busy, 2 * relayBatchEventsMax);
    rig.simulator.fail("quotaNearlyUsed", { target: "100001" });
    await rig.relay.runOnce(rig.clock.nowMs());
    queue(rig, other, 1);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 1, "the other integration does not wait");
    assert.deepEqual((await vendorOf(rig, busy))?.quota, {
      usedPercent: 95,
      seenAtMs: startMs,
      untilMs: startMs + 45_250,
    });
    assert.equal((await vendorOf(rig, other))?.quota ?? null, null);
    await rig.clock.advance(45_249);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 0);
    await rig.clock.advance(1);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), relayBatchEventsMax);
    assert.equal(rig.outbox.ledger(busy.id).delivered, 2 * relayBatchEventsMax);
    assert.equal(rig.simulator.counts().duplicates, 0);
  });

  it("within one claim, too, the next batch waits for its turn", async () => {
    const simulator = await startMetaSimulator({ now: () => startMs });
    const rig = relayRig((clock) => ({ ...openMeta({ baseUrl: simulator.url, clock }), batchEventsMax: 50 }));
    rigs.push({ simulator });
    const integration = await metaIntegration();
    queue(rig, integration, 150);
    simulator.fail("quotaNearlyUsed", { times: 2 });
    const delivered: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      await rig.relay.runOnce(rig.clock.nowMs());
      delivered.push(rig.outbox.ledger(integration.id).delivered);
      await rig.clock.advance(46_000);
    }
    assert.deepEqual(delivered, [50, 100, 150]);
    assert.equal(simulator.counts().requests, 3);
  });

  it("a quota that a good answer calls used up is waited out, though nothing was refused", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 1);
    rig.simulator.fail("quotaUsedUp", { regainMinutes: 12 });
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.equal(rig.outbox.ledger(integration.id).delivered, 1);
    rig.outbox.enqueue(integration, storedEvent(2), "granted");
    await rig.clock.advance(12 * minuteMs - 1);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 0);
    assert.deepEqual((await vendorOf(rig, integration))?.circuit, null);
    await rig.clock.advance(1);
    assert.equal(await rig.relay.runOnce(rig.clock.nowMs()), 1);
    assert.equal(rig.outbox.ledger(integration.id).delivered, 2);
    assert.equal(rig.simulator.counts().faulted, 1);
  });

  it("a batch that is halved for its poison stops where the vendor shuts, and comes through afterwards", async () => {
    const rig = await metaRig({}, (payload) => {
      const event = payload as { event_id: string };
      return event.event_id === "message-3" ? { ...event, action_source: "nowhere" } : event;
    });
    rigs.push(rig);
    const integration = await metaIntegration();
    queue(rig, integration, 8);
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual([rig.outbox.ledger(integration.id).delivered, rig.outbox.ledger(integration.id).dead], [7, 1]);
    queue(rig, integration, 8);
    rig.simulator.fail("quotaUsedUp", { times: 2, regainMinutes: 3 });
    await drain(rig, integration);
    const { delivered, dead, waiting } = rig.outbox.ledger(integration.id);
    assert.deepEqual([delivered, dead, waiting], [14, 2, 0]);
  });

  it("the pause grows from a second at 80 % to a minute at 100 %, and ends where less is used", () => {
    const quotas = createQuotas();
    const pauses = [79, 80, 90, 100, 250].map((usedPercent) => {
      quotas.hear("a", { usedPercent, regainMs: 0 }, startMs);
      return quotas.untilMs("a") - startMs;
    });
    assert.deepEqual(pauses, [0, 1_000, 30_500, 60_000, 60_000]);
    assert.deepEqual([quotas.held(startMs), quotas.held(startMs + minuteMs)], [["a"], []]);
    assert.equal(quotas.isShut("a", startMs), false);
    quotas.hear("a", { usedPercent: 10, regainMs: 0 }, startMs);
    assert.deepEqual(quotas.held(startMs), []);
    assert.deepEqual(quotas.of("a"), { usedPercent: 10, seenAtMs: startMs, untilMs: null });
  });

  it("a memory of ten thousand integrations is all that is kept", () => {
    const quotas = createQuotas();
    for (let n = 0; n < 10_005; n += 1) quotas.hear(`integration ${n}`, { usedPercent: 90, regainMs: 0 }, startMs);
    assert.equal(quotas.held(startMs).length, 10_000);
    assert.equal(quotas.of("integration 4"), null);
  });
});

describe("what a relay learns of a vendor is told to others", () => {
  it("a circuit's reason and times while it is open, and nothing of it once the vendor takes events", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    queue(rig, integration, 1);
    rig.simulator.fail("tokenRevoked", { times: 2 });
    await rig.relay.runOnce(rig.clock.nowMs());
    const first = (await vendorOf(rig, integration))?.circuit;
    assert.deepEqual([first?.class, first?.code, first?.sinceMs], ["auth", "meta_190", startMs]);
    assert.ok((first?.untilMs ?? 0) > startMs);
    await rig.clock.advance(5 * minuteMs);
    await rig.relay.runOnce(rig.clock.nowMs());
    const second = (await vendorOf(rig, integration))?.circuit;
    assert.equal(second?.sinceMs, startMs);
    assert.ok((second?.untilMs ?? 0) > rig.clock.nowMs());
    await drain(rig, integration);
    assert.deepEqual(await vendorOf(rig, integration), { circuit: null, quota: null });
  });

  it("what an earlier relay left is corrected by the first answer that a new one gets", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    const stale = { class: "auth", code: "meta_190", sinceMs: 1, untilMs: 2 } as const;
    unwrap(await rig.outbox.saveVendorState(integration, { circuit: stale, quota: null }));
    queue(rig, integration, 1);
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.deepEqual(await vendorOf(rig, integration), { circuit: null, quota: null });
  });
});
