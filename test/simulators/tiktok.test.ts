import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Readable } from "node:stream";
import { after, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  postBody,
  postEvents,
  type SampleChanges,
  sampleEvent,
  sampleHash,
  sampleNowMs,
  samplePixel,
  sampleToken,
} from "./tiktok/samples.ts";
import { startTiktokSimulator, type TiktokSimulator } from "./tiktok/server.ts";

const hourMs = 3_600_000;
let nowMs = sampleNowMs;
let simulator: TiktokSimulator;

before(async () => {
  simulator = await startTiktokSimulator({ now: () => nowMs });
});
beforeEach(() => {
  nowMs = sampleNowMs;
  simulator.reset();
});
after(() => simulator.close());

const send = (changes: SampleChanges = {}, url = simulator.url) => postEvents(url, [sampleEvent()], changes);
const withToken = (token: string) => ({ headers: { "access-token": token } });
const other = { top: { event_source_id: "other" } };

describe("the TikTok simulator opens the door", () => {
  it("only to POST on the track path of v1.3", async () => {
    const paths = ["/open_api/v1.3/event/track", "/open_api/v1.2/event/track/", "/open_api/v1.3/pixel/track/"];
    for (const path of paths) assert.equal((await send({ path })).code, 40400);
    assert.equal((await send({ method: "PUT" })).code, 40400);
    assert.equal((await send()).code, 0);
  });

  it("to a token in its own header and nowhere else, under status 200 whatever the code", async () => {
    const replies = [
      await send(withToken("")),
      await send(withToken("revoked-1")),
      await send(withToken("expired-1")),
      await send({ headers: { "access-token": "", authorization: `Bearer ${sampleToken}` } }),
      await send({ ...withToken(""), path: `/open_api/v1.3/event/track/?access_token=${sampleToken}` }),
    ];
    assert.deepEqual(
      replies.map(({ status, code }) => [status, code]),
      [40104, 40105, 40102, 40104, 40104].map((code) => [200, code]),
    );
    assert.equal(simulator.counts().tokenInUrl, 1);
  });

  it("to a token until it is revoked, and again once it is restored", async () => {
    simulator.revokeToken(sampleToken);
    assert.equal((await send()).code, 40105);
    simulator.restoreToken(sampleToken);
    assert.equal((await send()).code, 0);
  });

  it("to the tokens of a source: 40105, then 40001 for another or none", async () => {
    const sources = [
      { id: samplePixel, tokens: ["one"] },
      { id: "other", tokens: ["two"] },
    ];
    const walled = await startTiktokSimulator({ now: () => nowMs, sources });
    const codeOf = async (changes: SampleChanges) => (await send(changes, walled.url)).code;
    assert.equal(await codeOf(withToken("three")), 40105);
    assert.equal(await codeOf(withToken("two")), 40001);
    assert.equal(await codeOf({ ...withToken("one"), top: { event_source_id: "none" } }), 40001);
    assert.equal(await codeOf(withToken("one")), 0);
    await walled.close();
  });

  it("to no body that is not labelled and written as JSON", async () => {
    const whole = JSON.stringify({ event_source: "web", event_source_id: samplePixel, data: [sampleEvent()] });
    const replies = [
      await postBody(simulator.url, '{"data":['),
      await postBody(simulator.url, "[]"),
      await postBody(simulator.url, whole, { headers: { "content-type": "text/plain" } }),
    ];
    assert.deepEqual(
      replies.map(({ code }) => code),
      [40000, 40000, 40000],
    );
  });

  it("to as many requests a second as it may", async () => {
    const narrow = await startTiktokSimulator({ now: () => nowMs, requestsPerSecondMax: 2 });
    const codes = [await send({}, narrow.url), await send({}, narrow.url), await send({}, narrow.url)];
    nowMs += 1_000;
    codes.push(await send({}, narrow.url));
    assert.deepEqual(
      codes.map(({ code }) => code),
      [0, 0, 40100, 0],
    );
    await narrow.close();
  });
});

describe("the TikTok simulator drops duplicates", () => {
  it("up to 48 hours after the first, and answers them as good", async () => {
    await send();
    nowMs += 48 * hourMs;
    assert.equal((await send()).code, 0);
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [1, 1]);
    nowMs += 1;
    await send();
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [2, 1]);
  });

  it("never across names, ids or sources, nor without an id", async () => {
    const anonymous = sampleEvent({ event_id: undefined });
    const others = [sampleEvent({ event: "Contact" }), sampleEvent({ event_id: "event-2" })];
    await postEvents(simulator.url, [sampleEvent(), ...others, anonymous, anonymous]);
    await send(other);
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [6, 0]);
    assert.equal(simulator.effectiveEvents("other").length, 1);
  });
});

describe("the TikTok simulator fails on demand", () => {
  const codesOf = async (times: number) => {
    const codes = [];
    for (let turn = 0; turn < times; turn += 1) codes.push((await send()).code);
    return codes;
  };

  it("with each code of a kind in turn", async () => {
    simulator.fail("throttle", { times: 3 });
    assert.deepEqual(await codesOf(3), [40100, 40132, 61000]);
    simulator.fail("tokenRevoked", { times: 3 });
    assert.deepEqual(await codesOf(3), [40105, 40102, 40118]);
    simulator.fail("transient", { times: 2 });
    assert.deepEqual(await codesOf(3), [50000, 50002, 0]);
    assert.equal(simulator.counts().faulted, 8);
  });

  it("with the code that was asked for, for one source and not for another", async () => {
    simulator.fail("transient", { code: 50002, target: "other" });
    assert.equal((await send()).code, 0);
    assert.equal((await send(other)).code, 50002);
  });

  it("with a proxy's page", async () => {
    simulator.fail("html502");
    const { status, text } = await send();
    assert.equal(status, 502);
    assert.match(text, /^<!DOCTYPE html>/);
    assert.equal(simulator.counts().effective, 0);
  });

  it("with an answer that is too late for its caller, or lost, after taking effect", async () => {
    simulator.fail("slow", { afterMs: 400 });
    await assert.rejects(send({ signal: AbortSignal.timeout(100) }));
    simulator.fail("answerLostAfterCommit");
    await assert.rejects(send());
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [1, 1]);
  });

  it("with a reset before taking effect", async () => {
    simulator.fail("resetBeforeCommit");
    await assert.rejects(send());
    assert.deepEqual([simulator.counts().requests, simulator.counts().effective], [1, 0]);
  });

  it("with a part of a batch, where it is told to take parts", async () => {
    const partial = await startTiktokSimulator({ now: () => nowMs, partial: true });
    const bad = sampleEvent({ event_id: 7 });
    assert.equal((await postEvents(partial.url, [bad, sampleEvent()])).code, 20001);
    const { effective, rejected } = partial.counts();
    assert.deepEqual({ effective, rejected }, { effective: 1, rejected: 1 });
    await partial.close();
  });
});

describe("the TikTok simulator watches for personal data", () => {
  const email = sampleHash("john_smith@gmail.com");
  const cases: [kind: string, event: Record<string, unknown>, where: string][] = [
    ["email", { user: { email: "john@example.com" } }, "body.data[0].user.email"],
    ["phone", { user: { email, phone: ["+16505551212"] } }, "body.data[0].user.phone"],
    ["unhashed", { user: { email, external_id: "user-1" } }, "body.data[0].user.external_id"],
    ["email", { properties: { description: "ask john@example.com" } }, "body.data[0].properties.description"],
    ["email", { page: { url: "https://a.example/?q=john%2540example.com" } }, "body.data[0].page.url"],
  ];
  for (const [kind, changes, place] of cases) {
    it(`${kind} in ${place}`, async () => {
      await postEvents(simulator.url, [sampleEvent(changes)]);
      assert.deepEqual(simulator.findings(), [{ request: 0, kind, place }]);
      assert.equal(simulator.counts().clearPii, 1);
    });
  }

  it("addresses apart, in the key that allows them; an app's version is none", async () => {
    const app = { app_id: "com.example", app_version: "1.2.3.4" };
    await postEvents(simulator.url, [sampleEvent({ user: { email, ip: "2001:db8::1" }, app })]);
    assert.deepEqual([simulator.counts().clearIp, simulator.counts().clearPii], [1, 0]);
  });
});

describe("another process steers the TikTok simulator over HTTP", () => {
  let child: ChildProcess;
  let url: string;

  before(async () => {
    const main = fileURLToPath(new URL("./tiktok/main.ts", import.meta.url));
    const run = "Deno" in globalThis ? ["run", "-A", main] : [main];
    child = spawn(process.execPath, [...run, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit").then(() => assert.fail("the simulator ended before it printed its URL"));
    const [line] = await Promise.race([once(child.stdout as Readable, "data"), ended]);
    ended.catch(() => {});
    url = String(line).trim();
  });
  after(() => child.kill("SIGKILL"));

  it("reads, orders faults, takes tokens back, and ends it", async () => {
    const order = (name: string, body: unknown) =>
      fetch(`${url}/_sim/${name}`, { method: "POST", body: JSON.stringify(body) });
    await send({}, url);
    assert.deepEqual(await (await fetch(`${url}/_sim/events?target=${samplePixel}`)).json(), [sampleEvent()]);
    await order("faults", { fault: "throttle" });
    assert.equal((await send({}, url)).code, 40100);
    assert.equal((await order("faults", { fault: "quotaNearlyUsed" })).status, 400);
    await order("tokens", { token: sampleToken, revoked: true });
    assert.equal((await send({}, url)).code, 40105);
    child.kill("SIGTERM");
    assert.equal((await once(child, "exit"))[0], 0);
  });
});
