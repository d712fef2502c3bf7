import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { createAttempts, failuresKeptMs, lockMsMax, lockMsMin } from "../../../domain/admin/access/attempts.ts";
import { createTokenBuckets } from "../../../domain/pipeline/ingest/token-buckets.ts";

describe("attempts", () => {
  it("lock a key from the nth failure on, each time for twice as long, up to a bound", async () => {
    const clock = openVirtualClock();
    const attempts = createAttempts(clock, 3);
    const locks: number[] = [];
    for (let n = 0; n < 3; n += 1) assert.equal(attempts.begin("k"), 0);
    for (let n = 0; n < 8; n += 1) {
      const waitMs = attempts.begin("k");
      locks.push(waitMs);
      await clock.advance(waitMs);
      assert.equal(attempts.begin("k"), 0);
    }
    assert.deepEqual(locks.slice(0, 3), [lockMsMin, lockMsMin * 2, lockMsMin * 4]);
    assert.equal(locks.at(-1), lockMsMax);
    assert.equal(attempts.begin("another"), 0);
  });

  it("that did not fail are not held against anyone, and old failures are forgotten", async () => {
    const clock = openVirtualClock();
    const attempts = createAttempts(clock, 2);
    for (let n = 0; n < 10; n += 1) {
      assert.equal(attempts.begin("k"), 0);
      attempts.undo("k");
    }
    attempts.begin("k");
    attempts.begin("k");
    assert.equal(attempts.begin("k"), lockMsMin);
    await clock.advance(failuresKeptMs + 1);
    assert.equal(attempts.begin("k"), 0);
    attempts.forget("k");
    assert.equal(attempts.begin("k"), 0);
  });
});

describe("attempts from where others failed before", () => {
  it("lock nothing when they succeed, and keep no failure from being forgotten", async () => {
    const clock = openVirtualClock();
    const attempts = createAttempts(clock, 3);
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(attempts.begin("k"));
      attempts.begin("k");
    }
    await clock.advance(lockMsMax);
    for (let n = 0; n < 10; n += 1) {
      assert.equal(attempts.begin("k"), 0, `success ${n}`);
      attempts.undo("k");
    }
    await clock.advance(failuresKeptMs - lockMsMax + 1);
    for (let n = 0; n < 3; n += 1) assert.equal(attempts.begin("k"), 0, `failure ${n} after an hour`);
    assert.equal(attempts.begin("k"), lockMsMin);
  });
});

describe("token buckets", () => {
  const rate = { perSecond: 10, burst: 20 };

  it("let through what the rate allows over any time, and one excess at most", async () => {
    const clock = openVirtualClock();
    const buckets = createTokenBuckets(clock);
    let passed = 0;
    for (let step = 0; step < 1_000; step += 1) {
      if (buckets.waitMs("k", rate) === 0) {
        buckets.take("k", rate, 7);
        passed += 7;
      }
      await clock.advance(100);
    }
    assert.ok(passed <= 20 + 100 * 10 + 7 && passed >= 100 * 10 - 7, `${passed} in 100 seconds at 10 a second`);
  });

  it("tell exactly how long to wait", async () => {
    const clock = openVirtualClock();
    const buckets = createTokenBuckets(clock);
    buckets.take("k", rate, 70);
    const waitMs = buckets.waitMs("k", rate);
    assert.equal(waitMs, 5_000);
    await clock.advance(waitMs - 1);
    assert.ok(buckets.waitMs("k", rate) > 0);
    await clock.advance(2);
    assert.equal(buckets.waitMs("k", rate), 0);
  });

  it("hold nobody back for as long as a clock was set back", async () => {
    const clock = openVirtualClock();
    const [buckets, attempts] = [createTokenBuckets(clock), createAttempts(clock, 1)];
    buckets.take("k", rate, 70);
    attempts.begin("k");
    assert.ok(buckets.waitMs("k", rate) > 0 && attempts.begin("k") > 0);
    await clock.advance(-24 * 3_600_000);
    assert.deepEqual([buckets.waitMs("k", rate), attempts.begin("k")], [0, 0]);
  });

  it("hold so many keys and no more: the one used longest ago goes", () => {
    const buckets = createTokenBuckets(openVirtualClock(), 2);
    for (const key of ["a", "b", "a", "c"]) buckets.take(key, rate, 50);
    assert.deepEqual(
      ["a", "b", "c"].map((key) => buckets.waitMs(key, rate) > 0),
      [true, false, true],
    );
  });
});
