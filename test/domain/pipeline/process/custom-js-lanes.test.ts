import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventRecord } from "../../../../domain/model/event/record.ts";
import { encodeRecord } from "../../../../domain/model/event/record.ts";
import type { CustomJs, ScriptForm } from "../../../../domain/pipeline/process/custom-js.ts";
import {
  createCustomJsLanes,
  heldAgainMs,
  heldMsMax,
  laneBytesMax,
  takeBackMaxMs,
} from "../../../../domain/pipeline/process/custom-js-lanes.ts";
import { recordOf } from "./custom-js-parts.ts";

const forms = new Map<string, ScriptForm>();
function form(orgId: string): ScriptForm {
  const made = forms.get(orgId) ?? ({ script: { orgId, version: 1, code: "" } } as ScriptForm);
  forms.set(orgId, made);
  return made;
}
const plain = recordOf([{ type: "track", event: "E", userId: "u", messageId: "m" }]);

function taken(orgId: string, token: string, bytes = encodeRecord(plain)) {
  const { id, sourceId } = plain;
  return { entry: { id, orgId, sourceId, accepted: 1, token, bytes }, record: { ...plain, orgId } };
}

/** Lanes whose scripts end when the test says so; `nowMs` is their time. */
function heldLanes() {
  const ends = new Map<string, (made?: (EventRecord | null)[]) => void>();
  const time = { nowMs: 0 };
  const held = (of: ScriptForm, records: readonly EventRecord[]) =>
    new Promise<(EventRecord | null)[]>((resolve) =>
      ends.set(of.script.orgId, (made = [...records]) => resolve(made.slice(0, records.length))),
    );
  const lanes = createCustomJsLanes(
    { transform: held as CustomJs["transform"], transformOrWait: held },
    { nowMs: () => time.nowMs },
  );
  const end = async (orgId: string, made?: (EventRecord | null)[]) => {
    ends.get(orgId)?.(made);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return { lanes, end, time };
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

test("a full lane lets go of records and gets them again in their order, while others pass", async () => {
  const { lanes, end } = heldLanes();
  const large = new Uint8Array(laneBytesMax);
  lanes.add(taken("slow", "1", large), form("slow"));
  for (const token of ["2", "3"]) lanes.add(taken("slow", token), form("slow"));
  lanes.add(taken("fast", "4"), form("fast"));
  await Promise.resolve();
  await end("fast");
  assert.deepEqual(tokens(lanes.takeReady(10)), ["4"]);
  assert.deepEqual(lanes.takeBack(0), []);
  await end("slow");
  assert.deepEqual(tokens(lanes.takeReady(10)), ["1"]);
  assert.equal(lanes.holds("slow"), true);
  const back = lanes.takeBack(0);
  assert.deepEqual(back, [{ token: "2" }, { token: "3" }]);
  assert.deepEqual(lanes.takeBack(1), []);
  for (const token of ["2", "3", "5"]) lanes.add(taken("slow", token), form("slow"));
  await Promise.resolve();
  await end("slow");
  assert.deepEqual(tokens(lanes.takeReady(10)), ["2", "3", "5"]);
  assert.equal(lanes.isIdle(), true);
});

test("a lane whose entries went to another consumer does not wait for them for ever", async () => {
  const { lanes, end } = heldLanes();
  lanes.add(taken("org", "1", new Uint8Array(laneBytesMax)), form("org"));
  lanes.add(taken("org", "2"), form("org"));
  await Promise.resolve();
  await end("org");
  lanes.takeReady(10);
  assert.equal(lanes.takeBack(0).length, 1);
  assert.equal(lanes.isIdle(), false);
  lanes.takeBack(takeBackMaxMs);
  assert.equal(lanes.isIdle(), true);
});

test("no more is handed out than was asked for", async () => {
  const { lanes, end } = heldLanes();
  for (let i = 0; i < 5; i += 1) lanes.add(taken("org", String(i)), null);
  await end("org");
  assert.deepEqual(tokens(lanes.takeReady(3)), ["0", "1", "2"]);
  assert.deepEqual(tokens(lanes.takeReady(3)), ["3", "4"]);
});

test("records wait for a script that failed, in their order, while others pass, and are tried again", async () => {
  const { lanes, end, time } = heldLanes();
  const waits = { ...form("wait"), onFailure: "wait" } as ScriptForm;
  lanes.add(taken("wait", "1"), waits);
  lanes.add(taken("wait", "2"), waits);
  await Promise.resolve();
  await end("wait", [null, null]);
  lanes.add(taken("wait", "3"), waits);
  lanes.add(taken("fast", "4"), form("fast"));
  await Promise.resolve();
  await end("fast");
  assert.deepEqual(tokens(lanes.takeReady(10)), ["4"]);
  assert.deepEqual([lanes.heldCount(), lanes.isIdle(), lanes.holds("wait")], [3, true, true]);
  time.nowMs = heldAgainMs - 1;
  lanes.takeBack(time.nowMs);
  assert.equal(lanes.isIdle(), true);
  time.nowMs = heldAgainMs;
  lanes.takeBack(time.nowMs);
  await Promise.resolve();
  await end("wait");
  await end("wait");
  assert.deepEqual(tokens(lanes.takeReady(10)), ["1", "2", "3"]);
  assert.equal(lanes.holds("wait"), false);
});

test("a record waits no longer than its bound: then its script runs once more, and what fails is dropped", async () => {
  const finals: number[] = [];
  const time = { nowMs: 0 };
  const lanes = createCustomJsLanes(
    {
      transform: async (_, records) => {
        finals.push(time.nowMs);
        return [...records];
      },
      transformOrWait: async (_, records) => records.map(() => null),
    },
    { nowMs: () => time.nowMs },
  );
  lanes.add(taken("wait", "1"), { ...form("wait"), onFailure: "wait" } as ScriptForm);
  const ready: string[] = [];
  for (; ready.length === 0 && time.nowMs <= 2 * heldMsMax; time.nowMs += heldAgainMs) {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    ready.push(...tokens(lanes.takeReady(10)));
    lanes.takeBack(time.nowMs);
  }
  assert.deepEqual(ready, ["1"]);
  assert.ok(finals.length === 1 && (finals[0] as number) >= heldMsMax, String(finals));
});
