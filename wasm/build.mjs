// Builds the kernel: node wasm/build.mjs [output]. The result is committed; a test proves that the source builds it.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const room = dirname(fileURLToPath(import.meta.url));
const pagesMax = 16_384;
const options = [
  ["--outFile", process.argv[2] ?? join(room, "kernel.wasm")],
  ["--runtime", "stub"],
  ["--enable", "simd"],
  ["--use", "abort="],
  ["--maximumMemory", String(pagesMax)],
  ["-O3", "--converge", "--noAssert", "--zeroFilledMemory"],
];
const compiler = join(room, "..", "node_modules", "assemblyscript", "bin", "asc.js");
const run = spawnSync(process.execPath, [compiler, join(room, "assembly", "kernel.ts"), ...options.flat()], {
  stdio: "inherit",
});
process.exitCode = run.status ?? 1;
