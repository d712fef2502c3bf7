import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, sentEvents, untilSettled } from "./api.ts";

interface Refused {
  readonly error: { readonly code: string; readonly details: readonly Record<string, unknown>[] };
}

let tidegate: TidegateProcess;

before(async () => {
  tidegate = await startTidegate();
});
after(() => tidegate.dispose());

async function putScript(code: string, rules: readonly unknown[] = []) {
  const config = { custom_js: { enabled: true, code, description: "test" }, routing_rules: rules };
  return await callAdmin<Refused>(tidegate, "PUT", "/v1/admin/data-layer", { config });
}

test("code that does not compile is refused with its line and column", async () => {
  const answer = await putScript("function process(event) {\n  return event +;\n}");
  assert.equal(answer.status, 422);
  const [fault] = answer.json.error.details;
  assert.equal(fault?.["path"], "config.custom_js.code");
  assert.match(String(fault?.["message"]), /line 2, column \d+/);
  assert.match(String(fault?.["caret"]), /return event \+;\n +\^/);
});

interface Faults {
  readonly items: readonly { kind: string; line: number | null; count: number; version: number; last_at: string }[];
  readonly paused_until: string | null;
}

/** What failed can be read by the script's author soon. */
async function faultsAreRead(): Promise<void> {
  const untilMs = Date.now() + 60_000;
  for (;;) {
    const { status, json, text } = await callAdmin<Faults>(tidegate, "GET", "/v1/admin/data-layer/custom-js/faults");
    assert.equal(status, 200, text);
    const thrown = json.items.find(({ kind }) => kind === "exception");
    if (thrown) {
      assert.deepEqual([thrown.line, thrown.count], [4, 1]);
      assert.ok(Math.abs(Date.now() - Date.parse(thrown.last_at)) < 60_000);
      assert.deepEqual([...new Set(json.items.map(({ kind }) => kind))].sort(), ["exception", "timeout"]);
      assert.equal(json.paused_until, null);
      assert.equal(text.includes("canary"), false);
      return;
    }
    assert.ok(Date.now() < untilMs, "no fault can be read");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test("a script governs the events after its PUT, and every one of them is accounted for", async () => {
  const code = `function process(event, context) {
    const { n } = event.properties;
    if (n === 0) return null;
    if (n === 1) throw new Error(event.properties.email);
    if (n === 2) for (;;);
    if (n === 3) Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);
    event.properties.from = context.sourceId;
    event.properties.note = ["mail eve", "canary.example"].join("@");
    if (n === 4) event.properties.env = "staging";
    return event;
  }`;
  const put = await putScript(code, [{ condition: "properties.env == 'staging'", action: "drop" }]);
  assert.equal(put.status, 200, put.text);
  const batch = Array.from({ length: 8 }, (_, n) => {
    return {
      type: "track",
      event: "E",
      userId: "u",
      messageId: `m-${n}`,
      properties: { n, email: "ana@canary.example" },
    };
  });
  assert.equal((await callIngest(tidegate, "/v1/batch", { batch })).status, 200);
  const ledger = await untilSettled(tidegate, batch.length);
  const [source] = ledger.sources;
  assert.deepEqual(source?.dropped, { custom_js: 1, routing_rule: 1 });
  assert.deepEqual([source?.accepted, source?.stored, source?.balanced], [8, 6, true]);
  const events = await sentEvents(tidegate);
  assert.equal(events.length, 6);
  for (const { properties, emailSha256 } of events) {
    const ran = Number(properties["n"]) > 4;
    assert.equal(typeof properties["from"], ran ? "string" : "undefined");
    assert.match(String(emailSha256), /^[0-9a-f]{64}$/);
    assert.equal(JSON.stringify(properties).includes("@"), false);
  }
  assert.equal(tidegate.output().includes("canary"), false);
  await faultsAreRead();
});
