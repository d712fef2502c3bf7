import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { openSystemClock } from "../../../../adapters/system/clock.ts";
import type { Clock } from "../../../../ports/clock.ts";
import { basic, openRig, post, type Rig, type Sent, send } from "../server/rig.ts";

let rig: Rig;
let aheadMs = 0;
const clock: Clock = { ...openSystemClock(), nowMs: () => Date.now() + aheadMs };
const hourMs = 3_600_000;
const event = { type: "track", event: "Ping", userId: "u1" };

before(async () => {
  rig = await openRig({ clock });
});
after(async () => {
  await rig.close();
});

const admin = (path: string) => `${rig.admin.url}/v1/admin/${path}`;
const owner = () => ({ authorization: `Bearer ${rig.keys.admin_token}`, "content-type": "application/json" });
const change = (method: string, path: string, body: object = {}) =>
  send(admin(path), { method, headers: owner(), body: method === "DELETE" ? null : JSON.stringify(body) });
const track = (writeKey: string) => post(`${rig.ingest.url}/v1/track`, event, basic(writeKey));

function codeOf(answer: Sent): [number, string | undefined] {
  return [answer.status, answer.json?.error?.code];
}

async function newSource(rest: object = {}) {
  const body = { project_id: rig.keys.project_id, name: "Shop", kind: "server", ...rest };
  const made = await post(admin("sources"), body, owner());
  assert.equal(made.status, 201, made.text);
  return made.json;
}

test("a new source takes events at once, and its signing secret is shown this once", async () => {
  const source = await newSource({ default_calling_code: "49" });
  assert.match(source.signing_secret, /^ss_/);
  assert.equal((await track(source.write_key)).status, 200);
  assert.equal((await rig.records())[0]?.sourceId, source.id);
  const shown = await send(admin(`sources/${source.id}`), { headers: owner() });
  const { signing_secret: _, ...rest } = source;
  assert.deepEqual(shown.json, rest);
  const listed = await send(admin("sources"), { headers: owner() });
  assert.deepEqual(
    listed.json.items.map((item: { id: string }) => item.id),
    [rig.keys.source_id, source.id],
  );
});

test("a change of a source governs the very next event: disabled, enabled, deleted", async () => {
  const source = await newSource();
  for (const enabled of [false, true, false, true]) {
    const changed = await change("PATCH", `sources/${source.id}`, { enabled });
    assert.equal(changed.json.enabled, enabled, changed.text);
    assert.equal((await track(source.write_key)).status, enabled ? 200 : 401);
  }
  assert.equal((await change("DELETE", `sources/${source.id}`)).status, 204);
  assert.deepEqual(codeOf(await track(source.write_key)), [401, "source_unknown"]);
  assert.deepEqual(codeOf(await change("PATCH", `sources/${source.id}`, { enabled: true })), [404, "not_found"]);
});

test("a rotated write key stays valid for the stated time, and not a moment longer", async () => {
  const source = await newSource();
  const rotated = await change("POST", `sources/${source.id}/rotate-write-key`, { overlap_hours: 2 });
  assert.equal(rotated.status, 200, rotated.text);
  assert.notEqual(rotated.json.write_key, source.write_key);
  const until = Date.parse(rotated.json.previous_write_key_valid_until);
  assert.ok(Math.abs(until - clock.nowMs() - 2 * hourMs) < 60_000);
  for (const key of [source.write_key, rotated.json.write_key]) assert.equal((await track(key)).status, 200);
  aheadMs += 2 * hourMs - 10_000;
  assert.equal((await track(source.write_key)).status, 200);
  aheadMs += 10_001;
  assert.deepEqual(codeOf(await track(source.write_key)), [401, "source_unknown"]);
  assert.equal((await track(rotated.json.write_key)).status, 200);
  const atOnce = await change("POST", `sources/${source.id}/rotate-write-key`, { overlap_hours: 0 });
  assert.deepEqual(codeOf(await track(rotated.json.write_key)), [401, "source_unknown"]);
  assert.equal((await track(atOnce.json.write_key)).status, 200);
});

test("events are signed with a source's own secret, and after it is replaced with the new one only", async () => {
  const source = await newSource({ dialect: "signed" });
  const signed = async (secret: string) => {
    const body = JSON.stringify({ events: [{ event: "Ping", app_user_id: "u1" }] });
    const timestamp = String(Math.floor(clock.nowMs() / 1000));
    const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    const headers = { "x-app-id": source.app_id, "x-timestamp": timestamp, "x-signature": `sha256=${signature}` };
    return codeOf(await post(`${rig.ingest.url}/v1/events`, body, headers));
  };
  assert.deepEqual(await signed(source.signing_secret), [200, undefined]);
  const replaced = await send(admin(`sources/${source.id}/replace-signing-secret`), {
    ...{ method: "POST", headers: owner() },
  });
  assert.equal(replaced.status, 200, replaced.text);
  assert.deepEqual(await signed(source.signing_secret), [401, "signature_invalid"]);
  assert.deepEqual(await signed(replaced.json.signing_secret), [200, undefined]);
});

test("past its rate a source is told when to come back; another source is not slowed", async () => {
  const [slow, other] = [await newSource({ events_per_second_max: 2 }), await newSource()];
  const batch = { batch: Array.from({ length: 10 }, () => event) };
  const send = (key: string) => post(`${rig.ingest.url}/v1/batch`, batch, basic(key));
  await rig.records();
  assert.equal((await send(slow.write_key)).status, 200);
  const limited = await send(slow.write_key);
  assert.deepEqual(codeOf(limited), [429, "rate_limited"]);
  const seconds = Number(limited.headers.get("retry-after"));
  assert.ok(seconds >= 2 && seconds <= 3, `${seconds} seconds for 6 events too many at 2 a second`);
  assert.equal(limited.headers.get("x-ratelimit-reset"), String(seconds));
  assert.equal((await send(other.write_key)).status, 200);
  assert.equal((await rig.records()).length, 2);
  // At the very moment nothing is left to go on with: a bucket that is just empty lets nobody pass.
  aheadMs += seconds * 1000 + 1;
  assert.equal((await send(slow.write_key)).status, 200);
  await change("PATCH", `sources/${slow.id}`, { events_per_second_max: null });
  assert.equal((await send(slow.write_key)).status, 200);
});

test("what was not kept does not count against a source's rate", async () => {
  const full = await openRig({ backlogBytesMax: 10 });
  try {
    const body = { project_id: full.keys.project_id, name: "Shop", kind: "server", events_per_second_max: 2 };
    const made = await post(`${full.admin.url}/v1/admin/sources`, body, {
      authorization: `Bearer ${full.keys.admin_token}`,
    });
    const batch = { batch: Array.from({ length: 10 }, () => event) };
    for (let times = 0; times < 3; times += 1) {
      const answer = await post(`${full.ingest.url}/v1/batch`, batch, basic(made.json.write_key));
      assert.deepEqual(codeOf(answer), [503, "stream_full"]);
    }
  } finally {
    await full.close();
  }
});

test("a source that takes one dialect refuses the others, and what is not signed", async () => {
  const layers = (appId: string) => {
    const body = { events: [{ event: "Ping", app_user_id: "u1" }], sent_at: new Date().toISOString() };
    return post(`${rig.ingest.url}/events`, body, { "x-app-id": appId });
  };
  const cases = { any: [200, 202], segment: [200, 403], layers: [403, 202], signed: [403, 403] } as const;
  for (const [dialect, [asSegment, asLayers]] of Object.entries(cases)) {
    const source = await newSource({ dialect });
    const answers = [await track(source.write_key), await layers(source.app_id)];
    assert.deepEqual([dialect, ...answers.map((answer) => answer.status)], [dialect, asSegment, asLayers]);
    for (const answer of answers) {
      if (answer.status === 403) assert.equal(answer.json.error.code, "dialect_refused");
    }
  }
});

test("what can't be a source is refused with the member's name", async () => {
  const project_id = rig.keys.project_id;
  const wrong: readonly object[] = [
    { project_id, name: "", kind: "server" },
    { project_id, name: "x", kind: "toaster" },
    { project_id, name: "x", kind: "server", dialect: "latin" },
    { project_id, name: "x", kind: "server", default_calling_code: "0049" },
    { project_id, name: "x", kind: "server", events_per_second_max: 0 },
    { project_id, name: "ana@example.com", kind: "server" },
    { project_id, name: "x", kind: "server", write_key: "wk_mine" },
  ];
  for (const body of wrong) {
    assert.deepEqual(codeOf(await post(admin("sources"), body, owner())), [422, "invalid_input"], JSON.stringify(body));
  }
});

test("projects are created, renamed and deleted; one with a source is kept", async () => {
  const made = await post(admin("projects"), { name: "Second" }, owner());
  assert.equal(made.status, 201, made.text);
  const id = made.json.id;
  assert.equal((await change("PATCH", `projects/${id}`, { name: "Third" })).json.name, "Third");
  const source = await newSource({ project_id: id });
  assert.deepEqual(codeOf(await change("DELETE", `projects/${id}`)), [409, "project_in_use"]);
  assert.equal((await change("DELETE", `sources/${source.id}`)).status, 204);
  const config = { pixel_id: "1", access_token: "x" };
  const integration = (await post(admin("integrations"), { vendor: "meta", project_id: id, config }, owner())).json;
  assert.deepEqual(codeOf(await change("DELETE", `projects/${id}`)), [409, "project_in_use"]);
  const disabled = await change("PATCH", `integrations/${integration.id}`, { enabled: false });
  assert.deepEqual([disabled.json.enabled, disabled.json.name], [false, integration.name], disabled.text);
  assert.equal((await change("DELETE", `projects/${id}`)).status, 204);
  assert.deepEqual(codeOf(await send(admin(`projects/${id}`), { headers: owner() })), [404, "not_found"]);
  const renamed = await change("PATCH", "organization", { name: "Tide & Co" });
  assert.equal(renamed.json.name, "Tide & Co");
  assert.deepEqual((await send(admin("organization"), { headers: owner() })).json, renamed.json);
});
