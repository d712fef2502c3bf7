import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Integration } from "../../../domain/model/delivery.ts";
import { drain, orgId, storedEvent } from "../../domain/pipeline/relay/parts.ts";
import { secret, type WebhookRig, webhookIntegration, webhookRig } from "./parts.ts";

const hourMs = 3_600_000;
const rigs: WebhookRig[] = [];

async function rigOf(...args: Parameters<typeof webhookRig>): Promise<WebhookRig> {
  const rig = await webhookRig(...args);
  rigs.push(rig);
  return rig;
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    assert.deepEqual(rig.simulator.findings(), []);
    await rig.simulator.close();
  }
});

function connect(rig: WebhookRig, config: Record<string, unknown> = {}, number = 1): Promise<Integration> {
  return webhookIntegration({ url: `${rig.simulator.url}/hook`, ...config }, number);
}

function queue(rig: WebhookRig, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, storedEvent(number), "granted");
}

function settled(rig: WebhookRig, integration: Integration) {
  const { delivered, dead, expired, waiting } = rig.outbox.ledger(integration.id);
  return { delivered, dead, expired, waiting };
}

async function deadCodes(rig: WebhookRig): Promise<string[]> {
  const page = await rig.outbox.deadLetters(orgId, { limit: 1_000 });
  return page.ok ? [...new Set(page.value.items.map((letter) => letter.code))] : [];
}

function effect(rig: WebhookRig) {
  const { effective, duplicates } = rig.simulator.counts();
  return { effective, duplicates };
}

describe("the relay before a webhook", () => {
  it("delivers what waits, signed, in batches of the integration's own size, each event once", async () => {
    const rig = await rigOf();
    const integration = await connect(rig, { batch_events_max: 10 });
    queue(rig, integration, 95);
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 95, dead: 0, expired: 0, waiting: 0 });
    assert.deepEqual([rig.simulator.counts().requests, rig.simulator.counts().effective], [10, 95]);
  });

  for (const fault of ["transient", "html502", "slow", "resetBeforeCommit", "throttle", "unavailable"] as const) {
    it(`tries again after ${fault}, under the same ids, and nothing is lost`, async () => {
      const rig = await rigOf();
      const integration = await connect(rig);
      queue(rig, integration, 30);
      rig.simulator.fail(fault, { times: 3 });
      if (fault === "slow") rig.giveUpEarly(3);
      await drain(rig, integration);
      assert.deepEqual(settled(rig, integration), { delivered: 30, dead: 0, expired: 0, waiting: 0 });
      assert.equal(rig.simulator.counts().effective, 30);
    });
  }

  it("an answer that was lost costs the receiver a duplicate, which it knows by its messageId", async () => {
    const rig = await rigOf();
    const integration = await connect(rig);
    queue(rig, integration, 20);
    rig.simulator.fail("answerLostAfterCommit");
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 20, dead: 0, expired: 0, waiting: 0 });
    assert.deepEqual(effect(rig), { effective: 20, duplicates: 20 });
  });

  it("an attempt at the same events has the same delivery id", async () => {
    const rig = await rigOf();
    const integration = await connect(rig);
    queue(rig, integration, 1);
    rig.simulator.fail("answerLostAfterCommit");
    await drain(rig, integration);
    const ids = rig.simulator.requests().map(({ headers }) => headers["x-tidegate-delivery"]);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
  });

  it("heeds Retry-After", async () => {
    const rig = await rigOf();
    const integration = await connect(rig);
    queue(rig, integration, 1);
    rig.simulator.fail("throttle", { regainMinutes: 30 });
    await drain(rig, integration, { stepMs: 60_000, stepsMax: 29 });
    assert.equal(rig.simulator.counts().requests, 1);
    await drain(rig, integration);
    assert.equal(settled(rig, integration).delivered, 1);
  });

  it("buries the poison and nothing else, wherever it stands", async () => {
    for (const numbers of [[1], [50], [100], [3, 97]]) {
      const ids = new Set(numbers.map((number) => `message-${number}`));
      const rig = await rigOf({}, (payload) => {
        const event = payload as { messageId: string };
        return ids.has(event.messageId) ? { ...event, type: "alias" } : event;
      });
      const integration = await connect(rig);
      queue(rig, integration, 100);
      await drain(rig, integration);
      const dead = numbers.length;
      assert.deepEqual(settled(rig, integration), { delivered: 100 - dead, dead, expired: 0, waiting: 0 });
      assert.deepEqual(await deadCodes(rig), ["http_400"]);
      assert.deepEqual(effect(rig), { effective: 100 - dead, duplicates: 0 });
    }
  });

  for (const fault of ["gone", "refused", "redirect"] as const) {
    it(`waits behind ${fault} without burying anything, and goes on when it is mended`, async () => {
      const rig = await rigOf();
      const integration = await connect(rig);
      queue(rig, integration, 10);
      rig.simulator.fail(fault, { times: Number.POSITIVE_INFINITY });
      await drain(rig, integration, { stepMs: hourMs / 4, stepsMax: 24 });
      assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 0, waiting: 10 });
      rig.simulator.clearFaults();
      await drain(rig, integration);
      assert.deepEqual(settled(rig, integration), { delivered: 10, dead: 0, expired: 0, waiting: 0 });
    });
  }

  it("a batch that is too large for the receiver is halved until it fits", async () => {
    const rig = await rigOf();
    const integration = await connect(rig);
    queue(rig, integration, 40);
    rig.simulator.fail("tooLarge");
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 40, dead: 0, expired: 0, waiting: 0 });
    assert.equal(rig.simulator.counts().requests, 3);
  });

  it("a receiver that is gone for a week is not waited for any longer", async () => {
    const rig = await rigOf();
    const integration = await connect(rig);
    queue(rig, integration, 5);
    rig.simulator.fail("gone", { times: Number.POSITIVE_INFINITY });
    await drain(rig, integration, { stepMs: 6 * hourMs, stepsMax: 40 });
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 5, waiting: 0 });
  });

  it("takes an answer of any length for what its status says", async () => {
    const rig = await rigOf();
    const integration = await connect(rig);
    queue(rig, integration, 3);
    rig.simulator.fail("hugeAnswer");
    await drain(rig, integration);
    assert.deepEqual(settled(rig, integration), { delivered: 3, dead: 0, expired: 0, waiting: 0 });
  });
});

describe("the simulated receiver", () => {
  it("refuses a wrong secret, a time five minutes off, and a body that was changed", async () => {
    const rig = await rigOf({ secrets: ["whsec_another"] });
    const integration = await connect(rig);
    queue(rig, integration, 1);
    await rig.relay.runOnce(rig.clock.nowMs());
    assert.equal(rig.simulator.counts().refusals, 1);
    rig.simulator.setSecrets([secret]);
    await drain(rig, integration);
    const good = rig.simulator.requests().at(-1);
    assert.ok(good && settled(rig, integration).delivered === 1);

    const post = async (body: Uint8Array, headers: Record<string, string> = {}) => {
      const sent = { ...good.headers, ...headers };
      for (const name of ["host", "connection", "content-length"]) delete sent[name];
      return (await fetch(`${rig.simulator.url}/hook`, { method: "POST", headers: sent, body: body as BodyInit }))
        .status;
    };
    assert.equal(await post(good.body), 200);
    const changed = good.body.slice();
    changed[changed.length - 3] = 0x20;
    assert.equal(await post(changed), 401);
    assert.equal(await post(good.body, { "x-tidegate-delivery": "" }), 400);
    await rig.clock.advance(5 * 60_000 + 1_000);
    assert.equal(await post(good.body), 401);
    assert.deepEqual(effect(rig), { effective: 1, duplicates: 1 });
  });
});
