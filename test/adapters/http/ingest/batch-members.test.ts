import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { basic, berlinIp, openRig, post, type Rig } from "../server/rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const track = { type: "track", event: "Order Completed", userId: "u1" };
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15";
const said = {
  integrations: { All: false },
  context: {
    library: { name: "analytics-go", version: "3.0.0" },
    ip: berlinIp,
    userAgent: iphone,
    traits: { email: "Ana@Example.com" },
    consent: { advertising: false },
  },
};
const expected = {
  library: { name: "analytics-go", version: "3.0.0" },
  traits: { email: sha256("ana@example.com") },
  consent: { advertising: false },
  geo: { country: "DE", region: "BE" },
  device: { model: "iPhone", os: "iOS" },
};

test("what a batch says once holds for each of its events, on every path that takes a batch", async () => {
  const key = rig.keys.write_key;
  const batch = [track, { ...track, context: { library: { version: "4" } }, integrations: { Meta: true } }];
  const body = { batch, ...said };
  const timestamp = String(Math.floor(Date.now() / 1000));
  const text = `${timestamp}.${JSON.stringify(body)}`;
  const signature = `sha256=${createHmac("sha256", rig.keys.signing_secret).update(text).digest("hex")}`;
  const ways: [string, Record<string, string>][] = [
    ...["/v1/batch", "/v1/import", "/v1/b"].map((path): [string, Record<string, string>] => [path, basic(key)]),
    ["/v1/events", { ...basic(key), "x-timestamp": timestamp, "x-signature": signature }],
  ];
  for (const [path, headers] of ways) {
    const answer = await post(`${rig.ingest.url}${path}`, body, headers);
    assert.equal(answer.status, 200, `${path} ${answer.text}`);
    const [first, second] = await rig.events();
    assert.deepEqual(first?.["context"], expected, path);
    assert.deepEqual(first?.["integrations"], { All: false }, path);
    assert.deepEqual(second?.["context"], { ...expected, library: { name: "analytics-go", version: "4" } }, path);
    assert.deepEqual(second?.["integrations"], { Meta: true, All: false }, path);
  }
});

test("one event that nests too deeply is named by index and position, the others are taken", async () => {
  const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
  const good = JSON.stringify(track);
  const body = `{"batch":[${good},{"type":"track","event":"E","userId":"u","a":${deep}},${good}]}`;
  const answer = await post(`${rig.ingest.url}/v1/batch`, new TextEncoder().encode(body), basic(rig.keys.write_key));
  assert.equal(answer.status, 200, answer.text);
  const position = body.indexOf("[[") + 31;
  assert.deepEqual(answer.json.rejected, [{ index: 1, code: "too_deep", position, message: "Nest less deeply." }]);
  assert.equal((await rig.events()).length, 2);
});

test("what a batch says is bounded, for one event and for all of them", async () => {
  const context = { note: "x".repeat(20_000) };
  const large = { context: { note: "x".repeat(40_000) }, batch: [track] };
  for (const body of [large, { context, batch: Array(250).fill({}) }]) {
    const answer = await post(`${rig.ingest.url}/v1/batch`, body, basic(rig.keys.write_key));
    assert.equal(answer.status, 413);
    assert.equal(answer.json.error.code, "batch_members_too_large");
  }
  assert.deepEqual(await rig.records(), []);
});
