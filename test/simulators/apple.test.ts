import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Readable } from "node:stream";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { developmentPayload, samplePayload, tokenLifeMs, withoutDates } from "./apple/contract.ts";
import { postToken, type SampleReply, sampleNowMs, sampleToken } from "./apple/samples.ts";
import { type AppleSimulator, startAppleSimulator } from "./apple/server.ts";

let nowMs = sampleNowMs;
let simulator: AppleSimulator;

before(async () => {
  simulator = await startAppleSimulator({ now: () => nowMs });
});
beforeEach(() => {
  nowMs = sampleNowMs;
  simulator.reset();
});
after(() => simulator.close());

const statusOf = async (token: string, url = simulator.url) => (await postToken(url, token)).status;

describe("the Apple simulator answers a token", () => {
  it("with its record, whole or without dates, once it is there and for 24 hours", async () => {
    simulator.issueToken(sampleToken, { readyAfterMs: 6_000 });
    simulator.issueToken("standard", { payload: withoutDates(samplePayload) });
    assert.equal(await statusOf(sampleToken), 404);
    nowMs += 6_000;
    assert.deepEqual(JSON.parse((await postToken(simulator.url, sampleToken)).text), samplePayload);
    assert.equal(JSON.parse((await postToken(simulator.url, "standard")).text).clickDate, undefined);
    nowMs = sampleNowMs + tokenLifeMs;
    assert.equal(await statusOf(sampleToken), 200);
    nowMs += 1;
    assert.equal(await statusOf(sampleToken), 404);
  });

  it("by how it begins, where it was not told of it", async () => {
    const told = async (token: string) => JSON.parse((await postToken(simulator.url, token)).text);
    assert.deepEqual(await told("organic1"), { attribution: false });
    assert.deepEqual(await told("development1"), developmentPayload);
    assert.deepEqual([await statusOf("missing1"), await statusOf("invalid1")], [404, 400]);
    assert.equal(simulator.counts().test, 1);
  });

  it("with 400 for what is no token, is labelled otherwise, or is unknown where all must be known", async () => {
    assert.equal(await statusOf("not base64!"), 400);
    assert.equal(await statusOf(""), 400);
    const json = await postToken(simulator.url, sampleToken, { headers: { "content-type": "application/json" } });
    assert.equal(json.status, 400);
    const strict = await startAppleSimulator({ knownOnly: true });
    assert.equal(await statusOf(sampleToken, strict.url), 400);
    await strict.close();
  });

  it("on its own path by POST only; a token in the address is counted", async () => {
    assert.equal((await postToken(simulator.url, sampleToken, { path: "/api/v2/" })).status, 404);
    assert.equal((await postToken(simulator.url, sampleToken, { method: "PUT" })).status, 405);
    assert.equal((await postToken(simulator.url, "t", { path: "/api/v1/?token=t" })).status, 404);
    assert.equal(simulator.counts().tokenInUrl, 1);
  });

  it("as often as it is asked, and counts the token once", async () => {
    for (let time = 0; time < 3; time += 1) assert.equal(await statusOf(sampleToken), 200);
    const { requests, effective, duplicates } = simulator.counts();
    assert.deepEqual([requests, effective, duplicates], [3, 1, 2]);
  });

  it("no more often a second than it may, and late where there is no record", async () => {
    const narrow = await startAppleSimulator({ now: () => nowMs, requestsPerSecondMax: 1, notFoundHoldMs: 60 });
    const startedMs = performance.now();
    assert.equal(await statusOf("missing", narrow.url), 404);
    assert.ok(performance.now() - startedMs >= 55);
    assert.equal(await statusOf("missing", narrow.url), 429);
    await narrow.close();
  });
});

describe("the Apple simulator fails on demand", () => {
  it("with a throttle, its own errors, an answer cut short and a proxy's page", async () => {
    const replies: SampleReply[] = [];
    for (const fault of ["throttle", "serverError", "notFound", "unreadable", "html502"] as const) {
      simulator.fail(fault);
      replies.push(await postToken(simulator.url, sampleToken));
    }
    assert.deepEqual(
      replies.map(({ status }) => status),
      [429, 500, 404, 200, 502],
    );
    assert.equal(replies[0]?.headers.get("retry-after"), "60");
    assert.throws(() => JSON.parse(replies[3]?.text ?? ""));
    assert.deepEqual([simulator.counts().faulted, simulator.counts().effective], [5, 0]);
  });

  it("with answers that are late or lost after it looked, and connections reset before", async () => {
    simulator.fail("slow", { afterMs: 400 });
    await assert.rejects(postToken(simulator.url, sampleToken, { signal: AbortSignal.timeout(100) }));
    simulator.fail("answerLostAfterCommit");
    await assert.rejects(postToken(simulator.url, sampleToken));
    simulator.fail("resetBeforeCommit");
    await assert.rejects(postToken(simulator.url, sampleToken));
    const { effective, duplicates, faulted } = simulator.counts();
    assert.deepEqual([effective, duplicates, faulted], [1, 1, 3]);
  });
});

describe("another process steers the Apple simulator over HTTP", () => {
  let child: ChildProcess;
  let url: string;

  before(async () => {
    const main = fileURLToPath(new URL("./apple/main.ts", import.meta.url));
    const run = "Deno" in globalThis ? ["run", "-A", main] : [main];
    child = spawn(process.execPath, [...run, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit").then(() => assert.fail("the simulator ended before it printed its URL"));
    const [line] = await Promise.race([once(child.stdout as Readable, "data"), ended]);
    ended.catch(() => {});
    url = String(line).trim();
  });
  after(() => child.kill("SIGKILL"));

  it("reads its counts, orders faults, and ends it", async () => {
    assert.equal(await statusOf(sampleToken, url), 200);
    const body = JSON.stringify({ fault: "serverError" });
    assert.equal((await fetch(`${url}/_sim/faults`, { method: "POST", body })).status, 200);
    assert.equal(await statusOf(sampleToken, url), 500);
    const counts = (await (await fetch(`${url}/_sim/counts`)).json()) as { requests: number; effective: number };
    assert.deepEqual([counts.requests, counts.effective], [2, 1]);
    child.kill("SIGTERM");
    assert.equal((await once(child, "exit"))[0], 0);
  });
});
