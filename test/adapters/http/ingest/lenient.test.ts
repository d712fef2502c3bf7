import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { basic, openRig, post, type Rig, send } from "../server/rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

const track = { type: "track", event: "Order Completed", userId: "u1" };
const byteOrderMark = "\uFEFF";

test("a path with a slash too many, and a body that begins with a byte order mark, are taken", async () => {
  const text = byteOrderMark + JSON.stringify({ batch: [track] });
  const auth = basic(rig.keys.write_key);
  for (const path of ["//v1/batch", "/v1//batch", "/v1/batch/", "//v1/import///"]) {
    assert.equal((await post(`${rig.ingest.url}${path}`, text, auth)).status, 200, path);
  }
  const zipped = await post(`${rig.ingest.url}/v1/batch`, gzipSync(text), { ...auth, "content-encoding": "gzip" });
  assert.equal(zipped.status, 200, zipped.text);
  assert.equal((await rig.events()).length, 5);
  const pixel = `${rig.ingest.url}/v1/pixel/page?userId=u1&name=Home&properties.url=https://a.example//b`;
  assert.equal((await send(pixel, { headers: auth })).status, 200);
  const [page] = (await rig.events()) as { properties: { url: string } }[];
  assert.equal(page?.properties.url, "https://a.example//b", "a query is left as it is");
});

test("a preflight is answered on paths that nothing is at; any other request there is 404", async () => {
  const headers = { origin: "https://shop.example", "access-control-request-headers": "x-own" };
  const preflight = await send(`${rig.ingest.url}/no/such/path`, { method: "OPTIONS", headers });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "https://shop.example");
  assert.equal(preflight.headers.get("access-control-allow-headers"), "x-own");
  assert.equal((await post(`${rig.ingest.url}/no/such/path`, {})).status, 404);
  const admin = await send(`${rig.admin.url}/no/such/path`, { method: "OPTIONS", headers });
  assert.deepEqual([admin.status, admin.headers.get("access-control-allow-origin")], [404, null]);
});

test("Segment's routes put an error's code and message at the top, too, where a library looks for them", async () => {
  for (const path of ["/v1/batch", "/v1/import", "/v1/track", "/v1/t"]) {
    const unknown = await post(`${rig.ingest.url}${path}`, { batch: [track], ...track }, basic("wk_nobody"));
    assert.equal(unknown.status, 401, path);
    assert.equal(unknown.json.code, "source_unknown");
    assert.equal(unknown.json.message, unknown.json.error.message);
    assert.equal(unknown.json.error.code, "source_unknown");
  }
  const malformed = await post(`${rig.ingest.url}/v1/batch`, '{"batch":[', basic(rig.keys.write_key));
  assert.deepEqual([malformed.status, malformed.json.code], [400, "invalid_json"]);
});

test("a request with two Host headers is refused", async () => {
  const head = `GET /health HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n`;
  for (const { port } of [rig.ingest, rig.admin]) {
    const answer = await new Promise<string>((resolve, reject) => {
      let text = "";
      const socket = connect(port, "127.0.0.1", () => socket.write(head));
      socket.setEncoding("utf8").on("data", (part: string) => (text += part));
      socket.on("close", () => resolve(text)).on("error", reject);
    });
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /host_invalid/);
  }
});

function signed(secret: string, body: string) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hmac = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
  return { "x-app-id": rig.keys.app_id, "x-timestamp": timestamp, "x-signature": `sha256=${hmac}` };
}

async function messageIds(): Promise<string[]> {
  return (await rig.records()).flatMap((record) => [...record.messageIds]);
}

test("a signed request that is sent again has the same message ids, and two requests never have", async () => {
  const event = (name: string) => ({ event: name, app_user_id: "u1" });
  const bodies = [
    JSON.stringify({ events: [event("A"), { event: 7 }, { ...event("B"), event_id: "mine" }, event("C")] }),
    JSON.stringify({ events: [event("A"), event("C")] }),
  ];
  const ids: string[][] = [];
  for (const body of bodies) {
    const headers = signed(rig.keys.signing_secret, body);
    const upper = {
      ...headers,
      "x-signature": headers["x-signature"].replace(/[a-f0-9]{64}/, (hex) => hex.toUpperCase()),
    };
    for (const sent of [headers, headers, upper]) {
      const answer = await post(`${rig.ingest.url}/v1/events`, body, sent);
      assert.equal(answer.status, 200, answer.text);
      ids.push(await messageIds());
    }
  }
  assert.deepEqual(ids[1], ids[0]);
  assert.deepEqual(ids[2], ids[0]);
  assert.deepEqual(ids[5], ids[3]);
  assert.ok(ids[0]?.includes("mine"));
  assert.equal(new Set([...(ids[0] ?? []), ...(ids[3] ?? [])]).size, (ids[0]?.length ?? 0) + (ids[3]?.length ?? 0));
  for (const id of ids[3] ?? [])
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("what is not signed gets a message id of its own each time", async () => {
  for (let time = 0; time < 2; time += 1) await post(`${rig.ingest.url}/v1/track`, track, basic(rig.keys.write_key));
  assert.equal(new Set(await messageIds()).size, 2);
});

test("while the machine's clock can't be right, events are refused and nothing is kept", async () => {
  const odd = await openRig({ clock: { nowMs: () => Date.UTC(1970, 0, 2), sleep: async () => undefined } });
  try {
    const answer = await post(`${odd.ingest.url}/v1/track`, track, basic(odd.keys.write_key));
    assert.deepEqual([answer.status, answer.json.code], [503, "clock_wrong"]);
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
    assert.deepEqual(await odd.records(), []);
  } finally {
    await odd.close();
  }
});

async function apiOf(options: Parameters<typeof openRig>[0], headers: Readonly<Record<string, string>>) {
  const own = await openRig(options);
  try {
    const { json } = await send(`${own.ingest.url}/v1/projects/${own.keys.write_key}/settings`, { headers });
    const { apiHost, protocol } = json.integrations["Segment.io"];
    return `${protocol}://${apiHost}`.replace(String(own.ingest.port), "PORT");
  } finally {
    await own.close();
  }
}

test("analytics.js is sent to the public URL, else where a trusted proxy was asked, else where it asked", async () => {
  const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "events.example" };
  assert.equal(await apiOf({}, forwarded), "http://localhost:PORT/v1".replace("localhost", "127.0.0.1"));
  assert.equal(await apiOf({ trustedProxies: ["127.0.0.1"] }, forwarded), "https://events.example/v1");
  assert.equal(await apiOf({ publicUrl: "https://public.example" }, forwarded), "https://public.example/v1");
});
