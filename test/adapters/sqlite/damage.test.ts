import assert from "node:assert/strict";
import { cpSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { openSqliteStream } from "../../../adapters/sqlite/stream.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { readRecord } from "../../../domain/model/event/record.ts";
import {
  type Backlog,
  copyAndFlip,
  leaveBacklog,
  readAll,
  someSources,
  streamName,
} from "../../crash/damage-stream.ts";
import { SeededRandom } from "../../properties/seeded-random.ts";
import { waitFor } from "../../tidegate-process.ts";

const clock = openSystemClock();
const folder = mkdtempSync(join(tmpdir(), "tidegate-damage-"));
const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const flips = 6;
const soonMs = 20_000;
const bounds = { recordsMax: 1_000, bytesMax: 64 * 1024 * 1024, waitMs: 0 };
let backlog: Backlog;
let copies = 0;

before(async () => {
  backlog = await leaveBacklog(join(folder, "left"), 60, someSources());
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of what the killed process left. */
function copy(): Backlog {
  const to = join(folder, `copy-${(copies += 1)}`);
  cpSync(backlog.folder, to, { recursive: true });
  return { ...backlog, folder: to };
}

async function openAndClose(path: string) {
  const stream = await openSqliteStream({ path, clock });
  const kept = { losses: await stream.losses(), position: await stream.confirmedPosition() };
  await stream.close();
  return kept;
}

describe("a damaged stream", () => {
  it("is read whole, or says what is missing, whichever bit is flipped in its file or its log", async () => {
    const random = new SeededRandom(seed);
    for (let n = 0; n < flips; n += 1) {
      const to = join(folder, "flipped");
      const file = n % 2 === 0 ? streamName : `${streamName}-wal`;
      const flip = copyAndFlip(backlog.folder, to, file, random.below(10 ** 9) / 10 ** 9, random.below(8));
      const reading = await readAll({ ...backlog, folder: to });
      const said = `seed ${seed}, ${JSON.stringify({ flip, ...reading })}`;
      assert.ok(["sound", "repaired", "named"].includes(reading.outcome), said);
      assert.ok(reading.missing <= 1, `one bit costs one record at most: ${said}`);
    }
  });

  it("whose log lost its end, or is gone, says between which times events may be missing, and how many", async () => {
    for (const cut of [0.6, 0]) {
      const left = copy();
      const log = join(left.folder, `${streamName}-wal`);
      truncateSync(log, Math.floor(statSync(log).size * cut));
      const reading = await readAll(left);
      assert.equal(reading.outcome, "named", JSON.stringify(reading));
      assert.ok(reading.missing > 0 && reading.why.includes("events of this time may be missing"));
      const stream = await openSqliteStream({ path: join(left.folder, streamName), clock });
      const [loss] = await stream.losses();
      assert.ok(loss && loss.cause === "stream_damaged" && loss.fromMs <= loss.toMs && loss.toMs <= loss.foundMs);
      assert.ok(loss.toMs > Date.now() - 3_600_000);
      await stream.close();
    }
  });

  it("whose log's first frame is damaged loses none of those behind it", async () => {
    const left = join(folder, "first-frame");
    copyAndFlip(backlog.folder, left, `${streamName}-wal`, 0.000_1, 3);
    const reading = await readAll({ ...backlog, folder: left });
    assert.equal(reading.missing, 0, JSON.stringify(reading));
  });

  it("is kept beside the new one, and takes records again", async () => {
    const left = copy();
    truncateSync(join(left.folder, `${streamName}-wal`), 0);
    const path = join(left.folder, streamName);
    const stream = await openSqliteStream({ path, clock });
    assert.ok(statSync(`${path}.damaged`).size > 0);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const given = await stream.read(bounds);
    const next = { ...(given[0] as (typeof given)[number]), id: "0197a000-0000-7000-8000-0000000000ff" };
    assert.equal((await stream.append(next)).ok, true);
    const [entry] = await stream.read(bounds);
    assert.equal(entry?.id, next.id);
    const numbers = [...given, entry].map((one) => Number(one?.token));
    assert.ok(
      numbers.every((n) => n > backlog.answered.size),
      "no number comes twice",
    );
    await stream.close();
    const again = await openSqliteStream({ path, clock });
    assert.equal((await again.read(bounds)).length, given.length + 1, "a second start finds nothing to repair");
    assert.equal((await again.losses()).length, 1);
    await again.close();
  });

  it("that is built anew knows what was lost before, and how far the store had come", async () => {
    const left = copy();
    const path = join(left.folder, streamName);
    truncateSync(join(left.folder, `${streamName}-wal`), 0);
    const first = await openSqliteStream({ path, clock });
    await first.noteLoss({ cause: "store_behind", foundMs: clock.nowMs(), fromMs: 3_000, toMs: 4_000 });
    const before = await first.losses();
    assert.equal(before.length, 2);
    const [entry] = await first.read(bounds);
    await first.acknowledge([entry as NonNullable<typeof entry>], "1:2:3");
    await first.close();
    const position = (await openAndClose(path)).position;
    assert.ok(position);
    const file = openSync(path, "r+");
    for (let at = 12 * 4_096; at < statSync(path).size; at += 4_096) writeSync(file, "X".repeat(16), at);
    const after = await openAndClose(path);
    assert.equal(after.losses.length, 3, JSON.stringify(after.losses));
    assert.deepEqual(after.losses.slice(1), before);
    assert.deepEqual(after.position, position);
  });

  it("is repaired while two processes have it open, and both go on", async () => {
    const left = copy();
    const path = join(left.folder, streamName);
    const appending = await openSqliteStream({ path, clock });
    const sample = (await appending.read({ ...bounds, recordsMax: 1 }))[0];
    await appending.close();
    const reading = await openSqliteStream({ path, clock });
    const again = await openSqliteStream({ path, clock });
    const file = openSync(path, "r+");
    for (let at = 12 * 4_096; at < statSync(path).size; at += 4_096) writeSync(file, "X".repeat(16), at);
    const found = new Set<string>();
    await waitFor(
      async () => {
        for (const entry of await reading.read(bounds)) if (readRecord(entry.bytes).ok) found.add(entry.id);
        return (await reading.losses()).length === 1;
      },
      soonMs,
      () => "the damage was not found",
    );
    const added = { ...(sample as NonNullable<typeof sample>), id: "0197a000-0000-7000-8000-0000000000fe" };
    await waitFor(
      async () => (await again.append(added)).ok,
      soonMs,
      () => "the other process takes nothing",
    );
    await waitFor(
      async () => {
        for (const entry of await reading.read(bounds)) found.add(entry.id);
        return found.has(added.id);
      },
      soonMs,
      () => "what the other appended is not read",
    );
    assert.equal((await again.state()).accepts, true);
    await Promise.all([reading.close(), again.close()]);
  });

  it("of which nothing is left but garbage goes on empty, and knows what was accepted", async () => {
    const left = copy();
    const path = join(left.folder, streamName);
    const file = openSync(path, "r+");
    writeSync(file, "garbage ".repeat(statSync(path).size / 8));
    truncateSync(`${path}-wal`, 0);
    const { outcome, missing, damaged } = await readAll(left);
    assert.deepEqual([outcome, missing, damaged], ["named", backlog.answered.size - backlog.acknowledged.size, 0]);
  });
});

describe("a stream of the form before", () => {
  it("is read, gets its marks, and is known as damaged later", async () => {
    const left = copy();
    const path = join(left.folder, streamName);
    const whole = await readAll(left);
    assert.equal(whole.outcome, "sound", whole.why);
    const old = new DatabaseSync(path);
    old.exec("DROP TABLE losses; DROP TABLE confirmed; PRAGMA user_version = 1");
    old.close();
    rmSync(`${path}-marks`);
    assert.equal((await readAll(left)).outcome, "sound");
    const marks = readFileSync(`${path}-marks`);
    assert.ok(marks.length >= 128 * 2);
    const later = new DatabaseSync(path);
    later.exec("DELETE FROM records; DELETE FROM sqlite_sequence; UPDATE sources SET accepted = 0");
    later.close();
    assert.equal((await readAll(left)).outcome, "named");
  });
});
