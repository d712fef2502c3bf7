import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openSqliteStream } from "../../../adapters/sqlite/stream.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import type { StreamRecord } from "../../../ports/event-stream.ts";
import { eventStreamSuite } from "../../contracts/event-stream.ts";

const clock = openSystemClock();
const folder = mkdtempSync(join(tmpdir(), "tidegate-stream-"));
let files = 0;

function newPath(): string {
  return join(folder, `${(files += 1)}`, "stream.db");
}

after(() => rmSync(folder, { recursive: true, force: true }));

eventStreamSuite("sqlite", async (bounds) => {
  const path = newPath();
  return {
    stream: await openSqliteStream({ path, clock, ...bounds }),
    reopen: () => openSqliteStream({ path, clock, ...bounds }),
    remove: async () => rmSync(join(path, ".."), { recursive: true, force: true }),
  };
});

const orgId = "0197a000-0000-7000-8000-00000000000a";
const sourceId = "0197a000-0000-7000-8000-0000000000a1";
const bounds = { recordsMax: 200, bytesMax: 8 * 1024 * 1024, waitMs: 30_000 };

function record(id: string, bytes: Uint8Array): StreamRecord {
  return { id, orgId, sourceId, accepted: 1, bytes };
}

const appendingChild = fileURLToPath(new URL("../../crash/append-child.ts", import.meta.url));

function startAppending(path: string, count: number, shell: readonly string[] = []) {
  const command = [...shell, process.execPath, appendingChild, path, String(count)];
  const child = spawn(command[0] as string, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  return { child, lines: () => output.split("\n").filter((line) => line !== "") };
}

describe("sqlite stream", () => {
  it("its files can be read by their owner only", async () => {
    const path = newPath();
    const stream = await openSqliteStream({ path, clock });
    await stream.append(record("r1", new Uint8Array(10)));
    for (const file of readdirSync(join(path, ".."))) {
      assert.equal(statSync(join(path, "..", file)).mode & 0o777, 0o600, file);
    }
    await stream.close();
  });

  it("two processes share one file: what one appends the other reads and forgets", async () => {
    const path = newPath();
    const stream = await openSqliteStream({ path, clock });
    const count = 600;
    const appending = startAppending(path, count);
    const exited = once(appending.child, "exit");
    const given = new Set<string>();
    while (given.size < count) {
      const entries = await stream.read(bounds);
      assert.ok(entries.length > 0, "the appended records did not come");
      for (const entry of entries) given.add(new TextDecoder().decode(entry.bytes.subarray(0, 36)));
      await stream.acknowledge(entries);
    }
    await exited;
    assert.deepEqual([...given].sort(), appending.lines().sort());
    assert.deepEqual(await stream.backlog(orgId), [{ orgId, sourceId, accepted: count, inFlight: 0 }]);
    await stream.close();
  });

  it("what is acknowledged leaves no residue in the file, and its space is used again or given back", async () => {
    const path = newPath();
    const stream = await openSqliteStream({ path, clock });
    const marker = "residue-of-an-acknowledged-record";
    const bytes = new TextEncoder().encode(marker.repeat(4_000));
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 200 }, (_, i) => stream.append(record(`${round}-${i}`, bytes))));
      for (let left = 200; left > 0; ) {
        const entries = await stream.read(bounds);
        left -= entries.length;
        await stream.acknowledge(entries);
      }
    }
    for (let idle = 0; idle < 10; idle += 1) await stream.read({ ...bounds, waitMs: 0 });
    await stream.close();
    const file = readFileSync(path);
    assert.equal(file.includes(marker), false);
    assert.ok(file.length < 17 * 1024 * 1024, `the file has ${file.length} bytes`);
  });

  it("a file that is something else is refused, not changed", async () => {
    const path = join(folder, "other.db");
    writeFileSync(path, "not a database, but a text that is longer than the header of one\n".repeat(20));
    await assert.rejects(openSqliteStream({ path, clock }));
    assert.ok(readFileSync(path, "utf8").startsWith("not a database"));
  });

  it("tells that it takes no records, and that it takes them again, without being sent one", async () => {
    const path = newPath();
    const virtual = openVirtualClock();
    const stream = await openSqliteStream({ path, clock: virtual });
    assert.equal((await stream.state()).accepts, true);
    const other = new DatabaseSync(path);
    other.exec("CREATE TRIGGER full BEFORE UPDATE ON backlog BEGIN SELECT RAISE(ABORT, 'full'); END");
    assert.equal((await stream.append(record("refused", new Uint8Array(10)))).ok, false);
    assert.equal((await stream.state()).accepts, false);
    await virtual.advance(10_000);
    assert.equal((await stream.state()).accepts, false);
    other.exec("DROP TRIGGER full");
    assert.equal((await stream.state()).accepts, true);
    assert.equal((await stream.append(record("taken", new Uint8Array(10)))).ok, true);
    other.close();
    await stream.close();
  });

  it("a disk that takes no more is stream_unavailable, and nothing that was answered is lost", async () => {
    const path = newPath();
    const limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"];
    const appending = startAppending(path, 100_000, limited);
    const [code] = await once(appending.child, "exit");
    assert.equal(code, 3, "the child ends with 3 when an append answers stream_unavailable");
    const answered = appending.lines();
    assert.ok(answered.length > 0);
    const stream = await openSqliteStream({ path, clock });
    const found = new Set<string>();
    for (let entries = await stream.read(bounds); entries.length > 0; ) {
      for (const entry of entries) found.add(new TextDecoder().decode(entry.bytes.subarray(0, 36)));
      entries = await stream.read({ ...bounds, waitMs: 0 });
    }
    for (const id of answered) assert.ok(found.has(id));
    await stream.close();
  });
});
