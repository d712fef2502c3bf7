import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newAttribution } from "../../../contracts/attributions.ts";
import { openRig, type Rig } from "../server/rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(() => rig.close());

async function read(path: string) {
  const headers = { authorization: `Bearer ${rig.keys.admin_token}` };
  const answer = await fetch(`${rig.admin.url}/v1/admin/attributions${path}`, { headers });
  const text = await answer.text();
  return { status: answer.status, text, json: JSON.parse(text) };
}

test("attributions are listed and shown with times as text, and without their tokens", async () => {
  const ours = { orgId: rig.keys.org_id, projectId: rig.keys.project_id };
  const waiting = newAttribution({ ...ours, receivedAtMs: Date.UTC(2026, 0, 10), sealed: "v1.canary.token" as never });
  const campaign = { orgId: "1", campaignId: "2" };
  const settled = { state: "exchanged", campaign, dueAtMs: null, settledAtMs: Date.UTC(2026, 0, 11) } as const;
  const done = newAttribution({ ...ours, anonymousId: "install-2", attempts: 3, ...settled });
  for (const one of [waiting, done, newAttribution()]) rig.attributions.add(one);

  const all = await read("");
  assert.deepEqual(
    all.json.items.map(({ id }: { id: string }) => id),
    [waiting.id, done.id],
  );
  assert.ok(!all.text.includes("canary") && !all.text.includes(waiting.sha256));
  assert.deepEqual((await read(`/${waiting.id.toUpperCase()}`)).json, {
    id: waiting.id,
    project_id: rig.keys.project_id,
    source_id: waiting.sourceId,
    app_id: "app",
    event_id: waiting.eventId,
    anonymous_id: "install-1",
    user_id: null,
    state: "pending",
    code: null,
    development: false,
    campaign: null,
    attempts: 0,
    received_at: "2026-01-10T00:00:00.000Z",
    token_made_at: "2026-01-09T23:59:59.000Z",
    token_expires_at: "2026-01-10T23:59:59.000Z",
    next_attempt_at: "2026-01-10T00:00:00.000Z",
    settled_at: null,
  });
  const [exchanged, ...others] = (await read("?state=exchanged&anonymous_id=install-2")).json.items;
  assert.deepEqual([exchanged.id, exchanged.campaign, exchanged.attempts], [done.id, campaign, 3]);
  assert.deepEqual(others, []);
});

test("what can't be asked for is refused by name", async () => {
  const refused: readonly (readonly [string, string])[] = [
    ["?state=lost", "state"],
    ["?limit=0", "limit"],
    ["?project_id=x", "project_id"],
    ["?colour=red", "query"],
  ];
  for (const [query, path] of refused) {
    const answer = await read(query);
    assert.deepEqual([answer.status, answer.json.error.details[0].path], [422, path]);
  }
  assert.equal((await read("/not-an-id")).status, 404);
});
