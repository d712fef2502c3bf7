import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import type { Kernel } from "../../../../ports/kernel.ts";
import { openWasmKernel } from "../../../../wasm/kernel.ts";
import { basic, openRig, post } from "../server/rig.ts";

const raw = "joe.canary@example.com";
const event = { type: "track", event: "Order Completed", userId: "u1", traits: { email: raw } };
/** More than the module's memory may hold. */
const hugeBytes = 80 * 1024 * 1024;

/** The kernel that ships, with a fault inside the module for bodies that name one of its two calls. */
function openFaulty(): Kernel {
  const kernel = openWasmKernel();
  const notAnObject = new TextEncoder().encode("[1]");
  return {
    prepare: (program) => kernel.prepare(program),
    scan(body, shape, limits) {
      const text = Buffer.from(body).toString("latin1");
      if (text.includes("fault in scan")) {
        const huge = new Uint8Array(hugeBytes).fill(0x20);
        huge.set(body);
        return kernel.scan(huge, shape, { ...limits, bodyBytesMax: hugeBytes });
      }
      const scan = kernel.scan(body, shape, limits);
      if (!scan.ok || !text.includes("fault in finish")) return scan;
      const finish: typeof scan.finish = (program, facts) =>
        scan.finish(
          program,
          facts.map((fact) => ({ ...fact, geo: notAnObject })),
        );
      return { ...scan, finish };
    },
  };
}

test("a fault inside the module answers 500 for that request alone, and no byte of it is kept", async () => {
  const rig = await openRig({ kernel: openFaulty() });
  try {
    for (const where of ["fault in scan", "fault in finish"]) {
      const send = (name: string) =>
        post(`${rig.ingest.url}/v1/track`, { ...event, event: name }, basic(rig.keys.write_key));
      const names = ["before", where, "beside"];
      const answers = await Promise.all(names.map(send));
      assert.deepEqual(
        answers.map((answer) => answer.status),
        [200, 500, 200],
        where,
      );
      assert.ok(!answers.some((answer) => answer.text.includes("canary") || answer.text.includes(where)));
      assert.equal((await send("after")).status, 200);
      const events = await rig.events();
      assert.deepEqual(events.map((kept) => kept["event"]).sort(), ["after", "before", "beside"]);
      assert.ok(!JSON.stringify(events).includes("canary"));
    }
  } finally {
    await rig.close();
  }
});

test("the fault that a test forces is one of the module's own", () => {
  const kernel = openFaulty();
  const shape = { dialect: "segment", list: null, type: null } as const;
  const body = new TextEncoder().encode('{"event":"fault in scan"}');
  assert.throws(
    () => kernel.scan(body, shape, defaultLimits),
    (error) => error instanceof Error,
  );
});
