import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { metaIntegration, startMs } from "../../domain/pipeline/relay/parts.ts";
import { tiktokIntegration, webEvent } from "../tiktok/parts.ts";

const clock = openVirtualClock(startMs);
const nowhere = "http://127.0.0.1:1";
const vendors = {
  meta: { destination: openMeta({ baseUrl: nowhere, clock }), integration: await metaIntegration() },
  tiktok: { destination: openTiktok({ baseUrl: nowhere, clock }), integration: await tiktokIntegration() },
};

const fbc = "fb.1.1767950000000.IwAR0AbC_dEf-123";
const fbp = "fb.1.1767950000000.1234567890";
const [fbclid, ttclid, ttp] = ["IwAR0AbC_dEf-123", "E.C.P.AbC_dEf-123", "01H8XAMPLE_ttp"];
/** Of a click that the event tells of: seen first when it happened. */
const made = `fb.1.${startMs - 600_000}.${fbclid}`;
const url = "https://shop.example.com/thanks";

interface Told {
  readonly fbc?: string;
  readonly fbp?: string;
  readonly ttclid?: string;
  readonly ttp?: string;
}

const page = (members: Readonly<Record<string, unknown>>) => ({ context: { page: { url, ...members } } });
const context = (members: Readonly<Record<string, unknown>>) => ({ context: { page: { url }, ...members } });

const rows: readonly (readonly [name: string, event: Partial<StoredEvent>, told: Told])[] = [
  [
    "in properties, as cookies are named",
    { properties: { _fbc: fbc, _fbp: fbp, _ttp: ttp, _ttclid: ttclid } },
    { fbc, fbp, ttclid, ttp },
  ],
  ["in properties, as vendors name them", { properties: { fbc, fbp, ttp, ttclid } }, { fbc, fbp, ttclid, ttp }],
  ["in properties, in other spellings", { properties: { FBC: fbc, fb_p: fbp, ttClid: ttclid } }, { fbc, fbp, ttclid }],
  ["in the context", context({ fbc, _fbp: fbp, ttclid, ttp }), { fbc, fbp, ttclid, ttp }],
  ["in traits", { traits: { fbc, fbp, ttp } }, { fbc, fbp, ttp }],
  ["in the context's traits", context({ traits: { _fbc: fbc, ttclid } }), { fbc, ttclid }],
  ["where Jitsu keeps cookies", context({ clientIds: { fbc, fbp, ttp } }), { fbc, fbp, ttp }],
  ["where PostHog keeps cookies", { properties: { $set: { $fbc: fbc, $fbp: fbp } } }, { fbc, fbp }],
  ["in PostHog's $set at the top", { extra: { $set: { $fbp: fbp } } }, { fbp }],
  ["in the campaign", context({ campaign: { fbclid, ttclid } }), { fbc: made, ttclid }],
  [
    "in options of Segment's integrations",
    { extra: { integrations: { "Facebook Pixel": { fbp, fbc }, "TikTok Conversions": { ttclid, ttp } } } },
    { fbc, fbp, ttclid, ttp },
  ],
  [
    "in options of RudderStack's integrations",
    { extra: { integrations: { All: true, FacebookPixel: { fbc, fbp } } } },
    { fbc, fbp },
  ],
  [
    "among external ids",
    context({
      externalIds: [
        { type: "fbp", id: fbp, encoding: "none" },
        { type: "ttclid", id: ttclid },
      ],
    }),
    { fbp, ttclid },
  ],
  ["in a text of cookies", context({ cookie: `a=b; _fbp=${fbp}; _fbc=${fbc}; _ttp=${ttp}` }), { fbc, fbp, ttp }],
  ["in an object of cookies", context({ cookies: { _fbp: fbp, _ttp: ttp } }), { fbp, ttp }],
  [
    "in the page's address",
    page({ url: `${url}?utm_source=x&fbclid=${fbclid}&ttclid=${ttclid}#top` }),
    { fbc: made, ttclid },
  ],
  [
    "in the page's query",
    page({ search: `?fbclid=${fbclid}&ttclid=${encodeURIComponent(ttclid)}` }),
    { fbc: made, ttclid },
  ],
  ["behind the page's fragment", page({ url: `${url}#/checkout?fbclid=${fbclid}` }), { fbc: made }],
  [
    "in the referrer",
    page({ referrer: `https://shop.example.com/?FBCLID=${fbclid}&ttclid=${ttclid}` }),
    { fbc: made, ttclid },
  ],
  [
    "behind the longest query",
    page({ url: `${url}?q=${"x".repeat(9_000)}&fbclid=${fbclid}&ttclid=${ttclid}` }),
    { fbc: made, ttclid },
  ],
  ["in PostHog's address", { properties: { $current_url: `${url}?fbclid=${fbclid}` } }, { fbc: made }],
  ["in GA4's address", { properties: { page_location: `${url}?ttclid=${ttclid}` } }, { ttclid }],
  ["a cookie before a click that made it", { properties: { fbc }, ...page({ search: "?fbclid=other" }) }, { fbc }],
  [
    "not what is no such id",
    { properties: { fbc: "fb.one.two", fbp: "1", fbclid: "a@b.example", ttclid: "a b", ttp: "x y" } },
    {},
  ],
];

type Payload = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function payloadFor(vendor: "meta" | "tiktok", over: Partial<StoredEvent>): Payload {
  const { destination, integration } = vendors[vendor];
  const event = webEvent(1, { properties: {}, ...over });
  const frozen = destination.freeze(integration, event);
  assert.ok(frozen.ok);
  const prepared = destination.prepare(integration, event, frozen.value, startMs);
  assert.ok(prepared.ok, prepared.ok ? "" : prepared.refusal.code);
  return prepared.payload as Payload;
}

describe("click ids and cookies of vendors are read", () => {
  for (const [name, event, told] of rows) {
    it(`${name}, and each goes to its own vendor alone`, () => {
      const { fbc, fbp } = payloadFor("meta", event)["user_data"] ?? {};
      const { ttclid, ttp } = payloadFor("tiktok", event)["user"] ?? {};
      const given = Object.entries({ fbc, fbp, ttclid, ttp }).filter(([, id]) => id !== undefined);
      assert.deepEqual(Object.fromEntries(given), told);
      assert.doesNotMatch(JSON.stringify(payloadFor("meta", event)), /E\.C\.P|01H8X/);
      assert.doesNotMatch(JSON.stringify(payloadFor("tiktok", event)), /IwAR0|fb\.1/);
    });
  }
});

describe("a page's address", () => {
  it("is told without its query, however long that is", () => {
    const long = page({ url: `${url}?${"q=1&".repeat(600)}`, referrer: `${url}/x?${"q=1&".repeat(600)}` });
    assert.equal(payloadFor("meta", long)["event_source_url"], url);
    assert.equal(payloadFor("meta", long)["referrer_url"], `${url}/x`);
    assert.deepEqual(payloadFor("tiktok", long)["page"], { url, referrer: `${url}/x` });
  });

  it("is read where PostHog, GA4 and page calls have it", () => {
    for (const name of ["$current_url", "page_location"]) {
      const event = { context: {}, properties: { [name]: `${url}?x=1` } };
      assert.equal(payloadFor("meta", event)["action_source"], "website");
      assert.deepEqual(payloadFor("tiktok", event)["page"], { url });
    }
  });

  it("names nobody in its path", () => {
    const event = page({
      url: "https://shop.example.com/call/+4915123456789?x=1",
      referrer: "https://a.example/u/192.0.2.1",
    });
    assert.equal(payloadFor("meta", event)["event_source_url"], "https://shop.example.com/call/[phone]");
    assert.equal(payloadFor("meta", event)["referrer_url"], "https://a.example/u/[ip]");
    assert.deepEqual(payloadFor("tiktok", event)["page"], {
      url: "https://shop.example.com/call/[phone]",
      referrer: "https://a.example/u/[ip]",
    });
  });
});
