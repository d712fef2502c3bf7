import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { advertising, analytics, foldSpelling, kinds } from "../../domain/model/consent/kinds.ts";
import { kindsOf } from "../../domain/model/consent/words.ts";

test("docs/consent.md names no category that means something else", () => {
  const page = readFileSync(new URL("../../docs/consent.md", import.meta.url), "utf8");
  const [, table = ""] = /<!-- categories -->\n(.*?)\n\n/s.exec(page) ?? [];
  const rows = table.split("\n").slice(2);
  assert.ok(rows.length > 5);
  for (const row of rows) {
    const [, , ...cells] = row.split("|");
    const meant = [advertising, analytics, kinds.unrelated];
    for (const [column, bits] of meant.entries()) {
      const names = [...(cells[column] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
      assert.ok(names.length > 0, row);
      for (const name of names) {
        assert.equal(kindsOf(foldSpelling(name)) & (advertising | analytics | kinds.unrelated), bits, name);
      }
    }
  }
});
