import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type AttributionStep,
  advance,
  endToken,
  isOver,
  type TokenAnswer,
  takeSealedToken,
  tokenLifeMs,
  writeSealedToken,
} from "../../../domain/model/attribution.ts";
import type { SealedSecret } from "../../../domain/model/tenant.ts";

const startMs = Date.UTC(2026, 0, 10);
const notFound: TokenAnswer = { kind: "not_found", code: "apple_404" };
const campaign = { orgId: "1", campaignId: "2" };
const attributed: TokenAnswer = { kind: "attributed", campaign, development: false };
const failing = (kind: "throttle" | "transient" | "config", retryAfterMs = 0): TokenAnswer => {
  return { kind: "unanswered", class: kind, code: `apple_${kind}`, retryAfterMs };
};

interface Told {
  readonly step: AttributionStep;
  readonly triesAfterMs: readonly number[];
  readonly endedAfterMs: number;
}

/** Lets a token live on a clock of its own: it is tried whenever it is due, until it is final. */
function live(answers: (turn: number) => TokenAnswer, { ageMs = 0, fraction = 0.5 } = {}): Told {
  const expiresAtMs = startMs - ageMs + tokenLifeMs;
  let nowMs = startMs;
  let step: AttributionStep | null = null;
  const tries: number[] = [];
  for (;;) {
    const token = { attempts: step?.attempts ?? 0, notFound: step?.notFound ?? 0, expiresAtMs, receivedAtMs: startMs };
    if (isOver(token, nowMs)) step = endToken(token, "expired", step?.code ?? "never_tried");
    else {
      tries.push(nowMs - startMs);
      step = advance(token, answers(tries.length - 1), nowMs, fraction);
    }
    if (step.dueAtMs === null) return { step, triesAfterMs: tries, endedAfterMs: nowMs - startMs };
    assert.ok(step.dueAtMs > nowMs && step.dueAtMs <= expiresAtMs, "a wait moves on and ends with the token");
    assert.ok(tries.length < 1_000, "a token's tries are bounded");
    nowMs = step.dueAtMs;
  }
}

describe("a token is over", () => {
  const made = { notFound: 0, receivedAtMs: startMs };

  it("at its end once it was tried; untried, a day after it came here, however old it is said to be", () => {
    const expiresAtMs = startMs - 1;
    assert.ok(isOver({ ...made, attempts: 1, expiresAtMs }, startMs));
    assert.ok(!isOver({ ...made, attempts: 0, expiresAtMs }, startMs));
    assert.ok(!isOver({ ...made, attempts: 0, expiresAtMs }, startMs + tokenLifeMs - 1));
    assert.ok(isOver({ ...made, attempts: 0, expiresAtMs }, startMs + tokenLifeMs));
  });
});

describe("a token's way", () => {
  it("404, 404, 200: the record may be seconds behind the token", () => {
    const { step, triesAfterMs } = live((turn) => (turn < 2 ? notFound : attributed));
    assert.deepEqual(triesAfterMs, [0, 5_000, 10_000]);
    assert.deepEqual([step.state, step.attempts, step.notFound, step.campaign], ["exchanged", 3, 2, campaign]);
  });

  it("404 until 24 hours: three tries five seconds apart, then ever slower, a last one, and it expires on time", () => {
    for (const fraction of [0, 0.5, 0.999]) {
      const { step, triesAfterMs, endedAfterMs } = live(() => notFound, { fraction });
      assert.deepEqual([step.state, step.code], ["expired", "apple_404"]);
      assert.deepEqual(triesAfterMs.slice(0, 4), [0, 5_000, 10_000, 15_000]);
      assert.equal(endedAfterMs, tokenLifeMs);
      assert.ok(triesAfterMs.length > 20 && triesAfterMs.length < 70, `${triesAfterMs.length} tries`);
      assert.ok((triesAfterMs.at(-1) as number) >= tokenLifeMs - 120_000);
    }
  });

  it("its 24 hours run from when the device made it", () => {
    const { endedAfterMs } = live(() => notFound, { ageMs: tokenLifeMs - 60_000 });
    assert.equal(endedAfterMs, 60_000);
  });

  it("one that comes too late gets one try, since a device's clock may be wrong", () => {
    const late = { ageMs: tokenLifeMs + 1 };
    assert.equal(live(() => attributed, late).step.state, "exchanged");
    const { step, triesAfterMs } = live(() => notFound, late);
    assert.deepEqual([step.state, triesAfterMs.length], ["expired", 1]);
  });

  it("no ad of Apple's is an answer, and final", () => {
    const { step, triesAfterMs } = live(() => ({ kind: "organic" }));
    assert.deepEqual([step.state, step.code, triesAfterMs.length], ["organic", null, 1]);
  });

  it("a record of an app signed for development says so", () => {
    const { step } = live(() => ({ kind: "attributed", campaign, development: true }));
    assert.deepEqual([step.state, step.development], ["exchanged", true]);
  });

  it("an invalid token is final", () => {
    const { step } = live(() => ({ kind: "invalid", code: "apple_400" }));
    assert.deepEqual([step.state, step.code], ["failed", "apple_400"]);
  });

  it("while Apple is away it waits longer each time, up to a quarter of an hour, and no outage counts as 404", () => {
    const { step, triesAfterMs } = live((turn) => (turn < 30 ? failing("transient") : attributed));
    const waits = triesAfterMs.slice(1).map((at, index) => at - (triesAfterMs[index] as number));
    assert.ok(waits.every((wait, index) => wait >= (waits[index - 1] ?? 0) && wait <= 900_000));
    assert.deepEqual([step.state, step.notFound], ["exchanged", 0]);
  });

  it("an outage of more than 24 hours ends as expired, under the code of the last answer", () => {
    const { step, endedAfterMs } = live(() => failing("transient"));
    assert.deepEqual([step.state, step.code, endedAfterMs], ["expired", "apple_transient", tokenLifeMs]);
  });

  it("a throttle's wait is kept, and what an operator must mend is looked at seldom", () => {
    const token = { attempts: 0, notFound: 0, expiresAtMs: startMs + tokenLifeMs, receivedAtMs: startMs };
    assert.equal(advance(token, failing("throttle", 90_000), startMs, 0).dueAtMs, startMs + 90_000);
    assert.equal(advance(token, failing("config"), startMs, 0).dueAtMs, startMs + 15 * 60_000);
  });
});

describe("a sealed token in an event", () => {
  const sha256 = "ab".repeat(32);
  const sealed = "v1.01234567.abc-DEF_9" as SealedSecret;

  it("is taken out, whatever stands around it, and a mask is left", () => {
    const json = JSON.stringify({ event: "a", properties: { apple_ads_token: writeSealedToken({ sha256, sealed }) } });
    const taken = takeSealedToken(json);
    assert.deepEqual(taken.token, { sha256, sealed });
    assert.deepEqual(JSON.parse(taken.json), { event: "a", properties: { apple_ads_token: "[token]" } });
  });

  it("is the first of several, and none of them stays", () => {
    const other = writeSealedToken({ sha256: "cd".repeat(32), sealed });
    const taken = takeSealedToken(JSON.stringify([writeSealedToken({ sha256, sealed }), other]));
    assert.equal(taken.token?.sha256, sha256);
    assert.equal(taken.json, '["[token]","[token]"]');
  });

  it("an event without one is left as it is", () => {
    const json = '{"event":"apple-token:x"}';
    assert.deepEqual(takeSealedToken(json), { json, token: null });
  });
});
