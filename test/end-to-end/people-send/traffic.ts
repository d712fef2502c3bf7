import assert from "node:assert/strict";
import { waitFor } from "../../tidegate-process.ts";
import { type Json, type Member, type Room, type Row, sha256, shop } from "./room.ts";

/** Events that are lost or kept, whole and in time (section 1 of the table). */
const libraries = [
  "analytics-kotlin/1.19.2",
  "analytics-ios/1.5.11",
  "okhttp/4.9.2",
  "UnityPlayer/2022.3.10f1 (UnityWebRequest/1.0, libcurl/8.1.1-DEV)",
  "Mozilla/5.0 Node/v20.11.0",
];
const crawlers = [
  "Googlebot/2.1 (+http://www.google.com/bot.html)",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/141.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1)",
];
const bigId = "1729384756102938475";
const page = { url: `${shop}/p` };
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const safari = `${iphone} Version/26.0 Mobile/15E148 Safari/604.1`;
const chrome = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/141.0.0.0 Mobile Safari/537.36";
const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
const rudder = { name: "RudderLabs JavaScript SDK", namespace: "com.rudderlabs.javascript", version: "3.0.0" };

function reachesMeta(room: Room, name: string): void {
  assert.equal(room.answer(name).status, 200, room.answer(name).text);
  assert.ok(room.of(name).stored, `${name} is not stored`);
  assert.ok(room.of(name).meta, `Meta was not told of ${name}`);
}

const clients: readonly Row[] = [
  {
    promise: "an HTTP or SDK library's name is no crawler, at any source",
    async send({ track, mobile }) {
      for (const [i, name] of libraries.entries()) {
        await track(`library-${i}`, {}, mobile, { "user-agent": name });
        await track(`claimed-library-${i}`, { context: { userAgent: name } });
      }
    },
    look(room) {
      for (const i of libraries.keys()) for (const by of ["", "claimed-"]) reachesMeta(room, `${by}library-${i}`);
    },
  },
  {
    promise: "a named crawler is one, at server sources too, whatever it poses as",
    async send({ track, mobile }) {
      for (const [i, name] of crawlers.entries()) {
        await track(`crawler-${i}`, {}, mobile, { "user-agent": name });
        await track(`claimed-crawler-${i}`, { context: { userAgent: name } });
      }
    },
    look(room) {
      for (const name of [...crawlers.keys()].flatMap((i) => [`crawler-${i}`, `claimed-crawler-${i}`])) {
        assert.equal(room.answer(name).status, 200);
        assert.deepEqual([room.of(name).row, room.of(name).meta], ["", undefined], name);
      }
    },
  },
  {
    promise: "a missing User-Agent is held against pages and apps, not against servers",
    async send({ track, mobile }) {
      await track("no-agent", {}, null, { "user-agent": "" });
      await track("no-agent-app", {}, mobile, { "user-agent": "" });
    },
    look(room) {
      reachesMeta(room, "no-agent");
      assert.equal(room.answer("no-agent-app").status, 200);
      assert.equal(room.of("no-agent-app").row, "");
    },
  },
];

const times: readonly (readonly [name: string, members: Member, time: string])[] = [
  ["utc", { timestamp: "2026-11-28 18:30:15 UTC" }, "2026-11-28T18:30:15.000Z"],
  ["micros", { timestamp: "2026-11-28 18:30:15.123000 UTC" }, "2026-11-28T18:30:15.123Z"],
  ["rfc", { timestamp: "Sat, 28 Nov 2026 18:30:15 GMT" }, "2026-11-28T18:30:15.000Z"],
  [
    "original",
    { timestamp: "2026-11-28T18:30:15.000Z", originalTimestamp: "2026-11-27T10:00:00.000Z" },
    "2026-11-28T18:30:15.000Z",
  ],
];

const envelope: readonly Row[] = [
  {
    promise: "an event that nests too deeply is refused by index and spoils no other of its batch",
    send: ({ send }) =>
      send(
        "deep",
        "/v1/batch",
        `{"batch":[{"type":"page","a":${deep}},{"type":"track","event":"E",
        "userId":"deep","messageId":"beside-deep"}]}`,
      ),
    look({ answer, of }) {
      const { status, json } = answer("deep");
      assert.deepEqual([status, json.rejected?.length, json.rejected?.[0]?.index], [200, 1, 0]);
      assert.ok(of("beside-deep").stored && of("beside-deep").meta);
    },
  },
  {
    promise: "a time that came is the event's time, in the forms that databases and mail write, too",
    send: async ({ track }) => {
      for (const [name, members] of times) await track(`time-${name}`, members);
    },
    look({ of }) {
      for (const [name, , time] of times) {
        assert.equal(of(`time-${name}`).stored.timestamp, time, name);
        assert.equal(of(`time-${name}`).meta.event_time, Date.parse(time.replace(/\.\d+/, "")) / 1000, name);
      }
    },
  },
  {
    promise: "without a timestamp the device's clock is corrected by what its sending was off",
    send: ({ track }) => track("clock", { originalTimestamp: "2026-11-28T10:00:00Z", sentAt: "2026-11-28T10:01:00Z" }),
    look({ of }) {
      const { timestamp, receivedAt } = of("clock").stored;
      assert.equal(Date.parse(receivedAt) - Date.parse(timestamp), 60_000);
    },
  },
  {
    promise: "a time that can't be read is named in the stored event and counted",
    send: ({ track }) => track("unread", { timestamp: "last week" }),
    async look({ of, tidegate, answer }) {
      assert.equal(answer("unread").status, 200);
      const { unreadableTimes, timestamp, receivedAt } = of("unread").stored;
      assert.deepEqual([unreadableTimes, timestamp], [["timestamp"], receivedAt]);
      const metrics = async () => (await fetch(`${tidegate.credentials.admin_url}/metrics`)).text();
      await waitFor(
        async () => /events_unreadable_times_total\S* [1-9]/.test(await metrics()),
        20_000,
        () => "the metric is not there",
      );
    },
  },
  {
    promise: "integers keep their digits: in the store, at Meta, at TikTok, at a receiver",
    send: ({ send }) =>
      send(
        "big",
        "/v1/track",
        `{"event":"Order Completed","messageId":"big","userId":"big","context":
        {"page":{"url":"${shop}/p"}},"properties":{"value":1,"currency":"EUR","order_id":${bigId},
        "products":[{"product_id":${bigId}}],"other":${bigId}}}`,
      ),
    async look({ of, admin, meta, tiktok, webhook }) {
      assert.equal(of("big").row.split(bigId).length, 4);
      const { text } = await admin("GET", "/v1/events?user_id=big");
      assert.match(text, new RegExp(`"product_id":${bigId}[,}]`));
      for (const simulator of [meta, tiktok, webhook]) {
        const bodies = simulator.requests().map(({ body }) => new TextDecoder().decode(body));
        assert.ok(bodies.some((body) => body.includes(bigId)));
        assert.equal(/172938475610293(?!8475)/.test(bodies.join()), false, "rounded");
      }
      assert.deepEqual(of("big").meta.custom_data.content_ids, [bigId]);
      assert.equal(of("big").tiktok.properties.contents[0].content_id, bigId);
    },
  },
  {
    promise: "what an event names of its device wins over what its User-Agent tells",
    send: ({ track }) =>
      track("device", { context: { device: { model: "iPhone15,3" }, app: { namespace: "a.b" }, userAgent: safari } }),
    look({ of }) {
      const { device } = of("device").stored.context;
      assert.deepEqual([device.model, device.os, device.osVersion], ["iPhone15,3", "iOS", "26.0"]);
      const { extinfo } = of("device").meta.app_data;
      assert.ok(extinfo.includes("iPhone15,3") && extinfo.includes("26.0"), JSON.stringify(extinfo));
    },
  },
  {
    promise: "Chromium's constant is no model",
    send: ({ track }) => track("constant", { context: { userAgent: chrome } }),
    look({ of }) {
      const { device } = of("constant").stored.context;
      assert.deepEqual([device.model ?? null, device.os], [null, "Android"]);
    },
  },
  {
    promise: "Layers' device_os is stored as the system of the device",
    send: ({ send, tidegate }) =>
      send(
        "layers-os",
        "/l/events",
        { events: [{ event: "E", event_id: "layers-os", install_id: "layers-os", device_os: "iOS 18.1" }] },
        null,
        { "x-app-id": tidegate.credentials.app_id, authorization: "" },
      ),
    look({ of, answer }) {
      assert.equal(answer("layers-os").status, 202, answer("layers-os").text);
      assert.equal(of("layers-os").stored.deviceOs, "iOS 18.1");
    },
  },
];

const places: readonly Row[] = [
  {
    promise: "a long query costs no event its page: both vendors are told it without",
    send: ({ track }) =>
      track("long-page", {
        context: { page: { url: `${shop}/thanks?q=${"x".repeat(2_300)}` } },
        properties: { value: 1, currency: "EUR" },
      }),
    look({ of }) {
      assert.ok(of("long-page").stored);
      assert.equal(of("long-page").meta.event_source_url, `${shop}/thanks`);
      assert.deepEqual(of("long-page").tiktok.page, { url: `${shop}/thanks` });
    },
  },
  {
    promise: "an event of channel web is a website's, though its SDK names an app",
    async send(room) {
      const project = await room.project("Channels");
      await room.connectMeta(project, "1111111111", { action_source: "website" });
      await room.connectMeta(project, "2222222222", { action_source: "app" });
      const sender = await room.source(project, "server");
      const context = { app: rudder, page, userAgent: safari };
      await room.track("channel-web", { channel: "web", context }, sender);
      await room.track("channel-app", { context: { app: { namespace: "com.shop" }, userAgent: safari } }, sender);
    },
    look({ of, meta }) {
      const toldTo = (pixel: string) => meta.effectiveEvents(pixel).map((event) => event["event_id"]);
      assert.deepEqual([toldTo("1111111111"), toldTo("2222222222")], [["channel-web"], ["channel-app"]]);
      assert.ok(of("channel-web").stored && of("channel-app").stored);
    },
  },
  {
    promise: "an integration is told what it chooses; the rest is not applicable and no dead letter",
    async send(room) {
      const project = await room.project("Chosen");
      await room.connectMeta(project, "3333333333", { events: ["Chosen"] });
      await room.connectMeta(project, "4444444444", { standard_events_only: true });
      const sender = await room.source(project, "server");
      const chosen = { event: "Chosen" };
      const purchase = { properties: { value: 1, currency: "EUR" } };
      await room.track("chosen", chosen, sender);
      await room.track("standard", purchase, sender);
    },
    async look({ meta, admin, of }) {
      const toldTo = (pixel: string) => meta.effectiveEvents(pixel).map((event) => event["event_id"]);
      assert.deepEqual([toldTo("3333333333"), toldTo("4444444444")], [["chosen"], ["standard"]]);
      assert.ok(of("chosen").stored && of("standard").stored);
      const { text } = await admin("GET", "/v1/admin/dead-letters?event_names=Chosen");
      assert.deepEqual(JSON.parse(text).items ?? [], []);
      const ledger = (await admin("GET", "/v1/admin/ledger")).json.integrations;
      const named = (await admin("GET", "/v1/admin/integrations")).json.items;
      const ids = named.filter(({ config }: Json) => /^(3333333333|4444444444)$/.test(config.pixel_id));
      for (const { id } of ids) {
        const books = ledger.find((line: Json) => line.integration_id === id);
        assert.deepEqual([books.queued, books.not_applicable, books.dead], [1, 1, 0]);
      }
    },
  },
  {
    promise: "what a batch says of context and integrations is each event's, the event's own members winning",
    send: ({ send }) =>
      send("batch-members", "/v1/batch", {
        integrations: { All: false },
        context: { page, traits: { email: "Ana@Example.com" }, ip: "203.0.113.7", library: { name: "analytics-go" } },
        batch: [
          { type: "track", event: "E", userId: "all", messageId: "all" },
          { type: "track", event: "E", userId: "own", messageId: "own", integrations: { All: true } },
        ],
      }),
    look({ of }) {
      for (const name of ["all", "own"]) {
        const { stored, row } = of(name);
        assert.equal(stored.emailSha256, sha256("ana@example.com"));
        assert.deepEqual(stored.context.traits, { email: sha256("ana@example.com") });
        assert.deepEqual([stored.context.library, stored.context.ip], [{ name: "analytics-go" }, undefined]);
        assert.doesNotMatch(row, /203\.0\.113|Ana@/);
      }
      assert.deepEqual([of("all").meta, of("all").webhook], [undefined, undefined]);
      assert.ok(of("own").meta && of("own").webhook);
    },
  },
];

export const trafficRows: readonly Row[] = [...clients, ...envelope, ...places];
