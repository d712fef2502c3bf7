import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hashTable } from "../domain/model/placeholder-texts.ts";

test("the table of hashes of placeholders is what its generator writes", () => {
  const file = new URL("../../domain/model/identity/placeholder-hashes.ts", import.meta.url);
  assert.equal(readFileSync(file, "utf8"), hashTable());
});
