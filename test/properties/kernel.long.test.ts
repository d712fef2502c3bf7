import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { compareKernels, compareOnBatches, compareOnNamed } from "./kernel-agreement.ts";

const bodies = Number(process.env["PROPERTY_RUNS"] ?? 1_000_000);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test("a million bodies: the kernel and the plain kernel agree byte for byte", () => {
  console.log(`kernel agreement: PROPERTY_SEED=${seed}`);
  const { scanned, passed } = compareKernels(openReferenceKernel(), openWasmKernel(), seed, bodies);
  console.log(`${bodies} bodies, ${scanned} scanned, ${passed} with events that passed`);
  assert.ok(scanned > bodies / 2 && passed > bodies / 10, "too few bodies get far enough to compare much");
});

test("fifty thousand batches: the kernels agree on events that follow one another in the same memory", () => {
  console.log(`kernel batches: PROPERTY_SEED=${seed}`);
  const batches = Math.ceil(bodies / 20);
  const { passed } = compareOnBatches(openReferenceKernel(), openWasmKernel(), seed, batches);
  assert.ok(passed > batches / 2, "too few batches hold an event that passes");
});

test("a million texts: the kernels agree on what they name", () => {
  console.log(`kernel named texts: PROPERTY_SEED=${seed}`);
  const { passed } = compareOnNamed(openReferenceKernel(), openWasmKernel(), seed, bodies);
  assert.ok(passed > 0);
});
