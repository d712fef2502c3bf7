import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { postEvents, sampleEvent, sampleHash, sampleNowMs, sampleNowSeconds } from "./samples.ts";
import { startTiktokSimulator, type TiktokSimulator } from "./server.ts";

const now = () => sampleNowMs;
const daySeconds = 86_400;
const email = sampleHash("john_smith@gmail.com");
let simulator: TiktokSimulator;
let strict: TiktokSimulator;

before(async () => {
  simulator = await startTiktokSimulator({ now });
  strict = await startTiktokSimulator({ now, strict: true });
});
beforeEach(() => {
  simulator.reset();
  strict.reset();
});
after(async () => {
  await simulator.close();
  await strict.close();
});

type Case = [promise: string, event: unknown, path: string];

const refused: Case[] = [
  ["an event that is no object", "Lead", ""],
  ["a missing name", sampleEvent({ event: undefined }), ".event"],
  ["a name that is no string", sampleEvent({ event: 7 }), ".event"],
  ["a name of 51 characters", sampleEvent({ event: "a".repeat(51) }), ".event"],
  ["a name that begins with a digit", sampleEvent({ event: "1a" }), ".event"],
  ["a name with a space", sampleEvent({ event: "Order Completed" }), ".event"],
  ["a missing time", sampleEvent({ event_time: undefined }), ".event_time"],
  ["a time in a string", sampleEvent({ event_time: String(sampleNowSeconds) }), ".event_time"],
  ["a time with a fraction", sampleEvent({ event_time: sampleNowSeconds - 0.5 }), ".event_time"],
  ["a time in milliseconds", sampleEvent({ event_time: sampleNowMs }), ".event_time"],
  ["an event_id that is a number", sampleEvent({ event_id: 7 }), ".event_id"],
  ["a user that is no object", sampleEvent({ user: "x" }), ".user"],
  ["an email that is a number", sampleEvent({ user: { email: 7 } }), ".user.email"],
  ["a click id that is a number", sampleEvent({ user: { ttclid: 7 } }), ".user.ttclid"],
  ["an address that is none", sampleEvent({ user: { ip: "x" } }), ".user.ip"],
  ["an unknown tracking status", sampleEvent({ user: { att_status: "authorized" } }), ".user.att_status"],
  ["properties that are no object", sampleEvent({ properties: [] }), ".properties"],
  ["a value in a string", sampleEvent({ properties: { value: "9.99" } }), ".properties.value"],
  ["a currency in lower case", sampleEvent({ properties: { currency: "usd" } }), ".properties.currency"],
  ["an order id that is a number", sampleEvent({ properties: { order_id: 7 } }), ".properties.order_id"],
  ["an unknown content type", sampleEvent({ properties: { content_type: "x" } }), ".properties.content_type"],
  ["content ids in a string", sampleEvent({ properties: { content_ids: "a" } }), ".properties.content_ids"],
  [
    "a content id that is a number",
    sampleEvent({ properties: { content_ids: ["a", 7] } }),
    ".properties.content_ids.1",
  ],
  ["contents that are no list", sampleEvent({ properties: { contents: {} } }), ".properties.contents"],
  [
    "a content whose id is a number",
    sampleEvent({ properties: { contents: [{ content_id: 7 }] } }),
    ".properties.contents.0.content_id",
  ],
  [
    "a content whose price is text",
    sampleEvent({ properties: { contents: [{ content_id: "a" }, { price: "1" }] } }),
    ".properties.contents.1.price",
  ],
  ["a page that is no object", sampleEvent({ page: "https://a.example" }), ".page"],
  ["a web event without its page", sampleEvent({ page: undefined }), ".page.url"],
  ["a web event whose page has no address", sampleEvent({ page: { url: "" } }), ".page.url"],
  ["a web event whose address is none", sampleEvent({ page: { url: "example" } }), ".page.url"],
  ["limited data use that is no boolean", sampleEvent({ limited_data_use: 1 }), ".limited_data_use"],
];

describe("the TikTok simulator refuses with 40002", () => {
  for (const [promise, event, path] of refused) {
    it(promise, async () => {
      const { status, code, message } = await postEvents(simulator.url, [sampleEvent({ event_id: "good" }), event]);
      assert.deepEqual([status, code, message.split(":")[0]], [200, 40002, `Batch.1${path}`]);
      assert.deepEqual([simulator.counts().effective, simulator.counts().rejected], [0, 2]);
    });
  }

  const sources: [source: string, event: unknown, path: string][] = [
    ["app", sampleEvent({ app: {} }), ".app.app_id"],
    ["app", sampleEvent({ app: { app_id: 7 } }), ".app.app_id"],
    ["crm", sampleEvent(), ".lead.lead_id"],
    ["offline", sampleEvent({ event: "custom" }), ".event"],
    ["offline", sampleEvent({ event_time: sampleNowSeconds - 28 * daySeconds - 1 }), ".event_time"],
  ];
  for (const [source, event, path] of sources) {
    it(`an ${source} event at fault in ${path}`, async () => {
      const { code, message } = await postEvents(simulator.url, [event], { top: { event_source: source } });
      assert.deepEqual([code, message.split(":")[0]], [40002, `Batch.0${path}`]);
    });
  }

  it("what is wrong with the request itself, by its path", async () => {
    const codeOf = async (top: Record<string, unknown>) => {
      const { code, message } = await postEvents(simulator.url, [sampleEvent()], { top });
      return `${code} ${message.split(":")[0]}`;
    };
    assert.equal(await codeOf({ event_source: "website" }), "40002 event_source");
    assert.equal(await codeOf({ event_source_id: undefined }), "40002 event_source_id");
    assert.equal(await codeOf({ event_source_id: 7 }), "40002 event_source_id");
    assert.equal(await codeOf({ data: {} }), "40002 data");
    assert.equal(await codeOf({ test_event_code: "" }), "40002 test_event_code");
    assert.match(await codeOf({ partner_name: "me" }), /^40063/);
  });
});

describe("the TikTok simulator refuses with 40062 what is not hashed", () => {
  const users: Record<string, unknown>[] = [
    { email: "john@example.com" },
    { email: email.toUpperCase() },
    { email: email.slice(1) },
    { phone: "+16505551212" },
    { external_id: "user-1" },
    { first_name: [email, "mary"] },
    { zip_code: "" },
  ];
  for (const user of users) {
    it(`in ${Object.keys(user)[0]}, without naming the event`, async () => {
      const { code, message } = await postEvents(simulator.url, [sampleEvent({ user })]);
      assert.equal(code, 40062);
      assert.doesNotMatch(message, /Batch/);
    });
  }
});

describe("the TikTok simulator takes", () => {
  const app = { event_source: "app" };
  const taken: [promise: string, event: unknown, top?: Record<string, unknown>][] = [
    ["the least", sampleEvent({ user: undefined, event_id: undefined })],
    ["a custom name", sampleEvent({ event: "level-up_2" })],
    ["a list of hashes", sampleEvent({ user: { email: [email, sampleHash("x")], phone: email } })],
    ["clear places and raw click ids", sampleEvent({ user: { city: "oslo", country: "no", ttclid: "x".repeat(500) } })],
    ["events of last year", sampleEvent({ event_time: sampleNowSeconds - 365 * daySeconds })],
    ["an app event", sampleEvent({ event: "InstallApp", app: { app_id: "com.example" } }), app],
    ["a lead", sampleEvent({ lead: { lead_id: "1" } }), { event_source: "crm" }],
    ["an offline event", sampleEvent({ page: undefined }), { event_source: "offline" }],
    ["a test event, and counts it like any other", sampleEvent(), { test_event_code: "TEST1" }],
    ["limited data use", sampleEvent({ limited_data_use: true })],
    [
      "a purchase",
      sampleEvent({
        event: "Purchase",
        properties: { value: 9.99, currency: "USD", contents: [{ content_id: "a", price: 9.99, quantity: 1 }], x: {} },
      }),
    ],
  ];
  for (const [promise, event, top = {}] of taken) {
    it(promise, async () => {
      const { code, text } = await postEvents(simulator.url, [event], { top });
      assert.equal(code, 0, text);
      assert.equal(simulator.counts().effective, 1);
      assert.equal(simulator.counts().test, "test_event_code" in top ? 1 : 0);
    });
  }

  it("1 to 1000 events, and neither none nor 1001", async () => {
    const many = (count: number) => Array.from({ length: count }, (_, id) => sampleEvent({ event_id: `e${id}` }));
    const codes = [];
    for (const count of [0, 1, 1000, 1001]) codes.push((await postEvents(simulator.url, many(count))).code);
    assert.deepEqual(codes, [40061, 0, 0, 40061]);
  });
});

describe("a strict TikTok simulator refuses what is not documented", () => {
  const ambiguousEvents: [promise: string, event: unknown][] = [
    ["another key of the event", sampleEvent({ extra: 1 })],
    ["another key of the user", sampleEvent({ user: { gender: "f" } })],
    ["another name", sampleEvent({ event: "level_up" })],
    ["a name of the app's list on the web", sampleEvent({ event: "InstallApp" })],
    ["the hash of nothing", sampleEvent({ user: { email: sampleHash("") } })],
    ["more than a week", sampleEvent({ event_time: sampleNowSeconds - 7 * daySeconds - 1 })],
  ];
  for (const [promise, event] of ambiguousEvents) {
    it(promise, async () => {
      assert.equal((await postEvents(simulator.url, [event])).code, 0);
      assert.notEqual((await postEvents(strict.url, [event])).code, 0);
    });
  }

  it("another key of the request", async () => {
    assert.equal((await postEvents(strict.url, [sampleEvent()], { top: { x: 1 } })).code, 40002);
    assert.equal((await postEvents(strict.url, [sampleEvent()])).code, 0);
  });
});
