import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { openApple } from "../../../../adapters/apple/apple.ts";
import {
  type MemoryAttributionStore,
  openMemoryAttributionStore,
} from "../../../../adapters/memory/attribution-store.ts";
import { openVirtualClock, type VirtualClock } from "../../../../adapters/memory/clock.ts";
import { openSeededRandom } from "../../../../adapters/memory/random.ts";
import { openVault } from "../../../../adapters/system/vault.ts";
import { tokenLifeMs, tokenPlace } from "../../../../domain/model/attribution.ts";
import { BrokenInvariant } from "../../../../domain/model/failure.ts";
import { createExchangeTokens, type ExchangeTokens } from "../../../../domain/pipeline/attribution/exchange-tokens.ts";
import type { Attribution } from "../../../../ports/attribution.ts";
import type { AttributionStore, StoredAttribution } from "../../../../ports/attribution-store.ts";
import type { Telemetry } from "../../../../ports/telemetry.ts";
import { newAttribution } from "../../../contracts/attributions.ts";
import { unwrap } from "../../../contracts/results.ts";
import { type AppleSimulator, startAppleSimulator } from "../../../simulators/apple/server.ts";

const startMs = Date.UTC(2026, 0, 10);
const hourMs = 3_600_000;
const orgId = "00000000-0000-7000-8000-00000000000a";
const vault = await openVault({ key: "5".repeat(64) });

let clock: VirtualClock;
let simulator: AppleSimulator;
let store: MemoryAttributionStore;
let exchange: ExchangeTokens;
let said: string[];

before(async () => {
  simulator = await startAppleSimulator({ now: () => clock.nowMs() });
});
beforeEach(() => {
  clock = openVirtualClock(startMs);
  simulator.reset();
  store = openMemoryAttributionStore();
  said = [];
  exchange = openExchange();
});
after(() => simulator.close());

interface Other {
  readonly attributions?: AttributionStore;
  readonly status?: number;
  readonly apple?: Attribution;
}

function openExchange(over: Other = {}): ExchangeTokens {
  const note = (...parts: unknown[]) => void said.push(JSON.stringify(parts));
  const telemetry: Telemetry = { log: note, count: note, gauge: note, observe: note, render: async () => "" };
  const instead = over.status === undefined ? {} : { fetch: async () => new Response(null, { status: over.status! }) };
  const apple = over.apple ?? openApple({ baseUrl: simulator.url, clock, timeoutMs: 30_000, ...instead });
  const random = openSeededRandom(7);
  return createExchangeTokens({ attributions: over.attributions ?? store, apple, vault, clock, random, telemetry });
}

async function addToken(token: string, rest: Parameters<typeof newAttribution>[0] = {}): Promise<string> {
  const sha256 = createHash("sha256").update(token).digest("hex");
  const sealed = await vault.seal(token, tokenPlace(orgId, sha256));
  const waiting = newAttribution({ orgId, sha256, sealed, receivedAtMs: startMs, madeAtMs: startMs, ...rest });
  store.add(waiting);
  return waiting.id;
}

const stateOf = async (id: string): Promise<StoredAttribution> => unwrap(await store.find(orgId, id));

/** Lets time pass in steps, exchanging what is due at each. */
async function pass(ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs);
    await exchange.runOnce();
  }
}

describe("tokens are exchanged", () => {
  it("404, 404, 200: in ten seconds", async () => {
    simulator.issueToken("late", { readyAfterMs: 7_000 });
    const id = await addToken("late");
    await exchange.runOnce();
    await pass(10_000, 1_000);
    const { state, attempts, settledAtMs, campaign } = await stateOf(id);
    assert.deepEqual([state, attempts, settledAtMs], ["exchanged", 3, startMs + 10_000]);
    assert.equal(campaign?.["campaignId"], "542370539");
    assert.equal(simulator.counts().requests, 3);
  });

  it("404 until 24 hours: it expires, and Apple is not asked again", async () => {
    const id = await addToken("missing");
    await exchange.runOnce();
    await pass(tokenLifeMs, 60_000);
    assert.equal((await stateOf(id)).state, "expired");
    const { requests } = simulator.counts();
    assert.ok(requests > 20 && requests < 70, `${requests} requests`);
    await pass(hourMs, 60_000);
    assert.equal(simulator.counts().requests, requests);
  });

  it("no ad, no token, and an app signed for development, each in one request", async () => {
    const ids = [await addToken("organic"), await addToken("invalid"), await addToken("development")];
    assert.equal(await exchange.runOnce(), 3);
    const states = await Promise.all(ids.map(stateOf));
    assert.deepEqual(
      states.map(({ state, code, development }) => [state, code, development]),
      [
        ["organic", null, false],
        ["failed", "apple_400", false],
        ["exchanged", null, true],
      ],
    );
    assert.equal(await exchange.runOnce(), 0);
    assert.equal(simulator.counts().requests, 3);
  });

  it("through an outage of six hours, with few requests, and all of them soon after", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) ids.push(await addToken(`token${n}`));
    simulator.fail("serverError", { times: Number.POSITIVE_INFINITY });
    await exchange.runOnce();
    await pass(6 * hourMs, 30_000);
    assert.ok(simulator.counts().requests < 20 * 60, `${simulator.counts().requests} requests`);
    simulator.clearFaults();
    await pass(0.5 * hourMs, 30_000);
    for (const id of ids) assert.equal((await stateOf(id)).state, "exchanged");
    assert.equal(simulator.counts().effective, 20);
  });

  it("one at a time until Apple is known to be back; those over meanwhile end unasked", async () => {
    const ids: string[] = [];
    const madeAtMs = startMs - tokenLifeMs + hourMs;
    for (let n = 0; n < 20; n += 1) ids.push(await addToken(`token${n}`, n < 10 ? { madeAtMs } : {}));
    simulator.fail("serverError", { times: Number.POSITIVE_INFINITY });
    await exchange.runOnce();
    assert.equal(simulator.counts().requests, 20, "nothing was known of an outage yet");
    const late = await addToken("late");
    for (let probed = 20; clock.nowMs() < startMs + 3 * hourMs; probed = simulator.counts().requests) {
      await pass(30_000, 30_000);
      assert.ok(simulator.counts().requests <= probed + 1, "a probe is one request");
    }
    const states = await Promise.all([...ids, late].map(stateOf));
    assert.deepEqual(new Set(states.slice(0, 10).map(({ state }) => state)), new Set(["expired"]));
    assert.deepEqual(
      new Set(states.slice(10).map(({ state, code }) => `${state} ${code}`)),
      new Set(["pending apple_500"]),
    );
    const attempts = states.reduce((sum, one) => sum + one.attempts, 0);
    assert.equal(attempts, simulator.counts().requests, "who is not asked about makes no attempt");
    simulator.clearFaults();
    await pass(0.5 * hourMs, 30_000);
    const left = await Promise.all([...ids.slice(10), late].map(stateOf));
    assert.deepEqual(new Set(left.map(({ state }) => state)), new Set(["exchanged"]));
  });

  it("all of them once anybody answers, if only by a refusal that nobody knows", async () => {
    simulator.fail("serverError");
    const first = await addToken("first");
    await exchange.runOnce();
    const others: string[] = [];
    for (let n = 0; n < 10; n += 1) others.push(await addToken(`token${n}`));
    simulator.fail("forbidden");
    await pass(30_000, 30_000);
    assert.equal(simulator.counts().requests, 2);
    await exchange.runOnce();
    const states = await Promise.all([first, ...others].map(stateOf));
    assert.deepEqual(states.map(({ state }) => state).sort(), [...Array(10).fill("exchanged"), "pending"]);
    const counted = JSON.stringify(["attribution_tokens_total", 1, { state: "pending" }]);
    assert.equal(said.filter((line) => line === counted).length, 2, "who only waited is not counted");
  });

  it("the next one where the one that was to show whether Apple is back can't be read", async () => {
    simulator.fail("serverError");
    await addToken("first");
    await exchange.runOnce();
    const other = await (await openVault({ key: "6".repeat(64) })).seal("x", tokenPlace(orgId, "ab".repeat(32)));
    await addToken("foreign", { sealed: other });
    const second = await addToken("second");
    await pass(30_000, 30_000);
    assert.equal(simulator.counts().requests, 2);
    assert.equal((await stateOf(second)).state, "exchanged");
  });

  it("through every fault: answers lost, cut short, late, another's, throttled, connections reset", async () => {
    const faults = ["answerLostAfterCommit", "unreadable", "slow", "html502", "throttle", "resetBeforeCommit"] as const;
    const impatient = openExchange({ apple: openApple({ baseUrl: simulator.url, clock, timeoutMs: 500 }) });
    for (const fault of faults) {
      const id = await addToken(`of${fault}`);
      simulator.fail(fault, { afterMs: fault === "slow" ? 700 : 0 });
      await (fault === "slow" ? impatient : exchange).runOnce();
      assert.equal((await stateOf(id)).state, "pending", fault);
      await pass(180_000, 10_000);
      assert.equal((await stateOf(id)).state, "exchanged", fault);
    }
    assert.equal(simulator.counts().effective, faults.length, "asked again, Apple counts it once");
  });

  it("none while Apple is known to be away, and all as soon as it is asked again and answers", async () => {
    const first = await addToken("first");
    simulator.fail("serverError");
    await exchange.runOnce();
    const second = await addToken("second");
    assert.equal(await exchange.runOnce(), 0);
    assert.equal(simulator.counts().requests, 1);
    await pass(20_000, 1_000);
    for (const id of [first, second]) assert.equal((await stateOf(id)).state, "exchanged");
  });

  it("others' while Apple refuses one as it refuses nobody: it may be that token's own fault", async () => {
    const odd = openExchange({ status: 413 });
    const first = await addToken("first");
    await odd.runOnce();
    assert.equal((await stateOf(first)).code, "apple_413");
    await addToken("second");
    assert.equal(await odd.runOnce(), 1);
  });

  it("not where advertising is denied, nor with a vault of another key, which is told", async () => {
    const denied = await addToken("denied", { isDenied: true });
    const other = await (await openVault({ key: "6".repeat(64) })).seal("x", tokenPlace(orgId, "ab".repeat(32)));
    const foreign = await addToken("foreign", { sealed: other });
    await exchange.runOnce();
    assert.deepEqual([(await stateOf(denied)).state, (await stateOf(denied)).code], ["failed", "consent_denied"]);
    const { state, code } = await stateOf(foreign);
    assert.deepEqual([state, code], ["pending", "secret_unreadable"]);
    assert.equal(simulator.counts().requests, 0);
  });

  it("again after a crash between Apple's answer and the write, with one outcome", async () => {
    const id = await addToken("crash");
    const dying: AttributionStore = { ...store, settle: () => Promise.reject(new Error("killed")) };
    await assert.rejects(openExchange({ attributions: dying }).runOnce());
    assert.equal((await stateOf(id)).state, "pending");
    await exchange.runOnce();
    assert.equal(simulator.counts().requests, 1, "it is leased still");
    await pass(30_000, 10_000);
    const { requests, effective } = simulator.counts();
    assert.deepEqual([(await stateOf(id)).state, requests, effective], ["exchanged", 2, 1]);
  });

  for (const how of ["at once", "with its answer"]) {
    it(`all but one at which the adapter throws ${how}: that is asked about again, ever less often`, async () => {
      let thrown = 0;
      const sound = openApple({ baseUrl: simulator.url, clock, timeoutMs: 30_000 });
      const fault = (token: string) => {
        thrown += 1;
        return new TypeError(`can't read ${token}`);
      };
      const apple: Attribution = {
        exchange(token) {
          if (token !== "breaking") return sound.exchange(token);
          if (how === "at once") throw fault(token);
          return Promise.reject(fault(token));
        },
      };
      exchange = openExchange({ apple });
      const ids = [await addToken("first"), await addToken("breaking"), await addToken("last")];
      assert.equal(await exchange.runOnce(), 3);
      const states = await Promise.all(ids.map(stateOf));
      assert.deepEqual(
        states.map(({ state, code, attempts }) => `${state} ${code} ${attempts}`),
        ["exchanged null 1", "pending exchange_failed 1", "exchanged null 1"],
      );
      const errors = said.filter((line) => line.includes('"error"'));
      assert.equal(errors.length, 1);
      assert.match(errors[0] as string, /"code":"exchange_failed","where":"exchange-tokens.test.ts:\d+"/);
      assert.ok(!said.join().includes("breaking"));
      await pass(hourMs, 60_000);
      const late = await addToken("late");
      assert.equal(await exchange.runOnce(), 1, "Apple itself is not taken to be away");
      assert.equal((await stateOf(late)).state, "exchanged");
      await pass(tokenLifeMs, 60_000);
      assert.equal((await stateOf(ids[1] as string)).state, "expired");
      assert.ok(thrown > 50 && thrown < 200, `${thrown} requests`);
    });
  }

  it("one at a time while Apple is away, though the adapter throws at what is answered then", async () => {
    const sound = openApple({ baseUrl: simulator.url, clock, timeoutMs: 30_000 });
    let isBroken = false;
    let asked = 0;
    const apple: Attribution = {
      exchange(token) {
        asked += 1;
        return isBroken ? Promise.reject(new TypeError("no such answer")) : sound.exchange(token);
      },
    };
    exchange = openExchange({ apple });
    for (let n = 0; n < 20; n += 1) await addToken(`token${n}`);
    simulator.fail("serverError", { times: 20 });
    await exchange.runOnce();
    isBroken = true;
    for (let step = 0; step < 120; step += 1) {
      await clock.advance(30_000);
      const before = asked;
      while ((await exchange.runOnce()) > 0);
      assert.ok(asked <= before + 1, `${asked - before} requests at once`);
    }
    isBroken = false;
    await pass(0.5 * hourMs, 30_000);
    assert.equal(simulator.counts().effective, 20);
  });

  it("all but one of which the adapter never says how it ended: that is asked about again", async () => {
    let asked = 0;
    const sound = openApple({ baseUrl: simulator.url, clock, timeoutMs: 30_000 });
    const apple: Attribution = {
      exchange(token) {
        asked += token === "silent" ? 1 : 0;
        return token === "silent" && asked === 1 ? new Promise(() => {}) : sound.exchange(token);
      },
    };
    exchange = openExchange({ apple });
    const ids = [await addToken("silent"), await addToken("other")];
    const running = exchange.runOnce();
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(15_000);
    await running;
    const states = await Promise.all(ids.map(stateOf));
    assert.deepEqual(
      states.map(({ state, code }) => [state, code]),
      [
        ["pending", "timeout"],
        ["exchanged", null],
      ],
    );
    await pass(60_000, 1_000);
    assert.equal((await stateOf(ids[0] as string)).state, "exchanged");
  });

  it("by a relay that a broken invariant ends, once what Apple said of the others is written", async () => {
    const fault = new BrokenInvariant("no such state");
    const sound = openApple({ baseUrl: simulator.url, clock, timeoutMs: 30_000 });
    const apple: Attribution = {
      exchange: (token) => (token === "breaking" ? Promise.reject(fault) : sound.exchange(token)),
    };
    const ids = [await addToken("first"), await addToken("breaking")];
    await assert.rejects(openExchange({ apple }).runOnce(), fault);
    assert.deepEqual(
      (await Promise.all(ids.map(stateOf))).map(({ state }) => state),
      ["exchanged", "pending"],
    );
  });

  it("without a word of the token in what is logged or measured", async () => {
    await addToken("secrettoken");
    await addToken("invalidsecrettoken");
    simulator.fail("html502", { times: 2 });
    await exchange.runOnce();
    await pass(60_000, 10_000);
    assert.ok(said.length > 0);
    assert.ok(!said.join().includes("secrettoken"));
  });

  it("until it is told to stop", async () => {
    const stopping = new AbortController();
    const id = await addToken("running");
    const running = exchange.run(stopping.signal);
    while ((await stateOf(id)).state === "pending") await new Promise((resolve) => setTimeout(resolve, 5));
    stopping.abort();
    await clock.advance(5_000);
    await running;
  });
});
