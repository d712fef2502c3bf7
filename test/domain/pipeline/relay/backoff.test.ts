import assert from "node:assert/strict";
import { test } from "node:test";
import { openSeededRandom } from "../../../../adapters/memory/random.ts";
import { ambiguityHorizonMs, deliveryAttemptsMax } from "../../../../domain/model/limits.ts";
import { circuitDelayMs, eventDelayMs } from "../../../../domain/pipeline/relay/relay-backoff.ts";

const dayMs = 24 * 3_600_000;
const events = 20_000;

test("the attempts of an event outlast an outage of a day, whatever the jitter, and end within three", () => {
  const random = openSeededRandom(11);
  let total = 0;
  for (let event = 0; event < events; event += 1) {
    let spanMs = 0;
    for (let made = 1; made < deliveryAttemptsMax; made += 1) spanMs += eventDelayMs(made, random.fraction());
    assert.ok(spanMs > dayMs && spanMs < 3 * dayMs, `${spanMs / dayMs} days`);
    total += spanMs;
  }
  assert.ok(Math.abs(total / events - ambiguityHorizonMs) < dayMs / 4);
});

test("an event waits up to twice as long each time, from five seconds to two hours, and sometimes not at all", () => {
  const longest = [1, 2, 3, 11, 12, 59].map((made) => Math.round(eventDelayMs(made, 0.9999999) / 1_000));
  assert.deepEqual(longest, [5, 10, 20, 5_120, 7_200, 7_200]);
  assert.equal(eventDelayMs(40, 0), 0);
});

test("a vendor is left alone for a minute at most in an outage, for five where its settings are wrong", () => {
  for (const [kind, first, last] of [
    ["transient", 1_000, 60_000],
    ["unknown", 1_000, 60_000],
    ["throttle", 15_000, 60_000],
    ["auth", 15_000, 300_000],
    ["config", 15_000, 300_000],
  ] as const) {
    assert.equal(circuitDelayMs(kind, 1, 0), first);
    for (const fraction of [0, 0.5, 0.999]) assert.equal(circuitDelayMs(kind, 40, fraction), last);
  }
});
