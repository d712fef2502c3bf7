import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../adapters/http/server/call.ts";
import { unavailableAnswer } from "../../adapters/http/server/errors.ts";
import { createHealth, healthRoutes } from "../../adapters/http/server/health.ts";
import { openSystemRandom } from "../../adapters/system/random.ts";
import { openTelemetry } from "../../adapters/system/telemetry.ts";
import { openTroubles } from "../../adapters/system/troubles.ts";
import type { StreamRefusal } from "../../ports/event-stream.ts";

const geo = { attribution: "none" };

async function readyOf(refuses: StreamRefusal | null, isFresh: boolean, troubles: readonly string[]) {
  const sizes = { records: 1, bytes: 2, oldestAgeMs: 3, lossWindowMs: 0 };
  const stream = { state: async () => ({ accepts: refuses === null, refuses, ...sizes }) };
  const health = createHealth({ stream, directory: { isFresh: () => isFresh }, geo, troubles: () => troubles });
  const ready = healthRoutes(health, ["/health"]).find(({ path }) => path === "/ready");
  const answer = await ready?.respond({} as never);
  return { status: answer?.status, body: JSON.parse(String(answer?.body)) as { ready: boolean; reasons: string[] } };
}

test("/ready is 200 while all goes on, and 503 with each reason while something does not", async () => {
  assert.equal((await readyOf(null, true, [])).status, 200);
  const cases: readonly [StreamRefusal | null, boolean, string[], string[]][] = [
    ["backlog_full", true, [], ["backlog_full"]],
    ["disk_full", true, [], ["disk_full"]],
    ["stream_damaged", true, [], ["stream_damaged"]],
    [null, false, [], ["configuration_stale"]],
    [null, true, ["worker_ends", "store_damaged"], ["worker_ends", "store_damaged"]],
    ["disk_failing", false, ["store_disk_full"], ["configuration_stale", "disk_failing", "store_disk_full"]],
  ];
  for (const [refuses, isFresh, troubles, reasons] of cases) {
    const { status, body } = await readyOf(refuses, isFresh, troubles);
    assert.equal(status, 503);
    assert.deepEqual([body.ready, body.reasons], [false, reasons]);
  }
});

test("a request that meets damage of the database is logged with its SQLSTATE, and /ready says so", async () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, sleep: async () => {} };
  const troubles = openTroubles(clock);
  const lines: unknown[] = [];
  const telemetry = openTelemetry({ clock, format: "json", err: (line) => void lines.push(JSON.parse(line)) });
  const parts = { clock, random: openSystemRandom(), telemetry, troubles };
  const respond = async (call: { requestId: string }) =>
    unavailableAnswer("store_damaged_XX001", call.requestId, 1_000);
  const app = createApp([{ method: "GET", path: "/x", respond }], parts, { listener: "admin", crossOrigin: false });
  assert.equal((await app.fetch(new Request("http://127.0.0.1/x"))).status, 503);
  const [line] = lines as { code: string; route: string }[];
  assert.deepEqual([line?.code, line?.route], ["store_damaged_XX001", "/x"]);
  assert.deepEqual(troubles.list(), ["store_damaged"]);
  nowMs = 60_001;
  assert.deepEqual(troubles.list(), []);
});
