import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { dropCodes, rejectCodes } from "../domain/model/outcome.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readmeWordsMax = 1_000;
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];

test("the README is short", () => {
  assert.ok(read("README.md").split(/\s+/).length <= readmeWordsMax);
});

test("each link of a page leads somewhere, and each page is led to", () => {
  const linked = new Set<string>();
  const broken: string[] = [];
  for (const page of pages) {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      const path = join(dirname(page), target as string);
      linked.add(path);
      if (!existsSync(join(root, path))) broken.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
  assert.deepEqual(
    pages.filter((page) => page !== "README.md" && !linked.has(page)),
    [],
  );
});

test("each code that an answer or the ledger can have is on the page of codes", () => {
  const page = read("docs/codes.md");
  const source = read("adapters/http/server/errors.ts");
  const table = source.slice(source.indexOf("const errors = {"), source.indexOf("} as const satisfies"));
  const codes = [...table.matchAll(/^ {2}(\w+): \[/gm)].map(([, code]) => code as string);
  assert.ok(codes.length > 0);
  const all = [...codes, ...Object.keys(dropCodes), ...Object.keys(rejectCodes)];
  assert.deepEqual(
    all.filter((code) => !page.includes(`\`${code}\``)),
    [],
  );
});
