import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { openApple } from "../../../adapters/apple/apple.ts";
import type { Attribution } from "../../../ports/attribution.ts";
import { developmentPayload, samplePayload } from "../../simulators/apple/contract.ts";
import { sampleNowMs, sampleToken } from "../../simulators/apple/samples.ts";
import { type AppleSimulator, startAppleSimulator } from "../../simulators/apple/server.ts";

const clock = { nowMs: () => sampleNowMs };
let simulator: AppleSimulator;
let apple: Attribution;

before(async () => {
  simulator = await startAppleSimulator({ now: clock.nowMs });
  apple = openApple({ baseUrl: `${simulator.url}/`, clock, timeoutMs: 30_000 });
});
beforeEach(() => simulator.reset());
after(() => simulator.close());

const unanswered = (kind: string, code: string, retryAfterMs = 0) => {
  return { kind: "unanswered", class: kind, code, retryAfterMs };
};

/** Apple as a server that answers with this. */
function answering(response: () => Response | Promise<Response>): Attribution {
  return openApple({ baseUrl: "http://apple.invalid", clock, timeoutMs: 200, fetch: async () => response() });
}
const record = (members: object) => answering(() => Response.json({ attribution: true, ...members })).exchange("t");

describe("a token exchanged with Apple", () => {
  it("gives the campaign: ids as text, codes and dates", async () => {
    const { attribution: _, ...members } = samplePayload;
    const campaign = Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));
    assert.deepEqual(await apple.exchange(sampleToken), { kind: "attributed", campaign, development: false });
    assert.deepEqual(simulator.findings(), []);
    const [request] = simulator.requests();
    assert.equal(new TextDecoder().decode(request?.body), sampleToken);
    assert.equal(request?.headers["content-type"], "text/plain");
  });

  it("flags what an app that is signed for development gets, older test records too", async () => {
    for (const payload of [developmentPayload, { ...developmentPayload, keywordId: 12323222 }]) {
      simulator.issueToken(sampleToken, { payload });
      const answer = await apple.exchange(sampleToken);
      assert.ok(answer.kind === "attributed" && answer.development);
    }
  });

  it("tells apart: no ad, no token, no record yet", async () => {
    assert.deepEqual(await apple.exchange("organic"), { kind: "organic" });
    assert.deepEqual(await apple.exchange("invalid"), { kind: "invalid", code: "apple_400" });
    assert.deepEqual(await apple.exchange("missing"), { kind: "not_found", code: "apple_404" });
  });

  it("says of every fault what it means for the next try", async () => {
    const faults = [
      ["throttle", unanswered("throttle", "apple_429", 60_000)],
      ["serverError", unanswered("transient", "apple_500")],
      ["html502", unanswered("transient", "apple_502")],
      ["unreadable", unanswered("transient", "apple_unreadable")],
      ["answerLostAfterCommit", unanswered("transient", "socket")],
      ["resetBeforeCommit", unanswered("transient", "socket")],
    ] as const;
    for (const [fault, expected] of faults) {
      simulator.fail(fault);
      assert.deepEqual(await apple.exchange(sampleToken), expected, fault);
    }
    simulator.fail("slow", { afterMs: 60_000 });
    const impatient = openApple({ baseUrl: `${simulator.url}/`, clock, timeoutMs: 500 });
    assert.deepEqual(await impatient.exchange(sampleToken), unanswered("transient", "timeout"));
    const nowhere = openApple({ baseUrl: "http://127.0.0.1:9", clock });
    assert.deepEqual(await nowhere.exchange(sampleToken), unanswered("transient", "unreachable"));
  });

  it("follows no redirect, and calls what only an operator can mend by its name", async () => {
    for (const status of [301, 307, 403]) {
      const headers = { location: "http://elsewhere.invalid/" };
      const answer = await answering(() => new Response(null, { status, headers })).exchange("t");
      assert.deepEqual(answer, unanswered("config", `apple_${status}`));
    }
  });

  it("reads no more of an answer than an answer may hold", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16 * 1024).fill(0x20));
      },
    });
    assert.deepEqual(
      await answering(() => new Response(endless)).exchange("t"),
      unanswered("transient", "apple_unreadable"),
    );
    assert.ok(pulled < 20, `${pulled} parts`);
  });

  it("keeps no text: members of another form than the documented one are left out", async () => {
    const answer = await record({
      orgId: "ana@example.com",
      campaignId: 12345678901,
      adId: 2 ** 60,
      keywordId: "98765432109876543210",
      countryOrRegion: "Germany",
      claimType: "a word or two",
      clickDate: "yesterday",
      impressionDate: "2026-01-10T08:15Z",
      note: "hello",
    });
    const campaign = {
      campaignId: "12345678901",
      keywordId: "98765432109876543210",
      impressionDate: "2026-01-10T08:15Z",
    };
    assert.deepEqual(answer, { kind: "attributed", campaign, development: false });
  });

  it("takes only true and false for an answer", async () => {
    for (const body of ["[]", "null", '"true"', '{"attribution":"true"}', "{}", ""]) {
      assert.deepEqual(
        await answering(() => new Response(body)).exchange("t"),
        unanswered("transient", "apple_unreadable"),
      );
    }
  });
});
