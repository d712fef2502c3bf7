import assert from "node:assert/strict";
import { test } from "node:test";
import { callOnce, type Fetch } from "../../../adapters/vendor-http/request.ts";

const request = { url: "http://127.0.0.1:1", headers: {}, body: "{}" };

function call(fetchAnswer: Fetch, classify: () => string): Promise<string> {
  return callOnce(fetchAnswer, request, 1_000, { classify, lost: (code, effect) => `${code} ${effect}` });
}

test("a request that broke is told by how far it may have come", async () => {
  const failing = (fault: unknown) =>
    call(
      () => Promise.reject(fault),
      () => "answered",
    );
  assert.equal(await failing(Object.assign(new Error("no"), { code: "ECONNREFUSED" })), "unreachable none");
  assert.equal(await failing(new Error("no", { cause: { code: "EPIPE" } })), "socket unknown");
});

test("a fault of ours in reading an answer is not taken for a broken connection", async () => {
  const fault = new TypeError("can't read this");
  const reading = call(
    async () => new Response("{}"),
    () => {
      throw fault;
    },
  );
  await assert.rejects(reading, fault);
});
