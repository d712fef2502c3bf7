import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { encodingsOf, scanBytes, scanFolder } from "./leak-scan.ts";

const canary = { name: "email", value: "canary+tag@example.com" };

test("a leak planted on purpose is found in each encoding, wherever it lies", () => {
  for (const [encoding, text] of encodingsOf(canary.value)) {
    const bytes = Buffer.from(`\0\0before${text}after\0`);
    const found = scanBytes(bytes, "memory", [canary]).map((leak) => leak.encoding);
    assert.ok(found.includes(encoding), encoding);
  }
});

test("base64 of a text that holds the value is found at any alignment", () => {
  for (const before of ["", "a", "ab", "abc"]) {
    const text = Buffer.from(`${before}${canary.value} and more`).toString("base64");
    assert.ok(scanBytes(Buffer.from(text), "memory", [canary]).length > 0, `behind ${before.length} bytes`);
  }
});

test("contents and names of files are scanned, and clean ones are called clean", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-scan-"));
  try {
    writeFileSync(join(folder, "clean.bin"), Buffer.alloc(1024, 7));
    assert.deepEqual(scanFolder(folder, [canary]), { files: 1, leaks: [] });
    writeFileSync(join(folder, "dirty.bin"), `x${canary.value}`);
    writeFileSync(join(folder, `${canary.value}.txt`), "clean");
    const { leaks } = scanFolder(folder, [canary]);
    assert.ok(leaks.some((leak) => leak.where.endsWith("dirty.bin")));
    assert.ok(leaks.some((leak) => leak.where.startsWith("the name of")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
