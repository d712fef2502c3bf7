import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { callAdmin, callIngest } from "../end-to-end/api.ts";
import { needsProcessTable, processesOn, workerOn } from "../end-to-end/process-table.ts";
import { startTidegate, waitFor } from "../tidegate-process.ts";

const soonMs = 60_000;

interface Books {
  readonly sources: readonly Readonly<Record<string, number | boolean>>[];
  readonly losses: readonly { readonly cause: string }[];
}

describe("a damaged record of the stream", { ...(needsProcessTable ? { skip: needsProcessTable } : {}) }, () => {
  it("is dead and damaged in the ledger, logged and measured, and the records around it are stored", async () => {
    const tidegate = await startTidegate();
    try {
      const worker = workerOn(tidegate.folder);
      assert.ok(worker);
      process.kill(worker.pid, "SIGSTOP");
      for (let n = 0; n < 9; n += 1) {
        const event = { event: "Order", userId: "u", messageId: `message-${n}`, properties: { n } };
        assert.equal((await callIngest(tidegate, "/v1/track", event)).status, 200);
      }
      for (const { pid } of processesOn(tidegate.folder)) process.kill(pid, "SIGKILL");
      await tidegate.ended();
      let flipped = 0;
      for (const end of ["", "-wal"]) {
        const path = join(tidegate.dataDir, `stream.sqlite${end}`);
        const file = readFileSync(path);
        for (let at = file.indexOf("message-4"); at >= 0; at = file.indexOf("message-4", at + 1)) {
          file[at] = (file[at] as number) ^ 1;
          flipped += 1;
        }
        writeFileSync(path, file);
      }
      assert.ok(flipped > 0);
      await tidegate.restart();
      let books: Books | null = null;
      await waitFor(
        async () => {
          books = (await callAdmin<Books>(tidegate, "GET", "/v1/admin/ledger")).json;
          return books.sources.some((line) => line["accepted"] === 9 && line["in_flight"] === 0);
        },
        soonMs,
        () => `not settled: ${JSON.stringify(books)}\n${tidegate.output()}`,
      );
      const line = (books as Books | null)?.sources.find((one) => one["accepted"] === 9);
      assert.ok(line);
      const { stored, dead, damaged, missing, balanced } = line;
      assert.deepEqual(
        { stored, dead, damaged, missing, balanced },
        { stored: 8, dead: 1, damaged: 1, missing: 0, balanced: true },
      );
      assert.match(tidegate.output(), /a damaged record of the stream is set aside/);
      const letters = await callAdmin<{ items: { code: string }[] }>(tidegate, "GET", "/v1/admin/dead-letters");
      assert.deepEqual(
        letters.json.items.map(({ code }) => code),
        ["record_damaged"],
      );
      await waitFor(
        async () => {
          const metrics = await (await fetch(`${tidegate.credentials.admin_url}/metrics`)).text();
          return /tidegate_damaged_events_total 1\b/.test(metrics);
        },
        soonMs,
        () => "it is not measured",
      );
      assert.equal((await fetch(`${tidegate.credentials.ingest_url}/ready`)).status, 200);
    } finally {
      await tidegate.dispose();
    }
  });
});
