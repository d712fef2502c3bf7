import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { createBudget, creditMsMax, pauseMs, timeoutsMax } from "../../../adapters/quickjs/budget.ts";
import { createFrameReader, cutBody, encodeFrame } from "../../../adapters/quickjs/frames.ts";
import { openQuickJs } from "../../../adapters/quickjs/sandbox.ts";
import { startSandboxProcess } from "../../../adapters/quickjs/sandbox-process.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { openTelemetry } from "../../../adapters/system/telemetry.ts";
import { returned, sandboxContract, scriptEvent, scriptOf } from "../../contracts/sandbox.ts";

const quiet = { out: () => undefined, err: () => undefined };

sandboxContract("quickjs", async (eventMsMax) => {
  const clock = openSystemClock();
  return openQuickJs({ clock, telemetry: openTelemetry({ clock, ...quiet }), processes: 2, eventMsMax });
});

test("a pause ends after a minute", async () => {
  const clock = openVirtualClock();
  const sandbox = openQuickJs({ clock, telemetry: openTelemetry({ clock, ...quiet }), processes: 2 });
  try {
    const hang = scriptOf("org", "function process(event) { if (event.properties.bad) for (;;); return event }");
    const bad = Array.from({ length: timeoutsMax }, () => scriptEvent({ bad: true }));
    await sandbox.run(hang, bad);
    assert.equal((await sandbox.run(hang, [scriptEvent()]))[0]?.kind, "paused");
    await clock.advance(pauseMs);
    returned((await sandbox.run(hang, [scriptEvent()]))[0]);
  } finally {
    await sandbox.close();
  }
});

test("faults are logged in few lines, with kind, line and count, without a value", async () => {
  const lines: string[] = [];
  const clock = openSystemClock();
  const telemetry = openTelemetry({ clock, format: "json", out: quiet.out, err: (line) => lines.push(line) });
  const sandbox = openQuickJs({ clock, telemetry, processes: 2 });
  try {
    const script = scriptOf("0190-org", "function process(event) {\n  throw new Error(event.properties.secret)\n}");
    await sandbox.run(
      script,
      Array.from({ length: 40 }, () => scriptEvent({ secret: "canary" })),
    );
    assert.equal(lines.length, 1);
    const { organization, fault, line } = JSON.parse(lines[0] as string);
    assert.deepEqual([organization, fault, line], ["0190-org", "exception", 2]);
    const metrics = await telemetry.render();
    assert.match(metrics, /tidegate_custom_js_events_total\{outcome="exception"\} 40/);
    assert.equal((lines.join("") + metrics).includes("canary"), false);
  } finally {
    await sandbox.close();
  }
});

test("work that is under way when the sandbox closes is answered", async () => {
  const clock = openSystemClock();
  const sandbox = openQuickJs({ clock, telemetry: openTelemetry({ clock, ...quiet }), processes: 2 });
  const script = scriptOf("org", "function process(event) { for (;;); }");
  const running = sandbox.run(
    script,
    Array.from({ length: 50 }, () => scriptEvent()),
  );
  await sandbox.close();
  assert.equal((await running).length, 50);
});

test("a sandbox process gets no environment but where programs are", {
  skip: process.platform === "linux" ? false : "an environment is read from /proc",
}, async () => {
  const started = await startSandboxProcess();
  assert.ok(started);
  const environment = readFileSync(`/proc/${started.pid}/environ`, "utf8").split("\0").filter(Boolean);
  started.kill();
  assert.deepEqual(
    environment.map((line) => line.split("=")[0]),
    ["PATH"],
  );
});

test("a budget: three timeouts within a minute pause, two never do, and slow scripts use their credit up", () => {
  const twice = createBudget();
  for (let i = 0; i < 10; i += 1) twice.spend({ ms: 50, events: 100, timeouts: 1 }, i * 40_000);
  assert.equal(twice.pausedUntilMs(360_000), null);
  assert.equal(twice.isSlow(360_000), true);
  const thrice = createBudget();
  for (let i = 0; i < 3; i += 1) thrice.spend({ ms: 50, events: 1, timeouts: 1 }, i * 20_000);
  assert.equal(thrice.pausedUntilMs(40_000), 40_000 + pauseMs);
  assert.equal(thrice.pausedUntilMs(40_000 + pauseMs), null);
  const slow = createBudget();
  slow.spend({ ms: creditMsMax / 2 + 100, events: 10, timeouts: 0 }, 0);
  assert.deepEqual([slow.isSlow(0), slow.pausedUntilMs(0)], [true, null]);
  slow.spend({ ms: creditMsMax, events: 10, timeouts: 0 }, 1);
  assert.equal(slow.pausedUntilMs(1), 1 + pauseMs);
  const fast = createBudget();
  for (let i = 0; i < 1_000; i += 1) fast.spend({ ms: 10, events: 100, timeouts: 0 }, i);
  assert.deepEqual([fast.isSlow(1_000), fast.pausedUntilMs(1_000)], [false, null]);
});

test("frames survive any cut of the pipe, and what is no frame is refused", () => {
  const frames = [encodeFrame({ n: 1 }, [new Uint8Array([1, 2, 3])]), encodeFrame({ n: 2 }, []), encodeFrame([], [])];
  const bytes = Buffer.concat(frames);
  for (let size = 1; size <= bytes.length; size += 1) {
    const heads: unknown[] = [];
    const bodies: number[] = [];
    const read = createFrameReader(({ head, body }) => {
      heads.push(head);
      bodies.push(body.length);
    });
    for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
    assert.deepEqual(
      [heads, bodies],
      [
        [{ n: 1 }, { n: 2 }, []],
        [3, 0, 0],
      ],
    );
  }
  assert.throws(() => createFrameReader(() => undefined)(new Uint8Array(8).fill(255)));
  assert.throws(() => cutBody(new Uint8Array(3), [2, 2]));
  assert.throws(() => cutBody(new Uint8Array(3), [-1]));
});
