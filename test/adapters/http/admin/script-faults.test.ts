import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { unwrap } from "../../../contracts/results.ts";
import { openRig, type Rig, send } from "../server/rig.ts";

const path = "/v1/admin/data-layer/custom-js/faults";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

function read(token = rig.keys.admin_token) {
  return send(rig.admin.url + path, { headers: { authorization: `Bearer ${token}` } });
}

test("where nothing failed the list is empty and nothing is paused", async () => {
  const { status, json } = await read();
  assert.deepEqual([status, json], [200, { items: [], paused_until: null }]);
});

test("faults are shown with kind, line, version and count, a pause while it lasts, and to their own only", async () => {
  const firstAtMs = Date.UTC(2026, 0, 1);
  const counted = { version: 7, fault: "memory", line: null, count: 3, firstAtMs, lastAtMs: firstAtMs + 1 } as const;
  const add = async (pausedUntilMs: number) =>
    unwrap(await rig.scriptFaults.add([{ orgId: rig.keys.org_id, faults: [counted], pausedUntilMs }]));
  await add(firstAtMs);
  const times = { first_at: "2026-01-01T00:00:00.000Z", last_at: "2026-01-01T00:00:00.001Z" };
  const item = { kind: "memory", line: null, count: 3, version: 7, ...times };
  assert.deepEqual((await read()).json, { items: [item], paused_until: null });
  const untilMs = Date.now() + 60_000;
  await add(untilMs);
  const { json } = await read();
  assert.deepEqual([json.items[0].count, json.paused_until], [6, new Date(untilMs).toISOString()]);
  const other = await rig.addTenant("server");
  assert.deepEqual((await read(other.admin_token)).json, { items: [], paused_until: null });
});
