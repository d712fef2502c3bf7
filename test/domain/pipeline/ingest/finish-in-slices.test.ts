import assert from "node:assert/strict";
import { test } from "node:test";
import { openReferenceKernel } from "../../../../adapters/reference-kernel/kernel.ts";
import { defaultDataLayer } from "../../../../domain/data-layer/configuration.ts";
import { compileProgram } from "../../../../domain/data-layer/program.ts";
import {
  capturedFields,
  type EventBatch,
  fieldText,
  identityHash,
  jsonText,
  keepBatch,
  rowColumns,
  rowStride,
} from "../../../../domain/model/event/event.ts";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import { dropCodes, verdicts } from "../../../../domain/model/outcome.ts";
import { sliceBatch } from "../../../../domain/pipeline/ingest/finish-in-slices.ts";
import { createScheduler } from "../../../../domain/pipeline/turns.ts";
import type { EventFacts, Kernel } from "../../../../ports/kernel.ts";
import { openWasmKernel } from "../../../../wasm/kernel.ts";

const shape = { dialect: "segment", list: "batch", type: null } as const;
const geo = new TextEncoder().encode('{"country":"DE"}');

/** Events that pass, are refused, and are dropped by consent, by a rule and by the host's word. */
function eventAt(n: number): unknown {
  if (n % 7 === 3) return { type: "nonsense", userId: "u" };
  if (n % 11 === 5) return { type: "track", event: "E", userId: "u", context: { consent: { analytics: false } } };
  if (n % 13 === 6) return "no object";
  const properties = {
    n,
    t: `joe.${n}@example.com wrote`,
    phone: `+49 151 2345 ${1000 + n}`,
    note: "\u00e4".repeat(n % 5),
  };
  const traits = { email: `Joe.${n}@Example.com`, phone: `+4915123${45_000 + n}` };
  return { type: n % 3 ? "track" : "identify", event: "E", userId: `u${n}`, properties, context: { traits } };
}

const factsAt = (n: number): EventFacts => ({
  drop: n % 17 === 9 ? dropCodes.bot_custom_pattern : 0,
  geo,
  device: null,
});

function told(batch: EventBatch): unknown[] {
  return Array.from({ length: batch.count }, (_, index) => {
    const at = index * rowStride;
    const plain = [0, 1, 2, 3, rowColumns.flags].map((column) => batch.rows[at + column]);
    if (batch.rows[at] !== verdicts.pass) return plain;
    const hashes = (["emailSha256", "phoneSha256", "phoneE164Sha256"] as const).map((name) =>
      identityHash(batch, index, name),
    );
    return [plain, jsonText(batch, index), hashes, capturedFields.map((field) => fieldText(batch, index, field))];
  });
}

for (const [name, open] of [
  ["wasm", openWasmKernel],
  ["reference", openReferenceKernel],
] as const) {
  test(`slices of a batch give what one call gives, other bodies scanned between them (${name} kernel)`, () => {
    const kernel: Kernel = open();
    const routing_rules = [{ condition: "properties.n > 40 and properties.n < 50", action: "drop" as const }];
    const config = { ...defaultDataLayer, routing_rules };
    const dataLayer = {
      orgId: "",
      version: 1,
      config: config as typeof defaultDataLayer,
      updatedAtMs: 0,
      updatedBy: "",
    };
    const program = kernel.prepare(
      compileProgram(dataLayer, { kind: "server", defaultCallingCode: null }, defaultLimits),
    );
    const count = 100;
    const batch = Array.from({ length: count }, (_, n) => eventAt(n));
    const body = new TextEncoder().encode(JSON.stringify({ batch, context: { app: { name: "A" } } }));
    const scan = () => {
      const scanned = kernel.scan(body, shape, defaultLimits);
      assert.ok(scanned.ok);
      return scanned;
    };
    const facts = Array.from({ length: count }, (_, n) => factsAt(n));
    const whole = told(keepBatch(scan().finish(program, facts, "Agent/1.0")));
    for (const sizes of [4, 64]) {
      const slices = sliceBatch({
        count,
        eventNs: 4_000_000 / sizes,
        // Each slice takes as long as keeps the size of the next one as it is.
        nowMs: (
          (ms) => () =>
            (ms += 5)
        )(0),
        scan,
        factsOf: (_, start, end) => facts.slice(start, end),
        finish: (scanned, given) => scanned.finish(program, given, "Agent/1.0"),
      });
      let calls = 1;
      for (; !slices.next(); calls += 1) kernel.scan(new TextEncoder().encode('{"batch":[]}'), shape, defaultLimits);
      assert.equal(calls, Math.ceil(count / sizes));
      assert.deepEqual(told(slices.batch()), whole);
    }
  });
}

test("organisations take turns; within one the first that came is finished first; a failure is its own", async () => {
  const order: string[] = [];
  const runInTurns = createScheduler(async () => {});
  const pieces = (name: string, count: number) => {
    let left = count;
    return () => {
      order.push(name);
      left -= 1;
      return left === 0;
    };
  };
  const fails = runInTurns("b", () => {
    throw new Error("broken");
  });
  const all = [runInTurns("a", pieces("a1", 3)), runInTurns("a", pieces("a2", 2)), runInTurns("b", pieces("b1", 2))];
  await assert.rejects(fails, /broken/);
  await Promise.all(all);
  assert.deepEqual(order, ["a1", "b1", "a1", "b1", "a1", "a2", "a2"]);
});
