import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { openVault } from "../../../../adapters/system/vault.ts";
import { trialsMax } from "../../../../domain/admin/data-layer/trial-gate.ts";
import type { Integration } from "../../../../domain/model/delivery.ts";
import { openSecrets } from "../../../../domain/pipeline/relay/integration-secrets.ts";
import { unwrap } from "../../../contracts/results.ts";
import { storedEvent } from "../../../domain/pipeline/relay/parts.ts";
import { type MetaSimulator, startMetaSimulator } from "../../../simulators/meta/server.ts";
import { openRig, post, type Rig, type Sent, send } from "../server/rig.ts";

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

async function statusOf(id: string): Promise<Sent> {
  return send(`${rig.admin.url}${list}/${id}/capi-status`, { headers: owner });
}

test("the status of an integration tells what was delivered, what failed, what waits and why", async () => {
  const { id } = (await create({ pixel_id: "1", access_token: "t" })).json;
  const integration = (await stored(id)) as Integration;
  rig.outbox.replaceIntegration(integration);
  const idle = await statusOf(id);
  assert.equal(idle.status, 200, idle.text);
  const none = { queued: 0, delivered: 0, dead: 0, expired: 0, canceled: 0, waiting: 0, not_applicable: 0 };
  assert.deepEqual(idle.json, {
    ...{ integration_id: id, vendor: "meta", enabled: true, paused_at: null },
    ledger: { integration_id: id, ...none, balanced: true },
    last_24_hours: { delivered: { requests: 0, events: 0 }, failed: {} },
    ...{ oldest_waiting_at: null, oldest_waiting_seconds: null },
    circuit: { state: "closed", class: null, code: null, since: null, until: null },
    quota: null,
  });
  rig.outbox.enqueue(integration, storedEvent(1, { orgId: rig.keys.org_id, receivedAtMs: Date.now() - 90_000 }));
  const nowMs = Date.now();
  const [claim] = unwrap(await rig.outbox.claim({ except: [], claimsMax: 1, eventsMax: 9, leaseMs: 1, nowMs }));
  assert.ok(claim);
  const failed = { attempt: 1, startedAtMs: nowMs, durationMs: 1, ok: false, code: "meta_190", traceId: null };
  unwrap(await rig.outbox.settle(claim, new Map(), [{ ...failed, eventIds: ["e"], failureClass: "auth" }], nowMs));
  const circuit = { class: "auth", code: "meta_190", sinceMs: nowMs, untilMs: nowMs + 60_000 } as const;
  const quota = { usedPercent: 91, seenAtMs: nowMs, untilMs: nowMs + 30_000 };
  unwrap(await rig.outbox.saveVendorState(integration, { circuit, quota }));
  const failing = (await statusOf(id)).json;
  assert.deepEqual(failing.last_24_hours.failed, { auth: { requests: 1, events: 1 } });
  assert.ok(failing.oldest_waiting_seconds >= 90 && failing.oldest_waiting_seconds < 100);
  assert.deepEqual([failing.ledger.waiting, failing.ledger.balanced], [1, true]);
  const until = new Date(nowMs + 60_000).toISOString();
  const since = new Date(nowMs).toISOString();
  assert.deepEqual(failing.circuit, { state: "open", class: "auth", code: "meta_190", since, until });
  assert.deepEqual([failing.quota.used_percent, failing.quota.seen_at], [91, since]);
  assert.ok(failing.quota.held_until);
  unwrap(await rig.outbox.saveVendorState(integration, { circuit: { ...circuit, untilMs: nowMs - 1 }, quota: null }));
  assert.equal((await statusOf(id)).json.circuit.state, "probing");
});

const verify = (id: string) => send(`${rig.admin.url}${list}/${id}/verify`, { method: "POST", headers: owner });

test("a verification sends one event of nobody's, under the test code if any, and tells the answer", async () => {
  simulator.reset();
  const variants = [{}, { test_event_code: "TEST1" }, { action_source: "app" }, { action_source: "website" }];
  for (const variant of variants) {
    const { id } = (await create({ pixel_id: "7", access_token: "t", ...variant })).json;
    const answer = await verify(id);
    const { verdict, class: failureClass, code, trace_id: traceId, ...rest } = answer.json;
    assert.deepEqual([variant, verdict, failureClass], [variant, "accepted", null], answer.text);
    assert.match(code, /^ok/);
    assert.match(traceId, /^A0+/);
    assert.equal(rest.vendor_event_name, "TidegateVerification");
    assert.equal(rest.is_test, "test_event_code" in variant);
  }
  const { received, test: tests } = simulator.counts();
  assert.deepEqual([received, tests], [4, 1]);
  assert.deepEqual(simulator.findings(), []);
  assert.equal(unwrap(await rig.outbox.deliveries(rig.keys.org_id, { limit: 1 })).items[0]?.code, "meta_190");
});

test("a verification tells why the vendor takes nothing, in codes", async () => {
  const { id } = (await create({ pixel_id: "1", access_token: "canary-revoked" })).json;
  const refused = await verify(id);
  assert.deepEqual(
    [refused.status, refused.json.verdict, refused.json.class, refused.json.code],
    [200, "refused", "auth", "meta_190"],
  );
  assert.equal(refused.text.includes("canary"), false);
  const { id: other } = (await create({ pixel_id: "2", access_token: "good" })).json;
  for (const [fault, code] of [
    ["html502", "http_502"],
    ["throttle", "meta_17_2446079"],
    ["resetBeforeCommit", "socket"],
  ] as const) {
    simulator.fail(fault);
    const unsure = await verify(other);
    assert.deepEqual([unsure.json.verdict, unsure.json.code], ["unknown", code]);
  }
  assert.equal((await verify(randomUUID())).status, 404);
});

test("relays are told of another configuration and of a vendor's yes, and of nothing else", async () => {
  const { id } = (await create({ pixel_id: "9", access_token: "good" })).json;
  const heard: [string, number][] = [];
  const unwatch = rig.outbox.watchRetryNow((retried) => void heard.push([retried.id, retried.version]));
  const told = () => heard.splice(0);
  assert.equal((await change(id, { name: "Another", paused: false })).status, 200);
  assert.equal((await change(id, { config: { access_token: "revoked" }, check: true })).status, 422);
  simulator.fail("html502", { times: 2 });
  assert.equal((await change(id, { check: true })).status, 503);
  assert.equal((await verify(id)).json.verdict, "unknown");
  assert.deepEqual(told(), [], "nothing was mended, as far as anybody knows");
  assert.equal((await change(id, { config: { access_token: "another" } })).status, 200);
  assert.deepEqual(told(), [[id, 3]]);
  assert.equal((await change(id, { check: true })).status, 200);
  assert.deepEqual(told(), [[id, 3]]);
  assert.equal((await verify(id)).json.verdict, "accepted");
  assert.deepEqual(told(), [[id, 3]]);
  unwatch();
});

test("where the adapter throws, a check and a verification are answered 500, and others have their turn", async () => {
  const raw = "ana.canary@example.com";
  let isBroken = false;
  const sendToMeta = () => {
    if (isBroken) throw new TypeError(raw);
    return Promise.resolve({ ok: true, traceId: null, received: 0, warnings: 0 } as const);
  };
  const broken = await openRig({ sendToMeta });
  try {
    const headers = { authorization: `Bearer ${broken.keys.admin_token}` };
    const config = { pixel_id: "1", access_token: "good" };
    const body = { vendor: "meta", project_id: broken.keys.project_id, config, check: true };
    const made = await post(broken.admin.url + list, body, headers);
    assert.equal(made.status, 201);
    const verify = () => post(`${broken.admin.url}${list}/${made.json.id}/verify`, {}, headers);
    isBroken = true;
    for (let turn = 0; turn < trialsMax; turn += 1) {
      for (const answer of [await post(broken.admin.url + list, body, headers), await verify()]) {
        assert.deepEqual([answer.status, answer.json.error.code], [500, "internal_error"]);
        assert.ok(!answer.text.includes("canary"));
      }
    }
    isBroken = false;
    assert.equal((await verify()).json.verdict, "accepted");
  } finally {
    await broken.close();
  }
});

test("a verification names what the vendor warns of, in codes", async () => {
  const { id } = (await create({ pixel_id: "77", access_token: "good", action_source: "website" })).json;
  const answer = await post(`${rig.admin.url}${list}/${id}/verify`, {}, owner);
  assert.deepEqual([answer.json.verdict, answer.json.code], ["accepted", "ok_with_warnings"]);
  assert.deepEqual(answer.json.warnings, ["meta_warning_client_user_agent"]);
});

test("a deleted integration is found no more, and what it left can be read", async () => {
  const { id } = (await create({ pixel_id: "12", access_token: "canary-token" })).json;
  const remove = (headers: object = {}) =>
    send(`${rig.admin.url}${list}/${id}`, { method: "DELETE", headers: { ...owner, ...headers } });
  assert.equal((await remove({ "if-match": '"9"' })).status, 412);
  const answer = await remove({ "if-match": '"1"' });
  assert.deepEqual([answer.status, answer.text], [204, ""]);
  for (const path of [`/${id}`, `/${id}/capi-status`]) {
    assert.equal((await send(`${rig.admin.url}${list}${path}`, { headers: owner })).status, 404, path);
  }
  const all = (await send(rig.admin.url + list, { headers: owner })).json.items as { id: string }[];
  assert.equal(
    all.some((one) => one.id === id),
    false,
  );
  assert.equal((await change(id, { name: "back" })).status, 404);
  assert.equal((await post(`${rig.admin.url}${list}/${id}/verify`, {}, owner)).status, 404);
  assert.equal((await remove()).status, 404);
  for (const path of ["deliveries", "dead-letters"]) {
    const filtered = await send(`${rig.admin.url}/v1/admin/${path}?integration_id=${id}`, { headers: owner });
    assert.equal(filtered.status, 404, path);
  }
  const filter = { filter: { integration_id: id } };
  assert.equal((await post(`${rig.admin.url}/v1/admin/dead-letters/redrive`, filter, owner)).status, 404);
});
