import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("the committed kernel is what its source builds", () => {
  const room = fileURLToPath(new URL("../../wasm", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "tidegate-kernel-"));
  try {
    const built = join(folder, "kernel.wasm");
    const run = spawnSync("node", [join(room, "./build.mjs"), built], { encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    assert.ok(readFileSync(built).equals(readFileSync(join(room, "kernel.wasm"))), "run: node wasm/build.mjs");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
