import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalAnswer } from "../../../adapters/http/admin/route.ts";
import type { Exchange, SandboxProcess } from "../../../adapters/quickjs/sandbox-process.ts";
import { createScriptCheck } from "../../../adapters/quickjs/script-check.ts";
import { checkDataLayer } from "../../../domain/admin/data-layer/check-data-layer.ts";
import { documentedObject } from "../documented-data-layer.ts";

const code = "function process(event) { return event }";
const ended = { kind: "ended", hung: false, begun: false, index: 0 } as const;
const fine = { kind: "answered", reply: { kind: "checked", issue: null }, body: new Uint8Array(0) } as const;

/** A check whose processes answer so, one after another; null: one that does not start. */
function openCheck(exchanges: readonly (Exchange | null)[]) {
  const left = [...exchanges];
  const lines: string[] = [];
  const start = async (): Promise<SandboxProcess | null> => {
    const exchange = left.shift() ?? null;
    return exchange && { exchange: async () => exchange, isAlive: () => true, pid: 1, kill: () => undefined };
  };
  return { check: createScriptCheck({ telemetry: { log: (_, what) => lines.push(what) }, start }), lines };
}

test("a sandbox that does not start at first is started again: the code is not blamed for it", async () => {
  for (const first of [null, ended]) {
    const { check, lines } = openCheck([first, first, fine]);
    assert.deepEqual(await check(code), { ok: true, value: null });
    assert.deepEqual(lines, []);
  }
});

test("a sandbox that does not work is a 503 that is logged, and no fault of the code", async () => {
  const { check, lines } = openCheck([]);
  const config = { ...documentedObject.config, custom_js: { enabled: true, code, description: "" } };
  const checked = await checkDataLayer({ check }, config);
  assert.deepEqual(checked, { ok: false, refusal: { code: "unavailable", cause: "sandbox_unavailable" } });
  assert.equal(!checked.ok && refusalAnswer(checked.refusal, "r-1").status, 503);
  assert.equal(lines.length, 1);
});

test("what else is wrong with a configuration is told while the sandbox does not work", async () => {
  const { check } = openCheck([]);
  const config = { routing_rules: [{ condition: "event ==", action: "drop" }], custom_js: { enabled: true, code } };
  const checked = await checkDataLayer({ check }, config);
  assert.equal(!checked.ok && checked.refusal.code, "invalid_input");
});

test("code that hangs its process is told so, and is not tried again", async () => {
  const { check } = openCheck([{ ...ended, hung: true, begun: true }]);
  const checked = await check(code);
  assert.equal(checked.ok && checked.value?.code, "timeout");
});
