import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { jsonText, keepBatch } from "../../domain/model/event/event.ts";
import { bodyDepthMax, defaultLimits, type Limits } from "../../domain/model/limits.ts";
import type { EventFacts } from "../../ports/kernel.ts";
import { compileKernel } from "../../wasm/instance.ts";
import { openWasmKernel } from "../../wasm/kernel.ts";
import { openModuleKernel } from "../../wasm/module-kernel.ts";
import { kernelSuite } from "../contracts/kernel/kernel.ts";
import { plainProgram, plainShape } from "../contracts/kernel/kernel-case.ts";

kernelSuite(openWasmKernel);

const encoder = new TextEncoder();
const nothing: EventFacts = { drop: 0, geo: null, device: null };
const event = '{"type":"page","userId":"u","email":"Joe@Example.com"}';
/** Room for a body that the kernel's memory has no room for. */
const hugeLimits: Limits = { ...defaultLimits, bodyBytesMax: 2 ** 31, eventBytesMax: 2 ** 31 };

function finishOne(kernel: ReturnType<typeof openWasmKernel>, text: string) {
  const scan = kernel.scan(encoder.encode(text), plainShape, defaultLimits);
  assert.ok(scan.ok);
  return keepBatch(scan.finish(kernel.prepare(plainProgram), [nothing]));
}

test("an engine without SIMD is refused by a sentence that says so", () => {
  const bytes = readFileSync(new URL("../../wasm/kernel.wasm", import.meta.url));
  assert.throws(() => compileKernel(bytes, () => false), /no WebAssembly SIMD/);
  assert.doesNotThrow(() => compileKernel(bytes));
});

test("a body past the memory's bound throws, and the next request finds a kernel that works", () => {
  const kernel = openWasmKernel();
  const before = finishOne(kernel, event);
  const huge = new Uint8Array(80 * 1024 * 1024).fill(0x20);
  assert.throws(() => kernel.scan(huge, plainShape, hugeLimits));
  assert.deepEqual(finishOne(kernel, event), before);
});

test("brackets that nothing closes are refused, however much of memory they fill", () => {
  // Each has a node for one byte, where text that is well-formed has one for two. Memory that has grown hides it; what
  // is left of its first pages would be overrun by eight lengths in a row.
  const module = compileKernel(readFileSync(new URL("../../wasm/kernel.wasm", import.meta.url)));
  for (let pairs = 600; pairs < 1_300; pairs += 4) {
    for (const start of ["[".repeat(bodyDepthMax), `{"batch":[${"[".repeat(bodyDepthMax - 2)}`]) {
      const body = encoder.encode(start + "0,".repeat(pairs));
      const fault = { code: "invalid_json", position: body.length };
      assert.deepEqual(openModuleKernel(module).scan(body, plainShape, defaultLimits), { ok: false, fault });
    }
  }
});

test("facts that are no JSON object throw and let nothing out; the next event passes", () => {
  const kernel = openWasmKernel();
  const prepared = kernel.prepare(plainProgram);
  for (const text of ["[1]", '{"a":', '{"a":"\\u0000"}', '"x"']) {
    const scan = kernel.scan(encoder.encode(event), plainShape, defaultLimits);
    assert.ok(scan.ok);
    assert.throws(() => scan.finish(prepared, [{ ...nothing, geo: encoder.encode(text) }]));
    assert.ok(!jsonText(finishOne(kernel, event), 0).includes("Joe"));
  }
});

test("a scan is refused after the next one, rather than answered from its memory", () => {
  const kernel = openWasmKernel();
  const first = kernel.scan(encoder.encode(event), plainShape, defaultLimits);
  assert.ok(first.ok);
  assert.ok(kernel.scan(encoder.encode('{"type":"page"}'), plainShape, defaultLimits).ok);
  assert.throws(() => first.finish(kernel.prepare(plainProgram), [nothing]), /valid until the next/);
  assert.throws(() => first.claims(0), /valid until the next/);
});

test("finishing twice gives the same batch", () => {
  const kernel = openWasmKernel();
  const prepared = kernel.prepare({ ...plainProgram, redactPaths: [["a"]] });
  const body = encoder.encode('{"type":"page","userId":"u","email":"a@b.co","a":1,"context":{"geo":1,"ip":"1.2.3.4"}}');
  const scan = kernel.scan(body, plainShape, defaultLimits);
  assert.ok(scan.ok);
  const first = keepBatch(scan.finish(prepared, [nothing]));
  assert.deepEqual(scan.claims(0), { ip: "1.2.3.4", userAgent: null });
  assert.deepEqual(keepBatch(scan.finish(prepared, [nothing])), first);
});

/** Without a `*`, under which every key is looked at, known or not. */
const secretive = { ...plainProgram, redactPaths: [["nickname"], ["properties", "card", "pin"]] };
const secrets = '{"type":"page","userId":"u","NickName":"Jojo","properties":{"card":{"Pin":"4711"}}}';

test("a program that is prepared after the scan protects what was scanned before", () => {
  const kernel = openWasmKernel();
  const scan = kernel.scan(encoder.encode(secrets), plainShape, defaultLimits);
  assert.ok(scan.ok);
  const batch = keepBatch(scan.finish(kernel.prepare(secretive), [nothing]));
  assert.equal(jsonText(batch, 0), '{"type":"page","userId":"u","properties":{"card":{}}}');
});

test("a program that was prepared before a fault protects after it", () => {
  const kernel = openWasmKernel();
  const prepared = kernel.prepare(secretive);
  // The instance that is lost had learned the program's segments; the one that follows it has not.
  assert.ok(kernel.scan(encoder.encode(secrets), plainShape, defaultLimits).ok);
  assert.throws(() => kernel.scan(new Uint8Array(80 * 1024 * 1024).fill(0x20), plainShape, hugeLimits));
  const scan = kernel.scan(encoder.encode(secrets), plainShape, defaultLimits);
  assert.ok(scan.ok);
  assert.equal(jsonText(keepBatch(scan.finish(prepared, [nothing])), 0).includes("Jojo"), false);
});

test("a program that another kernel prepared is refused: its paths are not known here", () => {
  const kernel = openWasmKernel();
  const scan = kernel.scan(encoder.encode(secrets), plainShape, defaultLimits);
  assert.ok(scan.ok);
  assert.throws(() => scan.finish(openWasmKernel().prepare(secretive), [nothing]), /prepared by another kernel/);
});

test("the write key and sentAt of the body's root are handed out, where they are strings", () => {
  const text = String.raw`{"writeKey":"a","write\u004bey":"k\u00e9","sent_at":"\ud800","batch":[]}`;
  const scan = openWasmKernel().scan(encoder.encode(text), { ...plainShape, list: "batch" }, defaultLimits);
  assert.ok(scan.ok);
  assert.equal(scan.writeKey, "k\u00e9");
  assert.equal(scan.sentAt, "\ud800");
});
