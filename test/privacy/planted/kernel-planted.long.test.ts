import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { openReferenceKernel } from "../../../adapters/reference-kernel/kernel.ts";
import { openWasmKernel } from "../../../wasm/kernel.ts";
import { makePlants } from "./plants.ts";
import { findLeaks } from "./search.ts";

const rounds = Number(process.env["PLANTED_ROUNDS"] ?? 20);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test("of no planted value does anything come out of either kernel", () => {
  console.log(`planted values: PROPERTY_SEED=${seed}`);
  let tried = 0;
  for (const kernel of [openWasmKernel(), openReferenceKernel()]) {
    for (let round = 0; round < rounds; round++) {
      const plants = makePlants(seed + round);
      assert.deepEqual(findLeaks(kernel, plants), [], `seed ${seed + round}`);
      tried += plants.length;
    }
  }
  console.log(`${tried} planted values`);
});
