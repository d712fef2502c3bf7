import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { renderConsentTable } from "../../domain/model/consent/spellings.ts";

test("the table of consent's spellings is what its generator makes", () => {
  const table = readFileSync(new URL("../../domain/model/consent/table.ts", import.meta.url), "utf8");
  assert.ok(table === renderConsentTable(), "run node_modules/.bin/bun test/generated/make-consent-table.ts");
});
