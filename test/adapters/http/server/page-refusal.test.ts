import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openRig, post, type Rig } from "./rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig({ adminUrl: "https://tidegate.example" });
});
after(async () => {
  await rig.close();
});

const authRoutes = ["login", "refresh", "logout", "accept-invitation"];
const send = (name: string, headers: Record<string, string>, body: object = {}) =>
  post(`${rig.admin.url}/v1/admin/auth/${name}`, body, headers);

test("what asks for no token takes JSON only, so that no page can send it without being asked", async () => {
  for (const name of authRoutes) {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"]) {
      const answer = await send(name, { "content-type": type });
      assert.deepEqual([answer.status, answer.json.error.code], [415, "json_required"], `${name} ${type}`);
    }
    assert.equal((await send(name, { "content-type": "application/json; charset=utf-8" })).status, 422, name);
  }
});

test("pages of other sites are refused, by what browsers say of them and by the host that they are at", async () => {
  const own = new URL(rig.admin.url).host;
  const refused: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `http://${own}`, "sec-fetch-site": "cross-site" },
    { origin: `http://${own}`, "sec-fetch-site": "same-site" },
    { origin: "http://evil.example:8084", host: "evil.example:8084", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "cross-site" },
  ];
  for (const headers of refused) {
    const answer = await send("refresh", headers, { refresh_token: "x" });
    assert.deepEqual([answer.status, answer.json.error.code], [403, "page_refused"], JSON.stringify(headers));
  }
  const allowed: Record<string, string>[] = [
    {},
    { origin: `http://${own}`, "sec-fetch-site": "same-origin" },
    { origin: "https://tidegate.example", host: "tidegate.example", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of allowed) {
    assert.equal((await send("refresh", headers, { refresh_token: "x" })).status, 401, JSON.stringify(headers));
  }
});

test("thirty refresh tokens that open nothing keep nobody from logging in", async () => {
  const statuses: number[] = [];
  for (let at = 0; at < 40; at += 1) statuses.push((await send("refresh", {}, { refresh_token: `no ${at}` })).status);
  assert.equal(statuses.at(-1), 429);
  const wrong = await send("login", {}, { login: "ana", password: "not the one there is" });
  assert.deepEqual([wrong.status, wrong.json.error.code], [401, "login_invalid"]);
});

test("an admin body that is no JSON is told the byte", async () => {
  const auth = { authorization: `Bearer ${rig.keys.admin_token}`, "content-type": "application/json" };
  const cases: [string, string, number][] = [
    ['{"name": "Shop",}', "invalid_json", 16],
    ['{"name": "Shop"', "invalid_json", 15],
  ];
  for (const [body, code, position] of cases) {
    const answer = await post(`${rig.admin.url}/v1/admin/projects`, body, auth);
    assert.deepEqual(
      [answer.status, answer.json.error.code, answer.json.error.details],
      [400, code, [{ code, position }]],
    );
  }
  for (const nothing of ["", " \n"]) {
    const { status, json } = await post(`${rig.admin.url}/v1/admin/projects`, nothing, auth);
    assert.deepEqual([status, json.error.code], [400, "body_missing"]);
    assert.match(json.error.message, /Send a JSON object/);
  }
  const { json: lacking } = await post(`${rig.admin.url}/v1/admin/sources`, '{"name":"Shop","kind":"web"}', auth);
  assert.deepEqual(lacking.error.details, [
    { path: "project_id", code: "invalid_type", message: "This is required: send a text." },
    { path: "kind", code: "invalid_type", message: "Send one of browser, mobile, server." },
  ]);
  const answer = await post(`${rig.admin.url}/v1/admin/projects`, new Uint8Array([0x22, 0xff]), auth);
  assert.deepEqual([answer.status, answer.json.error.code], [400, "invalid_utf8"]);
});

test("a path that is none is told where to go", async () => {
  for (const [url, words] of [
    [`${rig.ingest.url}/`, /\/v1\/track.*admin API/],
    [`${rig.admin.url}/`, /\/docs/],
  ] as const) {
    const answer = (await (await fetch(url)).json()) as { error: { code: string; details: { message: string }[] } };
    assert.equal(answer.error.code, "not_found");
    assert.match(answer.error.details[0]?.message ?? "", words);
  }
});
