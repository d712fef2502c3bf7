import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import { openSystemRandom } from "../../../../adapters/system/random.ts";
import { openVault } from "../../../../adapters/system/vault.ts";
import { takeSealedToken, tokenPlace } from "../../../../domain/model/attribution.ts";
import { fieldText, jsonText } from "../../../../domain/model/event/event.ts";
import type { EventRecord } from "../../../../domain/model/event/record.ts";
import { createUnpackStep } from "../../../../domain/pipeline/process/unpack-record.ts";
import { openWasmKernel } from "../../../../wasm/kernel.ts";
import { unwrap } from "../../../contracts/results.ts";
import { sampleToken } from "../../../simulators/apple/samples.ts";
import { openRig, post, type Rig } from "../server/rig.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const vault = await openVault({ key: "07".repeat(32) });
const unpack = createUnpackStep(openSystemRandom());

let rig: Rig;
before(async () => {
  rig = await openRig();
});
afterEach(() => rig.records());
after(() => rig.close());

const basic = () => ({ authorization: `Basic ${btoa(`${rig.keys.write_key}:`)}` });
const path = "/v1/apple-ads-attribution";
const send = (body: object, headers: Record<string, string> = basic()) => post(rig.ingest.url + path, body, headers);
const track = (properties: object, rest: object = {}) =>
  post(`${rig.ingest.url}/v1/track`, { event: "App Opened", anonymousId: "install-1", properties, ...rest }, basic());

/** The one record that was appended; no byte of it holds the token. */
async function appended(token = sampleToken): Promise<EventRecord> {
  const [record, ...others] = await rig.records();
  assert.ok(record && others.length === 0);
  const text = new TextDecoder().decode(record.batch.bytes);
  assert.ok(!text.includes(token) && !text.includes(JSON.stringify(token).slice(1, -1)));
  return record;
}

async function openedOf(record: EventRecord, index = 0): Promise<string | null> {
  const { token } = takeSealedToken(jsonText(record.batch, index));
  return token && unwrap(await vault.open(token.sealed, tokenPlace(record.orgId, token.sha256)));
}

describe("a token in an event", () => {
  it("is sealed before the event is written, under every key that names it, at any depth", async () => {
    const keys = ["apple_ads_token", "appleAdsToken", "AdServices-Token", "asa_attribution_token", "Apple Ads Token"];
    for (const key of keys) {
      assert.equal((await track({ deep: [{ [key]: sampleToken }] })).status, 200);
      const record = await appended();
      assert.equal(await openedOf(record), sampleToken, key);
    }
  });

  it("moves the fields behind it, and those of the events behind its own", async () => {
    const event = (n: number, properties: object) => ({
      type: "track",
      event: `Event ${n}`,
      properties,
      messageId: `message-${n}`,
      anonymousId: `install-${n}`,
      traits: { email: `ana${n}@example.com` },
      timestamp: "2026-01-10T08:15:00Z",
    });
    const tokens = [{ apple_ads_token: "a/b+c==" }, {}, { a: 1, adServicesToken: "x", apple_attribution_token: "y" }];
    const batch = tokens.map((properties, n) => event(n, properties));
    assert.equal((await post(`${rig.ingest.url}/v1/batch`, { batch }, basic())).status, 200);
    const record = await appended("a/b+c==");
    const stored = unpack(record).events;
    assert.deepEqual(
      stored.map(({ name, messageId, anonymousId, emailSha256, json }) => {
        const { properties } = JSON.parse(json);
        return [name, messageId, anonymousId, emailSha256, properties];
      }),
      [
        { apple_ads_token: "[token]" },
        {},
        { a: 1, adServicesToken: "[token]", apple_attribution_token: "[token]" },
      ].map((properties, n) => [
        `Event ${n}`,
        `message-${n}`,
        `install-${n}`,
        sha256(`ana${n}@example.com`),
        properties,
      ]),
    );
    assert.deepEqual(
      stored.map(({ attributionToken }) => attributionToken?.sha256),
      [sha256("a/b+c=="), undefined, sha256("x")],
    );
    assert.equal(fieldText(record.batch, 2, "event"), "Event 2");
  });

  it("written with escapes is the same token", async () => {
    const body = `{"event":"e","anonymousId":"i","properties":{"apple_ads_token":"a\\/b\\u0063"}}`;
    const headers = { ...basic(), "content-type": "application/json" };
    assert.equal((await fetch(`${rig.ingest.url}/v1/track`, { method: "POST", headers, body })).status, 200);
    assert.equal(await openedOf(await appended("a/bc")), "a/bc");
  });

  it("that is too long is kept nowhere, and others' tokens are left alone", async () => {
    const properties = { apple_ads_token: "A".repeat(4_097), push_token: "p", token: "t", note: 'a "asa_token":"x" b' };
    assert.equal((await track(properties)).status, 200);
    const record = await appended("A".repeat(40));
    const kept = JSON.parse(jsonText(record.batch, 0)).properties;
    assert.deepEqual(kept, { ...properties, apple_ads_token: "[token]" });
  });

  it("is sealed while other requests use the kernel's memory", async () => {
    const busy = await openRig({ kernel: openWasmKernel() });
    const headers = { authorization: `Basic ${btoa(`${busy.keys.write_key}:`)}` };
    const names = Array.from({ length: 60 }, (_, n) => `event ${n} ${"x".repeat(n * 7)}`);
    const answers = await Promise.all(
      names.map((event, n) => {
        const properties = n % 2 === 0 ? { apple_ads_token: `token${n}` } : { plain: event };
        return post(`${busy.ingest.url}/v1/track`, { event, anonymousId: `install-${n}`, properties }, headers);
      }),
    );
    assert.ok(answers.every(({ status }) => status === 200));
    const stored = (await busy.records()).flatMap((record) => unpack(record).events);
    assert.deepEqual(stored.map(({ name }) => name).sort(), [...names].sort());
    for (const { name, anonymousId, json, attributionToken } of stored) {
      const n = Number(/^event (\d+)/.exec(name ?? "")?.[1]);
      assert.equal(anonymousId, `install-${n}`);
      assert.equal(attributionToken?.sha256, n % 2 === 0 ? sha256(`token${n}`) : undefined);
      const properties = n % 2 === 0 ? { apple_ads_token: "[token]" } : { plain: name };
      assert.deepEqual(JSON.parse(json).properties, properties);
    }
    await busy.close();
  });

  it("of a batch that is dropped or refused is not written", async () => {
    const context = { consent: { analytics: false, categoryPreferences: { analytics: false } } };
    assert.equal((await track({ apple_ads_token: sampleToken }, { context, anonymousId: "i" })).status, 200);
    for (const record of await rig.records()) {
      assert.ok(!new TextDecoder().decode(record.batch.bytes).includes(sampleToken));
    }
  });
});

describe("POST /v1/apple-ads-attribution", () => {
  it("takes a token of an install, with a write key, an app id or the body's key", async () => {
    const ways: [object, Record<string, string>][] = [
      [{ anonymous_id: "install-1" }, basic()],
      [{ install_id: "install-1" }, { "x-app-id": rig.keys.app_id }],
      [{ anonymous_id: "install-1", write_key: rig.keys.write_key }, {}],
    ];
    const ids: string[] = [];
    for (const [ids_, headers] of ways) {
      const answer = await send({ token: sampleToken, timestamp: "2026-01-10T08:15:00Z", ...ids_ }, headers);
      assert.deepEqual([answer.status, answer.json], [202, { accepted: 1, dropped: 0, rejected: 0 }]);
      const record = await appended();
      assert.equal(await openedOf(record), sampleToken);
      const [event] = unpack(record).events;
      assert.deepEqual([event?.type, event?.anonymousId], ["identify", "install-1"]);
      assert.equal(event?.originalTimestampMs, Date.UTC(2026, 0, 10, 8, 15));
      ids.push(event?.messageId as string);
    }
    assert.equal(new Set(ids).size, 1, "sent again it is the same message");
  });

  it("cleans ids as it does everywhere", async () => {
    assert.equal((await send({ token: sampleToken, user_id: "ana@example.com" })).status, 202);
    const [event] = unpack(await appended()).events;
    assert.equal(event?.userId, sha256("ana@example.com"));
  });

  it("refuses what is no token, whoever is nobody, and a token of no install", async () => {
    const install = { anonymous_id: "i" };
    for (const body of [
      {},
      { token: 7, ...install },
      { token: "" },
      { token: "A".repeat(5_000) },
      { token: "a", x: 1 },
    ]) {
      const answer = await send(body);
      assert.deepEqual([answer.status, answer.json.error.code], [422, "invalid_input"]);
    }
    assert.equal((await send({ token: sampleToken, ...install }, {})).status, 401);
    assert.equal((await send({ token: sampleToken, ...install }, { "x-app-id": "nobody" })).status, 401);
    const none = await send({ token: sampleToken });
    assert.deepEqual([none.status, none.json.error.code], [400, "events_rejected"]);
    assert.ok(!none.text.includes(sampleToken));
    assert.deepEqual(await rig.records(), []);
  });
});
