import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import type { Sha256Hex } from "../../../domain/model/identity/identity.ts";
import { phoneSha256, startMs, storedEvent } from "../../domain/pipeline/relay/parts.ts";
import { appEventNames, webEventNames } from "../../simulators/tiktok/contract.ts";
import { startTiktokSimulator } from "../../simulators/tiktok/server.ts";
import { tiktokIntegration, webEvent } from "./parts.ts";

const folder = fileURLToPath(new URL("../../golden/tiktok/", import.meta.url));
const clock = openVirtualClock(startMs);
const strict = await startTiktokSimulator({ strict: true, now: clock.nowMs });
const tiktok = openTiktok({ baseUrl: strict.url, clock });
const dayMs = 86_400_000;
const app = { event_source: "app" };

after(() => strict.close());

type Payload = Record<string, unknown> & { user: Record<string, string>; properties?: Record<string, unknown> };

function prepared(integration: Integration, event: StoredEvent, nowMs = startMs) {
  const frozen = tiktok.freeze(integration, event);
  assert.ok(frozen.ok);
  return tiktok.prepare(integration, event, frozen.value, nowMs);
}

async function payloadOf(over: Partial<StoredEvent>, config: Record<string, unknown> = {}): Promise<Payload> {
  const result = prepared(await tiktokIntegration(1, config), webEvent(1, over));
  assert.ok(result.ok, "the event can be sent");
  return result.payload as Payload;
}

async function refusalOf(over: Partial<StoredEvent>, config: Record<string, unknown> = {}): Promise<string> {
  const result = prepared(await tiktokIntegration(1, config), webEvent(1, over));
  assert.ok(!result.ok, "the event is refused");
  return `${result.refusal.kind} ${result.refusal.code}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function page(url: string, more: Record<string, unknown> = {}) {
  return { context: { page: { url }, ...more } };
}

describe("payloads for TikTok", () => {
  for (const file of readdirSync(folder).sort()) {
    it(`${file} is what it was, and TikTok takes it in its strictest reading`, async () => {
      const golden = JSON.parse(readFileSync(folder + file, "utf8"));
      const integration = await tiktokIntegration(1, golden.config);
      const result = prepared(integration, storedEvent(1, golden.event));
      assert.ok(result.ok);
      assert.deepEqual(result.payload, golden.payload);
      const answer = await tiktok.send(integration, { access_token: "t" }, [result.payload]);
      assert.ok(answer.ok);
      assert.deepEqual(strict.findings(), []);
    });
  }

  it("the phone is the hash of its form with a plus, never that which Meta matches", async () => {
    const phoneE164Sha256 = sha256("+16505551212") as Sha256Hex;
    assert.equal((await payloadOf({ phoneSha256, phoneE164Sha256 })).user["phone"], phoneE164Sha256);
    assert.equal((await payloadOf({ phoneSha256 })).user["phone"], undefined);
  });

  it("identity comes from the identity block alone: a hash left in the traits does not return", async () => {
    const { user } = await payloadOf({ traits: { email: "a".repeat(64), phone: "b".repeat(64) } });
    assert.deepEqual([user["email"], user["phone"]], [undefined, undefined]);
  });

  it("an id is hashed as it is but for white space around it, and once; nothing is no id", async () => {
    const idOf = async (userId: string | null) => (await payloadOf({ userId })).user["external_id"];
    assert.equal(await idOf(" User-1 "), sha256("User-1"));
    assert.equal(await idOf(sha256("x").toUpperCase()), sha256("x"));
    for (const nothing of [null, " ", sha256("")]) assert.equal(await idOf(nothing), undefined);
  });

  it("an email or a phone that arrived as the hash of nothing is left out: everybody shares it", async () => {
    const hash = createHash("sha256").update("").digest("hex") as Sha256Hex;
    const { user } = await payloadOf({ emailSha256: hash, phoneE164Sha256: hash });
    assert.equal("email" in user || "phone" in user, false);
  });

  it("a click id keeps its case and length, from wherever it comes", async () => {
    const long = "E.C.P.".padEnd(500, "aB-_9");
    const idOf = async (over: Partial<StoredEvent>) => (await payloadOf(over)).user["ttclid"];
    assert.equal(await idOf(page(`https://a.example/?x=1&ttclid=${long}#y`)), long);
    assert.equal(await idOf(page("https://a.example/", { ttclid: long })), long);
    assert.equal(await idOf({ properties: { ttclid: long } }), long);
    assert.equal(await idOf(page("https://a.example/?ttclid=a%40b.example")), undefined);
    assert.equal((await payloadOf({ properties: { _ttp: "cookie" } })).user["ttp"], "cookie");
  });

  it("holds no address, user agent, place or advertising id, and no property but those that TikTok knows", async () => {
    const properties = { plan: "pro", note: "x", city: "Oslo", ip: "192.0.2.1", user_agent: "x", description: "Mary" };
    const device = { idfa: "6D92078A-8246-4BA4-AE5B-76104861E7DC", att_status: "authorized", browser: "Safari" };
    const traits = { city: "Oslo", state: "CA", country: "NO", birthday: "1990-01-01", gender: "f" };
    const payload = await payloadOf({ properties, traits, country: "NO", ...page("https://a.example/", { device }) });
    assert.deepEqual(Object.keys(payload).sort(), ["event", "event_id", "event_time", "page", "user"]);
    assert.deepEqual(Object.keys(payload.user), ["external_id"]);
  });

  it("products keep ids that are text, whatever they were", async () => {
    const { properties } = await payloadOf({ properties: { products: [{ id: 7 }, { id: true }, "x", { sku: " " }] } });
    assert.deepEqual(properties?.["contents"], [{ content_id: "7" }]);
    const named = await payloadOf({ properties: { content_ids: [1, "b", null] } });
    assert.deepEqual(named.properties, { content_ids: ["1", "b"], content_type: "product" });
    const search = await payloadOf({ name: "Products Searched", properties: { query: "mug" } });
    assert.deepEqual(search.properties, { query: "mug" });
  });

  it("an app's event says what was answered to App Tracking Transparency, in TikTok's words", async () => {
    const statusOf = async (att_status: unknown) =>
      (await payloadOf({ context: { app: { namespace: "a" }, device: { att_status } } }, app)).user["att_status"];
    assert.equal(await statusOf("notDetermined"), "NOT_DETERMINED");
    assert.equal(await statusOf(2), "DENIED");
    for (const nothing of ["perhaps", 9, null]) assert.equal(await statusOf(nothing), undefined);
  });
});

describe("events that TikTok would refuse", () => {
  it("are found before they cost a batch, each with its code", async () => {
    assert.equal(await refusalOf({ context: {} }), "quarantine page_url_missing");
    assert.equal(await refusalOf(page("app://home")), "quarantine page_url_missing");
    assert.equal(await refusalOf({}, app), "quarantine app_id_missing");
    assert.equal(await refusalOf({ context: { app: { name: "x" } } }, app), "quarantine app_id_missing");
  });

  it("the oldest event that is sent is seven days less an hour old, to the second", async () => {
    const integration = await tiktokIntegration();
    const event = webEvent(1);
    const lastMs = event.timestampMs + 7 * dayMs - 3_600_000;
    assert.ok(prepared(integration, event, lastMs).ok);
    const late = prepared(integration, event, lastMs + 1_000);
    assert.deepEqual(late, { ok: false, refusal: { kind: "expired", code: "too_old" } });
  });

  for (const source of ["web", "app"]) {
    it(`no ${source} event, whatever it holds, makes the mapping throw or TikTok refuse what it let pass`, async () => {
      const integration = await tiktokIntegration(1, { event_source: source, limited_data_use: true });
      const keys = [
        ..."value revenue currency products contents content_ids name ttclid ttp price quantity num_items".split(" "),
        ..."brand category query order_id predicted_ltv content_type first_name zip address traits".split(" "),
        ..."__proto__ constructor locale att_status version namespace id url search referrer".split(" "),
      ];
      const texts = [
        "https://a.example/?ttclid=x",
        "usd",
        "en-US",
        "authorized",
        "9e9",
        "-1.5",
        "",
        " ",
        "a@b.example",
      ];
      const { tree } = fc.letrec((tie) => ({
        leaf: fc.oneof(fc.constantFrom(...texts), fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
        object: fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie("tree"), { maxKeys: 8 }),
        tree: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("object"), fc.array(tie("tree"), { maxLength: 3 })),
      }));
      const member = fc.dictionary(fc.constantFrom(...keys), tree, { maxKeys: 12 });
      const context = fc.record({ page: member, app: member, device: member, traits: member }, { requiredKeys: [] });
      const payloads: unknown[] = [];
      const seed = Number(process.env["PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
      console.log(`TikTok payloads: PROPERTY_SEED=${seed}`);
      fc.assert(
        fc.property(member, member, context, fc.string(), (properties, traits, scene, userId) => {
          const page = { url: "https://a.example/", ...(scene.page as object | undefined) };
          const given = { ...scene, page, app: { id: "x", ...(scene.app as object | undefined) } };
          const result = prepared(integration, storedEvent(1, { properties, traits, context: given, userId }));
          if (result.ok) payloads.push(JSON.parse(JSON.stringify(result.payload)));
        }),
        { numRuns: 300, seed },
      );
      assert.ok(payloads.length > 50);
      for (let at = 0; at < payloads.length; at += 20) {
        const answer = await tiktok.send(integration, { access_token: "t" }, payloads.slice(at, at + 20));
        assert.deepEqual(answer.ok ? "taken" : answer.code, "taken");
      }
    });
  }
});

describe("names for TikTok", () => {
  const track = (name: string | null, type = "track") => ({ type, name });

  async function nameOf(name: string, config = {}): Promise<string> {
    const frozen = tiktok.freeze(await tiktokIntegration(1, config), webEvent(1, { name }));
    return frozen.ok ? frozen.value.vendorEventName : frozen.failure.code;
  }

  it("are standard ones of the source's own list, by the map first, in whatever spelling", async () => {
    assert.equal(await nameOf("Order Completed"), "Purchase");
    assert.equal(await nameOf("checkoutStarted"), "InitiateCheckout");
    assert.equal(await nameOf("checkoutStarted", app), "Checkout");
    assert.equal(await nameOf("Signed Up"), "CompleteRegistration");
    assert.equal(await nameOf("signed_up", app), "Registration");
    assert.equal(await nameOf("Application Installed", app), "InstallApp");
    assert.equal(await nameOf("Application Installed"), "event_name_unmappable");
    assert.equal(await nameOf("Order Completed", { event_map: { "Order Completed": "Lead" } }), "Lead");
  });

  it("every standard name stands for itself, as it is written and in words", async () => {
    const lists = { web: webEventNames, app: appEventNames };
    const retired = new Set(["CompletePayment", "SubmitForm", "PlaceAnOrder", "ClickButton"]);
    for (const [event_source, names] of Object.entries(lists)) {
      for (const name of names) {
        if (retired.has(name as string)) continue;
        assert.equal(await nameOf(name as string, { event_source }), name);
      }
    }
    assert.equal(await nameOf("Add To Cart"), "AddToCart");
    assert.equal(await nameOf("launch_app", app), "LaunchAPP");
  });

  it("what has none is not relayed: other events, pages and screens that no map names, people, groups", async () => {
    const plain = await tiktokIntegration();
    const event_map = { page: "ViewContent", Home: "Search", identify: "Lead", "Session Ended": "Contact" };
    const mapped = await tiktokIntegration(2, { event_map });
    assert.ok(tiktok.relays(plain, track("Product Added")));
    for (const name of ["Level Up", "Session Started", "constructor", ""])
      assert.ok(!tiktok.relays(plain, track(name)));
    assert.ok(!tiktok.relays(plain, track(null)));
    assert.ok(!tiktok.relays(plain, track("Search", "page")));
    assert.ok(tiktok.relays(mapped, track("Session Ended")));
    assert.ok(tiktok.relays(mapped, track(null, "page")));
    assert.ok(tiktok.relays(mapped, track("Home", "screen")));
    for (const type of ["identify", "group", "alias", "consent"]) {
      assert.ok(!tiktok.relays(mapped, track("Home", type)));
    }
  });
});

describe("a TikTok integration's configuration", () => {
  const good = { event_source: "web", event_source_id: "C4A7", access_token: "t" };

  it("needs a kind of source, its id and a token, and no more", () => {
    assert.deepEqual(tiktok.checkConfig(good), []);
    const event_map = { x: "InstallApp" };
    assert.deepEqual(tiktok.checkConfig({ ...good, event_source: "app", event_map, require_consent: true }), []);
    assert.deepEqual(
      tiktok.checkConfig({}).map((issue) => issue.path),
      ["event_source", "event_source_id", "access_token"],
    );
  });

  it("names each fault by its path and never repeats what was sent", () => {
    const bad = {
      event_source: "offline",
      event_source_id: "../x",
      access_token: "secret with space",
      test_event_code: "a b",
      event_map: { a: "InstallApp", b: "canary" },
      limited_data_use: "yes",
      require_consnet: true,
      constructor: 1,
    };
    const issues = tiktok.checkConfig(bad);
    assert.deepEqual(issues.map((issue) => issue.path).sort(), Object.keys(bad).sort());
    assert.doesNotMatch(JSON.stringify(issues), /secret with space|canary/);
  });
});
