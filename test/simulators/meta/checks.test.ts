import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import {
  postBody,
  postEvents,
  sampleAppEvent,
  sampleEvent,
  sampleHash,
  sampleNowMs,
  sampleNowSeconds,
} from "./samples.ts";
import { type MetaSimulator, startMetaSimulator } from "./server.ts";

const now = () => sampleNowMs;
const daySeconds = 86_400;
const em = sampleHash("john_smith@gmail.com");
const web = { action_source: "website", event_source_url: "https://example.com/a" };

type Case = [promise: string, event: unknown, code: number, subcode?: number];

const refused: Case[] = [
  ["an event that is no object", "Lead", 100],
  ["an unknown key at event level", sampleEvent({ extra: 1 }), 100],
  ["an app key at event level", sampleEvent({ advertiser_tracking_enabled: 1 }), 100],
  ["null at event level", sampleEvent({ opt_out: null }), 100],
  ["a missing name", sampleEvent({ event_name: undefined }), 100, 2804019],
  ["a blank name", sampleEvent({ event_name: "  " }), 100, 2804019],
  ["a name that is no string", sampleEvent({ event_name: 7 }), 100, 2804019],
  ["a name of 51 characters", sampleEvent({ event_name: "a".repeat(51) }), 100, 2804019],
  ["a custom app name with a dot", sampleAppEvent({}, { event_name: "a.b" }), 100],
  ["a custom app name of 41 characters", sampleAppEvent({}, { event_name: "a".repeat(41) }), 100],
  ["a time in a string", sampleEvent({ event_time: String(sampleNowSeconds) }), 100],
  ["a time with a fraction", sampleEvent({ event_time: sampleNowSeconds - 0.5 }), 100],
  ["a time in milliseconds", sampleEvent({ event_time: sampleNowMs }), 100],
  ["7 days and a second", sampleEvent({ event_time: sampleNowSeconds - 7 * daySeconds - 1 }), 100, 2804003],
  ["61 seconds ahead", sampleEvent({ event_time: sampleNowSeconds + 61 }), 100],
  [
    "62 days and a second in a store",
    sampleEvent({ action_source: "physical_store", event_time: sampleNowSeconds - 62 * daySeconds - 1 }),
    100,
    2804003,
  ],
  ["a missing action source", sampleEvent({ action_source: undefined }), 100],
  ["an unknown action source", sampleEvent({ action_source: "web" }), 100],
  ["an event_id that is no string", sampleEvent({ event_id: 7 }), 100],
  ["opt_out that is no boolean", sampleEvent({ opt_out: 1 }), 100],
  ["a messaging channel outside messaging", sampleEvent({ messaging_channel: "whatsapp" }), 100],
  ["an unknown channel", sampleEvent({ action_source: "business_messaging", messaging_channel: "sms" }), 100],
  ["a website event without its address", sampleEvent({ action_source: "website" }), 100],
  ["an address that is none", sampleEvent({ ...web, event_source_url: "example" }), 100],
  ["an unknown processing option", sampleEvent({ data_processing_options: ["GDPR"] }), 100],
  ["an unknown processing country", sampleEvent({ data_processing_options_country: 2 }), 100],
  ["an unknown processing state", sampleEvent({ data_processing_options_state: 1014 }), 100],
  ["missing user data", sampleEvent({ user_data: undefined }), 100, 2804050],
  ["an email in clear", sampleEvent({ user_data: { em: "a@b.example" } }), 100, 2804016],
  ["a hash in upper case", sampleEvent({ user_data: { em: em.toUpperCase() } }), 100, 2804016],
  ["a hash of 63 digits", sampleEvent({ user_data: { ph: em.slice(1) } }), 100, 2804016],
  ["a list with one unhashed value", sampleEvent({ user_data: { fn: [em, "mary"] } }), 100, 2804016],
  ["a list inside a list", sampleEvent({ user_data: { em: [[em]] } }), 100, 2804016],
  ["a country in clear", sampleEvent({ user_data: { em, country: "us" } }), 100, 2804016],
  ["a hashed address", sampleEvent({ user_data: { em, client_ip_address: em } }), 100],
  ["a hashed user agent", sampleEvent({ user_data: { em, client_user_agent: em } }), 100],
  ["a bare click id", sampleEvent({ user_data: { em, fbc: "AbC123" } }), 100],
  ["a browser id without a time", sampleEvent({ user_data: { em, fbp: "fb.1.12.345" } }), 100],
  ["a lead_id in a string", sampleEvent({ user_data: { em, lead_id: "12" } }), 100],
  ["madid outside an app", sampleEvent({ user_data: { em, madid: "0e1f2a3b-0000-4000-8000-0123456789ab" } }), 100],
  ["empty user data", sampleEvent({ user_data: {} }), 100, 2804050],
  ["only a place", sampleEvent({ user_data: { ct: em, country: em, client_user_agent: "A/1" } }), 100, 2804050],
  ["only a birthday", sampleEvent({ user_data: { db: em, client_user_agent: "A/1" } }), 100, 2804050],
  ["only a first name", sampleEvent({ user_data: { fn: em, ge: em } }), 100, 2804050],
  ["only a last name", sampleEvent({ user_data: { ln: em, ge: em, em: [] } }), 100, 2804050],
  ["a purchase without data", sampleEvent({ event_name: "Purchase" }), 100, 2804009],
  [
    "a purchase with its value in a string",
    sampleEvent({ event_name: "Purchase", custom_data: { value: "9", currency: "EUR" } }),
    100,
    2804009,
  ],
  ["a purchase without currency", sampleEvent({ event_name: "Purchase", custom_data: { value: 9 } }), 100, 2804009],
  ["a value that is no number", sampleEvent({ custom_data: { value: "9" } }), 100],
  ["an unknown content type", sampleEvent({ custom_data: { content_type: "thing" } }), 100],
  ["an unknown delivery", sampleEvent({ custom_data: { contents: [{ delivery_category: "drone" }] } }), 100],
  ["an app event without app_data", sampleAppEvent({}, { app_data: undefined }), 100],
  ["an app event without the tracking flag", sampleAppEvent({ advertiser_tracking_enabled: undefined }), 100],
  ["a tracking flag of 2", sampleAppEvent({ advertiser_tracking_enabled: 2 }), 100],
  ["extinfo of 15", sampleAppEvent({ extinfo: ["i2", "", "", "", "17", ...Array(10).fill("")] }), 100],
  ["extinfo with a number", sampleAppEvent({ extinfo: ["i2", "", "", "", "17", ...Array(10).fill(""), 1] }), 100],
  ["extinfo of an unknown system", sampleAppEvent({ extinfo: ["w1", "", "", "", "1", ...Array(11).fill("")] }), 100],
  ["extinfo without OS version", sampleAppEvent({ extinfo: ["a2", ...Array(15).fill("")] }), 100],
  ["extinfo as an object", sampleAppEvent({ extinfo: { ...["i2", "", "", "", "17", ...Array(11).fill("")] } }), 100],
];

const taken: [promise: string, event: unknown][] = [
  ["exactly 7 days", sampleEvent({ event_time: sampleNowSeconds - 7 * daySeconds })],
  ["a second less than 7 days", sampleEvent({ event_time: sampleNowSeconds - 7 * daySeconds + 1 })],
  ["60 seconds ahead", sampleEvent({ event_time: sampleNowSeconds + 60 })],
  [
    "62 days in a store",
    sampleEvent({ action_source: "physical_store", event_time: sampleNowSeconds - 62 * daySeconds }),
  ],
  ["a custom name", sampleEvent({ event_name: "layers_trial_start" })],
  ["an event without an id", sampleEvent({ event_id: undefined })],
  ["one hash in a string", sampleEvent({ user_data: { em } })],
  ["external_id alone, in clear", sampleEvent({ user_data: { external_id: ["u-1"] } })],
  [
    "click and browser ids",
    sampleEvent({ user_data: { fbc: "fb.1.1700000000000.AbC-1_x", fbp: "fb.1.1700000000000.42" } }),
  ],
  ["limited data use", sampleEvent(limitedUse(1, 1013))],
  ["limited data use, to be located", sampleEvent(limitedUse(0, 0))],
  ["no limits", sampleEvent({ data_processing_options: [] })],
  ["a purchase", sampleEvent({ event_name: "Purchase", custom_data: { value: 9.5, currency: "eur" } })],
  ["free keys in custom_data", sampleEvent({ custom_data: { plan: { tier: "x" }, seats: 3 } })],
  ["an app event", sampleAppEvent()],
  ["flags as booleans", sampleAppEvent({ advertiser_tracking_enabled: false, application_tracking_enabled: true })],
  ["a message", sampleEvent({ action_source: "business_messaging", messaging_channel: "whatsapp" })],
];

function limitedUse(country: number, state: number): Record<string, unknown> {
  return {
    data_processing_options: ["LDU"],
    data_processing_options_country: country,
    data_processing_options_state: state,
  };
}

let simulator: MetaSimulator;
let strict: MetaSimulator;
let lenient: MetaSimulator;

before(async () => {
  simulator = await startMetaSimulator({ now });
  strict = await startMetaSimulator({ now, strict: true });
  lenient = await startMetaSimulator({ now, lenient: true });
});
beforeEach(() => simulator.reset());
after(() => Promise.all([simulator.close(), strict.close(), lenient.close()]));

describe("the Meta simulator refuses", () => {
  for (const [promise, event, code, subcode] of refused) {
    it(promise, async () => {
      const { status, json } = await postEvents(simulator.url, [event]);
      assert.equal(status, 400);
      assert.equal(json.error?.code, code);
      assert.equal(json.error?.error_subcode, subcode);
      assert.equal(simulator.counts().effective, 0);
      assert.equal(simulator.counts().rejected, 1);
    });
  }
});

describe("the Meta simulator takes", () => {
  for (const [promise, event] of taken) {
    it(promise, async () => {
      const { status, json } = await postEvents(simulator.url, [event]);
      assert.deepEqual([status, json.events_received, json.messages], [200, 1, []]);
      assert.equal(simulator.counts().clearPii, 0);
    });
  }
});

describe("the Meta simulator judges batches", () => {
  it("names the index of an unknown key and rejects the other events with it", async () => {
    const { json } = await postEvents(simulator.url, [sampleEvent(), sampleEvent({ x: 1 })]);
    assert.match(json.error?.message ?? "", /Unexpected key "x" on param "\$\['data'\]\[1\]"/);
    assert.deepEqual([simulator.counts().rejected, simulator.counts().received], [2, 0]);
  });

  it("names no index for any other fault", async () => {
    const { json } = await postEvents(simulator.url, [sampleEvent(), sampleEvent({ event_time: 1 })]);
    assert.doesNotMatch(JSON.stringify(json), /\[1\]/);
    assert.equal(simulator.effectiveEvents().length, 0);
  });

  it("takes 1 to 1000 events", async () => {
    const many = Array.from({ length: 1001 }, (_, index) => sampleEvent({ event_id: `e${index}` }));
    assert.equal((await postEvents(simulator.url, [])).json.error?.code, 100);
    assert.equal((await postEvents(simulator.url, many)).json.error?.code, 100);
    assert.equal((await postEvents(simulator.url, many.slice(1))).json.events_received, 1000);
    assert.equal((await postEvents(simulator.url, { 0: sampleEvent() })).json.error?.code, 100);
  });

  it("takes null for unused keys at the top, and counts test events like any other", async () => {
    const unused = { partner_agent: null, platforms: null, progress: null, upload_id: null, namespace_id: null };
    await postBody(simulator.url, JSON.stringify({ data: [sampleEvent()], test_event_code: "TEST1", ...unused }));
    assert.deepEqual([simulator.counts().effective, simulator.counts().test], [1, 1]);
  });

  it("checks the partner agent and the test code", async () => {
    for (const bad of [{ partner_agent: "a".repeat(23) }, { partner_agent: "x1" }, { test_event_code: 7 }]) {
      const { json } = await postBody(simulator.url, JSON.stringify({ data: [sampleEvent()], ...bad }));
      assert.equal(json.error?.code, 100);
    }
  });

  it("stops at 1000 distinct custom app event names", async () => {
    const named = (name: string) => sampleAppEvent({}, { event_name: name, event_id: name });
    const names = Array.from({ length: 1000 }, (_, index) => named(`layers_${index}`));
    assert.equal((await postEvents(simulator.url, names)).status, 200);
    assert.equal((await postEvents(simulator.url, [named("layers_7")])).status, 200);
    assert.equal((await postEvents(simulator.url, [named("one_more")])).json.error?.code, 100);
  });
});

describe("what the live service lets pass, the simulator warns of, and refuses when strict", () => {
  const ambiguousEvents: [string, unknown][] = [
    ["a website event without a user agent", sampleEvent(web)],
    ["the hash of nothing", sampleEvent({ user_data: { em, ph: sampleHash("") } })],
    ["an unknown key in user_data", sampleEvent({ user_data: { em, nick: "x" } })],
    ["an app event without the second flag", sampleAppEvent({ application_tracking_enabled: undefined })],
    ["an unknown key in app_data", sampleAppEvent({ sku: "x" })],
  ];
  for (const [promise, event] of ambiguousEvents) {
    it(promise, async () => {
      assert.equal((await postEvents(simulator.url, [event])).json.messages?.length, 1);
      assert.equal((await postEvents(strict.url, [event])).json.error?.code, 100);
    });
  }

  it("lenient takes extinfo as an object, and lists of nothing in user_data; no other does", async () => {
    const extinfo = { ...["i2", "", "", "", "17", ...Array(11).fill("")] };
    const events = [sampleAppEvent({ extinfo }), sampleEvent({ user_data: { em, fn: [null], external_id: [""] } })];
    assert.equal((await postEvents(lenient.url, events)).json.events_received, 2);
    for (const event of events) assert.equal((await postEvents(simulator.url, [event])).json.error?.code, 100);
  });
});
