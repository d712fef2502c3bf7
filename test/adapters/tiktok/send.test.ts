import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { classifyAnswer } from "../../../adapters/tiktok/classify-answer.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import { codeOf, type SendResult } from "../../../domain/model/delivery.ts";
import { startMs } from "../../domain/pipeline/relay/parts.ts";
import { tiktokIntegration } from "./parts.ts";

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
  const tiktok = openTiktok({ baseUrl, clock, timeoutMs });
  return tiktok.send(await tiktokIntegration(1, config), { access_token: "secret-token" }, [{ event: "x" }]);
}

function answered(status: number, body: unknown, headers: Record<string, string> = {}): SendResult {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return classifyAnswer({ status, headers: new Headers(headers), body: text }, 3, startMs);
}

function meaning(result: SendResult): string {
  return result.ok ? "ok" : `${result.class} ${result.code} ${result.effect}`;
}

function indexOf(result: SendResult): number | null | undefined {
  return result.ok ? undefined : result.eventIndex;
}

describe("a request to TikTok", () => {
  it("bears its token in a header, its events in the body, and neither in the address", async () => {
    let seen: unknown;
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const { method, url, headers } = request;
        const types = [headers["access-token"], headers["content-type"]];
        seen = { method, url, types, body: JSON.parse(body) };
        response.end('{"code":0,"message":"OK","request_id":"2026_abc-1","data":{}}');
      });
    });
    const result = await sendTo(`${url}/`, { test_event_code: "TEST1" });
    assert.deepEqual(result, { ok: true, traceId: "2026_abc-1", received: 1, warnings: 0 });
    assert.deepEqual(seen, {
      method: "POST",
      url: "/open_api/v1.3/event/track/",
      types: ["secret-token", "application/json"],
      body: { event_source: "web", event_source_id: "PIXEL1", test_event_code: "TEST1", data: [{ event: "x" }] },
    });
  });

  it("that is not answered in time, or not to the end, may have had an effect", async () => {
    assert.equal(meaning(await sendTo(await serve(() => {}), {}, impatientMs)), "transient timeout unknown");
    const halfway = await serve((_, response) => {
      response.writeHead(200);
      response.write('{"code":0');
    });
    assert.equal(meaning(await sendTo(halfway, {}, impatientMs)), "transient timeout unknown");
    const broken = await serve((request) => request.socket.destroy());
    assert.equal(meaning(await sendTo(broken)), "transient socket unknown");
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
});

describe("an answer of TikTok's", () => {
  const codes: readonly [code: number, meaning: string][] = [
    [40000, "event tiktok_40000 none"],
    [40001, "auth tiktok_40001 none"],
    [40002, "event tiktok_40002 none"],
    [40003, "config tiktok_40003 none"],
    [40006, "config tiktok_40006 none"],
    [40007, "config tiktok_40007 none"],
    [40051, "config tiktok_40051 none"],
    [40061, "event tiktok_40061 none"],
    [40062, "event tiktok_40062 none"],
    [40063, "config tiktok_40063 none"],
    [40100, "throttle tiktok_40100 none"],
    [40101, "auth tiktok_40101 none"],
    [40102, "auth tiktok_40102 none"],
    [40104, "auth tiktok_40104 none"],
    [40105, "auth tiktok_40105 none"],
    [40110, "auth tiktok_40110 none"],
    [40111, "unknown tiktok_40111 unknown"],
    [40113, "auth tiktok_40113 none"],
    [40118, "auth tiktok_40118 none"],
    [40130, "auth tiktok_40130 none"],
    [40132, "throttle tiktok_40132 none"],
    [40201, "transient tiktok_40201 unknown"],
    [40202, "transient tiktok_40202 unknown"],
    [40400, "config tiktok_40400 none"],
    [41000, "config tiktok_41000 none"],
    [50000, "transient tiktok_50000 unknown"],
    [50002, "transient tiktok_50002 unknown"],
    [51010, "transient tiktok_51010 unknown"],
    [52999, "transient tiktok_52999 unknown"],
    [60001, "transient tiktok_60001 unknown"],
    [61000, "throttle tiktok_61000 none"],
    [99999, "unknown tiktok_99999 unknown"],
  ];
  for (const [code, expected] of codes) {
    it(`${code} means ${expected}, whatever the status`, () => {
      for (const status of [200, 400, 500]) assert.equal(meaning(answered(status, { code, message: "x" })), expected);
    });
  }

  it("is good with 0, with a request that it has already, and in part, which is told apart", () => {
    const toldOf = (code: number) => {
      const result = answered(200, { code, request_id: "r" });
      return result.ok ? [result.received, codeOf(result), result.traceId] : null;
    };
    assert.deepEqual(toldOf(0), [3, "ok", "r"]);
    assert.deepEqual(toldOf(40050), [3, "ok", "r"]);
    assert.deepEqual(toldOf(20001), [3, "ok_in_part", "r"]);
  });

  it("names the offending event where it names one, and at the start of its text only", () => {
    const refused = (message: unknown, code = 40002) => indexOf(answered(200, { code, message }));
    assert.equal(refused("Batch.0.properties.contents.0.content_id: Not a valid string"), 0);
    assert.equal(refused("Batch.7.event_id: Not a valid string"), 7);
    assert.equal(refused("Batch.12: Not a valid object"), 12);
    assert.equal(refused("Invalid value for event_id: Batch.3.x"), null);
    assert.equal(refused("Batch.99999.x: y"), null);
    assert.equal(refused(7), null);
    assert.equal(refused("Batch.1.x: y", 50000), null);
  });

  it("about a parameter of the request buries no event", () => {
    const refused = (message: string) => meaning(answered(200, { code: 40002, message }));
    for (const name of ["event_source", "event_source_id", "test_event_code", "partner_name"]) {
      assert.equal(refused(`${name}: Not a valid choice`), "config tiktok_40002 none");
      assert.equal(refused(`Invalid value for ${name}: not a valid string.`), "config tiktok_40002 none");
    }
    assert.equal(refused("Invalid value for event_id: not a valid string."), "event tiktok_40002 none");
  });

  it("that is not TikTok's own is worth another try, and counts as one that may have had an effect", () => {
    for (const [status, body] of [
      [502, "<!DOCTYPE html>"],
      [200, "{}"],
      [200, "[]"],
      [200, '{"code":"0"}'],
      [204, ""],
    ] as const) {
      assert.equal(meaning(answered(status, body)), `transient http_${status} unknown`);
    }
    assert.equal(meaning(answered(429, "slow down")), "throttle http_429 none");
  });

  it("leaves nothing of its texts behind", () => {
    const text = "mary@example.com";
    for (const code of [0, 20001, 40002, 40062]) {
      const result = answered(200, { code, message: text, request_id: text, data: { text } });
      assert.doesNotMatch(JSON.stringify(result), /mary/);
    }
  });

  it("says how long to wait in seconds or as a date, a day at most", () => {
    const waits = (headers: Record<string, string>) => {
      const result = answered(200, { code: 40100 }, headers);
      return result.ok ? undefined : result.retryAfterMs;
    };
    assert.equal(waits({}), null);
    assert.equal(waits({ "retry-after": "90" }), 90_000);
    assert.equal(waits({ "retry-after": new Date(startMs + 60_000).toUTCString() }), 60_000);
    assert.equal(waits({ "retry-after": "999999999" }), 86_400_000);
  });
});
