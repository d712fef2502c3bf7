import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createScanner } from "../privacy/leak-scan.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest } from "./api.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
type Json = any;

const login = "canary.login+tide@example.org";
const password = "canary password of the owner";
const secrets: { name: string; value: string }[] = [
  { name: "login", value: login },
  { name: "password", value: password },
];
let tidegate: TidegateProcess;

before(async () => {
  tidegate = await startTidegate();
});
after(async () => {
  await tidegate?.dispose();
});

const call = (method: string, path: string, body?: unknown, token?: string) =>
  callAdmin<Json>(
    tidegate,
    method,
    `/v1/admin/${path}`,
    body,
    token === undefined ? {} : { authorization: `Bearer ${token}` },
  );

/** Remembers a secret of an answer, to look for it at rest. */
function keep(name: string, value: string): string {
  assert.equal(typeof value, "string", name);
  secrets.push({ name, value });
  return value;
}

test("a login survives a kill, a member joins by invitation, and a source's changes reach the next event", async () => {
  assert.equal((await call("POST", "auth/password", { login, password })).status, 200);
  const opened = await call("POST", "auth/login", { login, password });
  assert.equal(opened.status, 200, opened.text);
  const access = keep("access token", opened.json.access_token);
  const refresh = keep("refresh token", opened.json.refresh_token);
  await tidegate.kill();
  await tidegate.restart();
  assert.equal((await call("GET", "me", undefined, access)).json.role, "owner");
  const refreshed = await call("POST", "auth/refresh", { refresh_token: refresh });
  assert.equal(refreshed.status, 200, refreshed.text);
  const token = keep("second access token", refreshed.json.access_token);
  keep("second refresh token", refreshed.json.refresh_token);

  const invited = await call("POST", "invitations", { name: "Bo", role: "viewer" }, token);
  const invitation = keep("invitation", invited.json.token);
  const joined = { token: invitation, login: "canary.member@example.org", password: "canary password of a member" };
  keep("member's login", joined.login);
  keep("member's password", joined.password);
  assert.equal((await call("POST", "auth/accept-invitation", joined)).status, 201);
  const wanted = { name: "ci", role: "editor", current_password: password };
  keep("API token", (await call("POST", "tokens", wanted, token)).json.token);

  const body = { project_id: tidegate.credentials.project_id, name: "Shop", kind: "server" };
  const source = (await call("POST", "sources", body, token)).json;
  keep("signing secret", source.signing_secret);
  const track = async (key: string) => {
    const headers = { authorization: `Basic ${btoa(`${key}:`)}` };
    return (await callIngest(tidegate, "/v1/track", { event: "Ping", userId: "u" }, headers)).status;
  };
  assert.equal(await track(source.write_key), 200);
  const rotated = (await call("POST", `sources/${source.id}/rotate-write-key`, {}, token)).json;
  assert.deepEqual([await track(source.write_key), await track(rotated.write_key)], [200, 200]);
  assert.equal((await call("PATCH", `sources/${source.id}`, { enabled: false }, token)).status, 200);
  assert.deepEqual([await track(source.write_key), await track(rotated.write_key)], [401, 401]);
});

test("the audit log has every kind of change, the data layer's and the integrations' among them", async () => {
  const integration = {
    ...{ vendor: "meta", project_id: tidegate.credentials.project_id },
    config: { pixel_id: "1", access_token: keep("vendor's token", "canary-vendor-token") },
  };
  assert.equal((await call("POST", "integrations", integration)).status, 201);
  const config = { bot_filtering: { enabled: false } };
  assert.equal((await call("PUT", "data-layer", { config })).status, 200);
  const { items } = (await call("GET", "audit-log?limit=500")).json;
  const actions = items.map((item: Json) => item.action);
  for (const action of [
    "organization_created",
    "login_set",
    "login_opened",
    "invitation_created",
    "invitation_accepted",
    "token_created",
    "source_created",
    "source_write_key_rotated",
    "source_changed",
    "integration_created",
    "data_layer_put",
  ]) {
    assert.ok(actions.includes(action), action);
  }
  const [put, integrated] = items;
  assert.deepEqual([put.old, put.new], [{ version: 1 }, { version: 2 }]);
  assert.deepEqual([integrated.old, integrated.new.secrets], [null, { access_token: "***" }]);
  const changed = items.find((item: Json) => item.action === "source_changed");
  assert.deepEqual([changed.old, changed.new], [{ enabled: true }, { enabled: false }]);
  const leaks = createScanner(secrets).scanBytes(Buffer.from(JSON.stringify(items)), "the audit log");
  assert.deepEqual(leaks, []);
});

test("no login name, password or token rests in the data, the secrets or the output", async () => {
  assert.equal(await tidegate.stop(), 0);
  const scanner = createScanner(secrets);
  const { files, leaks } = scanner.scanFolder(tidegate.folder);
  assert.ok(files > 100 && secrets.length > 10);
  assert.deepEqual([...leaks, ...scanner.scanBytes(Buffer.from(tidegate.output()), "output")], []);
});
