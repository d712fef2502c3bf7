import assert from "node:assert/strict";
import { test } from "node:test";
import { benchKernel, describeKernel } from "./kernel.ts";
import { makeEventMix } from "./kernel-events.ts";

test("the kernel's benchmark runs, and reports a figure for all it measures", () => {
  const report = benchKernel({ events: 200, rounds: 2 });
  const figures = Object.values(report).find((value) => typeof value === "object");
  assert.ok(figures !== undefined);
  for (const [name, value] of Object.entries(figures)) assert.ok(Number.isFinite(value) && value > 0, name);
  assert.match(describeKernel(report), /ratio_to_json_parse/);
});

test("the benchmark's events vary, and are those it says they are", () => {
  const mix = makeEventMix(1, 1_000, 100);
  assert.equal(mix.bodies.length, 10);
  assert.equal(new Set(mix.texts).size, 10);
  assert.ok(Math.abs(mix.bytesMean - 694) < 30, `${mix.bytesMean} bytes an event`);
  assert.ok(Math.abs(mix.stringsMean - 44) < 3, `${mix.stringsMean} strings an event`);
  assert.deepEqual(makeEventMix(1, 1_000, 100).texts, mix.texts);
});
