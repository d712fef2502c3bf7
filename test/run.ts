// What `npm test` runs: the type check, the linter, then every test, and a closing line that says how many passed.
//   npm test                      everything but the long tests
//   npm test -- test/domain       one folder or file, without the checks
//   npm test -- --long [area]     the long tests: kernel, relay, crash, rls, time
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Counts, killAll, run, runFiles, secondsSince } from "./run-files.ts";

/** Of one test; a machine that is busy with eight other things takes as many times as long. */
const testMsMax = 300_000;
const longTestMsMax = 30 * 60_000;
const runMsMax = 20 * 60_000;
const longRunMsMax = 4 * 60 * 60_000;
/** Files that run at the same time: what waits for a vendor or a disk leaves a core to another. */
const lanesMin = 2;
const lanesMax = 4;
/** They take longest, and are begun first, so that no core is idle at the end. */
const longestFiles = [
  "test/crash/kill-after-answer.test.ts",
  "test/end-to-end/processes.test.ts",
  "test/runtimes/portable.test.ts",
];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

async function check(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const startedMs = performance.now();
  const { ok, output } = await run(join("node_modules", ".bin", command), args, { msMax: runMsMax });
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${secondsSince(startedMs)})`);
  if (!ok) console.log(output);
  return ok;
}

async function runChecks(): Promise<number> {
  const checks = [
    () => check("types: tsc --noEmit", "tsc", ["--noEmit"]),
    () => check("lint and format: biome check", "biome", ["check"]),
  ];
  let failed = 0;
  for (const step of checks) if (!(await step())) failed++;
  return failed;
}

function testFiles(long: boolean, wanted: readonly string[]): string[] {
  const all = readdirSync(join(root, "test"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .filter((entry) => entry.name.endsWith(".long.test.ts") === long)
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
  if (wanted.length === 0) return all;
  if (long) return all.filter((path) => wanted.some((area) => path.split("/").at(-1)?.match(/^\w+/)?.[0] === area));
  const chosen = wanted.map((item) => relative(root, join(root, item)));
  return all.filter((path) => chosen.some((item) => path === item || path.startsWith(`${item}/`)));
}

/** Runs them in order of their names, but for the longest; the long tests one by one, because they measure. */
async function runTests(files: readonly string[], long: boolean): Promise<Counts> {
  const first = longestFiles.filter((file) => files.includes(file));
  const sorted = [...first, ...files.filter((file) => !first.includes(file))];
  const lanes = long ? 1 : Math.min(files.length, lanesMax, Math.max(lanesMin, availableParallelism()));
  const cache = mkdtempSync(join(tmpdir(), "tidegate-tests-"));
  process.once("exit", () => rmSync(cache, { recursive: true, force: true }));
  if (lanes > 1) console.log(`${files.length} test files, ${lanes} at a time, each in a process of its own\n`);
  const bounds = { testMsMax: long ? longTestMsMax : testMsMax, runMsMax: long ? longRunMsMax : runMsMax };
  return await runFiles(sorted, { lanes, ...bounds, show: lanes === 1, env: { TIDEGATE_TEST_CACHE: cache } });
}

async function main(): Promise<void> {
  const startedMs = performance.now();
  const args = process.argv.slice(2);
  const long = args.includes("--long");
  const wanted = args.filter((item) => !item.startsWith("--"));
  const files = testFiles(long, wanted);
  const missing = long ? [] : wanted.filter((item) => !existsSync(join(root, item)));
  for (const item of missing) console.log(`FAIL no such file or folder: ${item}`);
  if (files.length === 0) console.log(`FAIL no ${long ? "long " : ""}test files${wanted.length ? " match" : ""}`);
  const failedChecks = long || wanted.length > 0 ? missing.length : await runChecks();
  const none: Counts = { passed: 0, failed: 1, skipped: 0, failures: [], skips: [] };
  const { passed, failed, skipped, failures, skips } = files.length === 0 ? none : await runTests(files, long);
  for (const line of [...failures, ...skips]) console.log(line);
  console.log(`\n${files.length} test files in ${secondsSince(startedMs)} on ${availableParallelism()} cores`);
  if (skipped > 0) console.log(`${skipped} skipped, each names its reason`);
  if (failedChecks > 0) console.log(`${failedChecks} checks failed, see the top; they count as failed`);
  console.log(`${passed} passed, ${failed + failedChecks} failed`);
  process.exitCode = failed + failedChecks === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
}

await main();
