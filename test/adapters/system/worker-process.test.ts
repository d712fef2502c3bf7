import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startWorkerProcess } from "../../../adapters/system/worker-process.ts";
import { waitFor } from "../../tidegate-process.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate-worker-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const soonMs = 30_000;

test("a worker that ends again and again is a trouble, and so is what a living one tells", async () => {
  const ending = join(folder, "ending.js");
  writeFileSync(ending, "process.exit(7)");
  const worker = startWorkerProcess({ entry: ending, args: [], env: process.env, onExit: () => {} });
  assert.deepEqual(worker.troubles(), []);
  await waitFor(
    () => worker.troubles().includes("worker_ends"),
    soonMs,
    () => "it is not told",
  );
  await worker.stop();
  const telling = join(folder, "telling.js");
  writeFileSync(telling, 'process.send({ troubles: ["store_damaged"] }); setInterval(() => {}, 1000)');
  const other = startWorkerProcess({ entry: telling, args: [], env: process.env, onExit: () => {} });
  await waitFor(
    () => other.troubles().length > 0,
    soonMs,
    () => "it is not heard",
  );
  assert.deepEqual(other.troubles(), ["store_damaged"]);
  await other.stop();
});
