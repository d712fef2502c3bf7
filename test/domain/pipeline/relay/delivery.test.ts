import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openVirtualClock } from "../../../../adapters/memory/clock.ts";
import type { SendResult } from "../../../../domain/model/delivery.ts";
import { deliver, type ReadyEvent } from "../../../../domain/pipeline/relay/delivery.ts";
import { prepare } from "../../../../domain/pipeline/relay/delivery-admission.ts";
import type { Destination } from "../../../../ports/destination.ts";
import { metaIntegration, storedEvent } from "./parts.ts";

const clock = openVirtualClock();
const integration = await metaIntegration();
const runs = 300;
const quiet = { isProbe: false, mayGoOn: () => true, hear: () => undefined, thrown: () => undefined };

function readyEvent(number: number, attempts: number): ReadyEvent {
  const state = { attempts, advertising: "unknown", ambiguousSinceMs: null, frozen: null } as const;
  return { waiting: { event: storedEvent(number), ...state }, payload: number };
}

interface Vendor {
  readonly batchEventsMax: number;
  readonly failing: ReadonlySet<number>;
  readonly namesIndex: boolean;
  /** From which request on it is down. */
  readonly downAfter: number;
}

/** A destination that refuses a batch for one event in it, as Meta does. Returns what it took, too. */
function destinationOf(vendor: Vendor): { destination: Destination; took: number[] } {
  const took: number[] = [];
  let requests = 0;
  async function send(_: unknown, __: unknown, payloads: readonly unknown[]): Promise<SendResult> {
    requests += 1;
    assert.ok(payloads.length > 0 && payloads.length <= vendor.batchEventsMax);
    const failure = { ok: false, retryAfterMs: null, traceId: null, eventIndex: null } as const;
    if (requests > vendor.downAfter) return { ...failure, class: "transient", code: "http_503", effect: "unknown" };
    const index = payloads.findIndex((payload) => vendor.failing.has(payload as number));
    if (index >= 0) {
      const eventIndex = vendor.namesIndex ? index : null;
      return { ...failure, class: "event", code: "refused", effect: "none", eventIndex };
    }
    took.push(...(payloads as number[]));
    return { ok: true, traceId: null, received: payloads.length, warnings: 0 };
  }
  return { destination: { batchEventsMax: vendor.batchEventsMax, send } as unknown as Destination, took };
}

const vendors = fc.record({
  batchEventsMax: fc.integer({ min: 1, max: 40 }),
  failing: fc.uniqueArray(fc.integer({ min: 0, max: 99 })).map((numbers) => new Set(numbers)),
  namesIndex: fc.boolean(),
  downAfter: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 30 })),
});
const attemptsOfAll = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 100 });

test("every event ends in exactly one place, and none that the vendor takes is refused", async () => {
  await fc.assert(
    fc.asyncProperty(vendors, attemptsOfAll, async (vendor, attempts) => {
      const ready = attempts.map((made, number) => readyEvent(number, made));
      const { destination, took } = destinationOf(vendor);
      const parts = { ...quiet, integration, destination, secrets: {}, clock };
      const result = await deliver(parts, ready);

      const numbers = (events: readonly ReadyEvent[]) => events.map((event) => event.payload as number);
      const delivered = numbers(result.delivered);
      const refused = numbers(result.refused.map(({ event }) => event));
      const rest = [...numbers(result.failed), ...numbers(result.suspected), ...numbers(result.unsent)];
      const everyOne = [...delivered, ...refused, ...rest].sort((a, b) => a - b);
      assert.deepEqual(everyOne, numbers(ready));
      assert.deepEqual(delivered, took);
      assert.ok(refused.every((number) => vendor.failing.has(number)));
      if (result.failure === null) assert.equal(rest.length, 0);
      if (result.failure === null) assert.equal(refused.length, ready.filter(isIn(vendor.failing)).length);
      assert.ok(result.receipts.length <= 2 * ready.length, "the number of requests is bounded");
    }),
    { numRuns: runs },
  );
});

function isIn(failing: ReadonlySet<number>): (event: ReadyEvent) => boolean {
  return (event) => failing.has(event.payload as number);
}

/** Mapped one by one, each noted when it is: the third of four will not do. */
function noted(notes: string[]): Destination["prepare"] {
  return (_, { messageId }) => {
    notes.push(`mapped ${messageId}`);
    if (messageId === "message-2") return { ok: false, refusal: { kind: "quarantine", code: "spoilt" } };
    return { ok: true, payload: messageId };
  };
}

async function delivery(downAfter: number) {
  const notes: string[] = [];
  const { destination: vendor } = destinationOf({ batchEventsMax: 1, failing: new Set(), namesIndex: true, downAfter });
  const destination: Destination = {
    ...vendor,
    prepare: noted(notes),
    async send(...request) {
      notes.push(`asked ${request[2].join()}`);
      const result = await vendor.send(...request);
      notes.push(`answered ${request[2].join()}`);
      return result;
    },
  };
  const named = [0, 1, 2, 3].map((number) => {
    const { waiting } = readyEvent(number, 0);
    const { id: eventId, messageId: vendorEventId } = waiting.event;
    return {
      waiting,
      event: waiting.event,
      frozen: { eventId, vendorEventId, vendorEventName: "x", vendorTimeSeconds: 1 },
    };
  });
  const prepared = prepare(integration, destination, named, 0, { events: 0, place: null });
  const parts = { ...quiet, integration, destination, secrets: {}, clock };
  const result = await deliver(parts, prepared.ready);
  return { notes, result, refused: [...prepared.verdicts.values()].map((verdict) => verdict.kind) };
}

test("the next batch is mapped while the vendor has one, and none before its turn", async () => {
  const { notes, result } = await delivery(Number.POSITIVE_INFINITY);
  const [first, second] = [notes.indexOf("answered message-0"), notes.indexOf("answered message-1")];
  assert.equal(notes[0], "mapped message-0");
  assert.ok(notes.indexOf("asked message-0") < notes.indexOf("mapped message-3"));
  assert.ok(first > 0 && first < notes.indexOf("asked message-1") && second < notes.indexOf("asked message-3"));
  assert.ok(notes.indexOf("mapped message-1") < first);
  assert.equal(result.delivered.length, 3);
});

test("when a vendor fails, what was not mapped yet gets the verdict it would have got", async () => {
  const { result, refused } = await delivery(0);
  assert.deepEqual(refused, ["dead"]);
  assert.deepEqual([result.failed.length, result.unsent.length, result.receipts.length], [1, 2, 1]);
});

for (const [answer, downAfter] of Object.entries({ taken: 9, "of an outage": 1 })) {
  test(`a batch that can't be made leaves no request unheard: the answer is ${answer}`, async () => {
    const vendor = { batchEventsMax: 2, failing: new Set<number>(), namesIndex: true, downAfter };
    const { destination } = destinationOf(vendor);
    const fault = new Error("no such state");
    function* breaking() {
      for (let number = 0; number < 5; number += 1) yield readyEvent(number, 0);
      throw fault;
    }
    let heard = 0;
    const hear = () => void (heard += 1);
    const parts = { ...quiet, integration, destination, secrets: {}, clock, hear };
    const result = await deliver(parts, breaking());
    assert.deepEqual([heard, result.receipts.length], [2, 2]);
    assert.deepEqual(result.broken, [fault]);
    const { delivered, failed, unsent } = result;
    assert.deepEqual([delivered.length, failed.length, unsent.length], downAfter === 9 ? [4, 0, 0] : [2, 2, 0]);
  });
}
