import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { type HashedField, hashFor, normalise } from "../../../adapters/meta/normalise.ts";
import { snakeCase } from "../../../domain/mapping/event-name.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { metaIntegration, startMs, storedEvent } from "../../domain/pipeline/relay/parts.ts";
import { startMetaSimulator } from "../../simulators/meta/server.ts";

const folder = fileURLToPath(new URL("../../golden/meta/", import.meta.url));
const clock = openVirtualClock(startMs);
const strict = await startMetaSimulator({ strict: true, now: clock.nowMs });
const normal = await startMetaSimulator({ now: clock.nowMs });
const meta = openMeta({ baseUrl: normal.url, clock });
const dayMs = 86_400_000;

after(async () => {
  await strict.close();
  await normal.close();
});

type Payload = Record<string, unknown> & { user_data: Record<string, string>; custom_data?: Record<string, unknown> };

function prepared(integration: Integration, event: StoredEvent, nowMs = startMs) {
  const frozen = meta.freeze(integration, event);
  assert.ok(frozen.ok);
  return meta.prepare(integration, event, frozen.value, nowMs);
}

async function payloadOf(over: Partial<StoredEvent>, config: Record<string, unknown> = {}): Promise<Payload> {
  const result = prepared(await metaIntegration(1, config), storedEvent(1, over));
  assert.ok(result.ok, "the event can be sent");
  return result.payload as Payload;
}

async function refusalOf(over: Partial<StoredEvent>, config: Record<string, unknown> = {}): Promise<string> {
  const result = prepared(await metaIntegration(1, config), storedEvent(1, over));
  assert.ok(!result.ok, "the event is refused");
  return `${result.refusal.kind} ${result.refusal.code}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

describe("payloads for Meta", () => {
  for (const file of readdirSync(folder).sort()) {
    it(`${file} is what it was, and Meta takes it`, async () => {
      const golden = JSON.parse(readFileSync(folder + file, "utf8"));
      const payload = await payloadOf(golden.event, golden.config);
      assert.deepEqual(payload, golden.payload);
      const answer = await meta.send(await metaIntegration(), { access_token: "t" }, [payload]);
      assert.ok(answer.ok);
      assert.deepEqual(normal.findings(), []);
    });
  }

  it("a website's event with a reduced user agent passes Meta's strictest reading", async () => {
    const golden = JSON.parse(readFileSync(`${folder}web-purchase.json`, "utf8"));
    const payload = await payloadOf(golden.event, golden.config);
    const answer = await openMeta({ baseUrl: strict.url, clock }).send(await metaIntegration(), { access_token: "t" }, [
      payload,
    ]);
    assert.deepEqual(answer.ok && answer.warnings, 0);
  });

  it("nothing personal becomes custom data, under whatever key it comes", async () => {
    const personal = {
      email: "a".repeat(64),
      BillingEmail: "x",
      "customer phone": "x",
      ip: "x",
      userAgent: "x",
      first_name: "Mary",
      name: "Mary Smith",
      user_id: "u",
      address: { city: "Oslo" },
      city: "Oslo",
      password: "x",
      note: "write to mary@example.com",
      nested: { deep: "x" },
      list: ["x"],
    };
    const { custom_data } = await payloadOf({ properties: { ...personal, plan: "pro", seats: 3, trial: false } });
    assert.deepEqual(custom_data, { plan: "pro", seats: 3, trial: false });
  });

  it("neither a custom name nor what is told of a device holds a number to call or a User-Agent", async () => {
    const nameOf = async (name: string) => {
      const frozen = meta.freeze(await metaIntegration(), storedEvent(1, { name }));
      return frozen.ok ? frozen.value.vendorEventName : frozen.failure.code;
    };
    assert.equal(await nameOf("Call 0151 2345678"), "event_name_unmappable");
    assert.equal(await nameOf("Level 20 Up"), "layers_level_20_up");
    const model = "Mozilla/5.0 (Linux; Android 15; Pixel 9)";
    const context = { os: { name: "Android", version: "15" }, device: { model }, app: { version: "1.2.3.4" } };
    const { extinfo } = (await payloadOf({ context }))["app_data"] as { extinfo: string[] };
    assert.deepEqual([extinfo[2], extinfo[4], extinfo[5]], ["1.2.3.4", "15", ""]);
  });

  it("a system that is named with its version in one text is an app's", async () => {
    const systems = { "iOS 18.1": ["i2", "18.1"], "iPhone OS 17": ["i2", "17"], "Android 14": ["a2", "14"] };
    for (const [os, expected] of Object.entries(systems)) {
      const payload = await payloadOf({ context: { device: { os } }, deviceOs: os }, { action_source: "app" });
      const { extinfo } = payload["app_data"] as { extinfo: string[] };
      assert.deepEqual([extinfo[0], extinfo[4]], expected, os);
    }
  });

  it("identity comes from the identity block alone: a hash left in the traits does not return", async () => {
    const { user_data } = await payloadOf({ traits: { email: "a".repeat(64), phone: "b".repeat(64) } });
    assert.equal(user_data["em"], undefined);
    assert.equal(user_data["ph"], undefined);
  });

  it("a hash of nothing, made where the event came from, is no email and no phone", async () => {
    const nothing = sha256("") as StoredEvent["emailSha256"];
    const { user_data } = await payloadOf({ emailSha256: nothing, phoneSha256: nothing });
    assert.deepEqual(Object.keys(user_data), ["external_id"]);
  });

  it("how an order is delivered is said in Meta's words or not at all", async () => {
    const delivered = async (delivery_category: string) =>
      (await payloadOf({ properties: { delivery_category } })).custom_data?.["delivery_category"];
    assert.equal(await delivered("Curbside"), "curbside");
    assert.equal(await delivered("drone"), undefined);
  });

  it("an id that is a hash already is not hashed again", async () => {
    const { user_data } = await payloadOf({ userId: sha256("x") });
    assert.equal(user_data["external_id"], sha256("x"));
  });

  it("a click id keeps its case and the time it was first seen", async () => {
    const page = { url: "https://a.example/x", search: "?utm=1&fbclid=AbC-xYz" };
    const { user_data } = await payloadOf({ context: { page } });
    assert.equal(user_data["fbc"], `fb.1.${startMs - 600_000}.AbC-xYz`);
    const cookie = "fb.1.1767950000000.AbC";
    assert.equal((await payloadOf({ context: { fbc: cookie, page } })).user_data["fbc"], cookie);
    const broken = await payloadOf({ context: { fbc: "fb.one.two" } });
    assert.equal(broken.user_data["fbc"], undefined);
  });

  it("tells where an event happened, unless the integration says it", async () => {
    const page = { page: { url: "https://a.example/" } };
    const app = { os: { name: "Android", version: "15" } };
    const source = async (context: object, config = {}) =>
      (await payloadOf({ context: { ...context } }, config))["action_source"];
    assert.equal(await source({ ...page, ...app }), "website");
    assert.equal(await source(app), "app");
    assert.equal(await source({}), "system_generated");
    assert.equal(await source({ app: { name: "x" }, os: { name: "Android" } }), "other");
    assert.equal(await source(page, { action_source: "chat" }), "chat");
  });

  it("Limited Data Use names the state where Meta knows its law, else leaves the place to Meta", async () => {
    const inCalifornia = await payloadOf({ country: "US", region: "CA" }, { ldu: true });
    assert.deepEqual(inCalifornia["data_processing_options"], ["LDU"]);
    assert.equal(inCalifornia["data_processing_options_state"], 1000);
    const elsewhere = await payloadOf({ country: "NO", region: "03" }, { ldu: true });
    assert.equal(elsewhere["data_processing_options_country"], 0);
    assert.equal((await payloadOf({}))["data_processing_options"], undefined);
  });
});

describe("events that Meta would refuse", () => {
  it("are found before they cost a batch, each with its code", async () => {
    const standard = { naming: "standard" };
    const nobody = { userId: null, anonymousId: null };
    assert.equal(await refusalOf({ properties: { currency: "EUR" } }, standard), "quarantine purchase_value_missing");
    assert.equal(await refusalOf({ properties: { value: 1 } }, standard), "quarantine purchase_currency_missing");
    assert.equal(await refusalOf(nobody), "quarantine user_data_missing");
    assert.equal(await refusalOf({ ...nobody, country: "NO" }), "quarantine not_enough_user_data");
    const traits = { gender: "f", firstName: "Mary" };
    assert.equal(await refusalOf({ ...nobody, traits }), "quarantine not_enough_user_data");
    assert.equal(await refusalOf({}, { action_source: "website" }), "quarantine page_url_missing");
    assert.equal(await refusalOf({}, { action_source: "app" }), "quarantine app_platform_unknown");
  });

  it("the oldest event that is sent is seven days less an hour old, to the second", async () => {
    const integration = await metaIntegration();
    const event = storedEvent(1);
    const lastMs = event.timestampMs + 7 * dayMs - 3_600_000;
    assert.ok(prepared(integration, event, lastMs).ok);
    assert.deepEqual(prepared(integration, event, lastMs + 1_000), {
      ok: false,
      refusal: { kind: "expired", code: "too_old" },
    });
  });

  it("no event, whatever it holds, makes the mapping throw or Meta refuse what it let pass", async () => {
    const integration = await metaIntegration(1, { naming: "standard", client_user_agent: "reduced", ldu: true });
    const keys = [
      ..."value revenue currency products contents content_ids name fbc fbp fbclid price quantity num_items".split(" "),
      ..."page url search os version device app traits address city state birthday gender country __proto__".split(" "),
      ..."constructor predicted_ltv content_type advertisingId att_status locale screen width referrer".split(" "),
    ];
    const texts = [
      "https://a.example/?fbclid=x",
      "iOS",
      "fb.1.1.x",
      "US",
      "1990-02-30",
      "authorized",
      "9e9",
      "-1.5",
      "",
    ];
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(fc.constantFrom(...texts), fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
      object: fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie("tree"), { maxKeys: 8 }),
      tree: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("object"), fc.array(tie("tree"), { maxLength: 3 })),
    }));
    const member = fc.dictionary(fc.constantFrom(...keys), tree, { maxKeys: 12 });
    const payloads: unknown[] = [];
    const name = fc.constantFrom("Purchase", "x");
    fc.assert(
      fc.property(member, member, member, fc.string(), name, (properties, traits, context, userId, eventName) => {
        const event = storedEvent(1, { name: eventName, properties, traits, context, userId });
        const result = prepared(integration, event);
        if (result.ok) payloads.push(JSON.parse(JSON.stringify(result.payload)));
      }),
      { numRuns: 500 },
    );
    assert.ok(payloads.length > 50);
    for (let at = 0; at < payloads.length; at += 20) {
      const answer = await meta.send(integration, { access_token: "t" }, payloads.slice(at, at + 20));
      assert.deepEqual(answer.ok ? "taken" : answer.code, "taken");
    }
  });
});

describe("names for Meta", () => {
  it("an event's name becomes words in lower case joined by underscores", () => {
    const names = { "Order Completed": "order_completed", orderCompleted: "order_completed", "A/B Test": "a_b_test" };
    for (const [name, snake] of Object.entries(names)) assert.equal(snakeCase(name), snake);
    assert.equal(snakeCase("HTTPRequestFailed"), "http_request_failed");
  });

  const track = (name: string | null, type = "track") => ({ type, name });

  it("follows the map, then the chosen naming; what can't be named is refused, not renamed", async () => {
    const nameOf = async (name: string, config = {}) => {
      const frozen = meta.freeze(await metaIntegration(1, config), storedEvent(1, { name }));
      return frozen.ok ? frozen.value.vendorEventName : frozen.failure.code;
    };
    assert.equal(await nameOf("Order Completed"), "layers_order_completed");
    assert.equal(await nameOf("Order Completed", { naming: "standard" }), "Purchase");
    assert.equal(await nameOf("Add To Cart", { naming: "standard" }), "AddToCart");
    assert.equal(await nameOf("Level Up", { naming: "standard" }), "layers_level_up");
    assert.equal(await nameOf("trial_start", { event_map: { trial_start: "StartTrial" } }), "StartTrial");
    assert.equal(await nameOf("x".repeat(33)), `layers_${"x".repeat(33)}`);
    for (const bad of ["x".repeat(34), "Ünicode", "!", "a (b)"])
      assert.equal(await nameOf(bad), "event_name_unmappable");
  });

  it("track events are relayed, pages and screens if they are named, people and groups never", async () => {
    const plain = await metaIntegration(1);
    const event_map = { page: "PageView", Home: "ViewContent", identify: "Lead", "Session Ended": "Engaged" };
    const mapped = await metaIntegration(1, { event_map });
    assert.ok(meta.relays(plain, track("x")));
    assert.ok(!meta.relays(plain, track("Home", "page")));
    assert.ok(!meta.relays(plain, track("Session Ended")));
    assert.ok(meta.relays(mapped, track("Session Ended")));
    assert.ok(meta.relays(mapped, track(null, "page")));
    assert.ok(meta.relays(mapped, track("Home", "screen")));
    for (const type of ["identify", "group", "alias", "consent"]) assert.ok(!meta.relays(mapped, track("Home", type)));
  });
});

describe("values that Meta matches by their hash", () => {
  const documented: readonly [HashedField, string, string][] = [
    ["fn", "Mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"],
    ["fn", "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"],
    ["fn", " Valéry ", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"],
    ["db", "2/16/1997", "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c"],
    ["country", "US", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"],
  ];

  it("agree with the hashes that Meta documents", () => {
    for (const [field, value, hash] of documented) assert.equal(hashFor(field, value), hash, `${field} ${value}`);
  });

  it("are written as the documentation asks", () => {
    const forms: readonly [HashedField, string, string][] = [
      ["ln", "O'Brien", "obrien"],
      ["fn", "Mary-Jane", "maryjane"],
      ["db", "1997-02-16T00:00:00Z", "19970216"],
      ["db", "1997-13-01", ""],
      ["db", "16.02.1997", "19970216"],
      ["db", "970216", ""],
      ["ge", "Female", "f"],
      ["ge", "x", ""],
      ["ge", "F.", "f"],
      ["ct", "São Paulo", "sãopaulo"],
      ["ct", "75008 Paris", "paris"],
      ["st", "New York", "ny"],
      ["st", "New South Wales", "newsouthwales"],
      ["st", "03", ""],
      ["zp", "95113-1234", "95113"],
      ["zp", "951131234", "95113"],
      ["zp", "M1 1AE", "m11ae"],
      ["zp", "1", ""],
      ["country", "Norway", ""],
    ];
    for (const [field, value, form] of forms) assert.equal(normalise(field, value), form, `${field} ${value}`);
  });

  it("a hash stays as it is, in lower case; nothing is no value, hashed or not", () => {
    const hash = sha256("mary");
    assert.equal(hashFor("fn", ` ${hash.toUpperCase()} `), hash);
    for (const nothing of ["", "  ", "--", sha256("")]) assert.equal(hashFor("fn", nothing), null);
  });
});

describe("a Meta integration's configuration", () => {
  const good = { pixel_id: "123", access_token: "EAAB" };

  it("needs a pixel and a token, and no more", () => {
    assert.deepEqual(meta.checkConfig(good), []);
    assert.deepEqual(
      meta.checkConfig({}).map((issue) => issue.path),
      ["pixel_id", "access_token"],
    );
  });

  it("names each fault by its path and never repeats what was sent", () => {
    const bad = {
      pixel_id: "../x",
      access_token: "secret with space",
      api_version: "25",
      event_map: { a: "no/slash" },
      naming: "x",
      client_user_agent: "full",
      require_consnet: true,
      constructor: 1,
    };
    const issues = meta.checkConfig(bad);
    assert.deepEqual(issues.map((issue) => issue.path).sort(), Object.keys(bad).sort());
    assert.doesNotMatch(JSON.stringify(issues), /secret with space|no\/slash/);
  });
});
