import assert from "node:assert/strict";
import { test } from "node:test";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { plainShape } from "../contracts/kernel/kernel-case.ts";

test("a body that breaks off is refused where it ends, whatever an earlier body left behind it in memory", () => {
  const kernel = openWasmKernel();
  const oracle = openReferenceKernel();
  const text = `{"type":"page","userId":"u","a":[1.5e3,"${"x".repeat(70)}","é\\n",{"b":true}],"c":"${"é".repeat(70)}"}`;
  const whole = new TextEncoder().encode(text);
  for (const filler of ['"', "\\", "0", "}", "é", "]"]) {
    const earlier = new TextEncoder().encode(filler.repeat(whole.length));
    for (let bytes = 0; bytes < whole.length; bytes++) {
      const broken = whole.subarray(0, bytes);
      kernel.scan(earlier, plainShape, defaultLimits);
      const scan = kernel.scan(broken, plainShape, defaultLimits);
      assert.ok(!scan.ok, `${bytes} bytes`);
      assert.deepEqual(scan, oracle.scan(broken, plainShape, defaultLimits), `${bytes} bytes`);
    }
  }
});
