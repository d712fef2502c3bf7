import assert from "node:assert/strict";
import { test } from "node:test";
import { checkConfig, presentConfig } from "../../../../domain/data-layer/configuration.ts";
import { acceptedEvents } from "../../../../domain/model/event/record.ts";
import { defaultLimits } from "../../../../domain/model/limits.ts";
import { createCustomJs, type ReturnRefusal } from "../../../../domain/pipeline/process/custom-js.ts";
import type { ScriptOutcome } from "../../../../ports/sandbox.ts";
import {
  customJsOf,
  type Event,
  eventsOf,
  kernel,
  recordOf,
  type Said,
  sandboxOf,
  silent,
  transformed,
  versionOf,
} from "./custom-js-parts.ts";

const code = "function process(event) { return event }";
const dropping = versionOf({ custom_js: { enabled: true, code, description: "", on_failure: "drop" } });
const track = (n: number): Event => ({ type: "track", event: `E ${n}`, messageId: `m-${n}`, userId: "u" });

const failures: readonly Said[] = [
  { outcome: { kind: "failed", fault: "exception", line: 1 } },
  { outcome: { kind: "failed", fault: "timeout", line: null } },
  { outcome: { kind: "failed", fault: "crash", line: null } },
  { outcome: { kind: "paused" } },
  "not json",
  '{"type":"track","event":"E","userId":{"a":1},"messageId":"m-5"}',
];

test("events are dropped and counted where an organisation wants none without its script", async () => {
  const record = recordOf(Array.from({ length: failures.length + 2 }, (_, n) => track(n)));
  let next = 0;
  const script = (event: Event) => (next < failures.length ? (failures[next++] as Said) : event);
  const passing = await transformed(record, script);
  assert.equal(passing.batch.count, failures.length + 2);
  next = 0;
  const changed = await transformed(record, script, dropping);
  assert.deepEqual(changed.dropped, { custom_js_failed: failures.length });
  assert.deepEqual(
    eventsOf(changed).map(({ messageId }) => messageId),
    [`m-${failures.length}`, `m-${failures.length + 1}`],
  );
  assert.equal(acceptedEvents(changed), failures.length + 2);
});

test("events wait for what may pass by itself, and are dropped for what would come again", async () => {
  const waiting = versionOf({ custom_js: { enabled: true, code, description: "", on_failure: "wait" } });
  const passes = new Set(["timeout", "crash", "paused"]);
  for (const said of failures) {
    const record = recordOf([track(1), track(2)]);
    const script = (event: Event) => (event["messageId"] === "m-1" ? said : event);
    const customJs = customJsOf(script, waiting);
    const form = await customJs.formOf(record);
    assert.ok(form.ok && form.value);
    const [made] = await customJs.transformOrWait(form.value, [record]);
    const outcome =
      typeof said === "object" && said !== null && "outcome" in said ? (said.outcome as ScriptOutcome) : null;
    const cause = outcome?.kind === "failed" ? outcome.fault : (outcome?.kind ?? "refused");
    assert.equal(made === null, passes.has(cause), cause);
    const [final] = await customJs.transform(form.value, [record]);
    assert.deepEqual(final?.dropped, { custom_js_failed: 1 }, cause);
  }
});

test("what a script returned and the kernel refused is told with its place", async () => {
  const unfit: [returned: string, refusal: ReturnRefusal][] = [
    ["not json", { code: "unreadable", field: null, position: null }],
    [
      '{"type":"track","event":"\\ud800","userId":"u","messageId":"m-1"}',
      { code: "unstorable", field: null, position: 24 },
    ],
    [
      '{"type":"track","event":"E","userId":{"a":1},"messageId":"m-2"}',
      { code: "field_type", field: "userId", position: 37 },
    ],
    ['{"type":"track","userId":"u","messageId":"m-3"}', { code: "event_missing", field: "event", position: 0 }],
    [
      '{"type":"track","event":"E","userId":"u","messageId":"other"}',
      { code: "message_id_changed", field: "messageId", position: null },
    ],
  ];
  let next = 0;
  const heard: ReturnRefusal[] = [];
  const customJs = createCustomJs({
    sandbox: sandboxOf(() => (unfit[next++] as (typeof unfit)[number])[0]),
    tenants: { dataLayerVersion: async () => ({ ok: true, value: versionOf() }) },
    kernel,
    telemetry: silent,
    clock: { nowMs: () => 0 },
    limits: defaultLimits,
    heedRefusal: (_, __, refusal) => void heard.push(refusal),
  });
  for (const [n] of unfit.entries()) {
    const record = recordOf([track(n)]);
    const form = await customJs.formOf(record);
    assert.ok(form.ok && form.value);
    await customJs.transform(form.value, [record]);
  }
  assert.deepEqual(
    heard,
    unfit.map(([, refusal]) => refusal),
  );
});

test("what becomes of an event without its script is a setting, shown where it is not the usual one", () => {
  for (const [sent, shown] of [
    [undefined, undefined],
    ["pass", undefined],
    ["drop", "drop"],
    ["wait", "wait"],
  ]) {
    const checked = checkConfig({ custom_js: { enabled: true, code, ...(sent ? { on_failure: sent } : {}) } });
    assert.ok(checked.ok);
    const { custom_js } = presentConfig(checked.config) as { custom_js: { on_failure?: string } };
    assert.equal(custom_js.on_failure, shown);
  }
  assert.equal(checkConfig({ custom_js: { on_failure: "retry" } }).ok, false);
});
