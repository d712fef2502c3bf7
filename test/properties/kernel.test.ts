import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { test } from "node:test";
import fc from "fast-check";
import { openReferenceKernel } from "../../adapters/reference-kernel/kernel.ts";
import { column, jsonText as eventText, rowColumns, rowStride } from "../../domain/model/event/event.ts";
import { defaultLimits } from "../../domain/model/limits.ts";
import { verdicts } from "../../domain/model/outcome.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { jsonText, mutate, mutation, planted } from "../contracts/kernel/kernel-bodies.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";

const runs = Number(process.env["PROPERTY_RUNS"] ?? 1_500);
const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const bounds = { numRuns: runs, seed };
const kernel = openReferenceKernel();
const wasmKernel = openWasmKernel();
const prepared = kernel.prepare(plainProgram);
const encoder = new TextEncoder();

console.log(`kernel properties: PROPERTY_SEED=${seed}`);

function parses(bytes: Uint8Array): boolean {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function finish(body: Uint8Array, type: "page" | null = "page") {
  const scan = kernel.scan(body, { ...plainShape, type }, defaultLimits);
  return scan.ok ? scan.finish(prepared, Array(scan.count).fill({ drop: 0, geo: null, device: null })) : null;
}

test("a body is accepted exactly when JSON.parse makes an object of it", () => {
  const bodies = fc.tuple(jsonText, fc.array(mutation, { maxLength: 3 }));
  fc.assert(
    fc.property(bodies, ([text, mutations]) => {
      const body = mutations.reduce(mutate, encoder.encode(text));
      assert.equal(kernel.scan(body, plainShape, defaultLimits).ok, parses(body));
      assert.equal(wasmKernel.scan(body, plainShape, defaultLimits).ok, parses(body));
    }),
    bounds,
  );
});

test("a fault's position is where no JSON text can go on", () => {
  fc.assert(
    fc.property(jsonText, mutation, (text, change) => {
      const body = mutate(encoder.encode(text), change);
      const scan = kernel.scan(body, plainShape, defaultLimits);
      if (scan.ok || scan.fault.code !== "invalid_json") return;
      assert.ok(scan.fault.position >= 0 && scan.fault.position <= body.length);
      const before = kernel.scan(body.subarray(0, scan.fault.position), plainShape, defaultLimits);
      // What stands before it may be a whole text, or lacks what should stand there.
      assert.ok(before.ok || before.fault.code !== "invalid_json" || before.fault.position === scan.fault.position);
    }),
    bounds,
  );
});

test("what passes is JSON of the same meaning but for what had to go", () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const body = encoder.encode(`{"userId":"u","properties":${text}}`);
      const batch = finish(body);
      assert.ok(batch !== null);
      if (column(batch, 0, "verdict") !== verdicts.pass || (column(batch, 0, "flags") & 7) !== 0) return;
      assert.deepEqual(JSON.parse(eventText(batch, 0)), {
        ...JSON.parse(new TextDecoder().decode(body)),
        type: "page",
      });
    }),
    bounds,
  );
});

test("sanitising twice changes nothing more", () => {
  fc.assert(
    fc.property(planted, jsonText, (plant, text) => {
      const first = finish(encoder.encode(`{"userId":"u","extra":${text},${plant.members}}`));
      if (first === null || column(first, 0, "verdict") !== verdicts.pass) return;
      const second = finish(encoder.encode(eventText(first, 0)));
      assert.ok(second !== null);
      assert.equal(eventText(second, 0), eventText(first, 0));
    }),
    bounds,
  );
});

test("planted personal data never comes out, whatever bytes are changed around it", () => {
  fc.assert(
    fc.property(planted, jsonText, (plant, text) => {
      const batch = finish(encoder.encode(`{"userId":"u","extra":${text},${plant.members}}`));
      assert.ok(batch !== null);
      const out = Buffer.from(batch.bytes).toString("utf8").toLowerCase();
      for (const secret of plant.secrets) assert.ok(!out.includes(secret.toLowerCase()), "personal data came out");
      if (column(batch, 0, "verdict") !== verdicts.pass) assert.equal(batch.bytes.length, 0);
    }),
    bounds,
  );
});

test("spans lie in order inside the batch's bytes", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          planted.map((plant) => plant.members),
          fc.constant('"type":5'),
        ),
        { maxLength: 5 },
      ),
      (events) => {
        const body = `{"batch":[${events.map((members) => `{"type":"page","userId":"u",${members}}`).join(",")}]}`;
        const scan = kernel.scan(encoder.encode(body), { ...plainShape, list: "batch" }, defaultLimits);
        assert.ok(scan.ok);
        const batch = scan.finish(
          prepared,
          events.map(() => ({ drop: 0, geo: null, device: null })),
        );
        let end = 0;
        for (let i = 0; i < batch.count; i++) {
          if (column(batch, i, "verdict") !== verdicts.pass) continue;
          assert.equal(column(batch, i, "jsonStart"), end);
          const hashes = [rowColumns.emailSha256, rowColumns.phoneSha256, rowColumns.phoneE164Sha256];
          end = column(batch, i, "jsonEnd");
          for (const at of hashes) if ((batch.rows[i * rowStride + at] as number) >= 0) end += 64;
        }
        assert.equal(end, batch.bytes.length);
      },
    ),
    bounds,
  );
});
