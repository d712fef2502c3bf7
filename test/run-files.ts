// Runs files of tests, several at a time, each in a process of its own, and says what they came to. What comes out is
// each file's output in one piece, in the order in which the files were given.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A line for each failed and each skipped test, with its file. */
  readonly failures: readonly string[];
  readonly skips: readonly string[];
}

export interface FileRun {
  /** How many files run at the same time. */
  readonly lanes: number;
  readonly testMsMax: number;
  /** What still runs when so much time is over is killed, what has not begun is not begun; both have failed. */
  readonly runMsMax: number;
  /** Shows output as it comes; only where one file runs at a time. */
  readonly show: boolean;
  readonly env: Readonly<Record<string, string>>;
}

const root = join(fileURLToPath(new URL(".", import.meta.url)), "..");
const shownCharsMax = 1_000_000;
const running = new Set<ChildProcess>();

/** Kills all that `run` started and that has not ended. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Runs a command of this project. What it prints is given back, the last million characters of it. */
export function run(
  command: string,
  args: readonly string[],
  { msMax, env = {}, show = false }: { msMax: number; env?: Readonly<Record<string, string>>; show?: boolean },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: msMax,
      killSignal: "SIGKILL",
    });
    running.add(child);
    let output = "";
    for (const [stream, shown] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const) {
      stream.on("data", (chunk: Buffer) => {
        if (show) shown.write(chunk);
        output = (output + chunk).slice(-shownCharsMax);
      });
    }
    child.once("error", (error) => resolve({ ok: false, output: error.message }));
    child.once("close", (code, signal) => {
      running.delete(child);
      if (signal) output += `\nended by ${signal} after at most ${Math.round(msMax / 1000)} s\n`;
      resolve({ ok: code === 0, output });
    });
  });
}

export function secondsSince(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
}

interface Finished {
  readonly counts: Counts;
  readonly shown: string;
}

/** Runs all files and shows what each came to as soon as those before it have been shown. */
export async function runFiles(files: readonly string[], options: FileRun): Promise<Counts> {
  const endMs = performance.now() + options.runMsMax;
  const finished: (Finished | undefined)[] = files.map(() => undefined);
  let begun = 0;
  let shown = 0;
  const showFinished = () => {
    for (; finished[shown] !== undefined; shown += 1) {
      if (!options.show) process.stdout.write(`${finished[shown]?.shown}\n\n`);
    }
  };
  const work = async (lane: number): Promise<void> => {
    while (begun < files.length) {
      const at = begun++;
      finished[at] = await runFile(files[at] as string, lane, Math.floor(endMs - performance.now()), options);
      showFinished();
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, (_, lane) => work(lane)));
  return finished.map((one) => (one as Finished).counts).reduce(addUp);
}

function addUp(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
    skips: [...one.skips, ...other.skips],
  };
}

async function runFile(file: string, lane: number, msMax: number, options: FileRun): Promise<Finished> {
  const startedMs = performance.now();
  const { testMsMax, env, show } = options;
  const args = ["--no-install", "test", "--timeout", String(testMsMax), `./${file}`];
  const { ok, output } =
    msMax > 0
      ? await run(process.execPath, args, { msMax, show, env: { ...env, TIDEGATE_TEST_LANE: String(lane) } })
      : { ok: false, output: "not begun: the time of the whole run is over\n" };
  const plain = withoutColors(output);
  const passed = closingCount(plain, "pass");
  const reported = closingCount(plain, "fail") + closingCount(plain, "error");
  const named = (word: string) => [...new Set(plain.match(new RegExp(`^\\(${word}\\) .*`, "gm")))];
  // A file that died, or that failed for a reason Bun did not count, is one failure; so is a file without any test.
  const failed = Math.max(reported, ok && passed > 0 ? 0 : 1);
  const failures = named("fail").map((line) => `${line}  ${file}`);
  if (failures.length < failed) failures.push(`(fail) see what the file printed  ${file}`);
  const skips = [...named("skip"), ...named("todo")].map((line) => `${line}  ${file}`);
  const counts = { passed, failed, skipped: closingCount(plain, "skip") + closingCount(plain, "todo") };
  return { counts: { ...counts, failures, skips }, shown: `${file} (${secondsSince(startedMs)})\n${bodyOf(plain)}` };
}

/** Without Bun's own first and last lines, which say the same of every file. */
function bodyOf(output: string): string {
  const closing = [...output.matchAll(/^\s*\d+ pass$/gm)].at(-1)?.index;
  const body = output.slice(0, closing).replace(/^bun test v.*\n\s*\n.*:\n/, "");
  const rest =
    closing === undefined ? "" : output.slice(closing).replace(/^(?: *\d+ [a-z() ]+| *Ran \d+ tests?.*)\n/gm, "");
  return `${body.trimEnd()}\n${rest.trim()}`.trimEnd();
}

function withoutColors(output: string): string {
  // biome-ignore lint/complexity/useRegexLiterals: an escape character in a literal is easily lost
  return output.replace(new RegExp("\\u001b\\[[0-9;]*m", "g"), "");
}

/** A number of Bun's closing lines, such as ` 12 pass`; the last one counts, a test may print such a line too. */
function closingCount(output: string, word: string): number {
  const lines = [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}s?$`, "gm"))];
  return Number(lines.at(-1)?.[1] ?? 0);
}
