import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openVirtualClock } from "../../adapters/memory/clock.ts";
import type { SendResult } from "../../domain/model/delivery.ts";
import { deliver, type ReadyEvent } from "../../domain/pipeline/delivery.ts";
import type { Destination } from "../../ports/destination.ts";
import { metaIntegration, storedEvent } from "./relay-parts.ts";

const clock = openVirtualClock();
const integration = await metaIntegration();
const runs = 300;

function readyEvent(number: number, attempts: number): ReadyEvent {
  const state = { attempts, advertising: "unknown", ambiguousSinceMs: null, frozen: null } as const;
  return { waiting: { event: storedEvent(number), ...state }, payload: number };
}

interface Vendor {
  readonly batchEventsMax: number;
  readonly poison: ReadonlySet<number>;
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
    const index = payloads.findIndex((payload) => vendor.poison.has(payload as number));
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
  poison: fc.uniqueArray(fc.integer({ min: 0, max: 99 })).map((numbers) => new Set(numbers)),
  namesIndex: fc.boolean(),
  downAfter: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 30 })),
});
const attemptsOfAll = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 100 });

test("every event ends in exactly one place, and none that the vendor takes is refused", async () => {
  await fc.assert(
    fc.asyncProperty(vendors, attemptsOfAll, async (vendor, attempts) => {
      const ready = attempts.map((made, number) => readyEvent(number, made));
      const { destination, took } = destinationOf(vendor);
      const parts = { integration, destination, secrets: {}, clock, mayGoOn: () => true, hear: () => undefined };
      const result = await deliver(parts, ready);

      const numbers = (events: readonly ReadyEvent[]) => events.map((event) => event.payload as number);
      const delivered = numbers(result.delivered);
      const refused = numbers(result.refused.map(({ event }) => event));
      const rest = [...numbers(result.failed), ...numbers(result.unsent)];
      const everyOne = [...delivered, ...refused, ...rest].sort((a, b) => a - b);
      assert.deepEqual(everyOne, numbers(ready));
      assert.deepEqual(delivered, took);
      assert.ok(refused.every((number) => vendor.poison.has(number)));
      if (result.failure === null) assert.equal(rest.length, 0);
      if (result.failure === null) assert.equal(refused.length, ready.filter(isIn(vendor.poison)).length);
      assert.ok(result.receipts.length <= 2 * ready.length, "the number of requests is bounded");
    }),
    { numRuns: runs },
  );
});

function isIn(poison: ReadonlySet<number>): (event: ReadyEvent) => boolean {
  return (event) => poison.has(event.payload as number);
}
