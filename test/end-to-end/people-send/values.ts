import assert from "node:assert/strict";
import { innocents as corpusOfInnocents } from "../../privacy/innocents/values.ts";
import { type Json, type Member, type Room, type Row, sha256, shop } from "./room.ts";

/** Raw values that must not come to rest, and innocents that must stay (sections 3 and 4 of the table). */
const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36";
const phone = "0151 2345678";
const raw = [
  /151[ +-]?2345678/,
  /AppleWebKit/,
  /ana@x\.example/i,
  /Lamp\/7/,
  /2001:db8:0?:?1/i,
  /x\.example\b.*ana|ana.{0,12}x\.example/i,
];

const planted: Readonly<Record<string, Member>> = {
  "agent as a value": {
    properties: { browser: agent, n: [agent] },
    context: { library: { name: "a", version: agent } },
  },
  "keys in JSON text": { properties: { payload: `{"phone":"${phone}","user_agent":"${agent}"}` } },
  "keys in a query": { context: { page: { url: `${shop}/?phone=%2B491512345678&ua=${encodeURIComponent(agent)}` } } },
  "keys in a form": { properties: { body: `a=1&phone=0151+2345678&b=2` } },
  "keys in header lines": { properties: { head: `Accept: */*\r\nUser-Agent: Lamp/7 of Ana\r\nX: 1` } },
  "name and value": { properties: { fields: [{ system: "phone", value: phone }] } },
  "an email in entities": {
    properties: { a: "ana&#64;x.example", b: "ana&commat;x.example", c: "ana&amp;#64;x.example" },
  },
  "an email in escapes": { properties: { a: "ana%u0040x.example", b: "ana%EF%BC%A0x.example" } },
  "international phones": {
    properties: {
      a: "(+49) 151 2345678",
      b: "\u202a+491512345678\u202c",
      c: "tel:+491512345678;ext=5",
      d: "%2B491512345678",
    },
  },
  "phones in quotes and lists": { properties: { a: '"+491512345678"', b: "+491512345678, +491512345678" } },
  "keys with brackets": {
    properties: {
      "phones[0]": phone,
      "phone[]": phone,
      "user.phone[0]": phone,
      "user_agent[]": agent,
      "phone\u00a0": phone,
    },
  },
  addresses: {
    properties: { a: "2001:db8:1:2:3:4:5:6:443", b: "２００１:db8:1:2:3:4:5:6", c: "2001:db8\u200b:1:2:3:4:5:6" },
  },
};

export const innocents: Member = {
  ...{ a: "icon@2x.png", b: `${shop}/photo@3x.webp`, c: "react@18.2.0-rc.1", d: "3@12.50EUR", e: "Chrome/126.0.0.0" },
  ...{ versionName: "1.2.3.4", app_ver: "1.2.3.4", firmware: "1.2.3.4", build_number: "1.2.3.4" },
  ...{ channels: { email: true, sms: false, mobile: 2 }, f: "+52.520008", g: "+10000000", h: "+20260110" },
};

/** The corpus of innocents in as few events as hold each key once. */
const corpus = Object.values(corpusOfInnocents)
  .flat()
  .reduce<{ type: string; event: string; userId: string; messageId: string; properties: Record<string, unknown> }[]>(
    (events, [key, value]) => {
      const open = events.find(({ properties }) => !(key in properties));
      const at = events.length;
      if (open) open.properties[key] = value;
      else
        events.push({
          type: "track",
          event: "E",
          userId: "u",
          messageId: `corpus-${at}`,
          properties: { [key]: value },
        });
      return events;
    },
    [],
  );

const atRest: readonly Row[] = [
  ...Object.entries(planted).map(
    ([name, members]): Row => ({
      promise: `no raw value comes to rest or to a vendor: ${name}`,
      send: ({ track }) => track(`planted ${name}`, { userId: "planted", ...members }, null, { "user-agent": agent }),
      look({ of, answer }) {
        assert.equal(answer(`planted ${name}`).status, 200);
        const { row, meta, tiktok, webhook } = of(`planted ${name}`);
        assert.notEqual(row, "");
        for (const text of [row, JSON.stringify([meta, tiktok, webhook])]) {
          for (const form of raw) assert.doesNotMatch(text.replaceAll(/\\u202[ac]/g, ""), form);
        }
      },
    }),
  ),
  {
    promise: "an email with invisible characters as an identity is hashed as it reads",
    send: ({ send }) =>
      send("unseen", "/v1/identify", {
        userId: "unseen",
        messageId: "unseen",
        traits: { email: "un\u200bseen@x.example" },
      }),
    look({ of, answer }) {
      assert.equal(answer("unseen").status, 200);
      assert.equal(of("unseen").stored.emailSha256, sha256("unseen@x.example"));
      assert.deepEqual(of("unseen").webhook.identity, { email_sha256: sha256("unseen@x.example") });
    },
  },
  {
    promise: "a hash in capitals as a user id joins its twin; an address as an id is masked",
    async send({ track, send }) {
      const hash = sha256("twin");
      const identify = { userId: hash, messageId: "twin", traits: { email: "twin@example.com" } };
      await send("twin", "/v1/identify", identify);
      await track("loud-twin", { userId: hash.toUpperCase() });
      await track("address-id", { userId: "203.0.113.9" });
    },
    look({ of }) {
      assert.equal(of("loud-twin").meta.user_data.em, sha256("twin@example.com"));
      assert.doesNotMatch(of("address-id").row, /203\.0\.113\.9/);
      assert.equal(of("address-id").row.includes(sha256("203.0.113.9")), false);
    },
  },
  {
    promise: "innocent values stay as they were",
    send: ({ track }) => track("innocents", { properties: innocents }),
    look({ of }) {
      assert.deepEqual(of("innocents").stored.properties, innocents);
      assert.deepEqual(of("innocents").webhook.properties, innocents);
    },
  },
  {
    promise: "the whole corpus of innocents stays as it is, in the store and at a receiver",
    send: ({ send }) => send("corpus", "/v1/batch", { batch: corpus }),
    look({ of, answer }) {
      assert.deepEqual([answer("corpus").status, answer("corpus").json], [200, { success: true }]);
      for (const { messageId, properties } of corpus) {
        assert.deepEqual(of(messageId).stored.properties, properties);
        assert.deepEqual(of(messageId).webhook.properties, properties);
      }
    },
  },
];

const told: readonly Row[] = [
  {
    promise: "what looks like a phone, an address or a User-Agent is told to no vendor in a free field",
    send: ({ track }) =>
      track("free-fields", {
        context: { page: { url: `${shop}/call/+491512345678/now` } },
        properties: {
          ...{ value: 1, currency: "EUR", telefon: phone, handy: phone, contact: phone, from: phone },
          ...{ search_string: "+49 151 2345678", order_id: "+491512345678", products: [{ name: "+49 151 2345678" }] },
        },
      }),
    look({ of }) {
      const { meta, tiktok } = of("free-fields");
      assert.ok(meta && tiktok);
      for (const one of [meta, tiktok]) assert.doesNotMatch(JSON.stringify(one), /151 ?2345678/);
      assert.equal(meta.event_source_url.startsWith(`${shop}/call/`), true);
    },
  },
  {
    promise: "catalogue fields are read in their spellings, money as text where it is plain",
    async send({ track }) {
      const page = { url: `${shop}/p` };
      const send = (name: string, properties: Member) => track(name, { properties, context: { page } });
      await send("ids-text", { content_ids: "123, 456", value: "4,245.42", currency: "EUR" });
      await send("contents-text", { contents: '[{"id":"A1","quantity":2}]', value: "25,50", currency: "EUR" });
      await send("contents-empty", { products: [], contents: [{ id: "B1" }], value: 1, currency: "EUR" });
      await send("items", { items: [{ item_id: "C1" }], orderId: "O-1", value: 1, currency: "EUR" });
      await send("product-id", { productId: "D1", value: 1, currency: "EUR" });
    },
    look({ of }) {
      const data = (name: string): Json => of(name).meta.custom_data;
      assert.deepEqual([data("ids-text").content_ids, data("ids-text").value], [["123", "456"], 4245.42]);
      assert.deepEqual([data("contents-text").contents?.[0]?.id, data("contents-text").value], ["A1", 25.5]);
      assert.equal(data("contents-empty").contents?.[0]?.id, "B1");
      assert.deepEqual([data("items").contents?.[0]?.id, data("items").order_id], ["C1", "O-1"]);
      assert.deepEqual(data("product-id").content_ids, ["D1"]);
    },
  },
  {
    promise: "click ids are read in the spellings of cookies and of other SDKs",
    async send({ track }) {
      const context = { page: { url: `${shop}/p` } };
      const rest = { value: 1, currency: "EUR" };
      const [fbc, fbp] = ["fb.1.1764547200000.AbCdEf", "fb.1.1764547200000.1234567890"];
      await track("click-cookies", { context, properties: { ...rest, _fbc: fbc, _fbp: fbp, _ttclid: "tt-click" } });
      await track("click-jitsu", { context: { ...context, clientIds: { fbc, fbp } }, properties: rest });
      await track("click-posthog", { context, properties: { ...rest, $fbc: fbc, $fbp: fbp } });
    },
    look({ of }) {
      for (const name of ["click-cookies", "click-jitsu", "click-posthog"]) {
        const { fbc, fbp } = of(name).meta.user_data;
        assert.deepEqual([fbc, fbp], ["fb.1.1764547200000.AbCdEf", "fb.1.1764547200000.1234567890"], name);
      }
      assert.equal(of("click-cookies").tiktok.user.ttclid, "tt-click");
    },
  },
];

const configured: readonly Row[] = [
  {
    promise: "an email in any text of a configuration is refused with its place",
    look: async (room: Room) => {
      const mail = "ana@x.example";
      const configs: readonly (readonly [config: Member, path: string])[] = [
        [{ custom_js: { enabled: true, code: `function process(e) { return e } // ${mail}` } }, "custom_js.code"],
        [{ custom_js: { enabled: false, code: "", description: mail } }, "custom_js.description"],
        [{ pii_rules: { hash_fields: [`traits["${mail}"]`] } }, "pii_rules.hash_fields"],
        [{ bot_filtering: { custom_patterns: [`*${mail}*`] } }, "bot_filtering.custom_patterns"],
      ];
      for (const [config, path] of configs) {
        const { status, text } = await room.admin("PUT", "/v1/admin/data-layer", { config });
        assert.equal(status, 422, path);
        assert.ok(text.includes(`config.${path}`), text);
        assert.equal(text.includes(mail), false);
      }
      const meta = { pixel_id: "1234567890", access_token: "canary-token" };
      const hook = { url: `${room.webhook.url}/hook` };
      const integrations: readonly (readonly [vendor: string, config: Member])[] = [
        ["webhook", { url: `${room.webhook.url}/${mail}` }],
        ["webhook", { ...hook, events: [mail] }],
        ["meta", { ...meta, events: [mail] }],
        ["meta", { ...meta, event_map: { [mail]: "Purchase" } }],
        ["meta", { ...meta, event_map: { Sold: mail } }],
      ];
      for (const [vendor, config] of integrations) {
        const body = { vendor, project_id: room.main, config };
        const { status, text } = await room.admin("POST", "/v1/admin/integrations", body);
        assert.deepEqual([status, text.includes(mail)], [422, false], JSON.stringify(config));
      }
      const kept = await room.sql(`select * from tidegate.audit_log where audit_log::text like '%${mail}%'`);
      assert.deepEqual(kept, []);
    },
  },
  {
    promise: "a dry run shows no raw key",
    look: async (room: Room) => {
      const events = [{ type: "track", event: "E", userId: "u", properties: { "ana@x.example": 1 } }];
      const { status, text } = await room.admin("POST", "/v1/admin/data-layer/dry-run", { events });
      assert.equal(status, 200, text);
      assert.equal(text.includes("ana@x.example"), false);
    },
  },
];

export const valueRows: readonly Row[] = [...atRest, ...told, ...configured];
