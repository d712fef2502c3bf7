import assert from "node:assert/strict";
import { test } from "node:test";
import { openProgress, openProgressPen, runtimeMmap } from "../../adapters/quickjs/progress.ts";

for (const mmap of runtimeMmap ? [runtimeMmap, null] : [null]) {
  test(`what a process writes of its progress is seen at once, ${mmap ? "mapped" : "written"}`, () => {
    const progress = openProgress();
    try {
      const writeStep = openProgressPen(progress.path, mmap);
      progress.unlink();
      assert.deepEqual(progress.read().step, { count: 0, index: 0, byScript: false });
      writeStep({ index: 7, byScript: true });
      assert.deepEqual(progress.read().step, { count: 1, index: 7, byScript: true });
      writeStep({ index: 7, byScript: false });
      assert.deepEqual(progress.read().step, { count: 2, index: 7, byScript: false });
    } finally {
      progress.unlink();
      progress.close();
    }
  });
}
