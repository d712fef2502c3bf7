import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Program } from "../../domain/model/program.ts";
import type { Kernel } from "../../ports/kernel.ts";
import type { BenchSettings } from "./kernel-program.ts";

/** The kernel of an earlier revision, and the benchmark's programs as that revision compiles them. */
export interface KernelBefore {
  readonly kernel: Kernel;
  programOf(settings: BenchSettings): Program;
}

/** A folder with an earlier kernel: its byte code, and its host side as one file that every runtime takes. */
export interface BuiltBefore {
  readonly folder: string;
  remove(): void;
}

interface BeforeModule {
  compileKernel(bytes: Uint8Array): WebAssembly.Module;
  openModuleKernel(module: WebAssembly.Module): Kernel;
  benchProgramOf(settings: BenchSettings): Program;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const hostFile = "host.mjs";
const byteCodeFile = "kernel.wasm";
const parts = ["domain", "ports", "wasm", "test/bench", "package.json"];
const entry = `
export { compileKernel } from "./wasm/instance.ts";
export { openModuleKernel } from "./wasm/module-kernel.ts";
export { benchProgramOf } from "./test/bench/kernel-program.ts";
`;

/**
 * Builds the kernel of a revision of this repository, for a comparison within one run.
 *
 * Errors: throws where Git does not know the revision, or its kernel does not build.
 */
export async function buildKernelBefore(revision: string): Promise<BuiltBefore> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-before-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const tree = join(folder, "tree");
    mkdirSync(tree);
    const archive = join(folder, "tree.tar");
    call("git", ["-C", root, "archive", "--output", archive, revision, "--", ...parts], "Git knows no such revision");
    call("tar", ["-xf", archive, "-C", tree], "the revision's files can't be unpacked");
    symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
    call("node", [join(tree, "wasm", "build.mjs"), join(folder, byteCodeFile)], "the revision's kernel does not build");
    writeFileSync(join(tree, "entry.ts"), entry);
    const built = await Bun.build({ entrypoints: [join(tree, "entry.ts")], target: "node", format: "esm" });
    const [bundle] = built.outputs;
    if (!built.success || bundle === undefined) throw new Error("the revision's host side can't be bundled");
    writeFileSync(join(folder, hostFile), await bundle.text());
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Opens what `buildKernelBefore` built, on any runtime. */
export async function openKernelBefore(folder: string): Promise<KernelBefore> {
  const host = (await import(pathToFileURL(join(folder, hostFile)).href)) as BeforeModule;
  const bytes = readFileSync(join(folder, byteCodeFile));
  return { kernel: host.openModuleKernel(host.compileKernel(bytes)), programOf: host.benchProgramOf };
}

function call(command: string, args: readonly string[], fault: string): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8", env: process.env });
  if (status !== 0) throw new Error(`${fault}: ${stderr ?? ""}`);
}
