import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeRecord } from "../../domain/model/record.ts";
import type { ScriptForm } from "../../domain/pipeline/custom-js.ts";
import { createCustomJsLanes, laneBytesMax } from "../../domain/pipeline/custom-js-lanes.ts";
import { recordOf } from "./custom-js-parts.ts";

const form = (orgId: string) => ({ script: { orgId, version: 1, code: "" } }) as ScriptForm;
const plain = recordOf([{ type: "track", event: "E", userId: "u", messageId: "m" }]);

function taken(orgId: string, token: string, bytes = encodeRecord(plain)) {
  return { entry: { token, bytes }, record: { ...plain, orgId } };
}

/** Lanes whose scripts end when the test says so. */
function heldLanes() {
  const ends = new Map<string, () => void>();
  const lanes = createCustomJsLanes({
    transform: (of, records) => new Promise((resolve) => ends.set(of.script.orgId, () => resolve([...records]))),
  });
  const end = async (orgId: string) => {
    ends.get(orgId)?.();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return { lanes, end };
}

const tokens = (ready: readonly { readonly entry: { readonly token: string } }[]) =>
  ready.map((one) => one.entry.token);

test("a slow script holds up its own organisation only, and keeps its order", async () => {
  const { lanes, end } = heldLanes();
  lanes.add(taken("slow", "1"), form("slow"));
  lanes.add(taken("fast", "2"), form("fast"));
  lanes.add(taken("slow", "3"), null);
  await Promise.resolve();
  await end("fast");
  assert.deepEqual(tokens(lanes.takeReady(10)), ["2"]);
  assert.equal(lanes.holds("slow"), true);
  assert.equal(lanes.holds("fast"), false);
  await end("slow");
  assert.deepEqual(tokens(lanes.takeReady(10)), ["1", "3"]);
  assert.equal(lanes.isIdle(), true);
});

test("what waits in memory is bounded, and there is room again when it is done", async () => {
  const { lanes, end } = heldLanes();
  const large = new Uint8Array(laneBytesMax);
  lanes.add(taken("org", "1", large), form("org"));
  assert.equal(lanes.hasRoom(), false);
  await Promise.resolve();
  await end("org");
  await lanes.whenReady();
  lanes.takeReady(10);
  assert.equal(lanes.hasRoom(), true);
});

test("no more is handed out than was asked for", async () => {
  const { lanes, end } = heldLanes();
  for (let i = 0; i < 5; i += 1) lanes.add(taken("org", String(i)), null);
  await end("org");
  assert.deepEqual(tokens(lanes.takeReady(3)), ["0", "1", "2"]);
  assert.deepEqual(tokens(lanes.takeReady(3)), ["3", "4"]);
});
