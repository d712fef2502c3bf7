import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { basic, openRig, post, type Rig, send } from "./rig.ts";

const origin = "https://shop.example";
const track = { type: "track", event: "Order Completed", userId: "u1" };

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

/** What a browser is told when it asks whether a page may send these headers. */
async function allowedHeaders(asked: string | null): Promise<string[]> {
  const headers = { origin, "access-control-request-method": "POST" };
  const preflight = await send(`${rig.ingest.url}/v1/t`, {
    method: "OPTIONS",
    headers: asked === null ? headers : { ...headers, "access-control-request-headers": asked },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
  const names = preflight.headers.get("access-control-allow-headers") ?? "";
  return names.toLowerCase().split(/\s*,\s*/);
}

test("pages may send headers of their own: those of tracing, those of a library that tries again", async () => {
  for (const asked of [
    "content-type,traceparent,sentry-trace,baggage",
    "x-retry-count, content-type",
    "x-any.thing!",
  ]) {
    assert.deepEqual(await allowedHeaders(asked), asked.split(/\s*,\s*/));
  }
});

test("a preflight that asks for no header, or for what is none, is told what the dialects use", async () => {
  for (const asked of [null, "canary@private.example", "a b", ",", `x-${"a".repeat(3_000)}`]) {
    const allowed = await allowedHeaders(asked);
    for (const name of ["authorization", "content-type", "x-app-id"]) assert.ok(allowed.includes(name), `${asked}`);
    assert.equal(
      allowed.some((name) => name.includes("canary")),
      false,
    );
  }
});

test("a page can read when to try again and the request id, and what is allowed says HEAD where GET is", async () => {
  const answer = await post(`${rig.ingest.url}/v1/t`, track, { ...basic(rig.keys.write_key), origin });
  const exposed = answer.headers.get("access-control-expose-headers")?.toLowerCase().split(", ");
  assert.deepEqual(exposed?.sort(), ["retry-after", "x-ratelimit-reset", "x-request-id"]);
  const wrong = await post(`${rig.ingest.url}/health`, {});
  assert.equal(wrong.headers.get("allow"), "GET, HEAD, OPTIONS");
});
