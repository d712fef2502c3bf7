import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../adapters/main.ts", import.meta.url));

test("what nobody caught is told by its place alone, also where its words look like places", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-words-"));
  try {
    const fault = join(folder, "fault.ts");
    writeFileSync(fault, 'setTimeout(() => { throw new Error("read\\n    at ana@example.com:1:1\\nand"); }, 0);\n');
    const data = { TIDEGATE_DATA_DIR: join(folder, "data"), TIDEGATE_SECRETS_DIR: join(folder, "secrets") };
    const ended = spawnSync(process.execPath, ["--no-install", "--preload", fault, main], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", TIDEGATE_INGEST_PORT: "0", TIDEGATE_ADMIN_PORT: "0", ...data },
    });
    assert.equal(ended.status, 1, ended.stderr);
    assert.match(ended.stderr, /Tidegate stops: an unexpected fault\n +at .*fault\.ts:1/);
    assert.doesNotMatch(ended.stdout + ended.stderr, /ana@/);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});
