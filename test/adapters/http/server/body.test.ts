import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Type } from "@sinclair/typebox";
import { adminRoute, openRoute } from "../../../../adapters/http/admin/route.ts";
import { appleAdsRoute } from "../../../../adapters/http/ingest/apple-ads-attribution.ts";
import { layersRoutes } from "../../../../adapters/http/ingest/layers.ts";
import { segmentRoutes } from "../../../../adapters/http/ingest/segment.ts";
import type { Route } from "../../../../adapters/http/server/call.ts";
import { createClientAddress } from "../../../../adapters/http/server/client-ip.ts";
import { type BodyResult, createBodyReader } from "../../../../adapters/http/server/read-body.ts";

const bodyBytesMax = 1_000;

function chunked(chunks: readonly string[], breaks = false): Request {
  let at = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (at < chunks.length) controller.enqueue(new TextEncoder().encode(chunks[at++]));
      else if (breaks) controller.error(new Error("the connection broke"));
      else controller.close();
    },
  });
  const headers = { "content-type": "application/json" };
  return new Request("http://localhost/", { method: "POST", headers, body, duplex: "half" } as RequestInit);
}

async function outcome(result: BodyResult): Promise<string> {
  return result.ok ? new TextDecoder().decode(result.value.plain) : result.code;
}

test("a body in many chunks is put together, and cut off where the cap is passed", async () => {
  const { read } = createBodyReader(bodyBytesMax);
  assert.equal(await read(chunked(["ab", "cd", "e"]), outcome), "abcde");
  assert.equal(await read(chunked(["x".repeat(600), "x".repeat(401)]), outcome), "body_too_large");
  assert.equal((await read(chunked(["x".repeat(600), "x".repeat(400)]), outcome)).length, bodyBytesMax);
});

test("a body whose connection breaks is not taken for a whole one", async () => {
  const { read } = createBodyReader(bodyBytesMax);
  assert.equal(await read(chunked(["abc"], true), outcome), "body_incomplete");
});

test("bodies together never hold more than their bound, and give it back", async () => {
  const { read } = createBodyReader(bodyBytesMax, 1_500);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let reached = () => {};
  const inUse = new Promise<void>((resolve) => (reached = resolve));
  const first = read(chunked(["x".repeat(900)]), async (body) => {
    reached();
    await held;
    return outcome(body);
  });
  await inUse;
  assert.equal(await read(chunked(["y".repeat(700)]), outcome), "unavailable");
  const zipped = new Request("http://localhost/", { method: "POST", body: gzipSync("{}") as BodyInit });
  zipped.headers.set("content-length", "22");
  assert.equal(await read(zipped, outcome), "unavailable");
  release();
  assert.equal((await first).length, 900);
  assert.equal((await read(chunked(["y".repeat(700)]), outcome)).length, 700);
});

test("a body in crumbs is counted by what holding them costs", async () => {
  const { read } = createBodyReader(bodyBytesMax, 2_000);
  assert.equal(await read(chunked(Array(10).fill("x")), outcome), "x".repeat(10));
  assert.equal(await read(chunked(Array(20).fill("x")), outcome), "unavailable");
});

test("small bodies have a bound of their own; past it they are counted like large ones", async () => {
  const { read } = createBodyReader(bodyBytesMax, 1_500);
  const ends: (() => void)[] = [];
  const announced = (bytes: number, sent: number) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(sent));
        ends.push(() => controller.error(new Error("the connection broke")));
      },
    });
    const request = new Request("http://localhost/", { method: "POST", body, duplex: "half" } as RequestInit);
    request.headers.set("content-length", String(bytes));
    return read(request, outcome);
  };
  const stalled = [announced(900, 900), announced(900, 10), announced(900, 900), announced(900, 0)];
  const turned = announced(900, 600);
  assert.equal(await Promise.race([turned, new Promise((resolve) => setTimeout(resolve, 50, "waits"))]), "unavailable");
  const complete = chunked(["x".repeat(500)]);
  complete.headers.set("content-length", "500");
  assert.equal((await read(complete, outcome)).length, 500);
  for (const end of ends) end();
  assert.deepEqual(new Set(await Promise.all(stalled)), new Set(["body_incomplete"]));
  const later = announced(900, 900);
  assert.equal(await Promise.race([later, new Promise((resolve) => setTimeout(resolve, 50, "waits"))]), "waits");
});

test("where there is no room for a body, every route that reads one says when to come again", async () => {
  const bodies = createBodyReader(bodyBytesMax, 10);
  const never = () => assert.fail("nothing was read");
  const parts = { ingest: never, bodies, clients: createClientAddress([]) };
  const by = {
    orgId: "o",
    memberId: "m",
    memberRole: "owner",
    role: "owner",
    via: "api_token",
    tokenId: null,
  } as const;
  const admin = { method: "POST", path: "/a", schema: Type.Object({}), respond: never } as const;
  const guard = {
    authenticate: async () => ({ ok: true as const, value: by }),
    bodies,
    findFault: () => null,
    waitMs: () => 0,
  };
  const routes: Route[] = [
    ...segmentRoutes(parts).slice(0, 1),
    ...layersRoutes(parts).slice(0, 1),
    appleAdsRoute(parts),
    openRoute(admin, { bodies, findFault: () => null, ownHosts: [] }),
    adminRoute({ ...admin, role: "viewer" }, guard),
  ];
  for (const route of routes) {
    const call = { request: chunked(["x".repeat(100)]), params: {}, requestId: "r", receivedAtMs: 0 };
    const answer = await route.respond(call);
    assert.deepEqual([answer.status, answer.code], [503, "bodies_full"], route.path);
    assert.equal(answer.headers["retry-after"], "1", route.path);
  }
});
