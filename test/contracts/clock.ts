import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../../ports/clock.ts";

/** A clock under test, and how to let time pass for it. */
export interface OpenedClock {
  readonly clock: Clock;
  pass(ms: number): Promise<void>;
}

/** The promises of ports/clock.ts, run against one adapter. Units: the cases sleep tens of milliseconds. */
export function clockSuite(name: string, open: () => OpenedClock): void {
  describe(`clock: ${name}`, () => {
    it("tells milliseconds since the epoch, and they pass", async () => {
      const { clock, pass } = open();
      const beforeMs = clock.nowMs();
      assert.ok(beforeMs > Date.UTC(2025, 0, 1));
      await pass(20);
      assert.ok(clock.nowMs() - beforeMs >= 18);
    });

    it("a sleeper wakes when its time has come, not before", async () => {
      const { clock, pass } = open();
      const startedMs = clock.nowMs();
      let awake = false;
      const sleeping = clock.sleep(60).then(() => {
        awake = true;
      });
      await pass(10);
      // A busy machine may let more time pass than was asked for.
      if (clock.nowMs() - startedMs < 55) assert.equal(awake, false);
      await pass(60);
      await sleeping;
      assert.equal(awake, true);
    });

    it("an aborted sleep ends at once, without an error", async () => {
      const { clock } = open();
      const stop = new AbortController();
      const sleeping = clock.sleep(3_600_000, stop.signal);
      stop.abort();
      await sleeping;
      await clock.sleep(3_600_000, stop.signal);
    });

    it("no time, or less, is no sleep", async () => {
      const { clock } = open();
      await clock.sleep(0);
      await clock.sleep(-5);
    });

    it("a sleep longer than a timer can hold does not end at once", async () => {
      const { clock, pass } = open();
      const stop = new AbortController();
      let awake = false;
      const sleeping = clock.sleep(2 ** 32, stop.signal).then(() => {
        awake = true;
      });
      await pass(20);
      assert.equal(awake, false);
      stop.abort();
      await sleeping;
    });
  });
}
