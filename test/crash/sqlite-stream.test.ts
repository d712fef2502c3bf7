import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openSqliteStream } from "../../adapters/sqlite/stream.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";

const clock = openSystemClock();
const folder = mkdtempSync(join(tmpdir(), "tidegate-crash-"));
const appendingChild = fileURLToPath(new URL("append-child.ts", import.meta.url));
const orgId = "0197a000-0000-7000-8000-00000000000a";
const kills = 8;
const firstAnswerMs = 60_000;
const aliveMsMax = 300;

after(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the appending process, kills it after it has answered for a random while, returns the ids it answered. */
async function appendAndKill(path: string, aliveMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [appendingChild, path, "1000000"], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const closed = once(child, "close");
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the appending process did not answer")), firstAnswerMs);
    child.stdout.on("data", (chunk) => {
      output += chunk;
      clearTimeout(timer);
      resolve();
    });
  });
  await clock.sleep(aliveMs);
  child.kill("SIGKILL");
  await closed;
  // The last line may have been cut off by the kill: its id was not answered.
  return output.split("\n").slice(0, -1);
}

describe("sqlite stream after SIGKILL", () => {
  it("every append that was answered is found, once, and the totals agree", { timeout: 600_000 }, async () => {
    const path = join(folder, "stream.db");
    const answered: string[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      const aliveMs = Math.random() * aliveMsMax;
      answered.push(...(await appendAndKill(path, aliveMs)));
    }
    assert.ok(answered.length >= kills);

    const stream = await openSqliteStream({ path, clock });
    const found = new Map<string, number>();
    let entries = await stream.read({ recordsMax: 500, bytesMax: 8 * 1024 * 1024, waitMs: 1_000 });
    while (entries.length > 0) {
      for (const { bytes } of entries) {
        const id = new TextDecoder().decode(bytes.subarray(0, 36));
        found.set(id, (found.get(id) ?? 0) + 1);
      }
      entries = await stream.read({ recordsMax: 500, bytesMax: 8 * 1024 * 1024, waitMs: 0 });
    }
    for (const id of answered) assert.equal(found.get(id), 1, "an answered append was lost or doubled");
    const [total] = await stream.backlog(orgId);
    assert.equal(total?.accepted, found.size);
    assert.equal(total?.inFlight, found.size);
    assert.equal((await stream.state()).records, found.size);
    await stream.close();
  });
});
