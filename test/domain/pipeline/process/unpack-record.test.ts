import assert from "node:assert/strict";
import { test } from "node:test";
import { createUnpackStep } from "../../../../domain/pipeline/process/unpack-record.ts";
import { recordOf } from "./custom-js-parts.ts";

const unpack = createUnpackStep({ uuidv7: () => "01900000-0000-7000-8000-0000000000ff" });
const track = { type: "track", event: "E", userId: "u" };

test("times that can't be read are named in the stored event, past any member of the sender's, and counted", () => {
  const { events, unreadableTimes, receivedAtMs } = unpack(
    recordOf([
      { ...track, timestamp: "last week", originalTimestamp: "2026-02-19T12:00:00Z" },
      { ...track, timestamp: "last week", originalTimestamp: "then", unreadableTimes: [] },
      { ...track, timestamp: "2026-02-19 12:00:00.123000 UTC" },
      track,
    ]),
  );
  const marks = events.map(({ json }) => JSON.parse(json)["unreadableTimes"]);
  assert.deepEqual(marks, [["timestamp"], ["timestamp", "originalTimestamp"], undefined, undefined]);
  const noon = Date.UTC(2026, 1, 19, 12);
  const times = events.map(({ timestampMs }) => timestampMs);
  assert.deepEqual(times, [noon, receivedAtMs, noon + 123, receivedAtMs]);
  assert.equal(unreadableTimes, 2);
  assert.equal(unpack(recordOf([track])).unreadableTimes, undefined);
});
