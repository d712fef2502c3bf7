import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { openVault } from "../../adapters/system/vault.ts";
import type { Integration } from "../../domain/model/delivery.ts";
import { openSecrets } from "../../domain/pipeline/integration-secrets.ts";
import { unwrap } from "../contracts/results.ts";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { openRig, post, type Rig, type Sent, send } from "./http-rig.ts";

let rig: Rig;
let simulator: MetaSimulator;
let owner: Record<string, string>;
before(async () => {
  simulator = await startMetaSimulator();
  rig = await openRig({ metaBaseUrl: simulator.url });
  owner = { authorization: `Bearer ${rig.keys.admin_token}` };
});
after(async () => {
  await rig.close();
  await simulator.close();
});

const list = "/v1/admin/integrations";

function create(config: object, rest: object = {}): Promise<Sent> {
  const body = { vendor: "meta", project_id: rig.keys.project_id, config, ...rest };
  return post(rig.admin.url + list, body, owner);
}

function change(id: string, body: object, headers: Record<string, string> = {}): Promise<Sent> {
  const init = { method: "PATCH", body: JSON.stringify(body) };
  return send(`${rig.admin.url}${list}/${id}`, {
    ...init,
    headers: { ...owner, "content-type": "application/json", ...headers },
  });
}

async function stored(id: string): Promise<Integration | undefined> {
  return unwrap(await rig.tenants.integrations(rig.keys.org_id)).find((integration) => integration.id === id);
}

async function tokenOf(id: string): Promise<string | undefined> {
  const vault = await openVault({ key: "07".repeat(32) });
  const integration = (await stored(id)) as Integration;
  return unwrap(await openSecrets(vault, integration, integration.sealedSecrets))["access_token"];
}

test("with `check` an integration is made only if the vendor knows its credentials, without an event", async () => {
  const count = async () => unwrap(await rig.tenants.integrations(rig.keys.org_id)).length;
  const start = await count();
  const refused = await create({ pixel_id: "1", access_token: "canary-revoked" }, { check: true });
  assert.deepEqual([refused.status, refused.json.error.details[0].code], [422, "credentials_refused"]);
  assert.match(refused.json.error.details[0].message, /meta_190/);
  assert.equal(refused.text.includes("canary"), false);
  simulator.fail("html502");
  const unsure = await create({ pixel_id: "1", access_token: "good" }, { check: true });
  assert.deepEqual([unsure.status, unsure.json.error.code], [503, "check_inconclusive"]);
  const foreign = await create({ pixel_id: "1", access_token: "good" }, { check: true, project_id: randomUUID() });
  assert.equal(foreign.status, 404);
  assert.equal(await count(), start);
  const made = await create({ pixel_id: "1", access_token: "good" }, { check: true });
  assert.deepEqual([made.status, made.headers.get("etag"), made.json.version], [201, '"1"', 1]);
  assert.deepEqual(simulator.counts().effective, 0);
});

test("a changed configuration is laid over the one before, and another token is sealed in its place", async () => {
  const { id } = (await create({ pixel_id: "1", access_token: "first", ldu: true })).json;
  const sealed = (await stored(id))?.sealedSecrets["access_token"];
  const changed = await change(id, { config: { access_token: "second", ldu: null, naming: "standard" } });
  assert.equal(changed.status, 200, changed.text);
  assert.deepEqual(changed.json.config, { pixel_id: "1", naming: "standard", access_token: "••••" });
  assert.deepEqual([changed.json.version, changed.headers.get("etag")], [2, '"2"']);
  assert.notEqual((await stored(id))?.sealedSecrets["access_token"], sealed);
  assert.equal(await tokenOf(id), "second");
  const kept = await change(id, { config: { naming: null } });
  assert.deepEqual(kept.json.config, { pixel_id: "1", access_token: "••••" });
  assert.equal(await tokenOf(id), "second");
  const wrong = await change(id, { config: { pixel_id: null, access_token: "canary" } });
  assert.deepEqual([wrong.status, wrong.json.error.details[0].path], [422, "config.pixel_id"]);
  assert.equal(wrong.text.includes("canary"), false);
  assert.deepEqual((await send(`${rig.admin.url}${list}/${id}`, { headers: owner })).json, kept.json);
});

test("a token that the vendor refuses does not take the place of one that it knows", async () => {
  const { id } = (await create({ pixel_id: "1", access_token: "good" })).json;
  const refused = await change(id, { config: { access_token: "revoked" }, check: true });
  assert.deepEqual([refused.status, refused.json.error.details[0].code], [422, "credentials_refused"]);
  assert.deepEqual([await tokenOf(id), (await stored(id))?.version], ["good", 1]);
  const checked = await change(id, { check: true });
  assert.deepEqual([checked.status, checked.json.version], [200, 1]);
});

test("who read an older version changes nothing", async () => {
  const { id } = (await create({ pixel_id: "1", access_token: "t" })).json;
  assert.equal((await change(id, { name: "a" }, { "if-match": '"1"' })).status, 200);
  for (const body of [{ name: "b" }, { paused: true }, { config: { ldu: true } }]) {
    const late = await change(id, body, { "if-match": '"1"' });
    assert.deepEqual([late.status, late.json.error.code], [412, "version_mismatch"]);
  }
  const { name, pausedAtMs, config } = (await stored(id)) as Integration;
  assert.deepEqual([name, pausedAtMs, config], ["a", null, { pixel_id: "1" }]);
});

test("an integration is paused and resumed by admins, and shows since when it is", async () => {
  const { id } = (await create({ pixel_id: "1", access_token: "t" })).json;
  const paused = await change(id, { paused: true });
  assert.match(paused.json.paused_at, /^\d{4}-/);
  assert.equal(paused.json.enabled, true);
  assert.equal((await change(id, { paused: false })).json.paused_at, null);
  const editor = `token-${randomUUID()}`;
  const sha256 = createHash("sha256").update(editor).digest("hex");
  rig.tenants.addPrincipal(sha256, { orgId: rig.keys.org_id, memberId: randomUUID(), role: "editor" });
  const forbidden = await change(id, { paused: true }, { authorization: `Bearer ${editor}` });
  assert.equal(forbidden.status, 403);
});
