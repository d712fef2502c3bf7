import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { defaultLimits } from "../../domain/model/limits.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { jsonText, planted } from "../contracts/kernel/kernel-bodies.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";

const runs = Number(process.env["PROPERTY_RUNS"] ?? 1_000_000);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const surroundingsMax = 2_000;
const plantsEach = 200;

/** Making random JSON costs more than a kernel's run, so each plant of a batch is tried in surroundings made once. */
test("a million planted events: no raw value comes out of the kernel that ships", () => {
  console.log(`kernel leaks: PROPERTY_SEED=${seed}`);
  const kernel = openWasmKernel();
  const prepared = kernel.prepare(plainProgram);
  const encoder = new TextEncoder();
  const surroundings = fc.sample(jsonText, { seed, numRuns: surroundingsMax });
  let tried = 0;
  for (let round = 0; tried < runs; round += 1) {
    const plants = fc.sample(planted, { seed: seed + round, numRuns: Math.min(plantsEach, runs - tried) });
    for (const [index, plant] of plants.entries()) {
      const text = surroundings[(round * plantsEach + index) % surroundings.length];
      const body = encoder.encode(`{"userId":"u","extra":${text},${plant.members}}`);
      const scan = kernel.scan(body, { ...plainShape, type: "page" }, defaultLimits);
      assert.ok(scan.ok, "a planted body is well formed");
      const batch = scan.finish(prepared, [{ drop: 0, geo: null, device: null }]);
      const out = Buffer.from(batch.bytes).toString("utf8").toLowerCase();
      const leaked = plant.secrets.some((secret) => out.includes(secret.toLowerCase()));
      assert.ok(!leaked, `a raw value came out: seed ${seed}, round ${round}, plant ${index}`);
      tried += 1;
    }
  }
  console.log(`${tried} planted events`);
});
