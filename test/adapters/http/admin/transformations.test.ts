import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { FirstCredentials } from "../../../../domain/admin/workspace/first-tenant.ts";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import type { Sha256Hex } from "../../../../domain/model/identity/identity.ts";
import type { Role } from "../../../../domain/model/tenant.ts";
import { openRig, type Rig, send } from "../server/rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

type Headers = Record<string, string>;
const path = "/v1/admin/transformations";
const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const emailHash = sha256Hex("ana@example.com") as Sha256Hex;
const rules = [{ type: "delete", path: "properties.email" }];

/** An organisation with an integration, and who calls for it. */
async function newOrg() {
  const keys = await rig.addTenant("server");
  const owner: Headers = { authorization: `Bearer ${keys.admin_token}` };
  const call = (method: string, rest: string, body?: unknown, headers = owner) =>
    send(rig.admin.url + rest, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const config = { pixel_id: "123", access_token: "secret-token" };
  const made = await call("POST", "/v1/admin/integrations", { vendor: "meta", project_id: keys.project_id, config });
  assert.equal(made.status, 201, made.text);
  return { keys, call, integrationId: made.json.id as string };
}

function tokenOf(keys: FirstCredentials, role: Role): Headers {
  const token = `token-${role}-${randomUUID()}`;
  rig.tenants.addPrincipal(sha256Hex(token), { orgId: keys.org_id, memberId: randomUUID(), role });
  return { authorization: `Bearer ${token}` };
}

function storedEvent(keys: FirstCredentials, rest: Partial<StoredEvent> = {}): StoredEvent {
  return {
    ...{ phoneSha256: null, phoneE164Sha256: null, sessionId: null, sentAtMs: null, emailSha256: emailHash },
    ...{ id: randomUUID(), orgId: keys.org_id, projectId: keys.project_id, sourceId: keys.source_id },
    ...{ appId: keys.app_id, messageId: randomUUID(), type: "track", name: "Order Completed", userId: "u1" },
    ...{ anonymousId: null, timestampMs: Date.now(), originalTimestampMs: null, receivedAtMs: Date.now() },
    ...{ deviceOs: null, deviceModel: null, country: null, region: null, dataLayerVersion: 1 },
    properties: { revenue: 5, currency: "EUR", email: emailHash },
    traits: {},
    context: {},
    extra: {},
    ...rest,
  };
}

test("editors make, change and remove transformations; viewers read them; every change has its version", async () => {
  const { keys, call, integrationId } = await newOrg();
  const [viewer, editor] = [tokenOf(keys, "viewer"), tokenOf(keys, "editor")];
  assert.equal((await call("POST", path, { integration_id: integrationId, rules }, viewer)).status, 403);
  const made = await call("POST", path, { integration_id: integrationId, name: "No email", rules }, editor);
  assert.equal(made.status, 201, made.text);
  assert.equal(made.headers.get("etag"), '"1"');
  assert.deepEqual([made.json.rules, made.json.enabled, made.json.position], [rules, true, 0]);
  const one = `${path}/${made.json.id}`;
  assert.deepEqual((await call("GET", one, undefined, viewer)).json, made.json);
  const changed = await call("PATCH", one, { enabled: false }, { ...editor, "if-match": '"1"' });
  assert.deepEqual([changed.status, changed.json.version, changed.json.enabled], [200, 2, false]);
  assert.equal((await call("PATCH", one, { enabled: true }, { ...editor, "if-match": '"1"' })).status, 412);
  assert.deepEqual((await call("GET", `${path}?integration_id=${integrationId}`)).json.items, [changed.json]);
  assert.equal((await call("DELETE", one, undefined, viewer)).status, 403);
  assert.equal((await call("DELETE", one, undefined, { ...editor, "if-match": '"1"' })).status, 412);
  assert.equal((await call("DELETE", one, undefined, { ...editor, "if-match": '"2"' })).status, 204);
  assert.equal((await call("GET", one)).status, 404);
});

test("no email rests in a transformation's name", async () => {
  const { call, integrationId } = await newOrg();
  const rules = [{ type: "delete", path: "traits.a" }];
  const made = await call("POST", path, { integration_id: integrationId, name: "for ana@example.com", rules });
  assert.deepEqual([made.status, made.json.error?.details?.[0]?.code], [422, "email_in_name"]);
  const one = `${path}/${(await call("POST", path, { integration_id: integrationId, rules })).json.id}`;
  assert.equal((await call("PATCH", one, { name: "for ana@example.com" })).status, 422);
});

test("rules that can't be meant are refused whole, each fault with its path", async () => {
  const { call, integrationId } = await newOrg();
  const wrong = [
    { type: "filter", condition: "event == " },
    { type: "set", path: "messageId", value: 1 },
  ];
  const answer = await call("POST", path, { integration_id: integrationId, rules: wrong });
  assert.equal(answer.status, 422);
  const found = answer.json.error.details.map((detail: { path: string; code: string }) => [detail.path, detail.code]);
  assert.deepEqual(found, [
    ["rules[0].condition", "unexpected_end"],
    ["rules[1].path", "reserved_path"],
  ]);
});

test("another organisation's integration and transformation are as none", async () => {
  const [ours, theirs] = [await newOrg(), await newOrg()];
  const made = await ours.call("POST", path, { integration_id: ours.integrationId, rules });
  const foreign = { integration_id: ours.integrationId, rules };
  assert.equal((await theirs.call("POST", path, foreign)).status, 404);
  assert.equal((await theirs.call("POST", `${path}/dry-run`, { ...foreign, last: 1 })).status, 404);
  for (const method of ["GET", "PATCH", "DELETE"]) {
    const body = method === "PATCH" ? { enabled: false } : undefined;
    assert.equal((await theirs.call(method, `${path}/${made.json.id}`, body)).status, 404);
  }
  assert.deepEqual((await theirs.call("GET", path)).json.items, []);
});

test("a dry run shows what the vendor would be sent of stored events, and keeps nothing", async () => {
  const { keys, call, integrationId } = await newOrg();
  rig.stored.events.push(
    storedEvent(keys),
    storedEvent(keys, { properties: { revenue: 1 } }),
    storedEvent(keys, { userId: null, properties: { email: emailHash, revenue: 9 } }),
    storedEvent(keys, { type: "identify", name: null }),
  );
  const candidate = [...rules, { type: "filter", condition: "properties.revenue > 1" }];
  const body = { integration_id: integrationId, rules: candidate, last: 10 };
  assert.equal((await call("POST", `${path}/dry-run`, body, tokenOf(keys, "viewer"))).status, 403);
  const answer = await call("POST", `${path}/dry-run`, body, tokenOf(keys, "editor"));
  assert.equal(answer.status, 200, answer.text);
  const [sent, filtered, refused, other] = answer.json.items;
  assert.equal(sent.outcome, "sent");
  assert.deepEqual(Object.keys(sent.payload.user_data), ["external_id"]);
  assert.equal(sent.event.emailSha256, null);
  assert.deepEqual([filtered.outcome, filtered.payload], ["filtered", null]);
  assert.deepEqual([refused.outcome, refused.reason], ["refused", "user_data_missing"]);
  assert.equal(other.outcome, "not_relayed");
  assert.deepEqual((await call("GET", path)).json.items, []);
});

test("a dry run of one's own events passes the data layer first, and shows nothing raw", async () => {
  const { call, integrationId } = await newOrg();
  const email = "ana@example.com";
  const events = [
    { type: "track", event: "Order Completed", userId: "u1", properties: { email, revenue: 5 } },
    { type: "track", userId: "u1" },
  ];
  const plain = await call("POST", `${path}/dry-run`, { integration_id: integrationId, events });
  assert.equal(plain.status, 200, plain.text);
  assert.equal(plain.json.items[0].payload.user_data.em, emailHash);
  assert.deepEqual([plain.json.items[1].outcome, plain.json.items[1].reason], ["rejected", "event_missing"]);
  assert.ok(!plain.text.includes(email));
  await call("POST", path, { integration_id: integrationId, rules });
  const stored = await call("POST", `${path}/dry-run`, { integration_id: integrationId, events });
  assert.equal(stored.json.items[0].payload.user_data.em, undefined);
});
