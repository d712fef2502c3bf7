import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SendResult } from "../../../../domain/model/delivery.ts";
import {
  deadCodes,
  metaIntegration,
  type RelayRig,
  range,
  relayRig,
  type Send,
  settled,
  storedEvent,
  vendorOf,
} from "./parts.ts";

const taken: SendResult = { ok: true, traceId: null, received: 0, warnings: 0 };
const refusal: SendResult = {
  ...{ ok: false, class: "event", code: "http_400", effect: "none" },
  ...{ eventIndex: null, retryAfterMs: null, traceId: null },
};
const batchEventsMax = 200;

/** A vendor that takes its time, and refuses a batch for one event in it without a word which. */
function slowRig(answersAfterMs: number, failing: string): { rig: RelayRig; asked: string[][] } {
  const asked: string[][] = [];
  const send: Send = async (_, ids) => {
    asked.push([...ids]);
    await rig.clock.advance(answersAfterMs);
    return ids.includes(failing) ? refusal : taken;
  };
  const rig: RelayRig = relayRig(() => vendorOf(send, { batchEventsMax }));
  return { rig, asked };
}

describe("a poison that a vendor takes its time to refuse", () => {
  for (const place of [1, 100, 200, 450]) {
    it(`is found, and all others are delivered: event ${place} of 450`, async () => {
      const integration = await metaIntegration();
      const { rig, asked } = slowRig(9_000, `message-${place}`);
      for (const number of range(450)) rig.outbox.enqueue(integration, storedEvent(number));
      for (let round = 0; round < 100 && rig.outbox.ledger(integration.id).waiting > 0; round += 1) {
        await rig.relay.runOnce(rig.clock.nowMs());
        await rig.clock.advance(60_000);
      }
      assert.deepEqual(settled(rig, integration), { delivered: 449, dead: 1, expired: 0, waiting: 0 });
      assert.deepEqual(await deadCodes(rig), ["http_400"]);
      assert.ok(asked.length < 80, `${asked.length} requests`);
    });
  }
});
