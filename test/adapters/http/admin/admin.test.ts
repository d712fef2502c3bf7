import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import type { Role } from "../../../../domain/model/tenant.ts";
import { basic, openRig, post, type Rig, send } from "../server/rig.ts";

let rig: Rig;
let owner: Record<string, string>;
before(async () => {
  rig = await openRig();
  owner = { authorization: `Bearer ${rig.keys.admin_token}` };
});
after(async () => {
  await rig.close();
});

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

function tokenOf(role: Role, orgId = rig.keys.org_id): Record<string, string> {
  const token = `token-${role}-${randomUUID()}`;
  rig.tenants.addPrincipal(sha256Hex(token), { orgId, memberId: `usr_${role}`, role });
  return { authorization: `Bearer ${token}` };
}

function put(config: unknown, headers: Record<string, string>, rest: object = {}) {
  const url = `${rig.admin.url}/v1/admin/data-layer`;
  const body = JSON.stringify({ config, ...rest });
  return send(url, { method: "PUT", headers: { "content-type": "application/json", ...headers }, body });
}

const seedConfig = {
  pii_rules: {
    enabled: true,
    hash_fields: ["traits.email", "traits.phone"],
    redact_fields: ["traits.ssn", "properties.credit_card"],
    hash_algorithm: "sha256",
  },
  bot_filtering: {
    enabled: true,
    block_known_bots: true,
    block_empty_user_agent: true,
    custom_patterns: ["internal-monitor/*", "health-check/*"],
  },
  session: { timeout_minutes: 30, max_duration_hours: 24, track_session_start: true, track_session_end: true },
  custom_js: { enabled: false, code: "", description: "" },
  routing_rules: [
    { condition: "event == 'Internal Test'", action: "drop" },
    { condition: "context.page.url contains '/staging'", action: "drop" },
    { condition: "properties.environment == 'production'", action: "pass" },
  ],
};

test("without a token or with an unknown one every admin path answers 401", async () => {
  const paths = ["data-layer", "ledger", "dead-letters", "integrations"].map((name) => `/v1/admin/${name}`);
  for (const path of [...paths, "/v1/events"]) {
    const none = await send(rig.admin.url + path);
    assert.deepEqual([none.status, none.json.error.code], [401, "token_missing"]);
    const unknown = await send(rig.admin.url + path, { headers: { authorization: "Bearer tga_canary" } });
    assert.deepEqual([unknown.status, unknown.json.error.code], [401, "token_unknown"]);
    assert.equal(unknown.text.includes("canary"), false);
  }
});

test("the documented data layer is taken and given back as it is documented", async () => {
  const before = await send(`${rig.admin.url}/v1/admin/data-layer`, { headers: tokenOf("viewer") });
  assert.equal(before.status, 200);
  assert.equal(before.headers.get("etag"), '"1"');
  const answer = await put(seedConfig, tokenOf("admin"));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(Object.keys(answer.json), ["org_id", "config", "updated_at", "updated_by"]);
  assert.equal(answer.json.org_id, rig.keys.org_id);
  assert.equal(answer.json.updated_by, "usr_admin");
  assert.match(answer.json.updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  for (const [section, value] of Object.entries(seedConfig)) {
    for (const [name, member] of Object.entries(value)) {
      assert.deepEqual(answer.json.config[section][name], member, `${section}.${name}`);
    }
  }
  const shown = await send(`${rig.admin.url}/v1/admin/data-layer`, { headers: owner });
  assert.deepEqual(shown.json, answer.json);
  assert.equal(shown.headers.get("etag"), answer.headers.get("etag"));
});

test("viewers and editors read the data layer and may not replace it", async () => {
  for (const role of ["viewer", "editor"] as const) {
    const headers = tokenOf(role);
    assert.equal((await send(`${rig.admin.url}/v1/admin/data-layer`, { headers })).status, 200);
    const answer = await put(seedConfig, headers);
    assert.deepEqual([answer.status, answer.json.error.code], [403, "role_insufficient"]);
  }
});

test("a PUT governs the very next event", async () => {
  const event = { type: "track", event: "Ping", userId: "u1" };
  for (const dropped of [true, false, true, false]) {
    const rules = dropped ? [{ condition: "event == 'Ping'", action: "drop" }] : [];
    assert.equal((await put({ ...seedConfig, routing_rules: rules }, owner)).status, 200);
    await post(`${rig.ingest.url}/v1/track`, event, basic(rig.keys.write_key));
    const [record] = await rig.records();
    assert.deepEqual(record?.dropped, dropped ? { routing_rule: 1 } : {});
  }
});

test("a wrong data layer is refused whole: 422, every fault with its path, none with a value", async () => {
  const wrong = {
    ...seedConfig,
    session: { ...seedConfig.session, timeout_minutes: "canary" },
    custom_js: { enabled: true, code: "function process(event) {\n  canary +;\n}", description: "" },
    routing_rules: [{ condition: "event = = 'canary'", action: "drop" }],
  };
  const etag = (await send(`${rig.admin.url}/v1/admin/data-layer`, { headers: owner })).headers.get("etag");
  const answer = await put(wrong, owner);
  assert.equal(answer.status, 422, answer.text);
  const paths = answer.json.error.details.map((detail: { path: string }) => detail.path);
  assert.deepEqual(paths.sort(), [
    "config.custom_js.code",
    "config.routing_rules[0].condition",
    "config.session.timeout_minutes",
  ]);
  const after = await send(`${rig.admin.url}/v1/admin/data-layer`, { headers: owner });
  assert.equal(after.headers.get("etag"), etag);
});

test("If-Match guards against a change that was not seen", async () => {
  const etag = (await send(`${rig.admin.url}/v1/admin/data-layer`, { headers: owner })).headers.get("etag") as string;
  assert.equal((await put(seedConfig, { ...owner, "if-match": etag })).status, 200);
  for (const stale of [etag, "canary", '"99"']) {
    const answer = await put(seedConfig, { ...owner, "if-match": stale });
    assert.deepEqual([answer.status, answer.json.error.code], [412, "version_mismatch"]);
  }
  assert.equal((await put(seedConfig, { ...owner, "if-match": "*" })).status, 200);
});

test("another organisation's id is answered 404, and its data stays unseen", async () => {
  const other = await rig.addTenant("server");
  assert.equal((await put(seedConfig, owner, { org_id: other.org_id })).status, 404);
  const events = `${rig.admin.url}/v1/events?project_id=${other.project_id}`;
  assert.equal((await send(events, { headers: owner })).status, 404);
  const body = { vendor: "meta", project_id: other.project_id, config: { pixel_id: "1", access_token: "t" } };
  assert.equal((await post(`${rig.admin.url}/v1/admin/integrations`, body, owner)).status, 404);
});

const secret = "EAAB-canary-0123456789";

test("an integration's secrets are sealed and shown to nobody, not even to who sent them", async () => {
  const url = `${rig.admin.url}/v1/admin/integrations`;
  const body = { vendor: "meta", project_id: rig.keys.project_id, config: { pixel_id: "123", access_token: secret } };
  const created = await post(url, body, tokenOf("admin"));
  assert.equal(created.status, 201, created.text);
  const listed = await send(url, { headers: tokenOf("viewer") });
  for (const shown of [created.json, listed.json.items[0]]) {
    assert.deepEqual(shown.config, { pixel_id: "123", access_token: "••••" });
    assert.equal(shown.project_id, rig.keys.project_id);
  }
  const stored = await rig.tenants.integrations(rig.keys.org_id);
  assert.equal(JSON.stringify(stored).includes("canary"), false);
  assert.equal((await post(url, body, tokenOf("editor"))).status, 403);
});

test("what an integration needs and lacks is told by path, never by value", async () => {
  const url = `${rig.admin.url}/v1/admin/integrations`;
  const project_id = rig.keys.project_id;
  const cases: [object | string, number, string | null][] = [
    [{ vendor: "canary", project_id, config: {} }, 422, "vendor"],
    [{ vendor: "meta", project_id, config: { access_token: secret } }, 422, "config.pixel_id"],
    [{ vendor: "meta", project_id: "canary", config: { pixel_id: "1" } }, 422, "project_id"],
    [{ vendor: 7, project_id, config: "canary" }, 422, "vendor"],
    [{ vendor: "meta", project_id, config: {}, canary: 1 }, 422, "body"],
    ['{"vendor":"canary"', 400, null],
  ];
  for (const [body, status, path] of cases) {
    const answer = await post(url, body, owner);
    assert.equal(answer.status, status, answer.text);
    if (path !== null) assert.equal(answer.json.error.details[0].path, path);
    assert.equal(answer.text.includes("canary"), false);
  }
});

function storedEvent(orgId: string): StoredEvent {
  return {
    id: randomUUID(),
    orgId,
    projectId: rig.keys.project_id,
    sourceId: rig.keys.source_id,
    appId: rig.keys.app_id,
    messageId: "m-1",
    type: "track",
    name: "Order Completed",
    userId: "u1",
    anonymousId: null,
    emailSha256: null,
    phoneSha256: null,
    phoneE164Sha256: null,
    timestampMs: Date.UTC(2026, 1, 20),
    originalTimestampMs: null,
    sentAtMs: null,
    receivedAtMs: Date.UTC(2026, 1, 20, 0, 0, 1),
    deviceOs: null,
    deviceModel: null,
    country: "DE",
    region: null,
    sessionId: null,
    dataLayerVersion: 3,
    properties: { total: 3 },
    traits: {},
    context: {},
    extra: { groupId: "g1" },
  };
}

test("events are listed in the envelope's own names", async () => {
  rig.stored.events = [storedEvent(rig.keys.org_id), storedEvent(randomUUID())];
  const since = encodeURIComponent("2026-02-20T00:00:00Z");
  const query = `project_id=${rig.keys.project_id}&event_names=a,b&since=${since}&until=1771632000000&limit=5`;
  const answer = await send(`${rig.admin.url}/v1/events?${query}`, { headers: tokenOf("viewer") });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.next_cursor, null);
  assert.equal(answer.json.items.length, 1);
  const [event] = answer.json.items;
  assert.equal(event.event, "Order Completed");
  assert.equal(event.timestamp, "2026-02-20T00:00:00.000Z");
  assert.equal(event.receivedAt, "2026-02-20T00:00:01.000Z");
  assert.equal(event.groupId, "g1");
  assert.deepEqual(event.properties, { total: 3 });
  for (const hidden of ["orgId", "extra", "name", "timestampMs"]) assert.equal(hidden in event, false, hidden);
});

test("a wrong filter is refused with its name, so that a typo never widens the answer", async () => {
  const cases: [string, string][] = [
    ["project_id=canary", "project_id"],
    ["since=canary", "since"],
    ["limit=0", "limit"],
    ["limit=501", "limit"],
    ["projct=canary", "query"],
  ];
  for (const [query, path] of cases) {
    const answer = await send(`${rig.admin.url}/v1/events?${query}`, { headers: owner });
    assert.deepEqual([answer.status, answer.json.error.details[0].path], [422, path]);
    assert.equal(answer.text.includes("canary"), false);
  }
});

test("the ledger counts what waits in the stream on its own, and shows when it does not add up", async () => {
  const ledger = async () => (await send(`${rig.admin.url}/v1/admin/ledger`, { headers: owner })).json.sources[0];
  const start = (await ledger())?.accepted ?? 0;
  await post(`${rig.ingest.url}/v1/track`, { event: "E", userId: "u" }, basic(rig.keys.write_key));
  const waiting = await ledger();
  assert.equal(waiting.accepted, start + 1);
  assert.equal(waiting.in_flight, start + 1);
  assert.equal(waiting.balanced, true);
  const counted = {
    sourceId: rig.keys.source_id,
    accepted: 5,
    stored: 2,
    duplicate: 1,
    dead: 0,
    damaged: 0,
    dropped: { consent: 2 },
  };
  rig.stored.ledgers = [counted];
  const off = await ledger();
  assert.deepEqual([off.stored, off.duplicate, off.dropped, off.balanced], [2, 1, { consent: 2 }, false]);
  rig.stored.ledgers = [];
});

test("metrics and health need no token and name no organisation", async () => {
  const metrics = await send(`${rig.admin.url}/metrics`);
  assert.equal(metrics.status, 200);
  assert.match(metrics.text, /http_requests_total/);
  assert.equal(metrics.text.includes(rig.keys.org_id), false);
  assert.equal((await send(`${rig.admin.url}/health`)).status, 200);
  assert.equal((await send(`${rig.admin.url}/v1/admin/nothing`, { headers: owner })).status, 404);
});
