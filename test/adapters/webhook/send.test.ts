import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, it } from "node:test";
import { classifyOutcome } from "../../../adapters/webhook/classify-outcome.ts";
import { checkSettings } from "../../../adapters/webhook/settings.ts";
import { openWebhook } from "../../../adapters/webhook/webhook.ts";
import type { SendResult } from "../../../domain/model/delivery.ts";
import { emailSha256, startMs, storedEvent } from "../../domain/pipeline/relay/parts.ts";
import { clock, secret, webhookIntegration } from "./parts.ts";

const closers: (() => void)[] = [];
const webhook = openWebhook({ clock, allowPrivate: true, timeoutMs: 30_000 });
const impatient = openWebhook({ clock, allowPrivate: true, timeoutMs: 300 });

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function sendTo(url: string, events: unknown[] = [{ id: "1" }], more: Record<string, string> = {}) {
  return webhook.send(await webhookIntegration({ url }), { signing_secret: secret, ...more }, events);
}

type Seen = { headers: IncomingHttpHeaders; body: string; url: string };

/** A receiver that writes down what it gets. */
async function recording(): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const url = await serve((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      seen.push({ headers: request.headers, body, url: request.url ?? "" });
      response.writeHead(204).end();
    });
  });
  return { url, seen };
}

function meaning(result: SendResult): string {
  return result.ok ? "ok" : `${result.class} ${result.code} ${result.effect}`;
}

function signed(key: string, body: string): string {
  return `sha256=${createHmac("sha256", key)
    .update(`${startMs / 1_000}.${body}`)
    .digest("hex")}`;
}

describe("a request to a receiver", () => {
  it("is signed over its time and body, and bears an id that is the same on every attempt", async () => {
    const { url, seen } = await recording();
    const events = [{ id: "1", text: "ü \u{1f30a}" }, { id: "2" }];
    assert.equal(meaning(await sendTo(`${url}/hook?a=b`, events)), "ok");
    assert.equal(meaning(await sendTo(`${url}/hook?a=b`, events)), "ok");
    assert.equal(meaning(await sendTo(`${url}/hook?a=b`, events.slice(1))), "ok");
    const [first, again, other] = seen as [Seen, Seen, Seen];
    assert.deepEqual(JSON.parse(first.body), { events });
    assert.equal(first.url, "/hook?a=b");
    assert.equal(first.headers["x-tidegate-timestamp"], String(startMs / 1_000));
    assert.equal(first.headers["x-tidegate-signature"], signed(secret, first.body));
    assert.match(String(first.headers["x-tidegate-delivery"]), /^whd_[0-9a-f]{32}$/);
    assert.equal(again.headers["x-tidegate-delivery"], first.headers["x-tidegate-delivery"]);
    assert.notEqual(other.headers["x-tidegate-delivery"], first.headers["x-tidegate-delivery"]);
    assert.equal(first.headers["content-type"], "application/json");
  });

  it("is signed with the secret before, too, until its time is over", async () => {
    const { url, seen } = await recording();
    await sendTo(url, [{ id: "1" }], { previous_signing_secret: `${startMs + 1}.whsec_before` });
    await sendTo(url, [{ id: "1" }], { previous_signing_secret: `${startMs}.whsec_before` });
    await sendTo(url, [{ id: "1" }], { previous_signing_secret: "nonsense" });
    const body = seen[0]?.body as string;
    assert.equal(seen[0]?.headers["x-tidegate-signature"], `${signed(secret, body)},${signed("whsec_before", body)}`);
    for (const one of seen.slice(1)) assert.equal(one.headers["x-tidegate-signature"], signed(secret, body));
  });

  it("is never signed with nothing", async () => {
    const { url, seen } = await recording();
    const result = await webhook.send(await webhookIntegration({ url }), {}, [{ id: "1" }]);
    assert.equal(meaning(result), "config secret_missing none");
    assert.deepEqual(seen, []);
  });

  it("that is not answered in time may have had an effect; one that found nobody had none", async () => {
    const silent = await webhookIntegration({ url: await serve(() => {}) });
    const unanswered = await impatient.send(silent, { signing_secret: secret }, [{ id: "1" }]);
    assert.equal(meaning(unanswered), "transient timeout unknown");
    assert.equal(meaning(await sendTo(await serve((request) => request.socket.destroy()))), "transient socket unknown");
    const url = await serve(() => {});
    for (const close of closers.splice(0)) close();
    assert.equal(meaning(await sendTo(url)), "transient unreachable none");
  });

  it("follows no redirect", async () => {
    const elsewhere = await recording();
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_, response) => response.writeHead(status, { location: elsewhere.url }).end());
      assert.equal(meaning(await sendTo(url)), `config http_${status} none`);
    }
    assert.deepEqual(elsewhere.seen, []);
  });

  it("reads no more of an answer than a bound, however long it is", async () => {
    let written = 0;
    const url = await serve((request, response) => {
      request.resume();
      response.writeHead(200);
      const chunk = Buffer.alloc(64 * 1024, "x");
      const pour = (): void => {
        while (!response.destroyed && written < 1e9 && response.write(chunk)) written += chunk.length;
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    });
    assert.equal(meaning(await sendTo(url)), "ok");
    assert.ok(written < 100e6, `${written} bytes`);
  });
});

describe("an answer of a receiver", () => {
  const statuses: readonly (readonly [status: number, meaning: string])[] = [
    [200, "ok"],
    [202, "ok"],
    [204, "ok"],
    [302, "config http_302 none"],
    [400, "event http_400 none"],
    [401, "auth http_401 none"],
    [403, "auth http_403 none"],
    [404, "config http_404 none"],
    [408, "transient http_408 unknown"],
    [409, "event http_409 none"],
    [410, "config http_410 none"],
    [413, "event http_413 none"],
    [422, "event http_422 none"],
    [429, "throttle http_429 none"],
    [500, "transient http_500 unknown"],
    [502, "transient http_502 unknown"],
    [503, "transient http_503 unknown"],
    [504, "transient http_504 unknown"],
    [599, "transient http_599 unknown"],
    [0, "transient http_0 unknown"],
  ];
  for (const [status, expected] of statuses) {
    it(`${status} means ${expected}`, () => {
      const outcome = { kind: "answered", status, retryAfter: null } as const;
      assert.equal(meaning(classifyOutcome(outcome, 1, startMs)), expected);
    });
  }

  it("says how long to wait in seconds or as a date, a day at most", () => {
    const waits = (status: number, retryAfter: string | null) => {
      const result = classifyOutcome({ kind: "answered", status, retryAfter }, 1, startMs);
      return result.ok ? null : [result.class, result.retryAfterMs];
    };
    assert.deepEqual(waits(429, "90"), ["throttle", 90_000]);
    assert.deepEqual(waits(503, new Date(startMs + 60_000).toUTCString()), ["throttle", 60_000]);
    assert.deepEqual(waits(429, "999999999"), ["throttle", 86_400_000]);
    assert.deepEqual(waits(429, "soon"), ["throttle", null]);
    assert.deepEqual(waits(503, null), ["transient", null]);
  });
});

describe("what a receiver is told", () => {
  it("is the stored envelope with its hashes, under the name that was frozen", async () => {
    const integration = await webhookIntegration({
      url: "https://h.example.com/",
      event_map: { "Order Completed": "Sale" },
    });
    const event = storedEvent(1, { emailSha256, sessionId: "s-1", traits: { email: emailSha256 } });
    const frozen = webhook.freeze(integration, event);
    assert.ok(frozen.ok);
    assert.deepEqual(webhook.prepare(integration, event, frozen.value, startMs), {
      ok: true,
      payload: {
        type: "track",
        messageId: "message-1",
        event: "Sale",
        userId: "user-1",
        timestamp: "2026-01-09T23:50:00.000Z",
        receivedAt: "2026-01-09T23:50:00.000Z",
        properties: { revenue: 9.5, currency: "eur", order_id: "order-1" },
        traits: { email: emailSha256 },
        context: {},
        identity: { email_sha256: emailSha256 },
        id: event.id,
        projectId: event.projectId,
        sourceId: event.sourceId,
        sessionId: "s-1",
      },
    });
    const weekLater = startMs + 8 * 86_400_000;
    const late = webhook.prepare(integration, event, frozen.value, weekLater);
    assert.deepEqual(late, { ok: false, refusal: { kind: "expired", code: "too_old" } });
  });

  it("is what the integration asks for: types, names, and what the map names", async () => {
    const relays = async (config: Record<string, unknown>, type: string, name: string | null) =>
      webhook.relays(await webhookIntegration({ url: "https://h.example.com/", ...config }), { type, name });
    assert.equal(await relays({}, "track", "Anything"), true);
    assert.equal(await relays({}, "page", null), true);
    assert.equal(await relays({}, "identify", null), false);
    assert.equal(await relays({}, "alias", null), false);
    assert.equal(await relays({}, "track", "Session Ended"), false);
    assert.equal(await relays({ events: ["Session Ended"] }, "track", "Session Ended"), true);
    assert.equal(await relays({ events: ["A"] }, "track", "B"), false);
    assert.equal(await relays({ events: ["A"], event_map: { B: "b" } }, "track", "B"), true);
    assert.equal(await relays({ event_types: ["identify"] }, "identify", null), true);
    assert.equal(await relays({ event_types: ["identify"] }, "track", "A"), false);
  });

  it("is set by members that are checked, and its secret is never one that was sent", () => {
    const url = "https://hook.example.com/";
    const faults = (config: Record<string, unknown>) =>
      checkSettings({ url, ...config }, false).map(({ path }) => path);
    const good = { events: ["A"], event_types: ["track"], event_map: { A: "B" }, batch_events_max: 200 };
    assert.deepEqual(faults({ ...good, require_consent: true }), []);
    for (const bad of [
      { events: [] },
      { events: ["A", 7] },
      { event_types: ["alias"] },
      { event_map: { A: "" } },
      { batch_events_max: 0 },
      { batch_events_max: 201 },
      { batch_events_max: 1.5 },
      { require_consent: "yes" },
      { signing_secret: "mine" },
      { previous_signing_secret: "mine" },
    ]) {
      assert.deepEqual(faults(bad), Object.keys(bad), JSON.stringify(bad));
    }
    assert.deepEqual(checkSettings({}, false).length, 1);
  });
});
