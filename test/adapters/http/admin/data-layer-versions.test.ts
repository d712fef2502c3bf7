import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { FirstCredentials } from "../../../../domain/admin/workspace/first-tenant.ts";
import type { Role } from "../../../../domain/model/tenant.ts";
import { documentedConfig } from "../../documented-data-layer.ts";
import { basic, openRig, post, type Rig, type Sent, send } from "../server/rig.ts";

type Headers = Record<string, string>;

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

/** An organisation of its own, so that version numbers are the test's. */
async function newOrg() {
  const keys = await rig.addTenant("server");
  const url = `${rig.admin.url}/v1/admin/data-layer`;
  const owner: Headers = { authorization: `Bearer ${keys.admin_token}` };
  return {
    keys,
    owner,
    url,
    get: (path: string, headers = owner) => send(url + path, { headers }),
    put: (config: unknown, headers: Headers = {}) =>
      send(url, {
        method: "PUT",
        headers: { "content-type": "application/json", ...owner, ...headers },
        body: JSON.stringify({ config }),
      }),
    rollback: (body: unknown, headers: Headers = {}) => post(`${url}/rollback`, body, { ...owner, ...headers }),
  };
}

function tokenOf(keys: FirstCredentials, role: Role): Headers {
  const token = `token-${role}-${randomUUID()}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  rig.tenants.addPrincipal(sha256, { orgId: keys.org_id, memberId: `usr_${role}`, role });
  return { authorization: `Bearer ${token}` };
}

function withRules(...conditions: string[]) {
  return { ...documentedConfig, routing_rules: conditions.map((condition) => ({ condition, action: "drop" })) };
}

test("versions are listed newest first, page by page, with who made them, when, and what they changed", async () => {
  const org = await newOrg();
  await org.put(documentedConfig);
  await org.put({ ...documentedConfig, session: { ...documentedConfig.session, timeout_minutes: 20 } });
  const first = await org.get("/versions?limit=2", tokenOf(org.keys, "viewer"));
  assert.equal(first.status, 200, first.text);
  assert.deepEqual(
    first.json.items.map((item: { version: number; summary: string }) => [item.version, item.summary]),
    [
      [3, "changed session"],
      [2, "changed pii_rules, bot_filtering, routing_rules"],
    ],
  );
  assert.equal(first.json.items[0].updated_by, org.keys.owner_id);
  assert.match(first.json.items[0].updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const rest = await org.get(`/versions?limit=2&cursor=${first.json.next_cursor}`);
  assert.deepEqual(
    rest.json.items.map((item: { version: number }) => item.version),
    [1],
  );
  assert.equal(rest.json.next_cursor, null);
  for (const query of ["limit=0", "limit=501", "cursor=canary", "cursor=0"]) {
    const wrong = await org.get(`/versions?${query}`);
    assert.equal(wrong.status, 422);
    assert.equal(wrong.text.includes("canary"), false);
  }
});

test("a version is shown as the object that was current then, with its number", async () => {
  const org = await newOrg();
  const put = await org.put(documentedConfig);
  await org.put(withRules());
  const shown = await org.get("/versions/2");
  assert.deepEqual(shown.json, { ...put.json, version: 2 });
  for (const version of ["0", "4", "-1", "canary", "1.5", "99999999999"]) {
    assert.equal((await org.get(`/versions/${version}`)).status, 404, version);
  }
});

test("another organisation's versions are its own", async () => {
  const [ours, theirs] = [await newOrg(), await newOrg()];
  await theirs.put(documentedConfig);
  assert.equal((await ours.get("/versions/2")).status, 404);
  assert.equal((await ours.get("/diff?from=1&to=2")).status, 404);
  assert.equal((await ours.rollback({ version: 2 })).status, 404);
  assert.equal((await ours.get("/versions")).json.items.length, 1);
});

test("a diff names what was added, removed and changed; paths are sets, rules a sequence", async () => {
  const org = await newOrg();
  const { pii_rules: pii, session } = documentedConfig;
  await org.put({ ...withRules("event == 'A'", "event == 'B'", "event == 'C'"), pii_rules: pii });
  await org.put({
    ...withRules("event == 'B'", "event == 'X'", "event == 'Y'"),
    pii_rules: { ...pii, hash_fields: ["traits.phone", "traits.iban"], detect_ips: "flag" },
    session: { ...session, timeout_minutes: 10 },
  });
  const answer = await org.get("/diff?from=2&to=3", tokenOf(org.keys, "viewer"));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual([answer.json.from, answer.json.to], [2, 3]);
  const drop = (condition: string) => ({ condition, action: "drop" });
  assert.deepEqual(answer.json.items, [
    { path: "pii_rules.hash_fields", op: "removed", from: "traits.email", to: null },
    { path: "pii_rules.hash_fields", op: "added", from: null, to: "traits.iban" },
    { path: "pii_rules.detect_ips", op: "changed", from: "mask", to: "flag" },
    { path: "session.timeout_minutes", op: "changed", from: 30, to: 10 },
    { path: "routing_rules[0]", op: "removed", from: drop("event == 'A'"), to: null },
    { path: "routing_rules[1].condition", op: "changed", from: "event == 'C'", to: "event == 'X'" },
    { path: "routing_rules[2]", op: "added", from: null, to: drop("event == 'Y'") },
  ]);
  assert.deepEqual((await org.get("/diff?from=3")).json.items, []);
  assert.deepEqual(
    (await org.get("/diff?from=canary&to=0")).json.error.details.map((detail: { path: string }) => detail.path),
    ["from", "to"],
  );
});

test("a rollback makes a new version equal to the old one, and it governs the next event", async () => {
  const org = await newOrg();
  const ping = () => post(`${rig.ingest.url}/v1/track`, { userId: "u", event: "Ping" }, basic(org.keys.write_key));
  const droppedNow = async () => {
    await ping();
    return (await rig.records()).map((record) => record.dropped);
  };
  await org.put(withRules("event == 'Ping'"));
  assert.deepEqual(await droppedNow(), [{ routing_rule: 1 }]);
  const back = await org.rollback({ version: 1 }, tokenOf(org.keys, "admin"));
  assert.equal(back.status, 200, back.text);
  assert.deepEqual([back.json.version, back.headers.get("etag"), back.json.updated_by], [3, '"3"', "usr_admin"]);
  assert.deepEqual(await droppedNow(), [{}]);
  assert.deepEqual((await org.get("/diff?from=1&to=3")).json.items, []);
  assert.deepEqual((await org.get("")).json.config, (await org.get("/versions/1")).json.config);
  assert.equal((await org.rollback({ version: 2 })).status, 200);
  assert.deepEqual(await droppedNow(), [{ routing_rule: 1 }]);
});

test("a rollback is for admins, honours If-Match and names a version that is", async () => {
  const org = await newOrg();
  await org.put(documentedConfig);
  const attempts: [unknown, Headers, number][] = [
    [{ version: 1 }, tokenOf(org.keys, "editor"), 403],
    [{ version: 1 }, { "if-match": '"1"' }, 412],
    [{ version: 1 }, { "if-match": "canary" }, 412],
    [{ version: 9 }, {}, 404],
    [{ version: 0 }, {}, 422],
    [{ version: "1" }, {}, 422],
    [{ version: 1, config: {} }, {}, 422],
  ];
  for (const [body, headers, status] of attempts) {
    const answer = await org.rollback(body, headers);
    assert.equal(answer.status, status, answer.text);
  }
  assert.equal((await org.get("/versions")).json.items.length, 2);
  assert.equal((await org.rollback({ version: 1 }, { "if-match": '"2"' })).status, 200);
});

test("of changes at the same time under one If-Match exactly one is made, and the version says which", async () => {
  const org = await newOrg();
  const etag = (await org.get("")).headers.get("etag") as string;
  const ifMatch = { "if-match": etag };
  const changes: Promise<Sent>[] = [1, 2, 3, 4, 5].map((minutes) =>
    org.put({ ...documentedConfig, session: { ...documentedConfig.session, timeout_minutes: minutes } }, ifMatch),
  );
  changes.push(org.rollback({ version: 1 }, ifMatch));
  const answers = await Promise.all(changes);
  const made = answers.filter((answer) => answer.status === 200);
  assert.equal(made.length, 1);
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))].sort(), [200, 412]);
  assert.equal((await org.get("")).headers.get("etag"), '"2"');
  assert.deepEqual((await org.get("")).json.config, made[0]?.json.config);
});
