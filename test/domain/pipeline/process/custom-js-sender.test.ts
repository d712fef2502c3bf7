import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { consentOf } from "../../../../domain/model/event/event.ts";
import { type Event, eventsOf, recordOf, transformed } from "./custom-js-parts.ts";

const track = (more: Event): Event => ({ type: "track", event: "E", messageId: "m-1", userId: "u", ...more });

/** What becomes of one event that a script changes in place. */
async function through(more: Event, script: (event: Event) => void) {
  const record = recordOf([track(more)]);
  const changed = await transformed(record, (event) => {
    script(event);
    return event;
  });
  const [event = null] = eventsOf(changed);
  const consent = event && {
    advertising: consentOf(changed.batch, 0, "advertising"),
    analytics: consentOf(changed.batch, 0, "analytics"),
  };
  return { event, consent, dropped: changed.dropped };
}

describe("a script can't take back what a sender keeps from an integration", () => {
  const meta = { All: false, Meta: true };
  const rows: readonly (readonly [name: string, sent: unknown, script: unknown, stored: unknown])[] = [
    ["deleted", { All: false }, undefined, { All: false }],
    ["null", { All: false }, null, { All: false }],
    ["emptied", { All: false }, {}, { All: false }],
    ["opened", { All: false, Meta: false }, { All: true, Meta: 1 }, { All: false, Meta: false }],
    ["opened by another name", { All: false }, { All: false, Facebook: true }, { All: false }],
    ["unreadable", { All: false }, "who knows", { All: false }],
    ["unreadable inside", meta, { All: "who knows", Meta: "?" }, meta],
    ["a list", meta, ["Meta"], meta],
    ["a text", '{"All":"false"}', undefined, '{"All":"false"}'],
    ["one word", false, true, false],
    ["closed further", meta, { All: false }, { All: false }],
    ["refused by a script's word", { All: true }, { All: "no" }, { All: "no" }],
    ["a refusal added", { Meta: true }, { Meta: true, TikTok: false }, { Meta: true, TikTok: false }],
    ["options changed", { Meta: { a: 1 } }, { Meta: { a: 2 } }, { Meta: { a: 2 } }],
    ["refused as a whole", { All: true }, "none", "none"],
    ["left out by its sender", undefined, { All: false }, { All: false }],
  ];
  for (const [name, sent, script, stored] of rows) {
    test(name, async () => {
      const { event } = await through(sent === undefined ? {} : { integrations: sent }, (returned) => {
        if (script === undefined) delete returned["integrations"];
        else returned["integrations"] = script;
      });
      assert.deepEqual(event.integrations, stored);
    });
  }

  test("in the context, too, whatever became of the context", async () => {
    const { event } = await through({ context: { integrations: { All: "off" }, locale: "de" } }, (returned) => {
      returned["context"] = 5;
    });
    assert.deepEqual(event.context, { integrations: { All: "off" } });
  });
});

describe("a stored event's consent reads as its sender gave it", () => {
  const denied = { advertising: "denied", analytics: "yes" };
  const changes: Readonly<Record<string, (event: Event) => void>> = {
    "granted in its place": (event) => (event["context"] = { consent: { advertising: true, analytics: true } }),
    deleted: (event) => delete event["context"],
    unreadable: (event) => (event["context"] = { consent: "?" }),
    "granted beside it": (event) => Object.assign(event, { consent: { advertising: true }, ad_storage: "granted" }),
    "rewritten to the same": (event) => (event["context"] = { consent: { advertising: false, analytics: true } }),
  };
  for (const [name, script] of Object.entries(changes)) {
    test(name, async () => {
      const { event, consent } = await through({ context: { consent: denied } }, script);
      assert.deepEqual(event.context.consent, denied);
      assert.deepEqual(consent, { advertising: "denied", analytics: "granted" });
    });
  }

  test("what can't be read is granted by no script", async () => {
    const stated = { advertising: "perhaps" };
    const { event, consent } = await through({ context: { consent: stated } }, (returned) => {
      returned["context"] = { consent: { advertising: true }, consents: { advertising: true } };
    });
    assert.deepEqual(event.context.consent, stated);
    assert.equal(consent?.advertising, "unknown");
  });

  test("a script's own refusal counts beside it", async () => {
    const stated = { advertising: true, analytics: true };
    const refusing = await through({ context: { consent: stated } }, (event) => {
      event["context"] = { consent: { advertising: false } };
    });
    assert.deepEqual(refusing.event.context.consent, stated);
    assert.deepEqual(refusing.consent, { advertising: "denied", analytics: "granted" });
    const dropping = await through({ context: { consent: stated } }, (event) => {
      event["context"] = { consent: { analytics: "no" } };
    });
    assert.deepEqual(dropping.dropped, { consent: 1 });
  });

  test("Google's keys and RudderStack's lists as well; where properties state it, the answer stays", async () => {
    const consentManagement = { deniedConsentIds: ["C0004"] };
    const sent = { context: { consentManagement }, ad_user_data: "denied", properties: { ad_storage: "denied" } };
    const { event, consent } = await through(sent, (returned) => {
      delete returned["context"];
      delete returned["ad_user_data"];
      delete returned["properties"];
    });
    assert.deepEqual([event.context, event.ad_user_data], [{ consentManagement }, "denied"]);
    assert.equal(consent?.advertising, "denied");
  });

  test("what else a script does stays done, and personal data it adds does not get through", async () => {
    const { event } = await through({ context: { consent: denied }, properties: { a: 1 } }, (returned) => {
      returned["context"] = { page: { url: "https://a.example" }, ip: "203.0.113.9" };
      returned["properties"] = { email: "ana@example.com", b: 9 };
    });
    assert.deepEqual(event.context, { page: { url: "https://a.example" }, consent: denied });
    assert.equal(event.properties.b, 9);
    assert.ok(!JSON.stringify(event).includes("ana@") && !JSON.stringify(event).includes("203.0"));
  });

  test("where a sender says nothing a script may", async () => {
    const granted = await through({}, (event) => (event["context"] = { consent: { advertising: true } }));
    assert.deepEqual(granted.consent, { advertising: "granted", analytics: "unknown" });
  });
});
