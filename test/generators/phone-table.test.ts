import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { phoneTableText } from "./phone-table.ts";

test("the facts of phone numbers are those of libphonenumber's metadata", () => {
  const committed = new URL("../../domain/data-layer/phone-table.ts", import.meta.url);
  const told = "node_modules/.bin/bun test/generators/write-phone-table.ts writes it anew";
  assert.ok(readFileSync(committed, "utf8") === phoneTableText(), told);
});
