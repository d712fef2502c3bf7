import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { FirstCredentials } from "../../../../domain/admin/workspace/first-tenant.ts";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import { sessionMessageId } from "../../../../domain/model/session.ts";
import type { Role, SourceKind } from "../../../../domain/model/tenant.ts";
import { documentedConfig } from "../../documented-data-layer.ts";
import { basic, berlinIp, eventsOf, openRig, post, type Rig, send } from "../server/rig.ts";

type Headers = Record<string, string>;

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)";

async function newOrg(kind: SourceKind = "server") {
  const keys = await rig.addTenant(kind);
  const url = `${rig.admin.url}/v1/admin/data-layer`;
  const owner: Headers = { authorization: `Bearer ${keys.admin_token}` };
  return {
    keys,
    put: (config: unknown) =>
      send(url, {
        method: "PUT",
        headers: { "content-type": "application/json", ...owner },
        body: JSON.stringify({ config }),
      }),
    get: (path: string) => send(url + path, { headers: owner }),
    dryRun: (body: unknown, headers = owner) => post(`${url}/dry-run`, body, headers),
    backtest: (body: unknown, headers = owner) => post(`${url}/backtest`, body, headers),
  };
}

function tokenOf(keys: FirstCredentials, role: Role): Headers {
  const token = `token-${role}-${randomUUID()}`;
  rig.tenants.addPrincipal(sha256Hex(token), { orgId: keys.org_id, memberId: `usr_${role}`, role });
  return { authorization: `Bearer ${token}` };
}

function storedEvent(keys: FirstCredentials, rest: Partial<StoredEvent> = {}): StoredEvent {
  const nothing = { emailSha256: null, phoneSha256: null, phoneE164Sha256: null, sessionId: null, sentAtMs: null };
  return {
    ...nothing,
    id: randomUUID(),
    orgId: keys.org_id,
    projectId: keys.project_id,
    sourceId: keys.source_id,
    appId: keys.app_id,
    messageId: randomUUID(),
    type: "track",
    name: "Order Completed",
    userId: "u1",
    anonymousId: null,
    timestampMs: Date.now(),
    originalTimestampMs: null,
    receivedAtMs: Date.now(),
    deviceOs: null,
    deviceModel: null,
    country: "DE",
    region: null,
    dataLayerVersion: 1,
    properties: { total: 3 },
    traits: {},
    context: { geo: { country: "DE" } },
    extra: {},
    ...rest,
  };
}

const events = [
  { type: "track", event: "Internal Test", userId: "u1" },
  { type: "page", anonymousId: "a1", context: { page: { url: "https://x.test/staging/1" } } },
  { type: "track", event: "Buy", userId: "u1", properties: { environment: "production", credit_card: "4111" } },
  { type: "identify", userId: "u2", traits: { email: "Ana@Example.com", phone: "+4915112345678", ssn: "1", n: 1 } },
  {
    type: "track",
    event: "Note",
    userId: "ana@example.com",
    properties: { text: "mail bob@example.com", ip: "1.2.3.4" },
  },
  { type: "track", event: "Quiet", userId: "u3", context: { consent: { analytics: false } } },
  { type: "track", event: "Crawl", userId: "u4", context: { userAgent: "Googlebot/2.1" } },
  { type: "track", event: "Seen", userId: "u5", context: { userAgent: iPhone, ip: berlinIp } },
  { type: "track", userId: "u6" },
  { type: "identify", traits: { email: "eve@example.com" } },
  "not an event",
];

test("a dry run tells for each event what every stage did, and which one decided", async () => {
  const org = await newOrg();
  const answer = await org.dryRun({ config: documentedConfig, events }, tokenOf(org.keys, "editor"));
  assert.equal(answer.status, 200, answer.text);
  const { items, ...counts } = answer.json;
  assert.deepEqual(counts, {
    version: null,
    passed: 4,
    dropped: { routing_rule: 2, consent: 1, bot_known: 1 },
    rejected: { event_missing: 1, identity_missing: 1, not_an_object: 1 },
  });
  const [internal, staging, production, identify, note, quiet, crawl, seen, nameless] = items;
  const rules = documentedConfig.routing_rules;
  assert.deepEqual(internal.stages.routing, { rule: 0, ...rules[0] });
  assert.deepEqual(staging.stages.routing, { rule: 1, ...rules[1] });
  assert.deepEqual(production.stages.routing, { rule: 2, ...rules[2] });
  assert.deepEqual(identify.stages.routing, { rule: null, condition: null, action: "pass" });
  assert.deepEqual(production.stages.pii.removed, ["properties.credit_card"]);
  assert.deepEqual(identify.stages.pii.hashed, ["traits.email", "traits.phone"]);
  assert.deepEqual(identify.stages.pii.removed, ["traits.ssn"]);
  assert.equal(identify.identity.email_sha256, sha256Hex("ana@example.com"));
  assert.equal(identify.identity.phone_e164_sha256, sha256Hex("+4915112345678"));
  assert.deepEqual(note.stages.pii.hashed, ["userId"]);
  assert.deepEqual(note.stages.pii.masked, ["properties.text"]);
  assert.deepEqual(note.stages.pii.removed, ["properties.ip"]);
  assert.deepEqual(note.stages.pii.detected, ["email"]);
  assert.equal(note.output.properties.text, "mail [email]");
  assert.deepEqual(quiet.stages.consent, { advertising: "unknown", analytics: "denied" });
  assert.deepEqual([quiet.outcome, quiet.reason, quiet.stages.bots, quiet.output], ["drop", "consent", null, null]);
  assert.deepEqual(crawl.stages.bots, { verdict: "drop", reason: "bot_known" });
  assert.deepEqual([crawl.stages.pii, crawl.stages.routing], [null, null]);
  assert.deepEqual(internal.stages.bots, { verdict: "not_judged", reason: null });
  assert.deepEqual(seen.stages.bots, { verdict: "pass", reason: null });
  assert.deepEqual(seen.stages.pii.added, ["context.geo", "context.device"]);
  assert.deepEqual(seen.output.context.geo, { country: "DE", region: "BE" });
  assert.deepEqual(
    [nameless.outcome, nameless.reason, nameless.stages.schema.field],
    ["reject", "event_missing", "event"],
  );
});

test("the position of a refused event is a byte of the body that was sent", async () => {
  const org = await newOrg();
  const body = '{ "events": [ {"type":"track","event":"é","userId":"u"},  {"type":"track","event":7,"userId":"u"} ] }';
  const { items } = (await org.dryRun(body)).json;
  const { position, field, code } = items[1].stages.schema;
  assert.deepEqual([code, field], ["event_missing", "event"]);
  assert.equal(new TextDecoder().decode(new TextEncoder().encode(body).subarray(position, position + 1)), "7");
});

test("a dry run stores nothing, changes nothing and writes to no stream", async () => {
  const org = await newOrg();
  await org.dryRun({ config: { ...documentedConfig, routing_rules: [] }, events });
  assert.deepEqual(await rig.records(), []);
  assert.equal((await org.get("/versions")).json.items.length, 1);
});

test("what a dry run shows is what ingest then stores, for every kind of source", async () => {
  for (const kind of ["server", "browser", "mobile"] as const) {
    const org = await newOrg(kind);
    const sender = { ip: "127.0.0.1", user_agent: iPhone };
    const tried = await org.dryRun({ events, source_id: org.keys.source_id, sender, config: documentedConfig });
    assert.equal((await org.put(documentedConfig)).status, 200);
    const active = await org.dryRun({ events, source_id: org.keys.source_id, sender });
    assert.deepEqual(active.json, { ...tried.json, version: 2 });
    const headers = { ...basic(org.keys.write_key), "user-agent": iPhone };
    await post(`${rig.ingest.url}/v1/batch`, { batch: events }, headers);
    const records = await rig.records();
    const passed = tried.json.items.filter((item: { outcome: string }) => item.outcome === "pass");
    assert.ok(passed.length > 2);
    const stored = records.flatMap(eventsOf);
    assert.deepEqual(
      stored,
      passed.map((item: { output: unknown }) => item.output),
    );
    assert.deepEqual(records[0]?.dropped, tried.json.dropped);
  }
});

test("at a browser's source the sender is judged, and without one nobody is", async () => {
  const org = await newOrg("browser");
  const one = [{ type: "track", event: "E", userId: "u", context: { userAgent: "Googlebot" } }];
  const botsOf = async (sender?: unknown) => {
    const body = { config: documentedConfig, events: one, source_id: org.keys.source_id, sender };
    return (await org.dryRun(body)).json.items[0].stages.bots;
  };
  assert.deepEqual(await botsOf(), { verdict: "not_judged", reason: null });
  assert.deepEqual(await botsOf({}), { verdict: "drop", reason: "bot_empty_user_agent" });
  assert.deepEqual(await botsOf({ user_agent: "Health-Check/1" }), { verdict: "drop", reason: "bot_custom_pattern" });
  assert.deepEqual(await botsOf({ user_agent: iPhone }), { verdict: "pass", reason: null });
});

test("a candidate can be tried on the last stored events, the active version unless there is one", async () => {
  const org = await newOrg();
  const kept = storedEvent(org.keys, { messageId: "m-1", traits: { email: sha256Hex("ana@example.com") } });
  rig.stored.events = [kept, storedEvent(org.keys, { messageId: "m-2", name: "Internal Test" })];
  const active = await org.dryRun({ last: 2 });
  assert.deepEqual([active.json.version, active.json.passed], [1, 2]);
  const tried = (await org.dryRun({ last: 500, config: documentedConfig })).json;
  assert.deepEqual([tried.passed, tried.dropped], [1, { routing_rule: 1 }]);
  assert.deepEqual(
    tried.items.map((item: { index: number; message_id: string }) => [item.index, item.message_id]),
    [
      [0, "m-1"],
      [1, "m-2"],
    ],
  );
  assert.equal(tried.items[0].output.traits.email, sha256Hex("ana@example.com"));
  assert.deepEqual(tried.items[0].output.context.geo, { country: "DE" });
  assert.equal(tried.items[0].identity.email_sha256, sha256Hex("ana@example.com"));
  rig.stored.events = [];
});

test("the last stored events are those that were sent, not what Tidegate adds to sessions", async () => {
  const org = await newOrg();
  const added = (sessionId: string) =>
    storedEvent(org.keys, { messageId: sessionMessageId(sessionId, "started"), sessionId });
  const sent = ["m-1", "m-2", "m-3"].map((messageId) => storedEvent(org.keys, { messageId, sessionId: "s" }));
  rig.stored.events = sent.flatMap((event, i) => [event, added(`s-${i}`)]);
  const { items } = (await org.dryRun({ last: 2 })).json;
  assert.equal(items.map((item: { message_id: string }) => item.message_id).join(), "m-1,m-2");
  assert.equal((await org.backtest({ config: documentedConfig, last: 3 })).json.events, 3);
  rig.stored.events = [];
});

test("a dry run that can't be made is refused with where and why, without a value", async () => {
  const org = await newOrg();
  const other = await newOrg();
  const one = [{ type: "track", event: "canary", userId: "u" }];
  const deep = `${"[".repeat(400)}${"]".repeat(400)}`;
  const nested = `{"events":[{"type":"track","event":"E","userId":"u","properties":${deep}}]}`;
  const cases: [unknown, number, string | null][] = [
    [{}, 422, "events"],
    [{ events: one, last: 3 }, 422, "events"],
    [{ events: [] }, 422, "events"],
    [{ last: 501 }, 422, "last"],
    [{ events: Array.from({ length: 501 }, () => one[0]) }, 422, "events"],
    [{ events: one, config: { routing_rules: [{ condition: "canary", action: 1 }] } }, 422, null],
    [{ events: one, source_id: other.keys.source_id }, 404, null],
    [{ events: one, source_id: "canary" }, 404, null],
    [{ events: one, canary: 1 }, 422, "body"],
    [{ events: [{ type: "track", event: "x".repeat(520_000), userId: "u" }] }, 413, null],
    [nested, 422, "events"],
  ];
  for (const [body, status, path] of cases) {
    const answer = await org.dryRun(body);
    assert.equal(answer.status, status, answer.text);
    if (path !== null) assert.equal(answer.json.error.details[0].path, path);
    assert.equal(answer.text.replaceAll("canary\\n", "").includes("canary"), false, answer.text);
  }
  assert.equal((await org.dryRun({ events: one }, tokenOf(org.keys, "viewer"))).status, 403);
});

test("a wrong condition is told with its position, a caret below it and a hint, wherever it is sent", async () => {
  const org = await newOrg();
  const config = { ...documentedConfig, routing_rules: [{ condition: "exists event and 'Ping'", action: "drop" }] };
  const answers = [
    await org.put(config),
    await org.dryRun({ config, last: 1 }),
    await org.backtest({ config, last: 1 }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 422);
    const [detail] = answer.json.error.details;
    assert.equal(detail.path, "config.routing_rules[0].condition");
    assert.equal(detail.position, 17);
    assert.equal(detail.caret, "exists event and 'Ping'\n                 ^");
    assert.equal(detail.hint, "Compare it: event == 'Test'");
  }
});

const code = `function process(event, context) {
  if (event.event === "Unwanted") return null;
  if (event.event === "Broken") throw new Error(event.event);
  if (event.event === "Loop") for (;;) {}
  event.properties = { ...event.properties, source: context.sourceId, contact: ["bob", "example.com"].join("@") };
  if (event.event === "Renamed") event.event = "Internal Test";
  return event;
}`;

test("custom JavaScript is run in a dry run, and what it returns passes the kernel and the rules again", async () => {
  const org = await newOrg();
  const names = ["Plain", "Unwanted", "Broken", "Loop", "Renamed", "Internal Test"];
  const context = { traits: { email: "a@b.de" } };
  const sent = names.map((event) => ({ type: "track", event, userId: "u", context }));
  const config = { ...documentedConfig, custom_js: { enabled: true, code, description: "" } };
  const answer = await org.dryRun({ config, events: sent, source_id: org.keys.source_id });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json.dropped, { custom_js: 1, routing_rule: 2 });
  const [plain, unwanted, broken, loop, renamed, internal] = answer.json.items;
  const returned = { state: "returned", fault: null, line: null };
  assert.deepEqual(plain.stages.custom_js, returned);
  assert.deepEqual(plain.output.properties, { source: org.keys.source_id, contact: "[email]" });
  assert.equal(plain.identity.email_sha256, sha256Hex("a@b.de"));
  assert.deepEqual([unwanted.outcome, unwanted.reason, unwanted.stages.routing], ["drop", "custom_js", null]);
  assert.deepEqual(broken.stages.custom_js, { state: "failed", fault: "exception", line: 3 });
  assert.equal(broken.output.event, "Broken");
  assert.deepEqual([loop.outcome, loop.stages.custom_js.fault], ["pass", "timeout"]);
  assert.deepEqual(renamed.stages.routing, { rule: 0, ...documentedConfig.routing_rules[0] });
  assert.deepEqual([internal.reason, internal.stages.custom_js], ["routing_rule", returned]);
  assert.equal(answer.text.includes("bob@"), false);
});

test("each candidate's own code runs; code that can't run is refused as a PUT would", async () => {
  const org = await newOrg();
  const withCode = (text: string) => ({
    ...documentedConfig,
    custom_js: { enabled: true, code: text, description: "" },
  });
  const one = [{ type: "track", event: "E", userId: "u" }];
  for (const n of [1, 2, 3]) {
    const config = withCode(`function process(event) { event.properties = { n: ${n} }; return event; }`);
    assert.deepEqual((await org.dryRun({ config, events: one })).json.items[0].output.properties, { n });
  }
  const wrong = withCode("function process(event { return event; }");
  const [refused, put] = [await org.dryRun({ config: wrong, events: one }), await org.put(wrong)];
  assert.equal(refused.status, 422);
  assert.deepEqual(refused.json.error.details, put.json.error.details);
  assert.equal(refused.json.error.details[0].path, "config.custom_js.code");
});

test("a backtest counts what would change, names up to twenty events, and says what it can't know", async () => {
  const org = await newOrg();
  await org.put({ ...documentedConfig, routing_rules: [] });
  const many = Array.from({ length: 30 }, (_, i) =>
    storedEvent(org.keys, { messageId: `i-${i}`, name: "Internal Test" }),
  );
  const rewritten = storedEvent(org.keys, { properties: { iban: "DE00", total: 1 } });
  rig.stored.events = [...many, rewritten, storedEvent(org.keys), storedEvent(randomOrg(org.keys))];
  const hash = [...documentedConfig.pii_rules.hash_fields, "properties.iban"];
  const config = { ...documentedConfig, pii_rules: { ...documentedConfig.pii_rules, hash_fields: hash } };
  const answer = await org.backtest({ config, last: 100 }, tokenOf(org.keys, "editor"));
  assert.equal(answer.status, 200, answer.text);
  const { changed, note, ...rest } = answer.json;
  assert.deepEqual(rest, {
    events: 32,
    complete: true,
    active: { version: 2, passed: 32, dropped: {}, rejected: {}, custom_js: null },
    candidate: { passed: 2, dropped: { routing_rule: 30 }, rejected: {}, custom_js: null },
  });
  assert.deepEqual([changed.outcomes, changed.outputs, changed.examples.length], [30, 1, 20]);
  const { event_id: _, ...example } = changed.examples[0];
  assert.deepEqual(example, { message_id: "i-0", from: "pass", to: "drop", reason: "routing_rule", rule: 0 });
  assert.match(note, /dropped .* not among them/);
  const same = (await org.backtest({ config: { ...documentedConfig, routing_rules: [] }, minutes: 60 })).json;
  assert.deepEqual([same.changed.outcomes, same.changed.outputs], [0, 0]);
  for (const span of [{}, { last: 1, minutes: 1 }, { last: 10_001 }, { minutes: 61 }, { last: 0 }]) {
    assert.equal((await org.backtest({ config, ...span })).status, 422);
  }
  assert.equal((await org.backtest({ config, last: 1 }, tokenOf(org.keys, "viewer"))).status, 403);
  rig.stored.events = [];
});

function randomOrg(keys: FirstCredentials): FirstCredentials {
  return { ...keys, org_id: randomUUID() };
}

test("a dry run takes events as the Layers SDK sends them, told in the envelope's names", async () => {
  const org = await newOrg();
  const event = {
    event: "Order Completed",
    event_id: "m-1",
    app_user_id: "u1",
    install_id: "a1",
    platform: "ios",
    idfa: "id-1",
    att_status: "denied",
    utm_source: "mail",
    properties: { email: "Ana@Example.com", total: 3 },
  };
  const answer = await org.dryRun({ events: [event], dialect: "layers" });
  assert.equal(answer.status, 200, answer.text);
  const [report] = answer.json.items;
  assert.equal(report.message_id, "m-1");
  assert.equal(report.outcome, "pass");
  assert.deepEqual([report.output.userId, report.output.context.os.name], ["u1", "ios"]);
  assert.deepEqual(report.stages.pii.hashed, ["properties.email"]);
  assert.deepEqual(report.stages.pii.removed, ["context.device.idfa"]);
  assert.deepEqual([report.stages.pii.masked, report.stages.pii.added], [[], []]);
  const wrong = await org.dryRun({ events: [event], dialect: "other" });
  assert.equal(wrong.status, 422);
});

test("a backtest runs custom JavaScript on stored events, and counts where it failed", async () => {
  const org = await newOrg();
  const names = ["Buy", "Buy", "Debug", "Bad"];
  rig.stored.events.push(...names.map((name) => storedEvent(org.keys, { name })));
  const code = `function process(event) {
    if (event.event === "Debug") return null;
    if (event.event === "Bad") throw 1;
    event.properties.seen = true;
    return event;
  }`;
  const config = { custom_js: { enabled: true, code } };
  const { status, json, text } = await org.backtest({ config, last: 10 });
  assert.equal(status, 200, text);
  assert.deepEqual([json.events, json.complete, json.active.custom_js], [4, true, null]);
  assert.deepEqual(json.candidate.custom_js, { returned: 2, dropped: 1, failed: 1, paused: 0 });
  assert.deepEqual([json.candidate.passed, json.candidate.dropped], [3, { custom_js: 1 }]);
  assert.deepEqual([json.changed.outcomes, json.changed.outputs], [1, 2]);
  const wrong = await org.backtest({ config: { custom_js: { enabled: true, code: "function (" } }, last: 1 });
  assert.equal(wrong.status, 422);
});
