import assert from "node:assert/strict";
import { test } from "node:test";
import { compareConfigs } from "../../../domain/data-layer/compare.ts";
import { checkConfig, defaultDataLayer, presentConfig } from "../../../domain/data-layer/configuration.ts";
import { compileProgram } from "../../../domain/data-layer/program.ts";
import { defaultLimits } from "../../../domain/model/limits.ts";

function accepted(categories: unknown) {
  const checked = checkConfig({ consent: { categories } });
  assert.ok(checked.ok, JSON.stringify(checked));
  return checked.config;
}

function faultOf(consent: unknown) {
  const checked = checkConfig({ consent });
  assert.ok(!checked.ok, "the configuration must be refused");
  const [{ path, code } = { path: "", code: "" }] = checked.faults;
  return `${path} ${code}`;
}

test("categories are kept and shown as they were named, and reach the program folded", () => {
  const categories = { "BG-7 Ads": ["advertising"], Ürün: ["analytics", "advertising"], C0004: [] };
  const config = accepted(categories);
  assert.deepEqual((presentConfig(config) as { consent: unknown }).consent, { categories });
  const dataLayer = { orgId: "o", version: 1, config, updatedAtMs: 0, updatedBy: "u" };
  const program = compileProgram(dataLayer, { kind: "browser", defaultCallingCode: null }, defaultLimits);
  const folded = new TextDecoder("latin1").decode(new TextEncoder().encode("ürün"));
  assert.deepEqual([...program.consentCategories.values()], [1, 3, 0]);
  assert.deepEqual([...program.consentCategories.keys()].slice(0, 1), ["bg7ads"]);
  assert.equal([...program.consentCategories.keys()][1]?.length, folded.length);
});

test("a configuration without categories is the documented one", () => {
  for (const consent of [undefined, {}, { categories: {} }]) {
    const checked = checkConfig({ ...(consent && { consent }) });
    assert.ok(checked.ok);
    assert.deepEqual(checked.config, defaultDataLayer);
  }
  assert.ok(!("consent" in (presentConfig(defaultDataLayer) as object)));
});

test("a diff names the category that changed", () => {
  const from = accepted({ C0004: ["advertising"], C0005: [] });
  const to = accepted({ C0004: ["advertising", "analytics"], C0005: [] });
  assert.deepEqual(compareConfigs(presentConfig(from), presentConfig(to)), [
    { path: "consent.categories.C0004", op: "added", from: null, to: "analytics" },
  ]);
});

test("what can't be a category is refused with its place, and without its name", () => {
  const place = "config.consent.categories";
  assert.equal(faultOf(null), "config.consent wrong_type");
  assert.equal(faultOf({ category: {} }), "config.consent[…] unknown_key".replace("[…]", ".category"));
  assert.equal(faultOf({ categories: [] }), `${place} wrong_type`);
  assert.equal(faultOf({ categories: { C0004: "advertising" } }), `${place}[0] wrong_type`);
  assert.equal(faultOf({ categories: { C0004: ["marketing"] } }), `${place}[0][0] not_allowed`);
  assert.equal(faultOf({ categories: { a: [], "--": [] } }), `${place}[1] bad_category`);
  assert.equal(faultOf({ categories: { ["a".repeat(65)]: [] } }), `${place}[0] bad_category`);
  assert.equal(faultOf({ categories: { "C-0004": [], c0004: [] } }), `${place}[1] duplicate`);
  assert.equal(faultOf({ categories: { "ana@example.com": [] } }), `${place}[0] holds_email`);
  assert.equal(faultOf({ categories: { "a\0": [] } }), `${place}[0] unstorable`);
  const many = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`c${i}`, []]));
  assert.equal(faultOf({ categories: many }), `${place} too_many`);
});
