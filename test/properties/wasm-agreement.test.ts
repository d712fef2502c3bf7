import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import {
  compareKernels,
  compareOnAddresses,
  compareOnBatches,
  compareOnNamed,
  compareOnValues,
} from "./kernel-agreement.ts";

const bodies = Number(process.env["PROPERTY_RUNS"] ?? 20_000);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test("the kernel and the plain kernel agree byte for byte on bodies, rows, faults and claims", () => {
  console.log(`kernel agreement: PROPERTY_SEED=${seed}`);
  const { scanned, passed } = compareKernels(openReferenceKernel(), openWasmKernel(), seed, bodies);
  assert.ok(scanned > bodies / 2 && passed > bodies / 10, "too few bodies get far enough to compare much");
});

test("the kernels agree on whole batches, where one event follows another in the same memory", () => {
  const batches = Math.ceil(bodies / 10);
  console.log(`kernel batches: PROPERTY_SEED=${seed}`);
  const { passed } = compareOnBatches(openReferenceKernel(), openWasmKernel(), seed, batches);
  assert.ok(passed > batches / 2, "too few batches hold an event that passes");
});

test("the kernels agree on which texts are addresses: all short ones, and others of up to 80 bytes", () => {
  console.log(`kernel addresses: PROPERTY_SEED=${seed}`);
  const { passed } = compareOnAddresses(openReferenceKernel(), openWasmKernel(), seed, bodies);
  assert.ok(passed > 0);
});

test("the kernels agree on which values are personal data, and on what a phone number is", () => {
  console.log(`kernel values: PROPERTY_SEED=${seed}`);
  const { passed } = compareOnValues(openReferenceKernel(), openWasmKernel(), seed, bodies / 2);
  assert.ok(passed > 0);
});

test("the kernels agree on what texts name: User-Agents, keys of the table, encoded emails", () => {
  console.log(`kernel named texts: PROPERTY_SEED=${seed}`);
  const { passed } = compareOnNamed(openReferenceKernel(), openWasmKernel(), seed, bodies);
  assert.ok(passed > 0);
});
