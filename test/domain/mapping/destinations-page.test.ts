import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { foldKey } from "../../../domain/mapping/person.ts";
import { commerceSpellings, containers, innerProducts, productSpellings } from "../../../domain/mapping/spellings.ts";

const page = readFileSync(fileURLToPath(new URL("../../../docs/destinations.md", import.meta.url)), "utf8");

/** The keys that the page lists behind a comment with a table's name: code, separated by commas. */
function listed(name: string): string[] {
  const list = new RegExp(`<!-- ${name} -->((?:\`[^\`]+\`(?:, )?)+)`).exec(page)?.[1] ?? "";
  return [...list.matchAll(/`([^`]+)`/g)].map(([, key]) => foldKey(key as string));
}

test("docs/destinations.md lists the keys that are read, in their order", () => {
  for (const [name, keys] of [...Object.entries(commerceSpellings), ...Object.entries(productSpellings)]) {
    assert.deepEqual(listed(name), keys, name);
  }
});

test("docs/destinations.md names the objects that are looked into", () => {
  const named = new Set([...page.matchAll(/`([A-Za-z_]+)`/g)].map(([, key]) => foldKey(key as string)));
  for (const name of [...containers, ...innerProducts]) assert.ok(named.has(name), name);
});
