import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../adapters/serve.ts", import.meta.url));

/** Throws as soon as the entry listens for what nobody catches. */
const faultCode = `setInterval(() => {
  if (process.listenerCount("uncaughtException") > 0) throw new Error("read\\n    at ana@example.com:1:1\\nand");
}, 1);`;

test("what nobody caught is told by its place alone, also where its words look like places", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-words-"));
  try {
    const fault = join(folder, "fault.ts");
    writeFileSync(fault, faultCode);
    const data = { TIDEGATE_DATA_DIR: join(folder, "data"), TIDEGATE_SECRETS_DIR: join(folder, "secrets") };
    const ended = spawnSync(process.execPath, ["--no-install", "--preload", fault, main], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", TIDEGATE_INGEST_PORT: "0", TIDEGATE_ADMIN_PORT: "0", ...data },
    });
    assert.equal(ended.status, 1, ended.stderr);
    assert.match(ended.stderr, /Tidegate stops: an unexpected fault\n +at .*fault\.ts:2/);
    assert.doesNotMatch(ended.stdout + ended.stderr, /ana@/);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
});
