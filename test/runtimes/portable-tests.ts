import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Runtime } from "./runtime.ts";

const test = fileURLToPath(new URL("..", import.meta.url));

/** What drives more than domain, ports and wasm, and by what: the server's own parts, which run on Bun. */
const elsewhere: Readonly<Record<string, string>> = {
  "domain/pipeline/attribution/exchange-tokens.test.ts": "vendors' simulators over HTTP",
  "domain/pipeline/relay/relay.test.ts": "vendors' simulators over HTTP",
  "domain/pipeline/relay/retried.test.ts": "vendors' simulators over HTTP",
  "domain/pipeline/relay/origin.test.ts": "vendors' simulators over HTTP",
  "domain/pipeline/relay/quota.test.ts": "vendors' simulators over HTTP",
  "domain/pipeline/relay/redrive.test.ts": "vendors' simulators over HTTP",
  "domain/pipeline/relay/transformations.test.ts": "vendors' simulators over HTTP",
  "domain/mapping/destinations-page.test.ts": "a page of docs, which is no part of the tree that Node runs",
  "properties/sessions.test.ts": "the stream in SQLite and the store in Postgres",
};
const kernelTests = ["adapters/reference-kernel/reference-kernel.test.ts", "wasm/wasm-kernel.test.ts"];

/** The tests of domain, ports and wasm: paths from the root. */
export const portableTests: readonly string[] = [...testsOf("domain"), ...testsOf("properties"), ...kernelTests]
  .filter((path) => elsewhere[path] === undefined)
  .map((path) => `test/${path}`);

function testsOf(folder: string): string[] {
  return readdirSync(`${test}/${folder}`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !name.endsWith(".long.test.ts"))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** What a run of tests came to; a run that died in between has failed, whatever it counted. */
export interface TestRun {
  readonly passed: number;
  readonly failed: number;
  /** Of a run that failed: what it printed. */
  readonly output: string;
}

/** Runs files of tests on a runtime, and counts what it says it ran. */
export async function runTestsOn(
  runtime: Runtime,
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  msMax: number,
  silentMsMax = msMax,
): Promise<TestRun> {
  const { ok, stdout, stderr } = await runtime.run(runtime.testCommand(files), env, msMax, silentMsMax);
  const { passed, failed } = closingCounts(runtime, stdout + stderr);
  return { passed, failed: Math.max(failed, ok && passed > 0 ? 0 : 1), output: ok ? stdout : `${stdout}\n${stderr}` };
}

/** Deno ends with `ok | 9 passed (70 steps) | 0 failed`, Node with a line `# pass 79`, Bun with a line ` 79 pass`. */
function closingCounts({ name }: Runtime, output: string): Pick<TestRun, "passed" | "failed"> {
  if (name === "deno") {
    const [, passed, steps, failed] = /\| (\d+) passed(?: \((\d+) steps?\))? \| (\d+) failed/.exec(output) ?? [];
    return { passed: Number(passed ?? 0) + Number(steps ?? 0), failed: Number(failed ?? 0) };
  }
  const count = (word: string) => {
    const line = name === "node" ? `# ${word} (\\d+)` : `\\s*(\\d+) ${word}`;
    return Number([...output.matchAll(new RegExp(`^${line}$`, "gm"))].at(-1)?.[1] ?? 0);
  };
  return { passed: count("pass"), failed: count("fail") };
}
