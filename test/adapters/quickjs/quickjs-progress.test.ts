import assert from "node:assert/strict";
import { test } from "node:test";
import { openProgress, openProgressPen, openProgressWatch, runtimeMmap } from "../../../adapters/quickjs/progress.ts";
import { timesFor } from "../../../adapters/quickjs/script-times.ts";
import { createWatch } from "../../../adapters/quickjs/watch.ts";

for (const mmap of runtimeMmap ? [runtimeMmap, null] : [null]) {
  test(`what a process writes of its progress is seen at once, ${mmap ? "mapped" : "written"}`, () => {
    const progress = openProgress();
    try {
      const writeStep = openProgressPen(progress.path, mmap);
      const watch = openProgressWatch(progress.path);
      progress.unlink();
      assert.deepEqual(progress.read().step, { count: 0, index: 0, byScript: false });
      writeStep({ index: 7, byScript: true });
      assert.deepEqual(progress.read().step, { count: 1, index: 7, byScript: true });
      writeStep({ index: 7, byScript: false });
      assert.deepEqual(progress.read().step, { count: 2, index: 7, byScript: false });
      assert.equal(progress.read().hungIndex, null);
      writeStep({ index: 0, byScript: true });
      assert.deepEqual(watch.read(), { count: 3, index: 0, byScript: true });
      watch.writeHung(0);
      writeStep({ index: 1, byScript: true });
      assert.equal(progress.read().hungIndex, 0, "a step that comes too late changes nothing of it");
    } finally {
      progress.unlink();
      progress.close();
    }
  });
}

const times = timesFor();

/** When a step hangs that had the processor for that share of the time. Units: milliseconds. */
function hangsAfterMs(step: { byScript: boolean }, share: number): number {
  const findHung = createWatch(times);
  for (let nowMs = 0; ; nowMs += 1) {
    const look = { step: { count: 1, index: 4, ...step }, nowMs, takenMs: nowMs * share };
    if (findHung(look) === 4) return nowMs;
  }
}

test("a step hangs by the processor's time, by the clock where it ran for some of it, and at last by the clock", () => {
  assert.equal(hangsAfterMs({ byScript: true }, 1), times.eventMsMax + times.killGraceMs);
  assert.equal(hangsAfterMs({ byScript: true }, 0.5), times.busyMsMax + times.killGraceMs);
  assert.equal(hangsAfterMs({ byScript: true }, 0.1), times.ranMsMin * 10);
  assert.equal(hangsAfterMs({ byScript: true }, 0), times.stepMsMax);
  assert.equal(hangsAfterMs({ byScript: false }, 1), times.stepMsMax);
});

test("a watch that sees another step begins anew", () => {
  const findHung = createWatch(times);
  for (let count = 0; count < 50; count += 1) {
    const look = { step: { count, index: 0, byScript: true }, nowMs: count * 50, takenMs: count * 50 };
    assert.equal(findHung(look), null);
  }
});
