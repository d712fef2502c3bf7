import assert from "node:assert/strict";
import { test } from "node:test";
import { apartRoutes, createAnswerApart, onlyHandedOver } from "../../../../adapters/http/server/apart.ts";
import { openRig } from "./rig.ts";

const secret = "a secret of two processes";

test("every route that is answered apart is a route, reads or tries, and changes nothing", async () => {
  const rig = await openRig();
  const routes = new Set(rig.adminRoutes.map(({ method, path }) => `${method} ${path}`));
  await rig.close();
  assert.deepEqual(
    [...apartRoutes].filter((route) => !routes.has(route)),
    [],
  );
  const changing = [...apartRoutes].filter((route) => !/^GET |\/(?:dry-run|backtest)$/.test(route));
  assert.deepEqual(changing, []);
});

test("the process of trials and lists answers nobody but the one that started it", async () => {
  const app = { routes: [], fetch: () => new Response("seen") };
  const guarded = onlyHandedOver(app, secret);
  for (const said of [null, "", "another"]) {
    const headers: Record<string, string> = said === null ? {} : { "x-tidegate-apart": said };
    const response = await guarded.fetch(new Request("http://localhost/v1/events", { headers }));
    assert.equal(response.status, 404, String(said));
  }
  const headers = { "x-tidegate-apart": secret };
  const response = await guarded.fetch(new Request("http://localhost/v1/events", { headers }));
  assert.equal(await response.text(), "seen");
});

test("where it does not start, or is gone, the answer is a 503 to try again", async () => {
  const call = { request: new Request("http://localhost/v1/events"), params: {}, requestId: "r-1", receivedAtMs: 0 };
  for (const url of [null, "http://127.0.0.1:1"]) {
    const answer = await createAnswerApart({ url: async () => url, secret })(call, new Uint8Array(0));
    assert.deepEqual([answer.status, answer.code], [503, "reading_unavailable"]);
    assert.ok(Number(answer.headers["retry-after"]) > 0);
  }
});
