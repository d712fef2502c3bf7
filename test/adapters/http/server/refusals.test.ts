import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { basic, openRig, post, type Rig, type Sent, send } from "./rig.ts";

const canary = "canary-9f41@private.example";
const bodyBytesMax = 20_000;
const eventBytesMax = 2_000;
let rig: Rig;
before(async () => {
  rig = await openRig({ limits: { bodyBytesMax, eventBytesMax, batchEventsMax: 10 } });
});
after(async () => {
  await rig.close();
});

const track = { type: "track", event: "E", userId: "u1" };

function isOurShape(answer: Sent): void {
  const { error, ...top } = answer.json;
  const { code, message } = error;
  assert.ok(Object.keys(top).length === 0 || (top.code === code && top.message === message), answer.text);
  assert.deepEqual(
    ["error"].concat(Object.keys(error).sort()),
    ["error", "code", ...(error.details ? ["details"] : []), "message", "request_id"],
    answer.text,
  );
  assert.match(error.code, /^[a-z_0-9]+$/);
  assert.equal(error.request_id, answer.headers.get("x-request-id"));
  assert.equal(answer.text.includes("canary"), false, "the answer repeats what was sent");
}

async function serverGoesOn(): Promise<void> {
  await rig.records();
  assert.equal((await post(`${rig.ingest.url}/v1/track`, track, basic(rig.keys.write_key))).status, 200);
  assert.equal((await rig.records()).length, 1);
}

test("a malformed body is answered 400 with the position, keeps nothing, and the server goes on", async () => {
  const email = `"email":"${canary}"`;
  const cases: [string, string | Uint8Array, string, number | null][] = [
    ["truncated", `{"event":"E","userId":"u1",${email}`, "invalid_json", null],
    ["trailing", `{"event":"E","userId":"u1"}${canary}`, "invalid_json", 27],
    ["not JSON", canary, "invalid_json", 0],
    ["empty", "", "invalid_json", 0],
    ["not an object", `[${JSON.stringify(canary)}]`, "body_not_an_object", 0],
    ["bad UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), "invalid_utf8", 2],
    ["deep", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`.slice(0, bodyBytesMax - 1), "too_deep", null],
  ];
  for (const [name, body, code, position] of cases) {
    const answer = await post(`${rig.ingest.url}/v1/track`, body, basic(rig.keys.write_key));
    assert.equal(answer.status, 400, name);
    isOurShape(answer);
    assert.equal(answer.json.error.code, code, name);
    const told = answer.json.error.details[0].position;
    assert.equal(typeof told, "number", name);
    if (position !== null) assert.equal(told, position, name);
    assert.deepEqual(await rig.records(), [], name);
  }
  await serverGoesOn();
});

test("one unusable event is refused alone, with index, code and field, never with its value", async () => {
  const cases: [string, object | string, string, string | undefined][] = [
    ["wrong type of a field", { ...track, userId: { canary } }, "field_type", "userId"],
    ["a field that is too long", { ...track, messageId: "canary".repeat(200) }, "field_too_long", "messageId"],
    ["no event name", { type: "track", userId: "u1", canary }, "event_missing", undefined],
    ["no identity", { type: "track", event: "E", canary }, "identity_missing", undefined],
    ["unknown type", { type: "canary", userId: "u1" }, "type_unknown", undefined],
    ["NUL", { ...track, properties: { a: "canary\u0000" } }, "unstorable", undefined],
    ["unpaired surrogate", `{"type":"track","event":"E","userId":"canary\\ud800"}`, "unstorable", undefined],
    [
      "a number past doubles",
      `{"type":"track","event":"E","userId":"u1","properties":{"a":1e400}}`,
      "unstorable",
      undefined,
    ],
    ["too large", { ...track, properties: { a: "canary".repeat(500) } }, "event_too_large", undefined],
    ["not an object", JSON.stringify(canary), "not_an_object", undefined],
  ];
  for (const [name, event, code, field] of cases) {
    const one = typeof event === "string" ? event : JSON.stringify(event);
    const body = `{"batch":[${JSON.stringify(track)},${one}]}`;
    const answer = await post(`${rig.ingest.url}/v1/batch`, body, basic(rig.keys.write_key));
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    assert.equal(answer.json.rejected.length, 1, name);
    assert.equal(answer.json.rejected[0].index, 1, name);
    assert.equal(answer.json.rejected[0].code, code, name);
    if (field !== undefined) assert.equal(answer.json.rejected[0].field, field, name);
    assert.equal(answer.text.includes("canary"), false, name);
    assert.equal((await rig.records())[0]?.batch.count, 1, name);
  }
  await serverGoesOn();
});

test("a batch of too many events, or without its list, is refused whole", async () => {
  const url = `${rig.ingest.url}/v1/batch`;
  const many = await post(url, { batch: Array(11).fill(track) }, basic(rig.keys.write_key));
  assert.equal(many.status, 400);
  assert.equal(many.json.error.code, "too_many_events");
  const none = await post(url, { canary }, basic(rig.keys.write_key));
  assert.equal(none.json.error.code, "events_missing");
  for (const answer of [many, none]) isOurShape(answer);
  assert.deepEqual(await rig.records(), []);
});

test("a body past its limit is refused before and after decompression, announced or not", async () => {
  const url = `${rig.ingest.url}/v1/track`;
  const headers = basic(rig.keys.write_key);
  const large = JSON.stringify({ ...track, canary: canary.repeat(1_000) });
  const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20));
  const chunked = new ReadableStream({
    start(controller) {
      for (let at = 0; at < large.length; at += 1_000) controller.enqueue(Buffer.from(large.slice(at, at + 1_000)));
      controller.close();
    },
  });
  const answers = [
    await post(url, large, headers),
    await post(url, gzipSync(large), { ...headers, "content-encoding": "gzip" }),
    await post(url, bomb, { ...headers, "content-encoding": "gzip" }),
    await post(url, bomb.subarray(0, 15_000), { ...headers, "content-encoding": "gzip" }),
    await send(url, { method: "POST", headers, body: chunked, duplex: "half" } as RequestInit),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 413, answer.text);
    assert.equal(answer.json.error.code, "body_too_large");
    isOurShape(answer);
  }
  assert.deepEqual(await rig.records(), []);
  await serverGoesOn();
});

test("gzip is read under any content type, announced or not; what is not gzip is refused", async () => {
  const url = `${rig.ingest.url}/v1/track`;
  const headers = basic(rig.keys.write_key);
  const zipped = gzipSync(JSON.stringify(track));
  for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
    const named = { ...headers, "content-type": type, "content-encoding": "gzip" };
    assert.equal((await post(url, zipped, named)).status, 200);
    assert.equal((await post(url, zipped, { ...headers, "content-type": type })).status, 200);
  }
  assert.equal((await rig.records()).length, 6);
  const broken: [Uint8Array | string, string, number, string][] = [
    [JSON.stringify({ canary }), "gzip", 400, "gzip_invalid"],
    [zipped.subarray(0, zipped.length - 6), "gzip", 400, "gzip_invalid"],
    [JSON.stringify(track), "br", 415, "encoding_unsupported"],
  ];
  for (const [body, encoding, status, code] of broken) {
    const answer = await post(url, body, { ...headers, "content-encoding": encoding });
    assert.equal(answer.status, status);
    assert.equal(answer.json.error.code, code);
    isOurShape(answer);
  }
  assert.deepEqual(await rig.records(), []);
  await serverGoesOn();
});

test("an unknown path is 404 and a wrong method 405, in our shape", async () => {
  const unknown = await post(`${rig.ingest.url}/v1/canary`, track, basic(rig.keys.write_key));
  assert.equal(unknown.status, 404);
  const wrong = await send(`${rig.ingest.url}/v1/track`);
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("allow"), "POST, OPTIONS");
  for (const answer of [unknown, wrong]) isOurShape(answer);
  assert.equal((await send(`${rig.ingest.url}/health`, { method: "HEAD" })).status, 200);
  assert.equal((await send(`${rig.ingest.url}/ready`)).status, 200);
});

test("a full stream answers 503 with Retry-After", async () => {
  const full = await openRig({ backlogBytesMax: 10 });
  try {
    const answer = await post(`${full.ingest.url}/v1/track`, track, basic(full.keys.write_key));
    assert.equal(answer.status, 503);
    assert.equal(answer.json.error.code, "stream_full");
    assert.equal(answer.headers.get("retry-after"), "1");
    isOurShape(answer);
  } finally {
    await full.close();
  }
});

test("a process that has not heard of changes for a minute answers 503 and is not ready", async () => {
  let heardAtMs = Date.now();
  const deaf = await openRig({ heardAtMs: () => heardAtMs });
  try {
    const url = `${deaf.ingest.url}/v1/track`;
    assert.equal((await post(url, track, basic(deaf.keys.write_key))).status, 200);
    heardAtMs = Date.now() - 61_000;
    const answer = await post(url, track, basic(deaf.keys.write_key));
    assert.equal(answer.status, 503);
    assert.equal(answer.json.error.code, "configuration_stale");
    assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
    assert.equal((await send(`${deaf.ingest.url}/ready`)).status, 503);
    assert.equal((await send(`${deaf.ingest.url}/health`)).status, 200);
  } finally {
    await deaf.close();
  }
});
