import assert from "node:assert/strict";
import { test } from "node:test";
import { openReferenceKernel } from "../../../adapters/reference-kernel/kernel.ts";
import { defaultLimits } from "../../../domain/model/limits.ts";
import { kernelSuite } from "../../contracts/kernel/kernel.ts";
import { plainProgram, plainShape } from "../../contracts/kernel/kernel-case.ts";

kernelSuite(openReferenceKernel);

function scanText(text: string, list: "batch" | null = null) {
  const scan = openReferenceKernel().scan(new TextEncoder().encode(text), { ...plainShape, list }, defaultLimits);
  assert.ok(scan.ok);
  return scan;
}

test("a scan hands out the write key and sentAt of the body's root, where they are strings", () => {
  const scan = scanText(String.raw`{"writeKey":"a","write\u004bey":"k\u00e9","sent_at":"s","batch":[]}`, "batch");
  assert.equal(scan.writeKey, "k\u00e9");
  assert.equal(scan.sentAt, "s");
  const other = scanText('{"writeKey":"k","writeKey":7,"sentAt":null}');
  assert.equal(other.writeKey, null);
  assert.equal(other.sentAt, null);
});

test("a scan hands out each event's own claims, those of the context first", () => {
  const events = [
    '{"context":{"ip":"1","userAgent":"U"},"ip":"2","user_agent":"V"}',
    '{"ip":"2","user_agent":"V","context":{"ip":5}}',
    '{"context":[]}',
    "7",
  ];
  const scan = scanText(`{"batch":[${events.join(",")}]}`, "batch");
  assert.deepEqual(scan.claims(0), { ip: "1", userAgent: "U" });
  assert.deepEqual(scan.claims(1), { ip: "2", userAgent: "V" });
  assert.deepEqual(scan.claims(2), { ip: null, userAgent: null });
  assert.deepEqual(scan.claims(3), { ip: null, userAgent: null });
});

test("finishing twice gives the same batch, in buffers of its own", () => {
  const kernel = openReferenceKernel();
  const prepared = kernel.prepare(plainProgram);
  const scan = scanText('{"type":"page","userId":"u","email":"a@b.co","context":{"geo":1}}');
  const facts = [{ drop: 0 as const, geo: null, device: null }];
  const first = scan.finish(prepared, facts);
  const second = scan.finish(prepared, facts);
  assert.deepEqual(first, second);
  assert.notEqual(first.bytes.buffer, second.bytes.buffer);
});
