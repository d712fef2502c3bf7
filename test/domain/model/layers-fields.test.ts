import assert from "node:assert/strict";
import { test } from "node:test";
import { inEnvelope } from "../../../domain/model/event/layers-fields.ts";

test("moved fields join a context that is there, and neither it nor odd names are harmed", () => {
  const event = JSON.parse('{"context":{"os":{"x":1},"app":1},"platform":"ios","app_id":"i","__proto__":{"y":1}}');
  const envelope = inEnvelope(event) as Record<string, unknown>;
  assert.deepEqual(envelope["context"], { os: { x: 1, name: "ios" }, app: { id: "i" } });
  assert.deepEqual(Object.keys(envelope), ["context", "__proto__", "type"]);
  assert.deepEqual(event.context, { os: { x: 1 }, app: 1 });
  assert.deepEqual([inEnvelope(3), inEnvelope(null), inEnvelope(["x"])], [3, null, ["x"]]);
});
