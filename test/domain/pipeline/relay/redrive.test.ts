import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Integration } from "../../../../domain/model/delivery.ts";
import { ambiguityHorizonMs } from "../../../../domain/model/limits.ts";
import type { Principal } from "../../../../domain/model/tenant.ts";
import { unwrap } from "../../../contracts/results.ts";
import { drain, type MetaRig, metaIntegration, metaRig, orgId, storedEvent } from "./parts.ts";

const hourMs = 3_600_000;
const editor: Principal = { orgId, memberId: "00000000-0000-7000-8000-0000000000ff", role: "editor" };
const rigs: MetaRig[] = [];

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.simulator.close();
});

async function rigOf(...args: Parameters<typeof metaRig>): Promise<MetaRig> {
  const rig = await metaRig(...args);
  rigs.push(rig);
  return rig;
}

function redriveAll(rig: MetaRig) {
  const nowMs = rig.clock.nowMs();
  return rig.outbox.redrive(editor, {}, { nowMs, ambiguousBeforeMs: nowMs - ambiguityHorizonMs, lettersMax: 1_000 });
}

/** Names the integration's events otherwise, as the admin API would. */
function remap(rig: MetaRig, integration: Integration, eventMap: Record<string, string>): void {
  rig.outbox.replaceIntegration({ ...integration, config: { ...integration.config, event_map: eventMap } });
}

/** Name, id and time of what took effect at Meta. */
function namesOf(rig: MetaRig): unknown[][] {
  return rig.simulator
    .effectiveEvents()
    .map((event) => ["event_name", "event_id", "event_time"].map((key) => event[key]));
}

/** Meta takes an event, its answer is lost, and the event is given up before it could be tried again. */
async function loseAnswer(rig: MetaRig, integration: Integration, number: number): Promise<void> {
  rig.outbox.enqueue(integration, storedEvent(number), "granted");
  rig.simulator.fail("answerLostAfterCommit");
  await rig.relay.runOnce(rig.clock.nowMs());
  await rig.clock.advance(6 * hourMs);
  const bounds = { except: [], claimsMax: 1, eventsMax: 1, leaseMs: 1_000, nowMs: rig.clock.nowMs() };
  const [claim] = unwrap(await rig.outbox.claim(bounds));
  assert.ok(claim?.events[0]?.ambiguousSinceMs);
  const dead = new Map([[claim.events[0].event.id, { kind: "dead", code: "attempts_exhausted" } as const]]);
  unwrap(await rig.outbox.settle(claim, dead, [], bounds.nowMs));
}

describe("dead letters that are sent again", () => {
  it("arrive under the name the integration has by now where each attempt was refused, id and time kept", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration(1, { event_map: { "Order Completed": "Purchase" } });
    const { messageId, timestampMs } = storedEvent(1);
    rig.outbox.enqueue(integration, storedEvent(1, { properties: {} }), "granted");
    await drain(rig, integration);
    assert.equal(rig.outbox.ledger(integration.id).dead, 1, "a purchase has a value, and this has none");
    remap(rig, integration, { "Order Completed": "Lead" });
    await rig.clock.advance(3 * hourMs);
    assert.equal(unwrap(await redriveAll(rig)).redriven, 1);
    await drain(rig, integration);
    assert.deepEqual(namesOf(rig), [["Lead", messageId, timestampMs / 1_000]]);
    const { queued, delivered, dead } = rig.outbox.ledger(integration.id);
    assert.deepEqual([queued, delivered, dead], [1, 1, 0]);
  });

  it("arrive under the name, id and time they had where Meta may have them, whatever the map says by now", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration(1, { event_map: { "Order Completed": "Purchase" } });
    await loseAnswer(rig, integration, 1);
    remap(rig, integration, { "Order Completed": "Lead" });
    assert.equal(unwrap(await redriveAll(rig)).redriven, 1);
    await drain(rig, integration);
    const { messageId, timestampMs } = storedEvent(1);
    assert.deepEqual(namesOf(rig), [["Purchase", messageId, timestampMs / 1_000]]);
    const { effective, duplicates } = rig.simulator.counts();
    assert.deepEqual([effective, duplicates], [1, 1], "another name would have been another event to Meta");
  });

  it("end as expired without a request where they are too old for the vendor by now", async () => {
    const rig = await rigOf({}, (payload) => ({ ...(payload as object), action_source: "nowhere" }));
    const integration = await metaIntegration();
    rig.outbox.enqueue(integration, storedEvent(1), "granted");
    await drain(rig, integration);
    await rig.clock.advance(8 * 24 * hourMs);
    const before = rig.simulator.counts().requests;
    assert.equal(unwrap(await redriveAll(rig)).redriven, 1);
    await rig.relay.runOnce(rig.clock.nowMs());
    const { queued, dead, expired, waiting } = rig.outbox.ledger(integration.id);
    assert.deepEqual([queued, dead, expired, waiting], [1, 0, 1, 0]);
    assert.equal(rig.simulator.counts().requests, before);
  });

  it("have one effect where the answer was lost, and stay dead once Meta would count them twice", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    await loseAnswer(rig, integration, 1);
    assert.equal(unwrap(await redriveAll(rig)).redriven, 1);
    await drain(rig, integration);
    assert.equal(rig.outbox.ledger(integration.id).delivered, 1);
    const { effective, duplicates } = rig.simulator.counts();
    assert.deepEqual([effective, duplicates], [1, 1]);

    await loseAnswer(rig, integration, 2);
    await rig.clock.advance(ambiguityHorizonMs);
    const left = unwrap(await redriveAll(rig));
    assert.deepEqual([left.redriven, left.leftAmbiguous], [0, 1]);
    assert.equal(rig.simulator.counts().effective, 2);
  });
});
