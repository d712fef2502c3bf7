import { readFileSync } from "node:fs";
import type { Kernel } from "../ports/kernel.ts";
import { compileKernel } from "./instance.ts";
import { openModuleKernel } from "./module-kernel.ts";

/**
 * Opens the kernel in WebAssembly: the one that production uses, equal to the plain kernel byte for byte.
 *
 * Errors: throws where the engine has no SIMD.
 */
export function openWasmKernel(): Kernel {
  return openModuleKernel(compileKernel(readFileSync(new URL("./kernel.wasm", import.meta.url))));
}
