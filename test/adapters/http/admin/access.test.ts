import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accountFailuresMax } from "../../../../adapters/http/admin/auth.ts";
import { openSystemClock } from "../../../../adapters/system/clock.ts";
import { lockMsMin } from "../../../../domain/admin/access/attempts.ts";
import { accessTokenMs, refreshTokenMs } from "../../../../domain/admin/access/log-in.ts";
import type { Role } from "../../../../domain/model/tenant.ts";
import type { Clock } from "../../../../ports/clock.ts";
import { openRig, post, type Rig, type Sent, send } from "../server/rig.ts";

const password = "a harbour at low tide";
const loginName = "Ana.Owner@example.com";
let rig: Rig;
let aheadMs = 0;
const clock: Clock = { ...openSystemClock(), nowMs: () => Date.now() + aheadMs };

before(async () => {
  rig = await openRig({ clock });
});
after(async () => {
  await rig.close();
});

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

const admin = (path: string) => `${rig.admin.url}/v1/admin/${path}`;
const owner = () => bearer(rig.keys.admin_token);
const logIn = (login: string, secret: string, rest: object = {}) =>
  post(admin("auth/login"), { login, password: secret, ...rest });
const me = (token: string) => send(admin("me"), { headers: bearer(token) });
const refresh = (token: string) => post(admin("auth/refresh"), { refresh_token: token });

function change(method: string, path: string, headers: Record<string, string>, body: object | null = null) {
  const typed = { ...headers, "content-type": "application/json" };
  return send(admin(path), { method, headers: typed, body: body && JSON.stringify(body) });
}

function codeOf(answer: Sent): [number, string | undefined] {
  return [answer.status, answer.json?.error?.code];
}

/** Invites someone and accepts for them. Shape: the member's id and an access token. */
async function join(role: Role, login: string): Promise<{ id: string; token: string }> {
  const invited = await post(admin("invitations"), { name: login, role }, owner());
  assert.equal(invited.status, 201, invited.text);
  const accepted = await post(admin("auth/accept-invitation"), { token: invited.json.token, login, password });
  assert.equal(accepted.status, 201, accepted.text);
  assert.equal(accepted.json.role, role);
  return { id: accepted.json.id, token: (await logIn(login, password)).json.access_token };
}

describe("logging in", () => {
  it("the owner sets a password with the admin token and logs in with it, in any spelling of the name", async () => {
    const set = (body: object) => post(admin("auth/password"), body, owner());
    assert.deepEqual(codeOf(await set({ password })), [422, "invalid_input"]);
    assert.deepEqual(codeOf(await set({ login: loginName, password: "short" })), [422, "invalid_input"]);
    const first = await set({ login: loginName, password });
    assert.deepEqual([first.status, first.json.revoked, first.json.api_tokens.length], [200, 0, 1]);
    const answer = await logIn(` ${loginName.toLowerCase()}`, password);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.token_type, "Bearer");
    assert.equal(answer.json.expires_in, accessTokenMs / 1000);
    const shown = await me(answer.json.access_token);
    assert.deepEqual([shown.json.member_id, shown.json.role], [rig.keys.owner_id, "owner"]);
  });

  it("an access token ends by itself; a refresh token gives new ones, once", async () => {
    const first = (await logIn(loginName, password)).json;
    aheadMs += accessTokenMs;
    assert.deepEqual(codeOf(await me(first.access_token)), [401, "token_unknown"]);
    const second = (await refresh(first.refresh_token)).json;
    assert.equal((await me(second.access_token)).status, 200);
    assert.deepEqual(codeOf(await refresh(first.refresh_token)), [401, "refresh_invalid"]);
    assert.deepEqual(codeOf(await me(second.access_token)), [401, "token_unknown"]);
    assert.deepEqual(codeOf(await refresh(second.refresh_token)), [401, "refresh_invalid"]);
    const late = (await logIn(loginName, password)).json;
    aheadMs += refreshTokenMs;
    assert.deepEqual(codeOf(await refresh(late.refresh_token)), [401, "refresh_invalid"]);
  });

  it("logging out ends the login, and says nothing of tokens that are no one's", async () => {
    const { access_token: access, refresh_token: token } = (await logIn(loginName, password)).json;
    for (const each of [token, "tgr_none"]) {
      assert.equal((await post(admin("auth/logout"), { refresh_token: each })).status, 204);
    }
    assert.deepEqual(codeOf(await me(access)), [401, "token_unknown"]);
  });

  it("a wrong password, an unknown name and another organisation are answered alike, without an echo", async () => {
    const answers = [
      await logIn(loginName, "canary password"),
      await logIn("canary@example.com", password),
      await logIn(loginName, password, { org_id: "0197a000-0000-7000-8000-00000000000a" }),
      await logIn(loginName, password, { org_id: "no id" }),
      await logIn(loginName, ""),
    ];
    for (const answer of answers) {
      assert.deepEqual(codeOf(answer), [401, "login_invalid"]);
      assert.equal(answer.text.includes("canary"), false);
      assert.equal(answer.json.error.message, answers[0]?.json.error.message);
    }
    assert.equal((await logIn(loginName, password)).status, 200);
  });

  it("many failures lock a name for a while, whether or not it is anyone's, also for the right password", async () => {
    await join("viewer", "locked one");
    for (const [login, secret] of [
      ["locked one", password],
      ["nobody at all", "whatever it is"],
    ] as const) {
      const guesses = Array.from({ length: accountFailuresMax }, () => logIn(login, "a wrong password"));
      for (const answer of await Promise.all(guesses)) assert.deepEqual(codeOf(answer), [401, "login_invalid"]);
      const locked = await logIn(login, secret);
      assert.deepEqual(codeOf(locked), [429, "too_many_attempts"]);
      const seconds = Number(locked.headers.get("retry-after"));
      assert.ok(seconds > 0 && seconds <= lockMsMin / 1000, `${seconds} seconds`);
    }
    aheadMs += lockMsMin;
    assert.equal((await logIn("locked one", password)).status, 200);
  });

  it("too many failures from one address lock it out, whatever names it tries", async () => {
    aheadMs += 3_600_000;
    const own = await openRig({ clock, trustedProxies: ["127.0.0.1"] });
    try {
      const guess = (login: string, from = "203.0.113.1") =>
        post(`${own.admin.url}/v1/admin/auth/login`, { login, password }, { "x-forwarded-for": from });
      const codes: unknown[] = [];
      for (let n = 0; n < 32; n += 1) codes.push(codeOf(await guess(`name ${n}`))[1]);
      assert.deepEqual(codes.slice(0, 30), Array(30).fill("login_invalid"));
      assert.deepEqual(codes.slice(30), Array(2).fill("too_many_attempts"));
      assert.deepEqual(codeOf(await guess("name 1", "203.0.113.2")), [401, "login_invalid"]);
      const last: unknown[] = [];
      for (let n = 0; n < 31; n += 1) last.push(codeOf(await guess(`else ${n}`, `2001:db8:0:1::${n.toString(16)}`))[1]);
      assert.equal(last.at(-1), "too_many_attempts", "one subscriber has as many addresses as it likes");
      assert.deepEqual(codeOf(await guess("name 2", "2001:db8:0:2::1")), [401, "login_invalid"]);
      assert.equal((await send(`${own.admin.url}/v1/admin/me`, { headers: bearer(own.keys.admin_token) })).status, 200);
    } finally {
      await own.close();
    }
  });
});

describe("passwords", () => {
  it("who is logged in changes the password by the one there is, and every login of theirs ends", async () => {
    const { token } = await join("editor", "changes");
    const set = (body: object) => post(admin("auth/password"), body, bearer(token));
    const next = "another harbour at high tide";
    assert.deepEqual(codeOf(await set({ password: next })), [401, "password_required"]);
    assert.deepEqual(codeOf(await set({ password: next, current_password: "wrong" })), [401, "login_invalid"]);
    const changed = await set({ password: next, current_password: password });
    assert.deepEqual([changed.status, changed.json], [200, { api_tokens: [], revoked: 0 }]);
    assert.deepEqual(codeOf(await me(token)), [401, "token_unknown"]);
    assert.deepEqual(codeOf(await logIn("changes", password)), [401, "login_invalid"]);
    assert.equal((await logIn("changes", next)).status, 200);
  });

  it("a token that may less than its member can't set the member's password", async () => {
    const token = (await post(admin("tokens"), { name: "ci", role: "admin" }, owner())).json.token;
    const answer = await post(admin("auth/password"), { login: "thief", password }, bearer(token));
    assert.deepEqual(codeOf(answer), [403, "role_insufficient"]);
  });
});

describe("tokens", () => {
  it("a token is shown once, may no more than its maker, and ends when it is revoked", async () => {
    const { token: editor } = await join("editor", "maker");
    const higher = await post(admin("tokens"), { name: "up", role: "admin" }, bearer(editor));
    assert.deepEqual(codeOf(higher), [403, "role_insufficient"]);
    const wanted = { name: "ci", role: "viewer", expires_in_days: 1 };
    assert.deepEqual(codeOf(await post(admin("tokens"), wanted, bearer(editor))), [401, "password_required"]);
    const wrong = await post(admin("tokens"), { ...wanted, current_password: "wrong" }, bearer(editor));
    assert.deepEqual(codeOf(wrong), [401, "login_invalid"]);
    const made = await post(admin("tokens"), { ...wanted, current_password: password }, bearer(editor));
    assert.equal(made.status, 201, made.text);
    assert.equal((await me(made.json.token)).json.role, "viewer");
    const listed = await send(admin("tokens"), { headers: bearer(editor) });
    assert.deepEqual(
      listed.json.items.map((item: { id: string }) => item.id),
      [made.json.id],
    );
    assert.equal(listed.text.includes(made.json.token), false);
    const all = await send(admin("tokens"), { headers: owner() });
    assert.ok(all.json.items.length > 1);
    assert.equal((await change("DELETE", `tokens/${made.json.id}`, bearer(editor))).status, 204);
    assert.deepEqual(codeOf(await me(made.json.token)), [401, "token_unknown"]);
  });

  it("a new password shows the API tokens that are left, and ends them but its own if wished", async () => {
    const { token } = await join("admin", "careful");
    const wanted = (name: string) => ({ name, role: "admin", current_password: password });
    const [kept, other] = [
      (await post(admin("tokens"), wanted("kept"), bearer(token))).json,
      (await post(admin("tokens"), wanted("other"), bearer(token))).json,
    ];
    const set = (body: object) => post(admin("auth/password"), { password, ...body }, bearer(kept.token));
    const shown = (await set({})).json;
    assert.deepEqual(shown.api_tokens.map((item: { name: string }) => item.name).sort(), ["kept", "other"]);
    assert.equal(JSON.stringify(shown).includes(other.token), false);
    const revoked = (await set({ revoke_tokens: true })).json;
    assert.deepEqual([revoked.revoked, revoked.api_tokens.map((item: { id: string }) => item.id)], [1, [kept.id]]);
    assert.deepEqual(codeOf(await me(other.token)), [401, "token_unknown"]);
    assert.equal((await me(kept.token)).status, 200);
  });

  it("another member's token is not found by who is no admin, and the owner's not an admin's to end", async () => {
    const { token: viewer } = await join("viewer", "curious");
    const { token: second } = await join("admin", "second");
    const made = await post(admin("tokens"), { name: "mine", role: "owner" }, owner());
    assert.deepEqual(codeOf(await change("DELETE", `tokens/${made.json.id}`, bearer(viewer))), [404, "not_found"]);
    const lesser = (await post(admin("tokens"), { name: "ci", role: "viewer" }, owner())).json.token;
    const byLesser = await change("DELETE", `tokens/${made.json.id}`, bearer(lesser));
    assert.deepEqual(codeOf(byLesser), [403, "role_insufficient"]);
    const byAdmin = await change("DELETE", `tokens/${made.json.id}`, bearer(second));
    assert.deepEqual(codeOf(byAdmin), [403, "role_insufficient"]);
  });

  it("who calls too often is told when to come back, and others are not slowed", async () => {
    const own = await openRig({ memberRate: { perSecond: 1, burst: 5 } });
    try {
      const ask = (token: string) => send(`${own.admin.url}/v1/admin/me`, { headers: bearer(token) });
      const answers = [];
      for (let n = 0; n < 8; n += 1) answers.push(await ask(own.keys.admin_token));
      const limited = answers.filter((answer) => answer.status === 429);
      assert.ok(limited.length >= 2);
      assert.equal(limited[0]?.json.error.code, "too_many_requests");
      assert.ok(Number(limited[0]?.headers.get("retry-after")) >= 1);
      assert.equal((await ask((await own.addTenant("server")).admin_token)).status, 200);
    } finally {
      await own.close();
    }
  });
});

describe("members", () => {
  it("an invitation is used once, can be taken back, and never makes an owner", async () => {
    const ownerToBe = await post(admin("invitations"), { name: "x", role: "owner" }, owner());
    assert.deepEqual(codeOf(ownerToBe), [409, "owner_fixed"]);
    const withEmail = await post(admin("invitations"), { name: "bo@example.com", role: "viewer" }, owner());
    assert.deepEqual(codeOf(withEmail), [422, "invalid_input"]);
    const invited = await post(admin("invitations"), { name: "Bo", role: "viewer" }, owner());
    const listed = await send(admin("invitations"), { headers: owner() });
    assert.equal(listed.text.includes(invited.json.token), false);
    assert.equal((await change("DELETE", `invitations/${invited.json.id}`, owner())).status, 204);
    const body = { token: invited.json.token, login: "bo the builder", password };
    assert.deepEqual(codeOf(await post(admin("auth/accept-invitation"), body)), [404, "invitation_unknown"]);
  });

  it("admins change and remove members up to their own role, never the owner, nor make a second one", async () => {
    const { token: boss, id: bossId } = await join("admin", "boss");
    const { token: worker, id } = await join("viewer", "worker");
    assert.equal((await change("PATCH", `members/${id}`, bearer(boss), { role: "editor" })).json.role, "editor");
    assert.equal((await me(worker)).json.role, "editor");
    const ownerId = rig.keys.owner_id;
    for (const answer of [
      await change("PATCH", `members/${ownerId}`, bearer(boss), { role: "viewer" }),
      await change("DELETE", `members/${ownerId}`, bearer(boss)),
      await change("DELETE", `members/${ownerId}`, owner()),
      await change("PATCH", `members/${id}`, owner(), { role: "owner" }),
    ]) {
      assert.deepEqual(codeOf(answer), [409, "owner_fixed"]);
    }
    assert.equal((await change("DELETE", `members/${id}`, bearer(boss))).status, 204);
    assert.deepEqual(codeOf(await me(worker)), [401, "token_unknown"]);
    assert.equal((await change("POST", `members/${bossId}/transfer-ownership`, owner())).status, 204);
    assert.deepEqual([(await me(boss)).json.role, (await me(rig.keys.admin_token)).json.role], ["owner", "admin"]);
    assert.equal((await change("POST", `members/${ownerId}/transfer-ownership`, bearer(boss))).status, 204);
    const listed = await send(admin("members"), { headers: owner() });
    const owners = listed.json.items.filter((member: { role: Role }) => member.role === "owner");
    assert.deepEqual(
      owners.map((member: { id: string }) => member.id),
      [ownerId],
    );
  });

  it("the audit log tells admins who changed what, old and new, page by page, and holds no secret", async () => {
    const { id } = await join("viewer", "logged member");
    await change("PATCH", `members/${id}`, owner(), { role: "admin" });
    const page = await send(admin("audit-log?limit=2"), { headers: owner() });
    assert.equal(page.status, 200, page.text);
    const [latest] = page.json.items;
    assert.deepEqual(
      [latest.action, latest.subject, latest.member_id, latest.old, latest.new],
      ["member_role_changed", id, rig.keys.owner_id, { role: "viewer" }, { role: "admin" }],
    );
    const next = await send(admin(`audit-log?limit=500&cursor=${page.json.next_cursor}`), { headers: owner() });
    assert.ok(next.json.items[0].id < page.json.items[1].id);
    for (const text of [page.text, next.text]) {
      assert.equal(/tg[airs]_|example\.com|argon2/.test(text), false);
    }
    const wrong = await send(admin("audit-log?cursor=x"), { headers: owner() });
    assert.deepEqual(codeOf(wrong), [422, "invalid_input"]);
  });
});
