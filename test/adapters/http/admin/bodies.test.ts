import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openRig, post, type Rig, type Sent, send } from "../server/rig.ts";

let rig: Rig;
let integrationId: string;
before(async () => {
  rig = await openRig({ memberRate: { perSecond: 10_000, burst: 10_000 } });
  const config = { pixel_id: "1", access_token: "x" };
  const made = await ask("POST", "integrations", { vendor: "meta", project_id: rig.keys.project_id, config });
  integrationId = made.json.id;
});
after(async () => {
  await rig.close();
});

function ask(method: string, path: string, body: unknown): Promise<Sent> {
  return send(`${rig.admin.url}/v1/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${rig.keys.admin_token}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** What each route that keeps a text is sent with that text in it. Shape: method, path, body, the member at fault. */
function keeping(text: string): readonly (readonly [string, string, object, string])[] {
  const { project_id, source_id } = rig.keys;
  const meta = { vendor: "meta", project_id, config: { pixel_id: "1" } };
  return [
    ["POST", "projects", { name: text }, "name"],
    ["PATCH", `projects/${project_id}`, { name: text }, "name"],
    ["PATCH", "organization", { name: text }, "name"],
    ["POST", "sources", { project_id, name: text, kind: "server" }, "name"],
    ["PATCH", `sources/${source_id}`, { name: text }, "name"],
    ["POST", "invitations", { name: text, role: "viewer" }, "name"],
    ["POST", "tokens", { name: text, role: "viewer" }, "name"],
    ["POST", "integrations", { ...meta, name: text }, "name"],
    ["POST", "integrations", { ...meta, config: { pixel_id: "1", event_map: { a: text } } }, "config"],
    ["POST", "integrations", { ...meta, config: { pixel_id: "1", event_map: { [text]: "a" } } }, "config"],
    ["PATCH", `integrations/${integrationId}`, { config: { test_event_code: text } }, "config"],
    ["POST", "transformations", { integration_id: integrationId, name: text, rules: [] }, "name"],
    [
      "POST",
      "transformations",
      { integration_id: integrationId, rules: [{ type: "set", path: "properties.a", value: text }] },
      "rules",
    ],
    ["PUT", "data-layer", { config: { pii_rules: { hash_fields: [text] } } }, "config"],
    ["POST", "dead-letters/redrive", { filter: { code: text } }, "filter"],
  ];
}

test("a text that can't be stored is refused by its member, and never repeated", async () => {
  for (const text of ["canary\0", "canary\ud800", "\udc00canary"]) {
    for (const [method, path, body, member] of keeping(text)) {
      const answer = await ask(method, path, body);
      assert.deepEqual([path, answer.status, answer.json.error?.code], [path, 422, "invalid_input"]);
      const told = answer.json.error.details.map((fault: { path: string; code: string }) => [fault.path, fault.code]);
      assert.deepEqual([path, told], [path, [[member, "unstorable"]]]);
      assert.equal(answer.text.includes("canary"), false, path);
    }
  }
});

test("a body that nests too deeply is refused as it is, however it would be read", async () => {
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  for (const levels of [100, 60_000]) {
    for (const [method, path, body] of [
      ["POST", "transformations", `{"integration_id":"${integrationId}","rules":[${deep(levels)}]}`],
      ["PATCH", `integrations/${integrationId}`, `{"config":{"event_map":${deep(levels)}}}`],
      ["PUT", "data-layer", `{"config":${deep(levels)}}`],
      ["POST", "transformations/dry-run", `{"integration_id":"${integrationId}","events":[${deep(levels + 250)}]}`],
    ] as const) {
      const answer = await ask(method, path, body);
      assert.deepEqual([path, answer.status, answer.json.error?.code], [path, 422, "invalid_input"]);
      assert.equal(answer.json.error.details[0].code, "too_deep", path);
    }
  }
});

test("a number past what a double holds is refused, and not kept as nothing", async () => {
  const rule = '{"type":"set","path":"properties.a","value":1e400}';
  const answer = await ask("POST", "transformations", `{"integration_id":"${integrationId}","rules":[${rule}]}`);
  assert.deepEqual([answer.status, answer.json.error?.details?.[0]?.code], [422, "unstorable"]);
});

test("events of a dry run may hold what can't be stored: the kernel says what becomes of them", async () => {
  const events = [{ type: "track", event: "E", userId: "u", properties: { a: "\0" } }];
  const answer = await ask("POST", "data-layer/dry-run", { events });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual([answer.json.items[0].outcome, answer.json.items[0].reason], ["reject", "unstorable"]);
});

test("a member that the data layer's body does not have is refused", async () => {
  const object = (
    await send(`${rig.admin.url}/v1/admin/data-layer`, {
      headers: { authorization: `Bearer ${rig.keys.admin_token}` },
    })
  ).json;
  assert.equal((await ask("PUT", "data-layer", object)).status, 200);
  assert.equal((await ask("PUT", "data-layer", { ...object, version: 1 })).status, 200);
  const answer = await ask("PUT", "data-layer", { ...object, if_match: 1 });
  assert.deepEqual([answer.status, answer.json.error?.details?.[0]?.code], [422, "unknown_member"]);
});

test("an open route refuses such texts, too, before it looks anybody up", async () => {
  const url = `${rig.admin.url}/v1/admin/auth`;
  for (const answer of [
    await post(`${url}/login`, { login: "canary\0", password: "p" }),
    await post(`${url}/refresh`, { refresh_token: "canary\ud800" }),
  ]) {
    assert.deepEqual([answer.status, answer.json.error.code], [422, "invalid_input"]);
    assert.equal(answer.text.includes("canary"), false);
  }
});
