import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type BodyResult, createBodyReader } from "../../adapters/http/read-body.ts";

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
  return new Request("http://localhost/", { method: "POST", body, duplex: "half" } as RequestInit);
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
