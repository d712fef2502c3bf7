// What `npm test` runs: the type check, the linter, then every test, and a closing line that says how many passed.
//   npm test                      everything but the long tests
//   npm test -- test/domain       one folder or file, without the checks
//   npm test -- --long [area]     the long tests: kernel, relay, crash, rls
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const testMsMax = 120_000;
const longTestMsMax = 30 * 60_000;
const runMsMax = 20 * 60_000;
const longRunMsMax = 4 * 60 * 60_000;
const summaryCharsMax = 4_000;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const running = new Set<ChildProcess>();

function run(command: string, args: readonly string[], msMax: number, show: boolean): Promise<Outcome> {
  return new Promise((resolve) => {
    const color = show && process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...color },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: msMax,
      killSignal: "SIGKILL",
    });
    running.add(child);
    let output = "";
    const take = (chunk: Buffer, stream: NodeJS.WriteStream): void => {
      if (show) stream.write(chunk);
      output += chunk;
      if (show) output = output.slice(-summaryCharsMax);
    };
    child.stdout.on("data", (chunk: Buffer) => take(chunk, process.stdout));
    child.stderr.on("data", (chunk: Buffer) => take(chunk, process.stderr));
    child.once("error", (error) => resolve({ ok: false, output: error.message }));
    child.once("close", (code, signal) => {
      running.delete(child);
      if (signal) output += `\nended by ${signal} after at most ${msMax / 1000} s\n`;
      resolve({ ok: code === 0, output });
    });
  });
}

function sinceText(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

async function check(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const startedMs = performance.now();
  const { ok, output } = await run(join("node_modules", ".bin", command), args, runMsMax, false);
  console.log(`${ok ? "ok  " : "FAIL"} ${name} (${sinceText(startedMs)})`);
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

/** A number of Bun's closing lines, such as ` 12 pass`; the last one counts, a test may print such a line too. */
function closingCount(output: string, word: string): number {
  const lines = [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}s?$`, "gm"))];
  return Number(lines.at(-1)?.[1] ?? 0);
}

async function runTests(files: readonly string[], long: boolean): Promise<Counts> {
  const args = ["test", "--timeout", String(long ? longTestMsMax : testMsMax), ...files.map((file) => `./${file}`)];
  const { ok, output } = await run(process.execPath, args, long ? longRunMsMax : runMsMax, true);
  // biome-ignore lint/complexity/useRegexLiterals: an escape character in a literal is easily lost
  const plain = output.replace(new RegExp("\\u001b\\[[0-9;]*m", "g"), "");
  const passed = closingCount(plain, "pass");
  const reported = closingCount(plain, "fail") + closingCount(plain, "error");
  // A run that died, or that failed for a reason Bun did not count, is one failure; so is a run without any test.
  const failed = Math.max(reported, ok && passed > 0 ? 0 : 1);
  return { passed, failed, skipped: closingCount(plain, "skip") + closingCount(plain, "todo") };
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
  const none: Counts = { passed: 0, failed: 1, skipped: 0 };
  const { passed, failed, skipped } = files.length === 0 ? none : await runTests(files, long);
  console.log(`\n${files.length} test files in ${sinceText(startedMs)} on ${availableParallelism()} cores`);
  if (skipped > 0) console.log(`${skipped} skipped, each names its reason`);
  if (failedChecks > 0) console.log(`${failedChecks} checks failed, see the top; they count as failed`);
  console.log(`${passed} passed, ${failed + failedChecks} failed`);
  process.exitCode = failed + failedChecks === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill("SIGKILL");
    process.exit(130);
  });
}

await main();
