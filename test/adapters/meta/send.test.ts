import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { classifyAnswer } from "../../../adapters/meta/classify-answer.ts";
import { openMeta } from "../../../adapters/meta/meta.ts";
import type { SendResult } from "../../../domain/model/delivery.ts";
import { metaIntegration, startMs } from "../../domain/pipeline/relay/parts.ts";

const clock = openVirtualClock(startMs);
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server on loopback that answers as it is told, where the simulator would not misbehave so. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const patientMs = 30_000;
const impatientMs = 200;

async function sendTo(
  baseUrl: string,
  config: Record<string, unknown> = {},
  timeoutMs = patientMs,
): Promise<SendResult> {
  const meta = openMeta({ baseUrl, clock, timeoutMs });
  return meta.send(await metaIntegration(1, config), { access_token: "secret-token" }, [{ event_name: "x" }]);
}

function answered(status: number, body: unknown, headers: Record<string, string> = {}): SendResult {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return classifyAnswer({ status, headers: new Headers(headers), body: text }, startMs);
}

function meaning(result: SendResult): string {
  return result.ok ? "ok" : `${result.class} ${result.code} ${result.effect}`;
}

describe("a request to Meta", () => {
  it("bears its token in a header, its events in the body, and neither in the address", async () => {
    let seen: { method?: string; url?: string; authorization?: string; body?: unknown } = {};
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { method, url, headers } = request;
        seen = { method, url, authorization: headers.authorization, body: JSON.parse(body) };
        response.end('{"events_received":1,"messages":["one"],"fbtrace_id":"Abc_-1"}');
      });
    });
    const result = await sendTo(`${url}/`, { test_event_code: "TEST1", api_version: "v26.0" });
    assert.deepEqual(result, { ok: true, traceId: "Abc_-1", received: 1, warnings: 1, warningCodes: ["meta_warning"] });
    assert.deepEqual(seen, {
      method: "POST",
      url: "/v26.0/100001/events",
      authorization: "Bearer secret-token",
      body: { data: [{ event_name: "x" }], test_event_code: "TEST1", partner_agent: "tidegate1.0" },
    });
  });

  it("that is not answered in time may have had an effect", async () => {
    const url = await serve(() => {});
    assert.equal(meaning(await sendTo(url, {}, impatientMs)), "transient timeout unknown");
  });

  it("whose answer stops in the middle may have had an effect", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      response.write('{"events_rec');
    });
    assert.equal(meaning(await sendTo(url, {}, impatientMs)), "transient timeout unknown");
  });

  it("whose connection breaks may have had an effect", async () => {
    const url = await serve((request) => request.socket.destroy());
    assert.equal(meaning(await sendTo(url)), "transient socket unknown");
  });

  it("that found nobody had none", async () => {
    const url = await serve(() => {});
    for (const close of closers.splice(0)) await close();
    assert.equal(meaning(await sendTo(url)), "transient unreachable none");
  });

  it("does not follow a redirect: the token stays here", async () => {
    let asked = 0;
    const elsewhere = await serve((_, response) => {
      asked += 1;
      response.end("{}");
    });
    const url = await serve((_, response) => {
      response.writeHead(307, { location: elsewhere });
      response.end();
    });
    assert.equal(meaning(await sendTo(url)), "transient http_307 unknown");
    assert.equal(asked, 0);
  });

  it("reads no more of an answer than an answer can be", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      response.end(" ".repeat(1024 * 1024));
    });
    assert.equal(meaning(await sendTo(url)), "transient http_200 unknown");
  });
});

describe("an answer of Meta's", () => {
  const errors: readonly [status: number, error: object, meaning: string][] = [
    [400, { code: 100, error_subcode: 2804003 }, "event meta_100_2804003 none"],
    [400, { code: 100, error_subcode: 2804050 }, "event meta_100_2804050 none"],
    [400, { code: 100 }, "event meta_100 none"],
    [400, { code: 100, error_subcode: 33 }, "config meta_100_33 none"],
    [400, { code: 100, message: "(#100) Missing Permission" }, "auth meta_100_permission none"],
    [401, { code: 190, error_subcode: 463 }, "auth meta_190_463 none"],
    [500, { code: 190 }, "auth meta_190 none"],
    [403, { code: 200 }, "auth meta_200 none"],
    [403, { code: 299 }, "auth meta_299 none"],
    [400, { code: 2635 }, "config meta_2635 none"],
    [400, { code: 2500 }, "config meta_2500 none"],
    [500, { code: 17, error_subcode: 2446079 }, "throttle meta_17_2446079 none"],
    [400, { code: 80004, type: "OAuthException" }, "throttle meta_80004 none"],
    [500, { code: 1, is_transient: true }, "transient meta_1 unknown"],
    [503, { code: 2 }, "transient meta_2 unknown"],
    [400, { code: 368 }, "transient meta_368 none"],
    [400, { code: 987654, is_transient: true }, "transient meta_987654 unknown"],
    [400, { code: 987654 }, "unknown meta_987654 unknown"],
    [400, { code: "190" }, "transient http_400 unknown"],
  ];
  for (const [status, error, expected] of errors) {
    it(`${status} ${JSON.stringify(error)} means ${expected}`, () => {
      assert.equal(meaning(answered(status, { error })), expected);
    });
  }

  it("that is not Meta's own is worth another try, and counts as one that may have had an effect", () => {
    for (const [status, body] of [
      [502, "<!DOCTYPE html>"],
      [200, "{}"],
      [200, "[]"],
      [204, ""],
      [500, "null"],
    ] as const) {
      assert.equal(meaning(answered(status, body)), `transient http_${status} unknown`);
    }
    assert.equal(meaning(answered(429, "slow down")), "throttle http_429 none");
  });

  it("names the offending event where it names one", () => {
    const message = `(#100) Unexpected key "x" on param "$['data'][7]"`;
    const result = answered(400, { error: { code: 100, message } });
    assert.equal(!result.ok && result.eventIndex, 7);
  });

  it("leaves nothing of its texts behind", () => {
    const text = "mary@example.com";
    const error = {
      code: 100,
      message: text,
      type: text,
      error_user_title: text,
      error_user_msg: text,
      fbtrace_id: text,
    };
    assert.doesNotMatch(JSON.stringify(answered(400, { error })), /mary/);
    const taken = answered(200, { events_received: 1, messages: [text], fbtrace_id: text });
    assert.doesNotMatch(JSON.stringify(taken), /mary/);
  });

  it("says what is used of the quota by the worst of its headers, and nothing where it can't be read", () => {
    const ok = '{"events_received":1,"messages":[],"fbtrace_id":"A"}';
    const used = (headers: Record<string, string>) => answered(200, ok, headers).usage;
    const business = (...entries: object[]) => JSON.stringify({ "1": entries });
    const app = JSON.stringify({ call_count: 28, total_time: 60, total_cputime: 25 });
    const busy = business({ call_count: 10, total_time: 82 }, { call_count: 3, estimated_time_to_regain_access: 2 });
    assert.deepEqual(used({ "x-app-usage": app }), { usedPercent: 60, regainMs: 0 });
    assert.deepEqual(used({ "x-ad-account-usage": '{"acc_id_util_pct":9.6}' }), { usedPercent: 10, regainMs: 0 });
    assert.deepEqual(used({ "x-app-usage": app, "x-business-use-case-usage": busy }), {
      usedPercent: 82,
      regainMs: 120_000,
    });
    const forever = business({ call_count: 1e300, estimated_time_to_regain_access: 1e300 });
    assert.deepEqual(used({ "x-business-use-case-usage": forever }), { usedPercent: 1_000, regainMs: 86_400_000 });
    for (const odd of [
      "",
      "{",
      "[]",
      "7",
      '{"call_count":"90"}',
      '{"call_count":-1}',
      `{"a":"${"x".repeat(20_000)}"}`,
    ]) {
      assert.equal(used({ "x-app-usage": odd, "x-business-use-case-usage": odd }), undefined, odd.slice(0, 30));
    }
    assert.equal("usage" in answered(200, ok), false);
    const throttled = answered(400, { error: { code: 17 } }, { "x-app-usage": app });
    assert.equal(throttled.usage?.usedPercent, 60);
  });

  it("says how long to wait in seconds, as a date, or in its usage headers; the longest counts", () => {
    const waits = (headers: Record<string, string>) => {
      const result = answered(400, { error: { code: 4 } }, headers);
      return result.ok ? undefined : result.retryAfterMs;
    };
    const usage = (minutes: unknown) =>
      JSON.stringify({ "1": [{ call_count: 100, estimated_time_to_regain_access: minutes }], "2": [] });
    assert.equal(waits({}), null);
    assert.equal(waits({ "retry-after": "90" }), 90_000);
    assert.equal(waits({ "retry-after": new Date(startMs + 60_000).toUTCString() }), 60_000);
    assert.equal(waits({ "retry-after": "90", "x-business-use-case-usage": usage(5) }), 300_000);
    assert.equal(waits({ "x-business-use-case-usage": usage(0) }), null);
    assert.equal(waits({ "x-business-use-case-usage": usage("soon") }), null);
    assert.equal(waits({ "x-business-use-case-usage": "{" }), null);
    assert.equal(waits({ "retry-after": "999999999" }), 86_400_000);
  });
});
