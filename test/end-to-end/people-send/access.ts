import assert from "node:assert/strict";
import { connect } from "node:net";
import { waitFor } from "../../tidegate-process.ts";
import type { Json, Room, Row } from "./room.ts";

/** Who gets in, and what that leaves (sections 6 and 7 of the table). */
const password = "a harbour at low tide";
const login = "Ana.Owner";
const refreshes = 40;
const failuresMax = 12;
const waitMaxMs = 20_000;

function auth({ tidegate }: Room, name: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return fetch(`${tidegate.credentials.admin_url}/v1/admin/auth/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** What a listener answers to two Host headers. */
function statusOfTwoHosts(url: string): Promise<string> {
  const head = "GET /health HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nConnection: close\r\n\r\n";
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(head));
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    socket.on("close", () => resolve(text.slice("HTTP/1.1 ".length, "HTTP/1.1 400".length))).on("error", reject);
  });
}

export const accessRows: readonly Row[] = [
  {
    promise: "the owner's token is printed on a terminal only",
    look({ tidegate }) {
      assert.match(tidegate.output(), /Tidegate is running for the first time/);
      assert.equal(tidegate.output().includes(tidegate.credentials.admin_token), false);
    },
  },
  {
    promise: "an access token makes no API token and no password without the password; a new one shows and ends tokens",
    async look(room) {
      await room.admin("POST", "/v1/admin/auth/password", { login, password }, 200);
      const opened = (await (await auth(room, "login", { login, password })).json()) as Json;
      const bearer = { authorization: `Bearer ${opened.access_token}` };
      const ask = (path: string, body: object) =>
        fetch(`${room.tidegate.credentials.admin_url}/v1/admin/${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", ...bearer },
          body: JSON.stringify(body),
        });
      const wanted = { name: "for ten years", role: "viewer" };
      assert.equal((await ask("tokens", wanted)).status, 401);
      assert.equal((await ask("tokens", { ...wanted, current_password: password })).status, 201);
      assert.equal((await ask("auth/password", { password: `${password}!` })).status, 401);
      const set = await ask("auth/password", { password, current_password: password });
      const shown = (await set.json()) as Json;
      assert.ok(
        shown.api_tokens.some(({ name }: Json) => name === wanted.name),
        JSON.stringify(shown),
      );
    },
  },
  {
    promise: "requests of a page of another site are refused, and keep nobody with the right password out",
    async look(room) {
      const url = `${room.tidegate.credentials.admin_url}/v1/admin/auth/refresh`;
      const plain = { method: "POST", body: '{"refresh_token":"x"}', headers: { "content-type": "text/plain" } };
      for (let n = 0; n < refreshes; n += 1) assert.equal((await fetch(url, plain)).status, 415);
      const cross = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
      assert.equal((await auth(room, "refresh", { refresh_token: "x" }, cross)).status, 403);
      const statuses: number[] = [];
      for (let n = 0; n < refreshes; n += 1)
        statuses.push((await auth(room, "refresh", { refresh_token: `${n}` })).status);
      assert.equal(statuses.at(-1), 429);
      assert.equal((await auth(room, "login", { login, password })).status, 200);
    },
  },
  {
    promise: "logins, failed ones and locks are in the audit log, without values",
    async look(room) {
      for (let n = 0; n < failuresMax; n += 1) await auth(room, "login", { login, password: "canary-guess" });
      assert.equal((await auth(room, "login", { login, password })).status, 429);
      const read = async () => (await room.admin("GET", "/v1/admin/audit-log?limit=200")).text;
      // No answer waits for the entry of a failure.
      for (const action of ["login_opened", "login_failed", "login_locked"]) {
        await waitFor(
          async () => (await read()).includes(`"${action}"`),
          waitMaxMs,
          () => `no ${action}`,
        );
      }
      assert.doesNotMatch(await read(), /canary-guess|a harbour|Ana\.Owner/i);
    },
  },
  {
    promise: "a request with two Host headers is refused",
    async look({ tidegate }) {
      const { ingest_url: ingest, admin_url: admin } = tidegate.credentials;
      assert.deepEqual([await statusOfTwoHosts(ingest), await statusOfTwoHosts(admin)], ["400", "400"]);
    },
  },
];
