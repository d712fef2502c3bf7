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
  sampleDataset,
  sampleEvent,
  sampleHash,
  sampleNowMs,
  sampleToken,
} from "./meta/samples.ts";
import { type MetaSimulator, startMetaSimulator } from "./meta/server.ts";

const hourMs = 3_600_000;
let nowMs = sampleNowMs;
let simulator: MetaSimulator;

before(async () => {
  simulator = await startMetaSimulator({ now: () => nowMs });
});
beforeEach(() => {
  nowMs = sampleNowMs;
  simulator.reset();
});
after(() => simulator.close());

describe("the Meta simulator opens the door", () => {
  const path = `/v25.0/${sampleDataset}/events`;
  const noHeader = { authorization: "" };

  it("to versions that are served, and no other", async () => {
    const codeOf = async (version: string) =>
      (await postEvents(simulator.url, [sampleEvent()], { path: `/${version}/1/events` })).json.error?.code;
    assert.deepEqual(await Promise.all(["v24.0", "v25.0", "v26.0", "v23.0", "v27.0", "25"].map(codeOf)), [
      undefined,
      undefined,
      undefined,
      2635,
      2500,
      2500,
    ]);
  });

  it("only to POST on the events edge", async () => {
    const other = await postEvents(simulator.url, [sampleEvent()], { path: "/v25.0/1/feed" });
    const put = await postEvents(simulator.url, [sampleEvent()], { method: "PUT" });
    assert.deepEqual([other.json.error?.code, put.json.error?.code], [2500, 100]);
  });

  it("to a token in the header, the body, the form or the URL, and counts the last", async () => {
    const body = JSON.stringify({ data: [sampleEvent()], access_token: sampleToken });
    const inBody = await postBody(simulator.url, body, { headers: noHeader });
    const form = new URLSearchParams({ data: JSON.stringify([sampleEvent()]), access_token: sampleToken });
    const formType = { "content-type": "application/x-www-form-urlencoded", ...noHeader };
    const inForm = await postBody(simulator.url, form.toString(), { headers: formType });
    assert.equal(simulator.counts().tokenInUrl, 0);
    const withQuery = { path: `${path}?access_token=${sampleToken}`, headers: noHeader };
    const inUrl = await postEvents(simulator.url, [sampleEvent()], withQuery);
    assert.deepEqual([inBody.status, inForm.status, inUrl.status], [200, 200, 200]);
    assert.equal(simulator.counts().tokenInUrl, 1);
  });

  it("to multipart forms whose events are strings", async () => {
    const data = JSON.stringify([JSON.stringify(sampleEvent())]);
    const boundary = `----${"x".repeat(32)}`;
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="data"\r\n\r\n${data}\r\n--${boundary}--\r\n`;
    const reply = await postBody(simulator.url, body, {
      headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    });
    assert.equal(reply.json.events_received, 1);
  });

  it("to no one without a token or with one that was revoked, until it is restored", async () => {
    const missing = await postEvents(simulator.url, [sampleEvent()], { headers: noHeader });
    const named = await postEvents(simulator.url, [sampleEvent()], { headers: { authorization: "Bearer revoked-1" } });
    simulator.revokeToken(sampleToken);
    const revoked = await postEvents(simulator.url, [sampleEvent()]);
    simulator.restoreToken(sampleToken);
    const restored = await postEvents(simulator.url, [sampleEvent()]);
    assert.deepEqual(
      [missing, named, revoked].map(({ json }) => json.error?.code),
      [190, 190, 190],
    );
    assert.deepEqual([missing.status, restored.status], [401, 200]);
  });

  it("to the tokens of a dataset: 190, then missing permission, then 100/33", async () => {
    const datasets = [
      { id: "1", tokens: ["one"] },
      { id: "2", tokens: ["two"] },
    ];
    const walled = await startMetaSimulator({ now: () => nowMs, datasets });
    const codes = async (token: string, dataset: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const { json } = await postEvents(walled.url, [sampleEvent()], { headers, path: `/v25.0/${dataset}/events` });
      return [json.error?.code, json.error?.error_subcode];
    };
    assert.deepEqual(await codes("three", "1"), [190, undefined]);
    assert.deepEqual(await codes("two", "1"), [100, undefined]);
    assert.deepEqual(await codes("one", "3"), [100, 33]);
    assert.deepEqual(await codes("one", "1"), [undefined, undefined]);
    await walled.close();
  });

  it("to no body that it can't read", async () => {
    const headers = { "content-type": "text/plain" };
    const broken = await postBody(simulator.url, '{"data":[');
    const unlabelled = await postBody(simulator.url, JSON.stringify({ data: [sampleEvent()] }), { headers });
    assert.deepEqual([broken.json.error?.code, unlabelled.json.error?.code], [100, 100]);
  });
});

describe("the Meta simulator drops duplicates", () => {
  const send = (event = sampleEvent()) => {
    const fresh = { ...event, event_time: Math.floor(nowMs / 1000) };
    return postEvents(simulator.url, [fresh]);
  };

  it("up to 48 hours after the first, and answers them as received", async () => {
    await send();
    nowMs += 48 * hourMs;
    assert.equal((await send()).json.events_received, 1);
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [1, 1]);
    nowMs += 1;
    await send();
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [2, 1]);
  });

  it("within one batch, keeping the first", async () => {
    await postEvents(simulator.url, [sampleEvent({ opt_out: true }), sampleEvent({ opt_out: false })]);
    assert.deepEqual(simulator.effectiveEvents(), [sampleEvent({ opt_out: true })]);
  });

  it("never across names, ids or datasets, nor without an id", async () => {
    const anonymous = sampleEvent({ event_id: undefined });
    const others = [sampleEvent({ event_name: "Contact" }), sampleEvent({ event_id: "event-2" })];
    await postEvents(simulator.url, [sampleEvent(), ...others, anonymous, anonymous]);
    await postEvents(simulator.url, [sampleEvent()], { path: "/v25.0/2/events" });
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [6, 0]);
    assert.equal(simulator.effectiveEvents("2").length, 1);
  });

  it("of installs for 90 days", async () => {
    const install = sampleEvent({ event_name: "MobileAppInstall" });
    await send(install);
    nowMs += 90 * 24 * hourMs;
    await send(install);
    nowMs += 1;
    await send(install);
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [2, 1]);
  });

  it("but forgets no id over a batch that was refused", async () => {
    await postEvents(simulator.url, [sampleEvent(), sampleEvent({ x: 1 })]);
    await send();
    assert.equal(simulator.counts().effective, 1);
  });
});

describe("the Meta simulator fails on demand", () => {
  const send = () => postEvents(simulator.url, [sampleEvent()]);

  it("with each throttle code in turn and headers that say when to come back", async () => {
    simulator.fail("throttle", { times: 3, regainMinutes: 7 });
    const replies = [await send(), await send(), await send()];
    assert.deepEqual(
      replies.map(({ json }) => [json.error?.code, json.error?.error_subcode]),
      [
        [17, 2446079],
        [613, 1487742],
        [4, 1504022],
      ],
    );
    const usage = JSON.parse(replies[0]?.headers.get("x-business-use-case-usage") ?? "{}");
    assert.equal(usage[sampleDataset][0].estimated_time_to_regain_access, 7);
    assert.equal(JSON.parse(replies[0]?.headers.get("x-app-usage") ?? "{}").call_count, 100);
    assert.equal((await send()).status, 200);
  });

  it("with a revoked token, whatever the status", async () => {
    simulator.fail("tokenRevoked", { times: 2 });
    const replies = [await send(), await send()];
    assert.deepEqual(
      replies.map(({ status, json }) => [status, json.error?.code]),
      [
        [401, 190],
        [500, 190],
      ],
    );
  });

  it("with transient codes 1 and 2, or the one that was asked for", async () => {
    simulator.fail("transient", { times: 2 });
    simulator.fail("transient", { code: 2 });
    const codes = [await send(), await send(), await send()].map(({ json }) => json.error?.code);
    assert.deepEqual(codes, [1, 2, 2]);
  });

  it("with a proxy's page", async () => {
    simulator.fail("html502");
    const { status, text } = await send();
    assert.equal(status, 502);
    assert.match(text, /^<!DOCTYPE html>/);
    assert.equal(simulator.counts().effective, 0);
  });

  it("with an answer that comes too late for its caller, after taking effect", async () => {
    simulator.fail("slow", { afterMs: 400 });
    const signal = AbortSignal.timeout(100);
    await assert.rejects(postEvents(simulator.url, [sampleEvent()], { signal }));
    assert.equal(simulator.counts().effective, 1);
  });

  it("with an answer that is lost after taking effect, so that a retry is a duplicate", async () => {
    simulator.fail("answerLostAfterCommit");
    await assert.rejects(send());
    assert.equal(simulator.counts().effective, 1);
    await send();
    assert.deepEqual([simulator.counts().effective, simulator.counts().duplicates], [1, 1]);
  });

  it("with a reset before taking effect", async () => {
    simulator.fail("resetBeforeCommit");
    await assert.rejects(send());
    assert.deepEqual([simulator.counts().requests, simulator.counts().effective], [1, 0]);
    await send();
    assert.deepEqual([simulator.counts().effective, simulator.counts().faulted], [1, 1]);
  });

  it("with a quota at 95 percent on a good answer", async () => {
    simulator.fail("quotaNearlyUsed");
    const { status, headers } = await send();
    assert.equal(status, 200);
    assert.equal(JSON.parse(headers.get("x-app-usage") ?? "{}").call_count, 95);
  });

  it("for one dataset and not for another", async () => {
    simulator.fail("html502", { target: "2" });
    assert.equal((await send()).status, 200);
    assert.equal((await postEvents(simulator.url, [sampleEvent()], { path: "/v25.0/2/events" })).status, 502);
  });
});

describe("the Meta simulator watches for personal data", () => {
  const em = sampleHash("john_smith@gmail.com");
  const cases: [kind: string, event: Record<string, unknown>, where: string][] = [
    ["email", { user_data: { em: "john@example.com" } }, "body.data[0].user_data.em"],
    ["email", { user_data: { em, external_id: "odd@" } }, "body.data[0].user_data.external_id"],
    ["phone", { user_data: { em, ph: ["16505551212"] } }, "body.data[0].user_data.ph"],
    ["unhashed", { user_data: { em, fn: "mary" } }, "body.data[0].user_data.fn"],
    ["email", { custom_data: { note: "ask john@example.com" } }, "body.data[0].custom_data.note"],
    ["email", { event_source_url: "https://a.example/?q=john%2540example.com" }, "body.data[0].event_source_url"],
    ["email", { custom_data: { "john@example.com": 1 } }, "body.data[0].custom_data key 0"],
    ["phone", { custom_data: { contact: "+1 (650) 555-1212" } }, "body.data[0].custom_data.contact"],
  ];
  for (const [kind, changes, place] of cases) {
    it(`${kind} in ${place}`, async () => {
      await postEvents(simulator.url, [sampleEvent(changes)]);
      assert.deepEqual(simulator.findings(), [{ request: 0, kind, place }]);
      assert.equal(simulator.counts().clearPii, 1);
    });
  }

  it("addresses apart, in the key that allows them and in headers", async () => {
    const headers = { "x-forwarded-for": "203.0.113.7" };
    await postEvents(simulator.url, [sampleEvent({ user_data: { em, client_ip_address: "2001:db8::1" } })], {
      headers,
    });
    assert.deepEqual([simulator.counts().clearIp, simulator.counts().clearPii], [2, 0]);
  });

  it("in the URL and in bodies that can't be read", async () => {
    await postBody(simulator.url, "{john@example.com", { path: "/v25.0/1/events?who=john%40example.com" });
    assert.deepEqual(
      simulator.findings().map(({ place }) => place),
      ["url", "body"],
    );
  });

  it("and keeps every request byte by byte", async () => {
    await postBody(simulator.url, '{ "data" : [] }', { headers: { "x-mark": "1" } });
    const [kept] = simulator.requests();
    assert.equal(new TextDecoder().decode(kept?.body), '{ "data" : [] }');
    assert.deepEqual([kept?.method, kept?.url, kept?.headers["x-mark"]], ["POST", "/v25.0/1234567890/events", "1"]);
  });
});

describe("another process steers the Meta simulator over HTTP", () => {
  let child: ChildProcess;
  let url: string;

  before(async () => {
    const main = fileURLToPath(new URL("./meta/main.ts", import.meta.url));
    const run = "Deno" in globalThis ? ["run", "-A", main] : [main];
    child = spawn(process.execPath, [...run, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit").then(() => assert.fail("the simulator ended before it printed its URL"));
    const [line] = await Promise.race([once(child.stdout as Readable, "data"), ended]);
    ended.catch(() => {});
    url = String(line).trim();
  });
  after(() => child.kill("SIGKILL"));

  const get = async (name: string) => (await fetch(`${url}/_sim/${name}`)).json();
  const order = (name: string, body: unknown) =>
    fetch(`${url}/_sim/${name}`, { method: "POST", body: JSON.stringify(body) });
  const event = () => sampleEvent({ event_time: Math.floor(Date.now() / 1000) - 60 });

  it("reads counts, events and requests", async () => {
    const sent = event();
    await postEvents(url, [sent]);
    assert.deepEqual(await get("events"), [sent]);
    assert.equal((await get("counts")).effective, 1);
    const [kept] = await get("requests");
    assert.deepEqual(JSON.parse(atob(kept.body)), { data: [sent] });
  });

  it("orders faults, of which only known ones are taken", async () => {
    await order("faults", { fault: "html502", times: 1 });
    assert.equal((await postEvents(url, [event()])).status, 502);
    assert.equal((await postEvents(url, [event()])).status, 200);
    assert.equal((await order("faults", { fault: "flood" })).status, 400);
  });

  it("takes tokens back, and resets", async () => {
    await order("tokens", { token: sampleToken, revoked: true });
    assert.equal((await postEvents(url, [event()])).json.error?.code, 190);
    await order("reset", {});
    assert.equal((await get("counts")).requests, 0);
    assert.equal((await postEvents(url, [event()])).status, 200);
  });

  it("ends it with SIGTERM", async () => {
    child.kill("SIGTERM");
    assert.equal((await once(child, "exit"))[0], 0);
  });
});
