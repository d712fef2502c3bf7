import assert from "node:assert/strict";
import { test } from "node:test";
import { runtimeNames } from "../runtimes/runtime.ts";
import { benchKernel } from "./kernel.ts";
import { describeKernel } from "./kernel-table.ts";

const tinySize = { events: 400, rounds: 2, comparedEvents: 100 };

test("the kernel of the last commit is measured beside the one at hand, on every runtime", async () => {
  const report = await benchKernel(tinySize, runtimeNames, "HEAD");
  for (const name of runtimeNames) {
    const figures = report[name];
    assert.ok(figures !== undefined && !("missing" in figures), `${name} must be there`);
    for (const ratio of Object.values(figures.ratio_to_before ?? {})) assert.ok(ratio.median > 0, name);
    assert.equal(Object.keys(figures.ratio_to_before ?? {}).length, 3);
  }
  assert.match(describeKernel(report), /^to before, 100 events a call +[\d.]+ +(meets|MISSES) 1\.15/m);
});

test("a revision that Git does not know is named as such", async () => {
  await assert.rejects(benchKernel(tinySize, ["bun"], "no-such-revision"), /Git knows no such revision/);
});
