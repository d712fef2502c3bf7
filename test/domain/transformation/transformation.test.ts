import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { compileTransformation } from "../../../domain/transformation/compile.ts";
import { checkRules } from "../../../domain/transformation/rules.ts";
import { writtenCharsMax } from "../../../domain/transformation/written.ts";
import { emailSha256, phoneSha256, storedEvent } from "../pipeline/relay/parts.ts";

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

/** What rules make of an event; they have to be right. */
function transformed(rules: unknown, over: Partial<StoredEvent> = {}): StoredEvent | null {
  const checked = checkRules(rules);
  assert.ok(checked.ok, JSON.stringify(checked));
  return compileTransformation(checked.rules, { sha256Hex })(storedEvent(1, over));
}

function kept(rules: unknown, over: Partial<StoredEvent> = {}): StoredEvent {
  const event = transformed(rules, over);
  assert.ok(event, "the event was filtered");
  return event;
}

function faultsOf(rules: unknown) {
  const checked = checkRules(rules);
  return checked.ok ? [] : checked.faults.map(({ path, code }) => `${path} ${code}`);
}

describe("rules of a transformation", () => {
  it("set puts a value in one place and makes the way there; a name that is set is the event's", () => {
    const event = kept([
      { type: "set", path: "properties.shop.tier", value: 2 },
      { type: "set", path: "event", value: "Purchase" },
    ]);
    assert.deepEqual(event.properties["shop"], { tier: 2 });
    assert.equal(event.name, "Purchase");
  });

  it("map puts other values in the place of those in its table, through arrays, and keeps the rest", () => {
    const items = [{ plan: "a" }, { plan: "b" }, { plan: 3 }];
    const rule = { type: "map", path: "properties.items.plan", values: { a: "Basic", "3": true } };
    assert.deepEqual(kept([rule], { properties: { items } }).properties, {
      items: [{ plan: "Basic" }, { plan: "b" }, { plan: true }],
    });
    const strict = kept([{ ...rule, otherwise: null }], { properties: { items } });
    assert.deepEqual(strict.properties["items"], [{ plan: "Basic" }, { plan: null }, { plan: true }]);
  });

  it("rename moves a value and leaves it where it is if something else stands in the way", () => {
    const rule = { type: "rename", path: "properties.total", to: "properties.money.value" };
    assert.deepEqual(kept([rule], { properties: { total: 5 } }).properties, { money: { value: 5 } });
    assert.deepEqual(kept([rule], { properties: { total: 5, money: "x" } }).properties, { total: 5, money: "x" });
    assert.deepEqual(kept([rule], { properties: { a: 1 } }).properties, { a: 1 });
  });

  it("delete takes away every spelling of a path, dotted keys and what stands in arrays among them", () => {
    const properties = { Card: { No: 1, x: 2 }, "card.no": 3, card: [{ NO: 4 }, { y: 5 }] };
    const event = kept([{ type: "delete", path: "properties.card.no" }], { properties });
    assert.deepEqual(event.properties, { Card: { x: 2 }, card: [{}, { y: 5 }] });
  });

  it("filter lets through what its condition holds for", () => {
    const rule = { type: "filter", condition: "properties.revenue >= 10" };
    assert.equal(transformed([rule]), null);
    assert.ok(transformed([rule], { properties: { revenue: 10 } }));
  });

  it("compute calculates, and changes nothing where it can't", () => {
    const compute = (expression: string, properties: Record<string, unknown>) =>
      kept([{ type: "compute", path: "properties.out", expression }], { properties }).properties["out"];
    assert.equal(compute("round(properties.price * properties.n / 3, 2)", { price: 10, n: 2 }), 6.67);
    assert.equal(compute("round(1.005, 2)", {}), 1.01);
    assert.equal(compute("concat(lower(properties.a), '-', properties.n + 1)", { a: "ÄB", n: 1 }), "äb-2");
    assert.equal(compute("coalesce(properties.none, upper(properties.list[0].x))", { list: [{ x: "y" }] }), "Y");
    assert.equal(compute("-(2 + 3) * 2 - 1", {}), -11);
    assert.equal(compute("number(properties.t) + 1", { t: "4.5" }), 5.5);
    for (const none of ["properties.a + 1", "1 / 0", "properties.none * 2", "properties['a'] - 1"]) {
      assert.equal(compute(none, { a: "text" }), undefined);
    }
  });

  it("hash normalises by the key table, or as it is told, and never hashes twice", () => {
    const city = kept([{ type: "hash", path: "properties.city" }], { properties: { city: " New York " } });
    assert.equal(city.properties["city"], sha256Hex("newyork"));
    const plain = { type: "hash", path: "properties.ref", as: "zip" };
    assert.equal(kept([plain], { properties: { ref: "12345-6789" } }).properties["ref"], sha256Hex("12345"));
    assert.equal(kept([plain], { properties: { ref: emailSha256 } }).properties["ref"], emailSha256);
    assert.deepEqual(kept([plain], { properties: { ref: " " } }).properties, {});
  });

  it("a rule is for the events it names, as they are called when it is its turn", () => {
    const rules = [
      { type: "set", path: "event", value: "Purchase", events: ["Order Completed"] },
      { type: "set", path: "properties.a", value: 1, events: ["Order Completed"] },
      { type: "set", path: "properties.b", value: 1, events: ["Purchase"] },
    ];
    assert.deepEqual(kept(rules, { properties: {} }).properties, { b: 1 });
    assert.equal(kept(rules, { name: "Other" }).name, "Other");
  });

  it("the event that is stored is not changed", () => {
    const event = storedEvent(1, { properties: { a: { b: 1 } } });
    const before = structuredClone(event);
    const checked = checkRules([{ type: "delete", path: "properties.a.b" }]);
    assert.ok(checked.ok);
    compileTransformation(checked.rules, { sha256Hex })(event);
    assert.deepEqual(event, before);
  });

  it("without an effect everything stays as it was", () => {
    const event = storedEvent(1, {
      ...{ deviceOs: "iOS", deviceModel: "X", country: "DE", region: "BE", traits: { a: 1 } },
      context: { geo: { country: "DE" }, device: { os: "iOS" } },
      extra: { groupId: "g", sentAt: "kept" },
    });
    const checked = checkRules([{ type: "delete", path: "properties.none" }]);
    assert.ok(checked.ok);
    assert.deepEqual(compileTransformation(checked.rules, { sha256Hex })(event), event);
  });
});

describe("what a transformation takes away is away", () => {
  const email = { emailSha256, properties: { email: emailSha256 } };
  const phone = { phoneSha256, phoneE164Sha256: emailSha256, traits: { phone: phoneSha256 } };

  it("deleting the only path that holds an email takes the identity's hash, and no more than that", () => {
    assert.equal(kept([{ type: "delete", path: "properties.color" }], email).emailSha256, emailSha256);
    const event = kept([{ type: "delete", path: "properties.email" }], { ...phone, ...email });
    assert.equal(event.emailSha256, null);
    assert.equal(event.phoneSha256, phoneSha256);
  });

  it("both forms of a phone go together, wherever traits stand", () => {
    const rule = { type: "delete", path: "traits.phone" };
    for (const over of [phone, { ...phone, traits: {}, context: { traits: { phone: phoneSha256 } } }]) {
      const event = kept([rule], over);
      assert.deepEqual([event.phoneSha256, event.phoneE164Sha256], [null, null]);
    }
  });

  it("a hash stays while another email key of the event still holds it", () => {
    const over = { emailSha256, properties: { email: emailSha256 }, traits: { user_email: emailSha256 } };
    const one = { type: "delete", path: "properties.email" };
    assert.equal(kept([one], over).emailSha256, emailSha256);
    assert.equal(kept([one, { type: "delete", path: "traits.user_email" }], over).emailSha256, null);
  });

  it("what goes with its container, a wildcard, a rename or another value is gone as well", () => {
    const rules = [
      { type: "delete", path: "properties" },
      { type: "delete", path: "properties.*" },
      { type: "rename", path: "properties.email", to: "properties.note" },
      { type: "set", path: "properties.email", value: "x" },
      { type: "map", path: "properties.email", values: { a: "b" }, otherwise: null },
    ];
    for (const rule of rules) assert.equal(kept([rule], email).emailSha256, null, rule.type);
    const nested = { emailSha256, properties: { buyer: { email: emailSha256 } } };
    assert.equal(kept([{ type: "delete", path: "properties.buyer" }], nested).emailSha256, null);
  });

  it("a hash of an earlier event of the visitor goes with any rule that deletes such keys, whatever its events", () => {
    const joined = { emailSha256, properties: {} };
    assert.equal(kept([{ type: "delete", path: "traits.email", events: ["Signup"] }], joined).emailSha256, null);
    assert.equal(kept([{ type: "delete", path: "traits" }], joined).emailSha256, null);
    assert.equal(kept([{ type: "delete", path: "traits.phone" }], joined).emailSha256, emailSha256);
  });

  it("the identity block can be deleted by its own names", () => {
    assert.equal(kept([{ type: "delete", path: "identity.email_sha256" }], email).emailSha256, null);
    const none = kept([{ type: "delete", path: "identity" }], { ...phone, ...email });
    assert.deepEqual([none.emailSha256, none.phoneSha256, none.phoneE164Sha256], [null, null, null]);
  });

  it("an id that is the same hash goes too, and so do columns that followed a path", () => {
    const event = kept([{ type: "delete", path: "properties.email" }], { ...email, userId: emailSha256 });
    assert.equal(event.userId, null);
    const others = { groupId: emailSha256, previousId: emailSha256.toUpperCase(), other: 1 };
    const left = kept([{ type: "delete", path: "properties.email" }], { ...email, extra: others });
    assert.deepEqual(left.extra, { other: 1 });
    const place = { country: "DE", region: "BE", context: { geo: { country: "DE", region: "BE" } } };
    const moved = kept([{ type: "delete", path: "context.geo.region" }], place);
    assert.deepEqual([moved.country, moved.region], ["DE", null]);
  });
});

describe("what rules put anywhere is no more in clear than what is stored", () => {
  const rename = (to: string, value: unknown) =>
    kept([{ type: "rename", path: "properties.from", to }], { properties: { from: value }, context: {}, traits: {} });

  it("nothing computed holds an email, in a name neither", () => {
    const parts = { properties: { who: "ana", where: "example.com" } };
    const expression = "concat('<', properties.who, '@', properties.where, '>')";
    for (const path of ["properties.note", "event", "userId", "traits.email"]) {
      assert.ok(!JSON.stringify(kept([{ type: "compute", path, expression }], parts)).includes("ana@"), path);
    }
    assert.equal(kept([{ type: "compute", path: "event", expression }], { ...parts, name: "Lead" }).name, "Lead");
  });

  it("what is computed under an email's or phone's key is hashed as at the edge, under an address's nothing", () => {
    const compute = (path: string, expression: string) =>
      kept([{ type: "compute", path, expression }], { properties: { area: "151", rest: 1234567 }, context: {} });
    const phone = compute("traits.Phone_Number", "concat('+49 ', properties.area, ' ', properties.rest)");
    assert.equal(phone.traits["Phone_Number"], sha256Hex("491511234567"));
    const digits = compute("traits.msisdn", "properties.rest");
    assert.equal(digits.traits["msisdn"], sha256Hex("1234567"));
    for (const path of ["context.ip", "context.userAgent", "properties.client_ip_address"]) {
      const event = compute(path, "concat('10.', properties.area, '.0.1')");
      assert.deepEqual([event.context, Object.keys(event.properties)], [{}, ["area", "rest"]], path);
    }
  });

  it("what is moved to such a key is no exception, whatever it is", () => {
    assert.deepEqual(rename("traits.phone", "0049 151 1234567").traits, { phone: sha256Hex("491511234567") });
    assert.deepEqual(rename("traits.em", " Ana ").traits, { em: sha256Hex("ana") });
    assert.deepEqual(rename("traits.em", emailSha256).traits, { em: emailSha256 });
    const list = rename("traits.phones", ["151 1234567", [emailSha256], { raw: "151 1234567" }]);
    assert.deepEqual(list.traits, { phones: [sha256Hex("1511234567"), [emailSha256]] });
    for (const to of ["traits.phone", "context.ip", 'properties["form[user_agent]"]']) {
      const event = rename(to, { raw: "151 1234567" });
      assert.deepEqual([event.traits, event.context, event.properties], [{}, {}, {}], to);
    }
    assert.deepEqual(rename("traits.plan", { raw: "x" }).traits, { plan: { raw: "x" } });
  });
});

describe("what rules write has a bound for all of them together", () => {
  const long = "x".repeat(2_000);
  const chars = (event: StoredEvent) => JSON.stringify([event.properties, event.traits]).length;
  const many = { properties: { a: Array(15_000).fill(1) }, traits: { b: Array(5_000).fill("1") } };

  it("what has no room is left out, and never stays as it was", () => {
    const map = { type: "map", path: "*.a", values: { "1": long } };
    const mapped = kept([{ ...map, path: "properties.a" }], many);
    assert.ok(chars(mapped) < 2 * writtenCharsMax, `${chars(mapped)} characters`);
    assert.ok((mapped.properties["a"] as unknown[]).every((item) => item === long || item === undefined));
    const hashed = kept([{ type: "hash", path: "properties.a" }], many);
    assert.ok(chars(hashed) < 2 * writtenCharsMax, `${chars(hashed)} characters`);
    assert.ok(!(hashed.properties["a"] as unknown[]).includes(1));
  });

  it("it holds for values that are set and computed, too", () => {
    const places = (root: string) => Array.from({ length: 50 }, (_, i) => `${root}.place${i}`);
    const set = places("properties").map((path) => ({ type: "set", path, value: long }));
    const compute = places("traits").map((path) => ({ type: "compute", path, expression: "properties.place0" }));
    const event = kept([...set, ...compute], { properties: {}, traits: {} });
    assert.ok(chars(event) < writtenCharsMax + 10_000, `${chars(event)} characters`);
    assert.ok(Object.keys(event.properties).length === set.length && Object.keys(event.traits).length > 0);
    const last = { type: "set", path: "traits.last", value: long };
    const full = kept([...set, ...compute.slice(0, 40), last], { traits: { place0: "raw", last: "raw" } });
    assert.deepEqual([full.traits["place0"], full.traits["last"]], [long, undefined]);
  });
});

describe("what is wrong with rules is told with its path", () => {
  it("a rule holds no contact of anybody, whatever member it stands in", () => {
    const rules = [
      { type: "set", path: "properties.x", value: "+49 151 23456789" },
      { type: "set", path: "properties.x", value: "from 203.0.113.7" },
      { type: "set", path: "properties.app_version", value: "1.2.3.4" },
      { type: "map", path: "properties.x", values: { "Mozilla/5.0 (iPad)": "tablet" } },
      { type: "map", path: "properties.x", values: { a: "phone: 0151 23456789" } },
      { type: "filter", condition: "properties.x == '+4915123456789'" },
      { type: "filter", condition: "context.app.version == '1.2.3.4'" },
    ];
    assert.deepEqual(faultsOf(rules), [
      "rules[0] holds_phone",
      "rules[1] holds_ip",
      "rules[3] holds_user_agent",
      "rules[4] holds_phone",
      "rules[5] holds_phone",
    ]);
  });

  it("each fault has a path and a code", () => {
    const rules = [
      { type: "delte", path: "x" },
      { type: "set", path: "messageId", value: 1 },
      { type: "set", path: "properties", value: 1 },
      { type: "set", path: "properties.*", value: {} },
      { type: "filter", condition: "event ==" },
      { type: "compute", path: "properties.x", expression: "1 +" },
      { type: "hash", path: "identity.email_sha256" },
      { type: "map", path: "event", values: { a: 1 } },
      { type: "delete", path: "properties.x", evnts: [] },
      { type: "compute", path: "properties.x", expression: "identity.email_sha256" },
      { type: "set", path: "properties.x", value: "ana@example.com" },
      { type: "delete", path: Array(17).fill("a").join(".") },
      "text",
    ];
    assert.deepEqual(faultsOf(rules), [
      "rules[0].type not_allowed",
      "rules[1].path reserved_path",
      "rules[2].path reserved_path",
      "rules[3].path bad_path",
      "rules[3].value wrong_type",
      "rules[4].condition unexpected_end",
      "rules[5].expression unexpected_end",
      "rules[6].path reserved_path",
      "rules[7].values wrong_type",
      "rules[8].evnts unknown_key",
      "rules[9].expression expected_path",
      "rules[10] holds_email",
      "rules[11].path too_deep",
      "rules[12] wrong_type",
    ]);
    assert.deepEqual(faultsOf(undefined), ["rules missing"]);
    assert.deepEqual(faultsOf(Array(101).fill({ type: "delete", path: "properties.x" })), ["rules too_many"]);
  });

  it("what rules cost together is bounded", () => {
    const condition = `properties.x in [${Array(150).fill(1).join(",")}]`;
    assert.deepEqual(faultsOf(Array(20).fill({ type: "filter", condition })), ["rules too_costly"]);
  });
});
