import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openQuickJs } from "../../../adapters/quickjs/sandbox.ts";
import { startSandboxProcess } from "../../../adapters/quickjs/sandbox-process.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { openTelemetry } from "../../../adapters/system/telemetry.ts";
import { benchCustomJs } from "../../bench/custom-js.ts";
import { returned, scriptEvent, scriptOf } from "../../contracts/sandbox.ts";
import { greedyScriptsInShort } from "../../contracts/sandbox-scripts.ts";
import { waitFor } from "../../tidegate-process.ts";
import { childrenPids } from "./quickjs-children.ts";
import { assertBounded, skip } from "./quickjs-memory-parts.ts";

const goneMaxMs = 30_000;
const isLinux = process.platform === "linux";

function openSandbox() {
  const clock = openSystemClock();
  const telemetry = openTelemetry({ clock, out: () => undefined, err: () => undefined });
  return openQuickJs({ clock, telemetry, processes: 2 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a process that hangs does not outlive an owner that was killed", {
  skip: isLinux ? false : "only Linux ends a process with its parent",
}, async () => {
  const owner = fileURLToPath(new URL("./quickjs-owner.ts", import.meta.url));
  const child = spawn(process.execPath, ["--no-install", owner], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  await new Promise((resolve) => child.once("close", resolve));
  const pid = Number(output.trim());
  assert.ok(pid > 0, output);
  await waitFor(
    async () => !isAlive(pid),
    goneMaxMs,
    () => `process ${pid} is still there`,
  );
});

test("a process that hangs ends by itself while its owner is busy with something else", {
  skip: isLinux ? false : "a process's state is read from /proc",
}, async () => {
  const started = await startSandboxProcess();
  assert.ok(started);
  const pid = started.pid as number;
  const code = new TextEncoder().encode("Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)");
  const exchanged = started.exchange({ kind: "check" }, [code]);
  // One turn, so that the request is written; then this thread does nothing else until the process is dead.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const endMs = performance.now() + goneMaxMs;
  while (!isDead(pid) && performance.now() < endMs);
  assert.ok(isDead(pid), "it still runs");
  assert.deepEqual(await exchanged, { kind: "ended", hung: true, begun: true, index: 0 });
});

/** True as well where only its parent has not yet asked how it ended. */
function isDead(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}

test("a process that is killed while it has nothing to do fails no event", {
  skip: isLinux ? false : "processes are read from /proc",
}, async () => {
  const sandbox = openSandbox();
  const calm = scriptOf("calm", "function process(event) { return event }");
  try {
    returned((await sandbox.run(calm, [scriptEvent()]))[0]);
    for (const pid of childrenPids()) process.kill(pid, "SIGKILL");
    await waitFor(
      async () => childrenPids().length === 0,
      goneMaxMs,
      () => "sandbox processes outlive SIGKILL",
    );
    returned((await sandbox.run(calm, [scriptEvent()]))[0]);
  } finally {
    await sandbox.close();
  }
});

test("whatever a script allocates, its process stays small", { skip }, () => assertBounded(greedyScriptsInShort));

test("the benchmark of custom JavaScript runs", async () => {
  const report = await benchCustomJs({ events: 100, rounds: 1 });
  assert.ok(report.sandbox_us > 0 && report.kernel_us > 0 && report.event_bytes_mean > 300);
});
