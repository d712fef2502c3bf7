import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { Analytics } from "@segment/analytics-node";
import { encodeRecord } from "../../../../domain/model/event/record.ts";
import { basic, berlinIp, openRig, post, type Rig, send } from "../server/rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

const track = { type: "track", event: "Order Completed", userId: "u1", properties: { total: 12 } };

test("every Segment call is taken under its long and its short name", async () => {
  const calls: [string, object, string][] = [
    ["track", { event: "E", userId: "u1" }, "track"],
    ["t", { event: "E", userId: "u1" }, "track"],
    ["identify", { userId: "u1" }, "identify"],
    ["i", { userId: "u1" }, "identify"],
    ["page", { userId: "u1", name: "Home" }, "page"],
    ["p", { userId: "u1", name: "Home" }, "page"],
    ["screen", { userId: "u1", name: "Home" }, "screen"],
    ["s", { userId: "u1", name: "Home" }, "screen"],
    ["group", { userId: "u1", groupId: "g1" }, "group"],
    ["g", { userId: "u1", groupId: "g1" }, "group"],
    ["alias", { userId: "u1", previousId: "p1" }, "alias"],
    ["a", { userId: "u1", previousId: "p1" }, "alias"],
  ];
  for (const [name, body, type] of calls) {
    const answer = await post(`${rig.ingest.url}/v1/${name}`, body, basic(rig.keys.write_key));
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    assert.deepEqual(answer.json, { success: true });
    const events = await rig.events();
    assert.deepEqual(
      events.map((event) => event["type"]),
      [type],
      name,
    );
  }
  for (const name of ["batch", "import", "b"]) {
    const answer = await post(`${rig.ingest.url}/v1/${name}`, { batch: [track, track] }, basic(rig.keys.write_key));
    assert.equal(answer.status, 200, name);
    assert.equal((await rig.events()).length, 2, name);
  }
});

test("the write key counts as Basic user, as Bearer token and in the body", async () => {
  const url = `${rig.ingest.url}/v1/track`;
  const key = rig.keys.write_key;
  const ways: [object, Record<string, string>][] = [
    [track, basic(key)],
    [track, { authorization: `Bearer ${key}` }],
    [{ ...track, writeKey: key }, {}],
    [{ ...track, writeKey: key }, { "content-type": "text/plain" }],
    [{ ...track, writeKey: key }, { authorization: "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZGsifQ.c2lnbmF0dXJl_-" }],
  ];
  for (const [body, headers] of ways) assert.equal((await post(url, body, headers)).status, 200);
  const records = await rig.records();
  assert.equal(records.length, ways.length);
  for (const record of records) assert.equal(record.sourceId, rig.keys.source_id);
});

test("without a key, with an unknown one or a disabled source: 401, and nothing is kept", async () => {
  const url = `${rig.ingest.url}/v1/track`;
  const off = await rig.addTenant("server");
  rig.tenants.enableSource(off.write_key, false);
  const answers = [
    await post(url, track),
    await post(url, track, basic("wk_nobody")),
    await post(url, { ...track, writeKey: "x".repeat(5_000) }),
    await post(url, track, basic(off.write_key)),
    await post(`${rig.ingest.url}/l/events`, { events: [] }, { "x-app-id": "app_nobody" }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 401, answer.text);
    assert.equal(answer.json.error.request_id, answer.headers.get("x-request-id"));
  }
  assert.deepEqual(
    answers.map((answer) => answer.json.error.code),
    ["source_missing", "source_unknown", "source_unknown", "source_unknown", "source_unknown"],
  );
  assert.deepEqual(await rig.records(), []);
});

test("a disabled source that is enabled again takes events at once", async () => {
  const org = await rig.addTenant("server");
  rig.tenants.enableSource(org.write_key, false);
  assert.equal((await post(`${rig.ingest.url}/v1/track`, track, basic(org.write_key))).status, 401);
  rig.tenants.enableSource(org.write_key, true);
  assert.equal((await post(`${rig.ingest.url}/v1/track`, track, basic(org.write_key))).status, 200);
  assert.equal((await rig.records()).length, 1);
});

test("an event without a messageId gets one before it is stored; one that has it keeps it", async () => {
  const batch = [track, { ...track, messageId: "m-1" }];
  await post(`${rig.ingest.url}/v1/batch`, { batch }, basic(rig.keys.write_key));
  const [record] = await rig.records();
  assert.match(record?.messageIds[0] ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(record?.messageIds[1], "m-1");
});

test("one bad event in a batch: the others are taken, the answer lists index and code", async () => {
  const batch = [track, { type: "track", userId: "u1" }, track];
  const answer = await post(`${rig.ingest.url}/v1/batch`, { batch }, basic(rig.keys.write_key));
  assert.equal(answer.status, 200);
  assert.equal(answer.json.success, true);
  assert.deepEqual(
    answer.json.rejected.map((one: { index: number; code: string }) => [one.index, one.code]),
    [[1, "event_missing"]],
  );
  const [record] = await rig.records();
  assert.equal(record?.batch.count, 2);
  assert.equal(record?.messageIds.length, 2);
});

test("a request whose every event is refused is answered 400 with the reasons, and nothing is kept", async () => {
  const answer = await post(`${rig.ingest.url}/v1/track`, { userId: "u1" }, basic(rig.keys.write_key));
  assert.equal(answer.status, 400);
  assert.equal(answer.json.error.code, "events_rejected");
  assert.equal(answer.json.error.details[0].code, "event_missing");
  assert.equal(answer.json.error.details[0].index, 0);
  assert.deepEqual(await rig.records(), []);
});

test("what the data layer drops is counted in the record that is kept, by reason", async () => {
  const org = await rig.addTenant("browser");
  const headers = { ...basic(org.write_key), "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)" };
  const answer = await post(`${rig.ingest.url}/v1/batch`, { batch: [track, track] }, headers);
  assert.equal(answer.status, 200);
  const [record] = await rig.records();
  assert.deepEqual(record?.dropped, { bot_known: 2 });
  assert.equal(record?.batch.count, 0);
  assert.equal(record?.batch.bytes.length, 0);
});

test("a server's events carry their own address and device; a browser's claims do not count", async () => {
  const context = { ip: berlinIp, userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2)" };
  await post(`${rig.ingest.url}/v1/track`, { ...track, context }, basic(rig.keys.write_key));
  const browser = await rig.addTenant("browser");
  const headers = { ...basic(browser.write_key), "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" };
  await post(`${rig.ingest.url}/v1/track`, { ...track, context }, headers);
  const [server, page] = (await rig.events()) as { context?: Record<string, Record<string, unknown>> }[];
  assert.deepEqual(server?.context?.["geo"], { country: "DE", region: "BE" });
  assert.equal(server?.context?.["device"]?.["model"], "iPhone");
  assert.equal(page?.context?.["geo"], undefined);
  for (const event of [server, page]) {
    assert.equal(JSON.stringify(event).includes(berlinIp), false);
    assert.equal(JSON.stringify(event).includes("Mozilla"), false);
  }
});

test("Layers: events, properties and consent are taken by app id, answered with counts", async () => {
  const headers = { "x-app-id": rig.keys.app_id };
  const event = { event: "purchase", event_id: "e-1", install_id: "i-1", platform: "ios", properties: {} };
  for (const prefix of ["", "/l"]) {
    const events = await post(`${rig.ingest.url}${prefix}/events`, { events: [event], sent_at: "2026-02-20" }, headers);
    assert.equal(events.status, 202, events.text);
    assert.deepEqual(events.json, { accepted: 1, dropped: 0, rejected: 0 });
    const properties = { app_user_id: "u1", properties: { plan: "pro" } };
    assert.equal((await post(`${rig.ingest.url}${prefix}/users/properties`, properties, headers)).status, 202);
    const consent = { app_user_id: "u1", advertising: false, analytics: true };
    assert.equal((await post(`${rig.ingest.url}${prefix}/consent`, consent, headers)).status, 202);
    assert.equal((await send(`${rig.ingest.url}${prefix}/health`)).status, 200);
    const records = await rig.records();
    assert.equal(records.length, 3);
    assert.deepEqual(records[0]?.messageIds, ["e-1"]);
  }
  const bad = await post(`${rig.ingest.url}/l/events`, { events: [{}] }, headers);
  assert.equal(bad.status, 400);
  assert.equal(bad.json.error.details[0].index, 0);
});

function signed(secret: string, body: string | Uint8Array, timestamp = String(Math.floor(Date.now() / 1000))) {
  const hmac = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  return { "x-app-id": rig.keys.app_id, "x-timestamp": timestamp, "x-signature": `sha256=${hmac}` };
}

test("signed: a body signed as it is sent is taken, compressed or not, by app id or write key", async () => {
  const url = `${rig.ingest.url}/v1/events`;
  const secret = rig.keys.signing_secret;
  const body = JSON.stringify({ events: [track] });
  const zipped = gzipSync(body);
  const { "x-app-id": _, ...anonymous } = signed(secret, body);
  const answers = [
    await post(url, body, signed(secret, body)),
    await post(url, body, signed(secret, body, String(Date.now()))),
    await post(url, body, { ...anonymous, ...basic(rig.keys.write_key) }),
    await post(url, zipped, { ...signed(secret, zipped), "content-encoding": "gzip" }),
    await post(url, JSON.stringify({ batch: [track] }), signed(secret, JSON.stringify({ batch: [track] }))),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.accepted, 1);
  }
  assert.equal((await rig.records()).length, answers.length);
});

test("signed: without a genuine and recent signature nothing is taken", async () => {
  const url = `${rig.ingest.url}/v1/events`;
  const secret = rig.keys.signing_secret;
  const body = JSON.stringify({ events: [track] });
  const old = String(Math.floor(Date.now() / 1000) - 301);
  const cases: [Record<string, string>, string][] = [
    [{ "x-app-id": rig.keys.app_id }, "signature_missing"],
    [{ ...signed(secret, body), "x-signature": "sha256=zz" }, "signature_missing"],
    [{ ...signed(secret, body), "x-signature": `sha256=${"0".repeat(64)}` }, "signature_invalid"],
    [signed("another secret", body), "signature_invalid"],
    [signed(secret, `${body} `), "signature_invalid"],
    [{ ...signed(secret, body), "x-timestamp": String(Math.floor(Date.now() / 1000) + 2) }, "signature_invalid"],
    [signed(secret, body, old), "signature_expired"],
    [{ ...signed(secret, body), "x-app-id": "app_nobody" }, "source_unknown"],
    [{ ...signed(secret, body), "x-app-id": "" }, "source_missing"],
  ];
  for (const [headers, code] of cases) {
    const answer = await post(url, body, headers);
    assert.equal(answer.status, 401);
    assert.equal(answer.json.error.code, code);
  }
  assert.deepEqual(await rig.records(), []);
});

test("pixel: the picture always comes, and its status tells whether the event was taken", async () => {
  const data = (value: object) => encodeURIComponent(Buffer.from(JSON.stringify(value)).toString("base64"));
  const good = await send(
    `${rig.ingest.url}/v1/pixel/track?data=${data({ writeKey: rig.keys.write_key, event: "Open", userId: "u1" })}`,
  );
  assert.equal(good.status, 200);
  const bad = [
    await send(`${rig.ingest.url}/v1/pixel/track`),
    await send(`${rig.ingest.url}/v1/pixel/track?data=%25%25`),
    await send(`${rig.ingest.url}/v1/pixel/track?data=${data({ writeKey: "wk_no", event: "Open", userId: "u1" })}`),
  ];
  assert.deepEqual(
    bad.map((answer) => answer.status),
    [400, 400, 401],
  );
  for (const answer of [good, ...bad]) {
    assert.equal(answer.headers.get("content-type"), "image/gif");
    assert.equal(answer.text.startsWith("GIF89a"), true);
  }
  assert.equal((await rig.records()).length, 1);
  const sent = data({ writeKey: rig.keys.write_key, event: "E", userId: "u" });
  const url = `${rig.ingest.url}/v1/pixel/track?data=${sent}`;
  assert.equal((await send(url, { method: "HEAD" })).status, 200);
  assert.deepEqual(await rig.records(), [], "who only asks for the headers has not seen the picture");
});

test("pixel: an event may come as parameters of its own, dots leading into objects", async () => {
  const pixel = (query: string) => send(`${rig.ingest.url}/v1/pixel/track?writeKey=${rig.keys.write_key}&${query}`);
  const members =
    "userId=u1&event=Email%20Opened&properties.subject=A+b&properties.email=ana@example.com&properties.a.b=1";
  assert.equal((await pixel(members)).status, 200);
  const [event] = await rig.events();
  assert.ok(event);
  const { email, ...others } = event["properties"] as Record<string, unknown>;
  assert.deepEqual(
    [event["event"], event["userId"], others],
    ["Email Opened", "u1", { subject: "A b", a: { b: "1" } }],
  );
  assert.match(String(email), /^[0-9a-f]{64}$/);
  const names = [
    "canary@private.example",
    "properties.canary@private.example",
    "properties.canary%2540private.example",
  ];
  assert.equal((await pixel(`userId=u1&event=E&${names.join("=1&")}=1&properties.203.0.113.9=1`)).status, 200);
  const named = JSON.stringify(await rig.events());
  assert.equal(named.includes("canary"), false, "a name that is an email stays one, so that it is seen and masked");
  assert.equal(named.includes("203"), false, "so does one that is an address");
  for (const query of ["userId=u1", `event=E&userId=u1&${"a.".repeat(4_000)}b=1`, "event=E&__proto__.userId=u1"]) {
    const answer = await pixel(query);
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [400, "image/gif"], query.slice(0, 40));
  }
  assert.equal((await pixel("event=E&userId=u1&__proto__.x=1&a=1&a.b=2&b.c=1&b=2&..=3")).status, 200);
  assert.equal((await rig.records()).length, 1);
});

test("neither the connection's address nor its User-Agent is in what is kept", async () => {
  const org = await rig.addTenant("browser");
  const userAgent = "Canary-Browser/7.7 (iPhone)";
  await post(`${rig.ingest.url}/v1/track`, track, { ...basic(org.write_key), "user-agent": userAgent });
  const [record] = await rig.records();
  assert.ok(record);
  const kept = Buffer.from(encodeRecord(record)).toString("latin1");
  assert.equal(kept.includes("Canary-Browser"), false);
  assert.equal(kept.includes("127.0.0.1"), false);
  assert.equal(kept.includes('"model":"iPhone"'), true);
});

test("settings for analytics.js point its events here", async () => {
  const answer = await send(`${rig.ingest.url}/v1/projects/${rig.keys.write_key}/settings`);
  assert.equal(answer.status, 200);
  const segment = answer.json.integrations["Segment.io"];
  assert.equal(segment.apiKey, rig.keys.write_key);
  assert.equal(`${segment.protocol}://${segment.apiHost}`, `${rig.ingest.url}/v1`);
  assert.equal((await send(`${rig.ingest.url}/v1/projects/wk_nobody/settings`)).status, 404);
});

test("pages of any origin may send: preflight, simple requests and beacons", async () => {
  const origin = "https://shop.example";
  const preflight = await send(`${rig.ingest.url}/v1/track`, { method: "OPTIONS", headers: { origin } });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /authorization.*content-type/i);
  const beacon = await post(
    `${rig.ingest.url}/v1/t`,
    { ...track, writeKey: rig.keys.write_key },
    { origin, "content-type": "text/plain;charset=UTF-8" },
  );
  assert.equal(beacon.status, 200);
  assert.equal(beacon.headers.get("access-control-allow-origin"), origin);
  assert.equal((await rig.records()).length, 1);
});

test("the unmodified Segment library sends every kind of call through it", async () => {
  const analytics = new Analytics({ writeKey: rig.keys.write_key, host: rig.ingest.url, flushAt: 3, maxRetries: 0 });
  const faults: unknown[] = [];
  analytics.on("error", (error) => faults.push(error));
  analytics.identify({ userId: "u1", traits: { email: "canary@private.example" } });
  analytics.track({ userId: "u1", event: "Order Completed", properties: { total: 3 } });
  analytics.page({ userId: "u1", name: "Home" });
  analytics.screen({ anonymousId: "a1", name: "Start" });
  analytics.group({ userId: "u1", groupId: "g1" });
  analytics.alias({ userId: "u1", previousId: "a1" });
  await analytics.closeAndFlush({ timeout: 60_000 });
  assert.deepEqual(faults, []);
  const events = await rig.events();
  assert.deepEqual(events.map((event) => event["type"]).sort(), [
    "alias",
    "group",
    "identify",
    "page",
    "screen",
    "track",
  ]);
  assert.equal(JSON.stringify(events).includes("canary@private.example"), false);
});
