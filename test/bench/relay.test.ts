import assert from "node:assert/strict";
import { test } from "node:test";
import { benchRelay, describeRelay } from "./relay.ts";

test("the relay's benchmark sends every event both ways and reports each part", async () => {
  const report = await benchRelay({ events: 400, rounds: 1 });
  for (const way of [report.relay, report.bare]) {
    assert.ok(way.per_second.median > 0 && way.per_core_second.median > 0);
  }
  assert.deepEqual(Object.keys(report.relay.parts_us).sort(), ["claim", "freeze", "map", "rest", "send", "settle"]);
  assert.deepEqual(Object.keys(report.bare.parts_us).sort(), ["map", "read", "rest", "send", "write"]);
  assert.match(describeRelay(report), /share of the bare loop's rate [\d.]+ \([\d.]+ to [\d.]+\), (meets|MISSES) 0\.6/);
  for (const line of describeRelay(report).split("\n")) assert.ok(line.length <= 130, line);
});
