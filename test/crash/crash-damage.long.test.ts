import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { needsProcessTable } from "../end-to-end/process-table.ts";
import { SeededRandom } from "../properties/seeded-random.ts";
import { type ClusterReading, leaveCluster, readCluster } from "./damage-postgres.ts";
import { copyAndFlip, leaveBacklog, readAll, someSources, streamFiles } from "./damage-stream.ts";

/**
 * One bit is flipped in what a killed Tidegate left, which is then started and read as a whole: nothing may be missing
 * without a word, and nobody may be stopped whom the damage is not about. TIDEGATE_TEST_SEED repeats a run,
 * TIDEGATE_DAMAGE_FLIPS="60,15" makes it shorter.
 */
const seed = Number(process.env["TIDEGATE_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const [streamFlips = 600, postgresFlips = 150] = (process.env["TIDEGATE_DAMAGE_FLIPS"] ?? "600,150")
  .split(",")
  .map(Number);
const folder = mkdtempSync(join(tmpdir(), "tidegate-flips-"));
const fraction = 10 ** 9;
console.log(`TIDEGATE_TEST_SEED=${seed}`);
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

/** Outcomes by kind of file, printed as a table with a line of progress now and then. */
function createTally(total: number) {
  const rows = new Map<string, Map<string, number>>();
  let count = 0;
  return {
    add(kind: string, outcome: string) {
      const row = rows.get(kind) ?? new Map<string, number>();
      row.set(outcome, (row.get(outcome) ?? 0) + 1);
      rows.set(kind, row);
      if (++count % Math.ceil(total / 20) === 0) console.log(`${count} of ${total} flips`);
    },
    print() {
      for (const [kind, row] of [...rows].sort()) {
        console.log(
          `${kind.padEnd(24)} ${[...row]
            .sort()
            .map(([outcome, n]) => `${outcome} ${n}`)
            .join(", ")}`,
        );
      }
    },
  };
}

/** Of a damage that one organisation feels: how it is with the other. */
function besideOf({ outcome, tenants }: ClusterReading): string {
  if (outcome !== "named") return "";
  if (tenants.some((tenant) => tenant.outcome === "sound")) return ", the other sound";
  return tenants.every((tenant) => tenant.goesOn) ? ", both go on" : ", both";
}

describe("bit flips with a backlog", () => {
  it("over the stream's files: everything is read, or what is missing is named", async () => {
    const random = new SeededRandom(seed);
    const left = await leaveBacklog(join(folder, "stream"), 300, someSources());
    const tally = createTally(streamFlips);
    const wrong: string[] = [];
    const sizes = streamFiles.map((file) => statSync(join(left.folder, file)).size);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    for (let n = 0; n < streamFlips; n += 1) {
      // Half of the flips fall anywhere, by size; the others on each file in turn, so that small ones get theirs.
      const at = random.below(all);
      const bySize = sizes.findIndex((_, file) => at < sizes.slice(0, file + 1).reduce((sum, size) => sum + size, 0));
      const file = streamFiles[n % 2 === 0 ? bySize : (n >> 1) % streamFiles.length] as string;
      const to = join(folder, "stream-flipped");
      const flip = copyAndFlip(left.folder, to, file, random.below(fraction) / fraction, random.below(8));
      const reading = await readAll({ ...left, folder: to });
      tally.add(file, reading.outcome);
      const isWrong = reading.outcome === "silent" || reading.outcome === "stopped" || reading.missing > 1;
      if (isWrong) wrong.push(JSON.stringify({ flip, ...reading }));
    }
    tally.print();
    assert.deepEqual(wrong, []);
  });

  it("over Postgres' files: everything is read, or what is missing is named, and others go on", {
    ...(needsProcessTable ? { skip: needsProcessTable } : {}),
  }, async () => {
    const random = new SeededRandom(seed);
    const left = await leaveCluster(join(folder, "cluster"));
    const tally = createTally(postgresFlips);
    const wrong: string[] = [];
    const whole = await readCluster(left, join(folder, "cluster-flipped"), null);
    assert.equal(whole.outcome, "sound", `without any damage: ${JSON.stringify(whole)}`);
    for (let n = 0; n < postgresFlips; n += 1) {
      const reading = await readCluster(left, join(folder, "cluster-flipped"), random);
      tally.add(reading.kind, `${reading.outcome}${besideOf(reading)}`);
      if (reading.outcome === "silent" || reading.outcome === "stopped") wrong.push(JSON.stringify(reading));
      if (reading.outcome !== "sound") console.log(JSON.stringify(reading));
    }
    tally.print();
    assert.deepEqual(wrong, []);
  });
});
