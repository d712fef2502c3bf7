import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const folder = mkdtempSync(join(tmpdir(), "tidegate-codes-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const root = fileURLToPath(new URL("../..", import.meta.url));
const script = join(root, "test/runtimes/sqlite-codes.ts");

for (const [name, command] of [
  ["bun", [process.execPath, "--no-install", script]],
  ["deno", [join(root, "node_modules/.bin/deno"), "run", "--quiet", "--no-check", "--allow-all", script]],
] as const) {
  test(`on ${name} a second Tidegate on the same data is told so, and SQLite's errors are told apart`, () => {
    const [file, ...args] = command;
    const run = spawnSync(file as string, [...args, join(folder, name)], { encoding: "utf8", cwd: root });
    assert.equal(run.status, 0, run.stderr);
    const told = JSON.parse(run.stdout) as unknown;
    assert.deepEqual(told, { second: "directory_in_use", busy: true, damage: true, full: true });
  });
}
