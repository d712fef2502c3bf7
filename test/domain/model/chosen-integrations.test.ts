import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Vendor } from "../../../domain/model/delivery.ts";
import { isChosen } from "../../../domain/model/event/chosen-integrations.ts";
import { integrationWith, metaIntegration } from "../pipeline/relay/parts.ts";

const table: readonly (readonly [Vendor, unknown, boolean])[] = [
  ["meta", undefined, true],
  ["meta", {}, true],
  ["meta", { All: true }, true],
  ["meta", { All: false }, false],
  ["meta", { all: false }, false],
  ["meta", { "Segment.io": false, Amplitude: false }, true],
  ["meta", { All: false, Amplitude: true }, false],
  ["meta", { All: false, "Facebook Conversions API": true }, true],
  ["meta", { All: false, "Facebook Conversions API (Actions)": { pixelId: "1" } }, true],
  ["meta", { "Facebook Conversions API (Actions)": false }, false],
  ["meta", { All: true, Meta: false }, false],
  ["meta", { All: false, Meta: true, meta: false }, false],
  ["meta", { Meta: null }, true],
  ["meta", { All: false, Meta: null }, false],
  ["meta", { "TikTok Conversions": false }, true],
  ["tiktok", { "TikTok Conversions": false }, false],
  ["tiktok", { All: false, "TikTok Ads": true }, true],
  ["webhook", { "Webhooks (Actions)": false }, false],
  ["webhook", { All: false }, false],
  ["meta", { "our own name": false }, false],
  ["meta", { All: false, "Our Own Name": true }, true],
  ["meta", { "Facebook Pixel": false }, false],
  ["meta", { FACEBOOK_PIXEL: "denied", Meta: true }, false],
  ["meta", { "Facebook App Events": false }, false],
  ["meta", { All: false, "Facebook Pixel": true }, false],
  ["meta", { "actions-facebook-conversions-api": false }, false],
  ["meta", { "TikTok Pixel": false }, true],
  ["tiktok", { "TikTok Pixel": false }, false],
  ["tiktok", { All: false, "actions-tiktok-conversions": true }, true],
  ["meta", "All", true],
  ["meta", [false], true],
  ["meta", null, true],
  // Refusals that are no booleans.
  ...["false", "FALSE", " no ", "denied", "off", "0", 0, { enabled: false }, { optOut: true }].flatMap((no) => [
    ["meta", { All: no }, false] as const,
    ["meta", { Meta: no }, false] as const,
    ["meta", { All: no, Meta: true }, true] as const,
    ["meta", { All: no, Meta: "true" }, true] as const,
  ]),
  ["meta", { All: false, Meta: "perhaps" }, false],
  ["meta", { All: "false", Meta: "" }, false],
  ["meta", { All: false, Meta: [] }, false],
  ["meta", { All: false, Meta: 2 }, false],
  ["meta", { All: "perhaps" }, true],
  ["meta", { Meta: "perhaps" }, true],
  ["meta", { All: false, Meta: { enabled: "no" }, Facebook: true }, false],
  ["meta", false, false],
  ["meta", "none", false],
  ["meta", '{"All":false}', false],
  ["meta", ' {"All":"false","Meta":1}', true],
  ["meta", "{All", true],
  ["meta", { __proto__: null, constructor: false, toString: false }, true],
];

describe("whether an event's sender lets it go to an integration", () => {
  for (const [vendor, integrations, expected] of table) {
    it(`${vendor}, integrations ${JSON.stringify(integrations)}: ${expected}`, async () => {
      const integration = { ...(await integrationWith(vendor, 1, {}, "t")), name: "Our own name" };
      const extra = integrations === undefined ? {} : { integrations };
      assert.equal(isChosen(integration, { extra, context: {} }), expected);
    });
  }

  it("heeds what stands in the context as well", async () => {
    const integration = await metaIntegration(1);
    const context = { integrations: { All: "false" } };
    assert.equal(isChosen(integration, { extra: {}, context }), false);
    assert.equal(isChosen(integration, { extra: { integrations: { All: true } }, context }), false);
  });

  it("tells an integration by its id, too", async () => {
    const integration = await metaIntegration(1);
    assert.equal(isChosen(integration, { extra: { integrations: { [integration.id]: false } }, context: {} }), false);
    assert.equal(
      isChosen(integration, { extra: { integrations: { All: false, [integration.id]: {} } }, context: {} }),
      true,
    );
  });
});
