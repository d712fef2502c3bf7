import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Integration } from "../../../../domain/model/delivery.ts";
import { type MetaRig, metaIntegration, metaRig, type Spoil, settled, storedEvent, turns } from "./parts.ts";

/** Less than a request may take: one that is begun meanwhile has not taken too long yet. */
const stepMs = 10_000;
const waitMsMax = 30_000;
const rigs: { readonly rig: MetaRig; readonly stop: () => Promise<void> }[] = [];

/** A relay that runs before a Meta which knows one token, and one integration that has it. */
async function running(spoil?: Spoil): Promise<{ rig: MetaRig; integration: Integration }> {
  const rig = await metaRig({ datasets: [{ id: "100001", tokens: ["token-1", "token-2"] }] }, spoil);
  const stopping = new AbortController();
  const relaying = rig.relay.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await relaying;
    await rig.simulator.close();
  };
  rigs.push({ rig, stop });
  return { rig, integration: await metaIntegration() };
}

afterEach(async () => {
  for (const { stop } of rigs.splice(0)) await stop();
});

/** Waits in real time, in which requests are made; the relay's own time stands still. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const startedMs = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - startedMs < waitMsMax, `not within ${waitMsMax} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function queue(rig: MetaRig, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, storedEvent(number), "granted");
}

const requests = (rig: MetaRig) => rig.simulator.counts().requests;

/** Puts a configuration in place as the admin API does: another version, and relays are told. */
async function change(rig: MetaRig, integration: Integration, token: string): Promise<Integration> {
  const { sealedSecrets } = await metaIntegration(1, {}, token);
  const changed = { ...integration, version: integration.version + 1, sealedSecrets };
  rig.outbox.replaceIntegration(changed);
  await rig.outbox.retryNow(changed, rig.clock.nowMs());
  return changed;
}

describe("an integration that is mended", () => {
  it("is tried at once, and all that waited for it goes, though its circuit had minutes to run", async () => {
    let asked = 0;
    const { rig, integration } = await running((payload) => {
      asked += 1;
      return payload;
    });
    const answered = () => rig.outbox.receipts().reduce((events, { eventIds }) => events + eventIds.length, 0);
    rig.simulator.revokeToken("token-1");
    queue(rig, integration, 30);
    await until(() => rig.outbox.receipts().length === 1, "the first refusal");
    for (let step = 0; step < 60; step += 1) {
      await rig.clock.advance(stepMs);
      await turns(20);
      await until(() => answered() === asked, "the answer to what was asked");
    }
    assert.deepEqual(settled(rig, integration), { delivered: 0, dead: 0, expired: 0, waiting: 30 });
    await change(rig, integration, "token-2");
    await until(() => settled(rig, integration).delivered === 30, "delivery without time moving on");
    const taken = rig.outbox.receipts().filter((receipt) => receipt.failureClass === null);
    assert.deepEqual(
      taken.map(({ eventIds }) => eventIds.length),
      [1, 29],
      "a probe, and all others in one request",
    );
  });

  it("is asked once more if the new token is wrong, too, and then left alone as before", async () => {
    const { rig, integration } = await running();
    rig.simulator.revokeToken("token-1");
    queue(rig, integration, 5);
    await until(() => rig.outbox.receipts().length === 1, "the first refusal");
    await change(rig, integration, "token-1");
    await until(() => rig.outbox.receipts().length === 2, "one probe");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(requests(rig), 2);
    rig.simulator.restoreToken("token-1");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(requests(rig), 2, "nobody said that it is mended");
  });

  it("goes with its new token at once, though a request with the old one was still under way", async () => {
    const { rig, integration } = await running();
    rig.simulator.fail("tokenRevoked", { afterMs: 100 });
    queue(rig, integration, 5);
    await until(() => requests(rig) === 1, "the request with the old token");
    await change(rig, integration, "token-2");
    assert.equal(rig.outbox.receipts().length, 0, "it is not answered yet");
    await until(() => settled(rig, integration).delivered === 5, "delivery without time moving on");
  });

  for (const fault of ["throttle", "quotaUsedUp", "transient"] as const) {
    it(`waits behind ${fault} as it would: no change is a way round it`, async () => {
      const { rig, integration } = await running();
      rig.simulator.fail(fault, { regainMinutes: 30 });
      queue(rig, integration, 5);
      await until(() => rig.outbox.receipts().length === 1, "the first answer");
      rig.outbox.enqueue(integration, storedEvent(6), "granted");
      await change(rig, integration, "token-2");
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(requests(rig), 1);
    });
  }
});
