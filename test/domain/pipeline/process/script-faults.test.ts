import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemoryScriptFaultStore } from "../../../../adapters/memory/script-fault-store.ts";
import { openSystemClock } from "../../../../adapters/system/clock.ts";
import { fail } from "../../../../domain/model/failure.ts";
import { createReportedSandbox } from "../../../../domain/pipeline/process/script-faults.ts";
import type { ScriptCounters, ScriptOutcome } from "../../../../ports/sandbox.ts";
import { keptFaultsMax } from "../../../../ports/script-fault-store.ts";
import { unwrap } from "../../../contracts/results.ts";
import { silent } from "./custom-js-parts.ts";

const script = { orgId: "org", version: 2, code: "" };
const nowMs = Date.UTC(2026, 0, 1);

function open(outcomes: readonly ScriptOutcome[], pausedUntilMs: number | null = null) {
  const store = openMemoryScriptFaultStore();
  let isUp = true;
  const reported = createReportedSandbox({
    sandbox: {
      run: async () => [...outcomes],
      counters: () => ({ pausedUntilMs }) as ScriptCounters,
    },
    store: { add: async (reports) => (isUp ? store.add(reports) : fail("store_unavailable")) },
    clock: { ...openSystemClock(), nowMs: () => nowMs },
    telemetry: silent,
  });
  return { store, reported, setUp: (up: boolean) => (isUp = up) };
}

const failed = (line: number): ScriptOutcome => ({ kind: "failed", fault: "exception", line });

test("what a script did is passed on as it was, and faults that are alike are written as one row", async () => {
  const outcomes = [failed(1), failed(1), { kind: "dropped" } as const, failed(2)];
  const { store, reported } = open(outcomes);
  assert.deepEqual(await reported.run(script, []), outcomes);
  assert.equal(await reported.flush(), true);
  const { faults } = unwrap(await store.overview("org"));
  assert.deepEqual(
    faults.map(({ version, fault, line, count, lastAtMs }) => [version, fault, line, count, lastAtMs]),
    [
      [2, "exception", 1, 2, nowMs],
      [2, "exception", 2, 1, nowMs],
    ],
  );
});

test("while the store is away faults are kept, and written once when it is back", async () => {
  const { store, reported, setUp } = open([failed(1)]);
  setUp(false);
  await reported.run(script, []);
  assert.equal(await reported.flush(), false);
  await reported.run(script, []);
  setUp(true);
  for (let i = 0; i < 2; i += 1) assert.equal(await reported.flush(), true);
  assert.equal(unwrap(await store.overview("org")).faults[0]?.count, 2);
});

test("a pause is told, and stopping writes what is left", async () => {
  const { store, reported } = open([{ kind: "paused" }], nowMs + 1);
  await reported.run(script, []);
  await reported.report(AbortSignal.abort());
  assert.deepEqual(unwrap(await store.overview("org")), { faults: [], pausedUntilMs: nowMs + 1 });
});

test("a script that fails on a new line each time costs a bounded number of rows", async () => {
  const { store, reported } = open(Array.from({ length: 3 * keptFaultsMax }, (_, n) => failed(n + 1)));
  await reported.run(script, []);
  await reported.flush();
  assert.equal(unwrap(await store.overview("org")).faults.length, keptFaultsMax);
});
