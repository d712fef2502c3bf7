import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeNodeTree } from "./node-tree.ts";

export type RuntimeName = "bun" | "deno" | "node";

/** A JavaScript runtime on this machine, ready to run files of this tree, named by their paths from the root. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly version: string;
  /** The command line that runs a file, and the one that runs files of tests. */
  scriptCommand(file: string): readonly string[];
  testCommand(files: readonly string[]): readonly string[];
  /** Runs a command line; its output is kept, its end is waited for, unless it is silent for too long. */
  run: Run;
  close(): void;
}

type Run = (
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  msMax: number,
  silentMsMax?: number,
) => Promise<Finished>;

export interface Finished {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** A runtime that is not there, and why. */
export interface MissingRuntime {
  readonly name: RuntimeName;
  readonly missing: string;
}

export const runtimeNames: readonly RuntimeName[] = ["bun", "deno", "node"];

const root = fileURLToPath(new URL("../..", import.meta.url));
const nodeMajorMin = 20;
/** Portable code reads files and settings, and needs nothing else: Deno holds it to that. */
const denoPermissions = ["--allow-read", "--allow-env", "--allow-sys"];
const denoQuiet = ["--quiet", "--no-check", "--no-lock", "--node-modules-dir=manual"];

/** Opens a runtime: the Bun that runs this, Deno from node_modules, the Node on the path. */
export function openRuntime(name: RuntimeName): Runtime | MissingRuntime {
  if (name === "bun") return openBun();
  return name === "deno" ? openDeno() : openNode();
}

function openBun(): Runtime {
  return {
    name: "bun",
    version: Bun.version,
    scriptCommand: (file) => [process.execPath, "--no-install", file],
    testCommand: (files) => [process.execPath, "test", ...files.map((file) => `./${file}`)],
    run,
    close: () => undefined,
  };
}

function openDeno(): Runtime | MissingRuntime {
  const libc = process.platform === "linux" ? "-glibc" : "";
  const folder = `@deno/${process.platform}-${process.arch}${libc}`;
  const deno = join(root, "node_modules", folder, "deno");
  if (!existsSync(deno)) return { name: "deno", missing: `the package ${folder} is not installed: run npm ci` };
  const version = /deno (\S+)/.exec(versionOf(deno))?.[1];
  if (version === undefined) return { name: "deno", missing: "Deno does not run on this machine" };
  const cache = mkdtempSync(join(tmpdir(), "tidegate-deno-"));
  const own = { DENO_DIR: cache, DENO_NO_UPDATE_CHECK: "1" };
  return {
    name: "deno",
    version,
    scriptCommand: (file) => [deno, "run", ...denoQuiet, ...denoPermissions, file],
    testCommand: (files) => [deno, "test", ...denoQuiet, ...denoPermissions, ...files],
    run: (command, env, ...bounds) => run(command, { ...own, ...env }, ...bounds),
    close: () => rmSync(cache, { recursive: true, force: true }),
  };
}

function openNode(): Runtime | MissingRuntime {
  const version = /^v((\d+)\.\S+)/.exec(versionOf("node"));
  if (version === null) return { name: "node", missing: "there is no node on the path" };
  if (Number(version[2]) < nodeMajorMin) {
    return { name: "node", missing: `Node ${version[1]} is older than ${nodeMajorMin}` };
  }
  const tree = writeNodeTree();
  return {
    name: "node",
    version: version[1] as string,
    scriptCommand: (file) => ["node", tree.fileOf(file)],
    testCommand: (files) => {
      const imports = files.map((file) => `import ${JSON.stringify(pathToFileURL(tree.fileOf(file)).href)};`);
      // One process for all of them, as in the other runtimes: `node --test` would start one for each.
      return ["node", "--test-reporter=tap", "--input-type=module", "--eval", imports.join("")];
    },
    run,
    close: () => tree.remove(),
  };
}

function versionOf(command: string): string {
  return spawnSync(command, ["--version"], { encoding: "utf8" }).stdout ?? "";
}

function run(...[command, env, msMax, silentMsMax = msMax]: Parameters<Run>): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command[0] as string, command.slice(1), {
      cwd: root,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const out = { stdout: "", stderr: "" };
    let why = "";
    const endAfter = (ms: number, how: string) =>
      setTimeout(() => {
        why = ` after ${ms / 1000} s ${how}`;
        child.kill("SIGKILL");
      }, ms);
    const whole = endAfter(msMax, "in all");
    const silence = endAfter(silentMsMax, "without a word");
    const take = (stream: keyof typeof out) => (text: string) => {
      out[stream] += text;
      silence.refresh();
    };
    const finish = (finished: Finished) => {
      clearTimeout(whole);
      clearTimeout(silence);
      resolve(finished);
    };
    child.stdout.setEncoding("utf8").on("data", take("stdout"));
    child.stderr.setEncoding("utf8").on("data", take("stderr"));
    child.once("error", (error) => finish({ ok: false, stdout: "", stderr: error.message }));
    child.once("close", (code, signal) => {
      if (signal) out.stderr += `\nended by ${signal}${why}\n`;
      finish({ ok: code === 0, ...out });
    });
  });
}
