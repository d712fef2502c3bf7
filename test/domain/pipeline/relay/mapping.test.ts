import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Integration, SendResult } from "../../../../domain/model/delivery.ts";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import { BrokenInvariant } from "../../../../domain/model/failure.ts";
import type { Destination } from "../../../../ports/destination.ts";
import { deadCodes, metaIntegration, orgId, type RelayRig, relayRig, storedEvent, turns, vendorOf } from "./parts.ts";

const taken: SendResult = { ok: true, traceId: null, received: 0, warnings: 0 };
const raw = "ana@example.com";

function queue(rig: RelayRig, integration: Integration, events: number): void {
  for (let number = 1; number <= events; number += 1) rig.outbox.enqueue(integration, storedEvent(number));
}

/** One of a vendor's mappings, as it is but for one event. */
function throwingAt(member: "applies" | "freeze" | "prepare", number: number, fault: Error): Partial<Destination> {
  const sound = vendorOf(async () => taken)[member] as (...given: readonly unknown[]) => unknown;
  const spoilt = (...given: readonly unknown[]) => {
    if ((given[1] as StoredEvent).messageId === `message-${number}`) throw fault;
    return sound(...given);
  };
  return { [member]: spoilt };
}

async function runUntil(rig: RelayRig, isDone: () => boolean): Promise<void> {
  const stop = new AbortController();
  const running = rig.relay.run(stop.signal);
  for (let turn = 0; turn < 1_000 && !isDone(); turn += 1) await turns(1);
  stop.abort();
  await running;
}

describe("an event whose mapping throws", () => {
  for (const member of ["applies", "freeze", "prepare"] as const) {
    for (const number of [1, 15, 35]) {
      it(`is a dead letter, and all others are delivered: ${member}, event ${number} of 35`, async () => {
        const integration = await metaIntegration();
        const fault = new TypeError(`can't read ${raw}`);
        const rig = relayRig(() => vendorOf(async () => taken, throwingAt(member, number, fault)));
        queue(rig, integration, 35);
        await runUntil(rig, () => rig.outbox.ledger(integration.id).waiting === 0);
        const { delivered, dead, waiting } = rig.outbox.ledger(integration.id);
        assert.deepEqual({ delivered, dead, waiting }, { delivered: 34, dead: 1, waiting: 0 });
        assert.deepEqual(await deadCodes(rig), ["mapping_failed"]);
        assert.equal(rig.outbox.receipts().length, 4);
      });
    }
  }

  it("is an error in the log, once a claim, and nothing of what was thrown is written anywhere", async () => {
    const integration = await metaIntegration();
    const rig = relayRig(() =>
      vendorOf(async () => taken, {
        prepare: () => {
          throw new TypeError(raw);
        },
      }),
    );
    queue(rig, integration, 3);
    await rig.relay.runOnce(rig.clock.nowMs());
    const errors = rig.telemetry.lines.filter((line) => line.includes('"error"'));
    assert.equal(errors.length, 1);
    assert.match(errors[0] as string, /"code":"mapping_failed","events":3,"where":"mapping.test.[jt]s:\d+"/);
    const letters = await rig.outbox.deadLetters(orgId, { limit: 5 });
    assert.ok(!(rig.telemetry.lines.join() + JSON.stringify(letters)).includes(raw));
  });
});

describe("a broken invariant in the mapping of the next batch", () => {
  it("stops the relay, but not before the request under way is heard and settled", async () => {
    const integration = await metaIntegration();
    const fault = new BrokenInvariant("no such state");
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let requests = 0;
    const slow = async () => {
      requests += 1;
      if (requests > 1) await answered;
      return taken;
    };
    const rig = relayRig(() => vendorOf(slow, throwingAt("prepare", 25, fault)));
    queue(rig, integration, 35);
    const running = rig.relay.run(new AbortController().signal);
    const ended = assert.rejects(running, fault);
    await turns();
    answer();
    await ended;
    assert.equal(requests, 2);
    const { delivered, dead, waiting } = rig.outbox.ledger(integration.id);
    assert.deepEqual({ delivered, dead, waiting }, { delivered: 20, dead: 0, waiting: 15 });
    assert.equal(rig.outbox.receipts().length, 2);
    const claimed = await rig.outbox.claim({
      except: [],
      claimsMax: 1,
      eventsMax: 50,
      leaseMs: 1,
      nowMs: rig.clock.nowMs(),
    });
    assert.ok(claimed.ok);
    const events = claimed.value.flatMap((claim) => claim.events);
    assert.deepEqual(
      events.map((event) => event.ambiguousSinceMs),
      Array(15).fill(null),
    );
  });
});

describe("what an event says and its payload can't", () => {
  it("is told by codes, each once, in the receipt of its request, and measured by request", async () => {
    const integration = await metaIntegration();
    const warnings: Readonly<Record<string, readonly string[]>> = {
      "message-2": ["value_unclear"],
      "message-3": ["value_unclear", "price_unclear"],
    };
    const prepare: Destination["prepare"] = (_integration, { messageId }) => {
      const own = warnings[messageId];
      return own === undefined ? { ok: true, payload: messageId } : { ok: true, payload: messageId, warnings: own };
    };
    const rig = relayRig(() => vendorOf(async () => taken, { prepare }));
    queue(rig, integration, 15);
    await rig.relay.runOnce(rig.clock.nowMs());
    const told = rig.outbox.receipts().map((receipt) => receipt.warnings);
    assert.deepEqual(told, [["price_unclear", "value_unclear"], undefined]);
    const counted = rig.telemetry.lines.filter((line) => line.includes("relay_warnings_total"));
    assert.deepEqual(
      counted.map((line) => JSON.parse(line).code),
      ["price_unclear", "value_unclear"],
    );
  });
});
