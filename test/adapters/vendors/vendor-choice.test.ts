import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import { openWebhook } from "../../../adapters/webhook/webhook.ts";
import type { Destination } from "../../../ports/destination.ts";
import { metaIntegration } from "../../domain/pipeline/relay/parts.ts";

const clock = openVirtualClock(0);
const baseUrl = "http://127.0.0.1:9";
const vendors: readonly { destination: Destination; config: Record<string, unknown> }[] = [
  { destination: openMeta({ baseUrl, clock }), config: { pixel_id: "1", access_token: "t" } },
  {
    destination: openTiktok({ baseUrl, clock }),
    config: { event_source: "web", event_source_id: "1", access_token: "t" },
  },
  { destination: openWebhook({ clock, allowPrivate: false }), config: { url: "https://h.example.com/" } },
];

const base = await metaIntegration(1);
const told = "told";
const declined = "declined";
const none = "none";

/** What comes of an event under some settings, for Meta, TikTok and a webhook. */
const rows: readonly (readonly [object, string, string | null, readonly string[]])[] = [
  [{}, "track", "Order Completed", [told, told, told]],
  [{}, "track", "Own Thing", [told, none, told]],
  [{}, "identify", null, [none, none, none]],
  [{ events: ["Order Completed"] }, "track", "Order Completed", [told, told, told]],
  [{ events: ["Order Completed"] }, "track", "Product Added", [declined, declined, declined]],
  [{ events: ["Order Completed"] }, "track", "order completed", [declined, declined, declined]],
  [{ events: ["Order Completed"] }, "track", "Own Thing", [declined, none, declined]],
  [{ events: ["Order Completed"] }, "identify", null, [none, none, none]],
  [{ events: ["Order Completed"] }, "track", "Session Ended", [none, none, none]],
  [{ events: ["Session Ended"] }, "track", "Session Ended", [told, none, told]],
  [{ events: ["A"], event_map: { "Own Thing": "Purchase" } }, "track", "Own Thing", [told, told, told]],
  [{ events: ["A"] }, "page", null, [none, none, declined]],
  [{ events: ["page"] }, "page", null, [none, none, told]],
  [{ standard_events_only: true }, "track", "Order Completed", [told, told, told]],
  [{ standard_events_only: true }, "track", "orderCompleted", [told, told, told]],
  [{ standard_events_only: true }, "track", "Own Thing", [declined, declined, declined]],
  [{ standard_events_only: false }, "track", "Own Thing", [told, none, told]],
  [{ standard_events_only: true, event_map: { Own: "Purchase" } }, "track", "Own", [told, told, declined]],
  [
    { standard_events_only: true, events: ["Order Completed"] },
    "track",
    "Product Added",
    [declined, declined, declined],
  ],
];

describe("an integration is told the events that it chooses", () => {
  for (const [n, { destination, config }] of vendors.entries()) {
    for (const [choice, type, name, wanted] of rows) {
      it(`${destination.vendor} ${JSON.stringify(choice)}: ${name ?? type} is ${wanted[n]}`, () => {
        const { destination: at } = vendors[n] as (typeof vendors)[number];
        const settings = { ...config, ...choice };
        assert.deepEqual(at.checkConfig(settings), []);
        const integration = { ...base, vendor: at.vendor, config: settings };
        const event = { type, name };
        const relayed = at.relays(integration, event) ? told : at.declines(integration, event) ? declined : none;
        assert.equal(relayed, wanted[n]);
        assert.ok(!(at.relays(integration, event) && at.declines(integration, event)));
      });
    }

    it(`${destination.vendor} refuses a choice of another form, and says what it wants`, () => {
      for (const events of [[], "Purchase", [1], [""], ["x".repeat(257)], Array(501).fill("x")]) {
        const [issue] = destination.checkConfig({ ...config, events });
        assert.deepEqual(issue, { path: "events", message: "must be a list of 1 to 500 names of events" });
      }
      const [issue] = destination.checkConfig({ ...config, standard_events_only: "yes" });
      assert.deepEqual(issue, { path: "standard_events_only", message: "must be true or false" });
    });
  }

  it("Meta is told standard events under their own names, whatever the naming would be", () => {
    const { destination, config } = vendors[0] as (typeof vendors)[number];
    const settings = { ...config, standard_events_only: true };
    assert.equal(destination.checkConfig({ ...settings, naming: "layers" })[0]?.path, "naming");
    assert.deepEqual(destination.checkConfig({ ...settings, naming: "standard" }), []);
  });
});
