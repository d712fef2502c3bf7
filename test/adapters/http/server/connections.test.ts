import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { basic, openRig, type Rig } from "./rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

/** Sends bytes as they are over a connection of their own, and gives back all that comes until the other side ends. */
function exchange(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes));
    let answer = "";
    socket.on("data", (data) => (answer += data.toString("latin1")));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

interface RawRequest {
  readonly url: string;
  readonly target: string;
  readonly version?: "1.0" | "1.1";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The status of a request of which every header is the caller's, Host included. */
async function statusOf({ url, target, version = "1.1", headers, body }: RawRequest): Promise<number> {
  const method = body === undefined ? "GET" : "POST";
  const all = { ...headers, connection: "close", ...(body ? { "content-length": String(body.length) } : {}) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const answer = await exchange(url, `${method} ${target} HTTP/${version}\r\n${lines.join("")}\r\n${body ?? ""}`);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
}

test("a request finds its route and its parameters whatever its Host, and without one", async () => {
  const event = JSON.stringify({ userId: "u1", event: "E" });
  const source = basic(rig.keys.write_key);
  const admin = { authorization: `Bearer ${rig.keys.admin_token}` };
  const data = encodeURIComponent(btoa(event));
  const requests: RawRequest[] = [
    { url: rig.ingest.url, target: "/v1/track", headers: source, body: event },
    { url: rig.ingest.url, target: `/v1/pixel/track?data=${data}`, headers: source },
    { url: rig.ingest.url, target: "/l/health", headers: {} },
    { url: rig.admin.url, target: "/v1/admin/ledger", headers: admin },
    { url: rig.admin.url, target: "/v1/events?limit=1", headers: admin },
  ];
  const hosts = [null, "", "api", "[::1", "h:99999", "%zz", "a b?c/d", "a#b"];
  for (const request of requests) {
    for (const host of hosts) {
      const rest = host === null ? { version: "1.0" as const } : { headers: { ...request.headers, host } };
      assert.equal(await statusOf({ ...request, ...rest }), 200, `${host} ${request.target}`);
    }
  }
  assert.equal((await rig.records()).length, 2 * hosts.length);
});
