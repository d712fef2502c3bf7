import assert from "node:assert/strict";
import { test } from "node:test";
import { eventTimesOf, type SentTimes } from "../../../../domain/pipeline/steps/event-time.ts";

const noon = Date.UTC(2026, 1, 20, 12, 0, 0);
const iso = (ms: number) => new Date(ms).toISOString();
const timesOf = (sent: Partial<SentTimes>) =>
  eventTimesOf({ receivedAtMs: noon, sentAtMs: null, timestamp: null, originalTimestamp: null, ...sent });

test("a device whose clock is off gets its events' times corrected", () => {
  const deviceMs = noon - 3_600_000;
  const clocks = { receivedAtMs: noon + 5_000, sentAtMs: deviceMs + 4_000 };
  for (const name of ["timestamp", "originalTimestamp"]) {
    const times = timesOf({ ...clocks, [name]: iso(deviceMs) });
    assert.deepEqual(times, { timestampMs: noon + 1_000, originalTimestampMs: deviceMs, unreadable: [] });
  }
});

test("a timestamp that came beside the original one is the event's time as it stands", () => {
  const clocks = { sentAtMs: noon - 3_600_000, originalTimestamp: iso(noon - 3_601_000) };
  const times = timesOf({ ...clocks, timestamp: iso(noon - 90_000_000) });
  assert.equal(times.timestampMs, noon - 90_000_000);
  assert.equal(times.originalTimestampMs, noon - 3_601_000);
});

test("no event happens after it was received", () => {
  const later = iso(noon + 60_000);
  assert.equal(timesOf({ timestamp: later }).timestampMs, noon);
  assert.equal(timesOf({ timestamp: later, sentAtMs: noon - 30_000 }).timestampMs, noon);
  assert.equal(timesOf({ timestamp: later, originalTimestamp: iso(noon - 1) }).timestampMs, noon);
});

test("an event without a time happened when it was received", () => {
  assert.deepEqual(timesOf({ sentAtMs: noon - 5_000 }), {
    timestampMs: noon,
    originalTimestampMs: null,
    unreadable: [],
  });
});

test("a time that can't be read is named, and what else the event says counts", () => {
  const unread = timesOf({ timestamp: "yesterday" });
  assert.deepEqual(unread, { timestampMs: noon, originalTimestampMs: null, unreadable: ["timestamp"] });
  const times = timesOf({ timestamp: "yesterday", originalTimestamp: iso(noon - 7_000), sentAtMs: noon - 5_000 });
  assert.deepEqual(times, { timestampMs: noon - 2_000, originalTimestampMs: noon - 7_000, unreadable: ["timestamp"] });
  assert.deepEqual(timesOf({ timestamp: "", originalTimestamp: "?" }).unreadable, ["originalTimestamp"]);
});
