import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import { portableTests, runTestsOn, type TestRun } from "./portable-tests.ts";
import { openRuntime, type Runtime } from "./runtime.ts";

/** A run that goes on is let go on, on however busy a machine: on an idle one it pauses for two seconds at most. */
const silentMsMax = 120_000;
const runMsMax = 600_000;
const waitMsMax = runMsMax + silentMsMax;
/** Fewer than Bun's own run makes: what differs between engines shows in the first hundreds. */
const env = { PROPERTY_RUNS: "1000" };
const shownChars = 4_000;

/** What a run says of the first test that failed, or what it said last. */
function firstFailure(output: string): string {
  const at = output.search(/^ *not ok |^ ERRORS $/m);
  return at < 0 ? output.slice(-shownChars) : output.slice(at, at + shownChars);
}

describe("domain, ports and wasm keep their promises on every runtime", () => {
  const runtimes: Runtime[] = [];
  const runs = new Map<string, Promise<TestRun>>();

  before(() => {
    for (const name of ["deno", "node"] as const) {
      const runtime = openRuntime(name);
      if ("missing" in runtime) {
        runs.set(name, Promise.reject(new Error(runtime.missing)));
        runs.get(name)?.catch(() => undefined);
        continue;
      }
      runtimes.push(runtime);
      // Both at once: there are two cores, and the run of all tests uses one.
      runs.set(name, runTestsOn(runtime, portableTests, env, runMsMax, silentMsMax));
    }
  });

  after(() => {
    for (const runtime of runtimes) runtime.close();
  });

  it("a run that falls silent is ended, one that goes on is not, however long it takes", async () => {
    const [runtime] = runtimes;
    assert.ok(runtime);
    const shell = (script: string, silentMs: number) => runtime.run(["sh", "-c", script], {}, runMsMax, silentMs);
    const beats = "for beat in 1 2 3 4 5 6 7 8 9 10 11 12; do echo beat; sleep 0.1; done";
    const [goingOn, silent] = await Promise.all([shell(beats, 1_000), shell("echo begun; exec sleep 60", 200)]);
    assert.deepEqual([goingOn.ok, goingOn.stdout.split("beat").length - 1], [true, 12]);
    assert.deepEqual([silent.ok, silent.stdout], [false, "begun\n"]);
    assert.match(silent.stderr, /ended .* after 0\.2 s without a word/);
  });

  for (const name of ["deno", "node"] as const) {
    it(`on ${name}`, { timeout: waitMsMax }, async () => {
      const { passed, failed, output } = (await runs.get(name)) as TestRun;
      assert.equal(failed, 0, firstFailure(output));
      assert.ok(passed >= portableTests.length, `${passed} tests ran, of ${portableTests.length} files`);
      console.log(`${passed} portable tests passed on ${name}`);
    });
  }
});

test("a run of no test, and one that died after its last test, count as failed", async () => {
  const ended = (ok: boolean, stdout: string) => ({
    name: "deno" as const,
    version: "0",
    scriptCommand: () => [],
    testCommand: () => [],
    run: () => Promise.resolve({ ok, stdout, stderr: "why" }),
    close: () => undefined,
  });
  const counted = async (ok: boolean, stdout: string) => runTestsOn(ended(ok, stdout), [], {}, runMsMax);
  assert.equal((await counted(true, "")).failed, 1);
  assert.equal((await counted(true, "ok | 0 passed | 0 failed (1s)")).failed, 1);
  assert.equal((await counted(true, "ok | 2 passed (3 steps) | 0 failed (1s)")).passed, 5);
  assert.deepEqual(await counted(false, "ok | 2 passed (3 steps) | 0 failed"), {
    passed: 5,
    failed: 1,
    output: "ok | 2 passed (3 steps) | 0 failed\nwhy",
  });
});
