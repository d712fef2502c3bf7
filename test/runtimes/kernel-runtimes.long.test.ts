import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { runTestsOn } from "./portable-tests.ts";
import { openRuntime } from "./runtime.ts";

const bodies = Number(process.env["PROPERTY_RUNS"] ?? 1_000_000);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const runMsMax = 25 * 60_000;

/** The same search as Bun's own, with bodies of its own: each engine has its own compiler of WebAssembly. */
describe("the kernel and the plain kernel agree byte for byte on a million bodies", () => {
  for (const [index, name] of (["deno", "node"] as const).entries()) {
    it(`on ${name}`, async () => {
      const runtime = openRuntime(name);
      assert.ok(!("missing" in runtime), "missing" in runtime ? runtime.missing : "");
      try {
        const env = { PROPERTY_RUNS: String(bodies), PROPERTY_SEED: String((seed + index * bodies) % 2 ** 31) };
        console.log(`kernel agreement on ${name} ${runtime.version}: PROPERTY_SEED=${env.PROPERTY_SEED}`);
        const run = await runTestsOn(runtime, ["test/properties/kernel.long.test.ts"], env, runMsMax);
        assert.equal(run.failed, 0, run.output);
        console.log(`${name}: ${bodies} bodies, the same bytes`);
      } finally {
        runtime.close();
      }
    });
  }
});
