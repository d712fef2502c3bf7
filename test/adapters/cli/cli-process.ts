import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const entry = fileURLToPath(new URL("../../../adapters/command.ts", import.meta.url));
const runMsMax = 30_000;

/** What a run of the command line left behind. */
export interface CliRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the real command line in a folder, its standard input given. */
export function runCli(
  args: readonly string[],
  input: string | Uint8Array,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CliRun> {
  const flags = "Bun" in globalThis ? ["--no-install"] : [];
  const child = spawn(process.execPath, [...flags, entry, ...args], {
    cwd: folder,
    timeout: runMsMax,
    env: { ...process.env, ...env },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => out.push(part));
  child.stderr.on("data", (part: Buffer) => err.push(part));
  // A command that reads no input may be gone before it is written.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out: String(Buffer.concat(out)), err: String(Buffer.concat(err)) }));
  });
}
