import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeNames } from "../runtimes/runtime.ts";
import { benchKernel, targets } from "./kernel.ts";
import { countMix, makeEventMix } from "./kernel-events.ts";
import { benchConditions } from "./kernel-program.ts";
import { describeKernel } from "./kernel-table.ts";
import { quartiles } from "./quartiles.ts";

const tinySize = { events: 400, rounds: 2, comparedEvents: 100 };

test("the kernel's benchmark runs on every runtime, to the same bytes, and reports all that it measures", async () => {
  const report = await benchKernel(tinySize);
  for (const name of runtimeNames) {
    const figures = report[name];
    assert.ok(figures !== undefined && !("missing" in figures), `${name} must be there`);
    const { ratio_to_json_parse, ratio_to_javascript, ratio_300_to_3_rules, works } = figures;
    const ratios = { ratio_to_json_parse, ratio_to_javascript, ratio_300_to_3_rules };
    const times = Object.entries(works).map(([work, { ns }]) => [work, ns.median] as const);
    for (const [what, value] of [...Object.entries(ratios), ...times]) assert.ok(value > 0, `${name}: ${what}`);
  }
  assert.match(report.result_hash, /^[0-9a-f]{64}$/);
  assert.deepEqual(report.targets, targets);
  const text = describeKernel({ ...report, deno: { missing: "nobody brought it" } });
  assert.match(text, /not measured: deno: nobody brought it/);
  assert.match(text, /share of JSON\.parse, at most +[\d.]+ +(meets|MISSES) 0\.45 +[\d.]+ +(meets|MISSES) 0\.35$/m);
  for (const line of text.split("\n")) assert.ok(line.length <= 120, line);
});

test("the benchmark's events vary, and are close to the mix that the kernel is meant for", () => {
  const mix = makeEventMix(1, 2_000, 100);
  const counts = countMix(mix);
  assert.equal(mix.bodies.length, 20);
  assert.equal(new Set(mix.texts).size, 20);
  const near = (value: number, aim: number, by: number) =>
    assert.ok(Math.abs(value - aim) <= by, `${value}, not ${aim}`);
  near(counts.event_bytes_mean, 694, 20);
  near(counts.event_strings_mean, 44, 2);
  near(counts.event_digests_mean, 1.44, 0.1);
  near(counts.event_redactions_mean, 1.1, 0.1);
  near(counts.non_ascii_percent, 21, 4);
  near(counts.escapes_percent, 23, 4);
  assert.deepEqual(makeEventMix(1, 2_000, 100).texts, mix.texts);
});

test("the benchmark's routing rules differ from each other", () => {
  assert.equal(new Set(benchConditions(300)).size, 300);
});

test("quartiles are samples of the list, in order", () => {
  assert.deepEqual(quartiles([5, 1, 4, 2, 3], 0), { q1: 2, median: 3, q3: 4 });
  assert.deepEqual(quartiles([7], 0), { q1: 7, median: 7, q3: 7 });
});
