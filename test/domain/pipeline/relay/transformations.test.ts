import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Transformation, TransformationRule } from "../../../../domain/model/transformation.ts";
import {
  drain,
  emailSha256,
  type MetaRig,
  metaIntegration,
  metaRig,
  orgId,
  phoneSha256,
  storedEvent,
} from "./parts.ts";

const rigs: MetaRig[] = [];

afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    assert.deepEqual(rig.simulator.findings(), []);
    await rig.simulator.close();
  }
});

async function rigOf(): Promise<MetaRig> {
  const rig = await metaRig();
  rigs.push(rig);
  return rig;
}

function transformation(integrationId: string, version: number, rules: readonly TransformationRule[]): Transformation {
  const words = { name: "", position: 0, enabled: true, rules, version };
  return { id: "one", orgId, integrationId, ...words, updatedAtMs: 0, updatedBy: "" };
}

function sentOf(rig: MetaRig) {
  const bodies = rig.simulator.requests().map((request) => JSON.parse(new TextDecoder().decode(request.body)));
  return bodies.flatMap(({ data }) => data);
}

describe("the relay and transformations", () => {
  it("sends what the integration's rules leave, and another integration all of it", async () => {
    const rig = await rigOf();
    const [plain, strict] = [await metaIntegration(1), await metaIntegration(2)];
    const person = { emailSha256, phoneSha256, traits: { email: emailSha256, phone: phoneSha256, city: "Bonn" } };
    rig.outbox.transform(strict.id, [
      transformation(strict.id, 1, [
        { type: "delete", path: "traits.email" },
        { type: "delete", path: "traits.city" },
        { type: "compute", path: "properties.revenue", expression: "properties.revenue * 2" },
      ]),
    ]);
    for (const integration of [plain, strict]) rig.outbox.enqueue(integration, storedEvent(1, person), "granted");
    await rig.relay.runOnce(rig.clock.nowMs());
    const [full] = rig.simulator.effectiveEvents("100001") as never as Record<string, Record<string, unknown>>[];
    const [left] = rig.simulator.effectiveEvents("100002") as never as Record<string, Record<string, unknown>>[];
    assert.deepEqual(Object.keys(full?.["user_data"] ?? {}).sort(), ["ct", "em", "external_id", "ph"]);
    assert.deepEqual(Object.keys(left?.["user_data"] ?? {}).sort(), ["external_id", "ph"]);
    assert.deepEqual([full?.["custom_data"]?.["value"], left?.["custom_data"]?.["value"]], [9.5, 19]);
  });

  it("an event is named after its first transformation, and keeps that name when the rules change", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    const named = (version: number, value: string) =>
      rig.outbox.transform(integration.id, [
        transformation(integration.id, version, [{ type: "set", path: "event", value }]),
      ]);
    named(1, "Deal Won");
    rig.outbox.enqueue(integration, storedEvent(1), "granted");
    rig.simulator.fail("html502", { times: 1 });
    await rig.relay.runOnce(rig.clock.nowMs());
    named(2, "Deal Lost");
    await drain(rig, integration);
    assert.deepEqual(
      sentOf(rig).map((event) => event.event_name),
      ["layers_deal_won", "layers_deal_won"],
    );
  });

  it("a change is at work with the next claim", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    for (const [version, value] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const rules = [{ type: "set", path: "properties.revenue", value }] as const;
      rig.outbox.transform(integration.id, [transformation(integration.id, version, rules)]);
      rig.outbox.enqueue(integration, storedEvent(version), "granted");
      await rig.relay.runOnce(rig.clock.nowMs());
    }
    assert.deepEqual(
      sentOf(rig).map((event) => event.custom_data.value),
      [1, 2],
    );
  });

  it("rules that can't be read hold their integration back, and no other", async () => {
    const rig = await rigOf();
    const [broken, sound] = [await metaIntegration(1), await metaIntegration(2)];
    const unknown = [{ type: "encrypt", path: "properties.x" }] as never;
    rig.outbox.transform(broken.id, [transformation(broken.id, 1, unknown)]);
    for (const integration of [broken, sound]) rig.outbox.enqueue(integration, storedEvent(1), "granted");
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.equal(rig.outbox.ledger(broken.id).waiting, 1);
    assert.equal(rig.outbox.ledger(sound.id).delivered, 1);
    rig.outbox.transform(broken.id, []);
    await drain(rig, broken);
    assert.equal(rig.outbox.ledger(broken.id).delivered, 1);
  });

  it("what a filter holds back is counted with its reason, and what consent denies is asked first", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration();
    const rules = [{ type: "filter", condition: "properties.revenue > 10" }] as const;
    rig.outbox.transform(integration.id, [transformation(integration.id, 1, rules)]);
    rig.outbox.enqueue(integration, storedEvent(1), "granted");
    rig.outbox.enqueue(integration, storedEvent(2, { properties: { revenue: 11 } }), "granted");
    rig.outbox.enqueue(integration, storedEvent(3), "denied");
    await drain(rig, integration);
    const letters = await rig.outbox.deadLetters(orgId, { limit: 10 });
    assert.ok(letters.ok);
    assert.deepEqual(letters.value.items.map(({ code }) => code).sort(), ["consent_denied", "filtered"]);
    assert.deepEqual(
      sentOf(rig).map((event) => event.event_id),
      ["message-2"],
    );
  });
});
