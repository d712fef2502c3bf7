import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openVirtualClock } from "../../../../adapters/memory/clock.ts";
import { openTelemetry } from "../../../../adapters/system/telemetry.ts";
import { fail, succeed } from "../../../../domain/model/failure.ts";
import { createSweepSessions } from "../../../../domain/pipeline/process/sweep-sessions.ts";
import type { SessionStore } from "../../../../ports/session-store.ts";

type Bounds = Parameters<SessionStore["endDue"]>[0];

const secondMs = 1_000;
const minuteMs = 60_000;
const slackMs = 5_000;

/** A sweeper over a store that holds due times only, and a stream whose oldest record has an age. */
function openScene(dueAtMs: number[] = []) {
  const clock = openVirtualClock();
  const startMs = clock.nowMs();
  const due = new Set(dueAtMs.map((ms) => startMs + ms));
  const sweeps: Bounds[] = [];
  const ended: number[] = [];
  const scene = { oldestAgeMs: 0, down: false };
  const sessions: SessionStore = {
    async endDue(bounds) {
      sweeps.push(bounds);
      if (scene.down) return fail("store_unavailable");
      const over = [...due].filter((ms) => ms <= bounds.dueBeforeMs).slice(0, bounds.sessionsMax);
      for (const ms of over) due.delete(ms);
      ended.push(...over.map((ms) => ms - startMs));
      return succeed({ looked: over.length, ended: over.length });
    },
  };
  const lines: string[] = [];
  const telemetry = openTelemetry({
    clock,
    format: "json",
    err: (line) => void lines.push(line),
    out: (line) => void lines.push(line),
  });
  const state = async () => ({
    accepts: true,
    refuses: null,
    records: 0,
    bytes: 0,
    oldestAgeMs: scene.oldestAgeMs,
    lossWindowMs: 0,
  });
  const sweeper = createSweepSessions({ sessions, stream: { state }, relays: () => false, clock, telemetry });
  /** Lets time pass second by second, and what it wakes come to rest. */
  async function pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += secondMs) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(Math.min(secondMs, ms - passedMs));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  return { ...sweeper, pass, scene, sweeps, ended, lines };
}

describe("the sweep of sessions", () => {
  it("ends each within seconds of when it is due, and not before", async () => {
    const { run, pass, ended } = openScene([0, 30 * minuteMs, 31 * minuteMs]);
    const stopping = new AbortController();
    const running = run(stopping.signal);
    await pass(30 * minuteMs);
    assert.deepEqual(ended, [0]);
    await pass(2 * slackMs);
    assert.deepEqual(ended, [0, 30 * minuteMs]);
    await pass(minuteMs);
    assert.deepEqual(ended, [0, 30 * minuteMs, 31 * minuteMs]);
    stopping.abort();
    await running;
  });

  it("waits for what still waits in the stream, however long processing stands still", async () => {
    const { run, pass, scene, ended } = openScene([30 * minuteMs]);
    const stopping = new AbortController();
    scene.oldestAgeMs = 10 * minuteMs;
    const running = run(stopping.signal);
    await pass(39 * minuteMs);
    assert.deepEqual(ended, []);
    await pass(2 * minuteMs);
    assert.deepEqual(ended, [30 * minuteMs]);
    stopping.abort();
    await running;
  });

  it("goes on at once while there is more, in steps of a bounded size", async () => {
    const many = Array.from({ length: 1_200 }, (_, n) => -n - slackMs);
    const { sweep, ended, sweeps } = openScene(many);
    assert.equal(await sweep(), true);
    assert.equal(ended.length, many.length);
    assert.deepEqual(
      sweeps.map((bounds) => bounds.sessionsMax),
      [500, 500, 500],
    );
  });

  it("outlives a store that can't be reached", async () => {
    const { run, pass, scene, ended, lines } = openScene([0]);
    const stopping = new AbortController();
    scene.down = true;
    const running = run(stopping.signal);
    await pass(minuteMs);
    assert.deepEqual(ended, []);
    assert.ok(lines.some((line) => line.includes("store_unavailable")));
    scene.down = false;
    await pass(minuteMs);
    assert.deepEqual(ended, [0]);
    stopping.abort();
    await running;
  });
});
