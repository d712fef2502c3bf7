import assert from "node:assert/strict";
import { test } from "node:test";
import { openReferenceKernel } from "../../../adapters/reference-kernel/kernel.ts";
import { openWasmKernel } from "../../../wasm/kernel.ts";
import { makePlants } from "./plants.ts";
import { findLeaks } from "./search.ts";

const seed = Math.floor(Math.random() * 2 ** 31);

/** Every so manieth of the corpus; the long tests take all of it. */
function sample(every: number) {
  const plants = makePlants(seed);
  assert.ok(plants.length > 2_000, "the corpus is not emptied");
  return plants.filter((_, index) => index % every === seed % every);
}

test("of no value in any encoding in any place does anything come out of the kernel that ships", () => {
  assert.deepEqual(findLeaks(openWasmKernel(), sample(3)), [], `seed ${seed}`);
});

test("nor does anything out of the plain kernel", () => {
  assert.deepEqual(findLeaks(openReferenceKernel(), sample(11)), [], `seed ${seed}`);
});
