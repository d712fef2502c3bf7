import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it, test } from "node:test";
import { checkConfig, presentConfig } from "../../../../domain/data-layer/configuration.ts";
import type { DataLayerConfig } from "../../../../domain/model/data-layer.ts";
import type { SourceKind } from "../../../../domain/model/tenant.ts";
import { documentedConfig, documentedObject } from "../../documented-data-layer.ts";
import { basic, openRig, post, type Rig, type Sent, send } from "../server/rig.ts";

let rig: Rig;
before(async () => {
  rig = await openRig();
});
after(async () => {
  await rig.close();
});

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
const browser = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0";

/** An organisation under the documented data layer. */
async function governed(kind: SourceKind = "mobile") {
  const keys = await rig.addTenant(kind);
  const headers = { "content-type": "application/json", authorization: `Bearer ${keys.admin_token}` };
  const url = `${rig.admin.url}/v1/admin/data-layer`;
  const object = { ...documentedObject, org_id: keys.org_id };
  const put = await send(url, { method: "PUT", headers, body: JSON.stringify(object) });
  assert.equal(put.status, 200, put.text);
  return { keys, put, get: () => send(url, { headers }) };
}

test("the documented object is put and read back field by field, in its own order", async () => {
  const { keys, put, get } = await governed();
  const shown = await get();
  assert.equal(shown.status, 200);
  for (const answer of [put, shown]) {
    assert.deepEqual(Object.keys(answer.json), Object.keys(documentedObject));
    assert.equal(answer.json.org_id, keys.org_id);
    assert.equal(answer.json.updated_by, keys.owner_id);
    assert.match(answer.json.updated_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    for (const [section, documented] of Object.entries(documentedConfig)) {
      const given = answer.json.config[section];
      assert.deepEqual(Object.keys(given), Object.keys(documented), section);
      for (const [name, value] of Object.entries(documented))
        assert.deepEqual(given[name], value, `${section}.${name}`);
    }
  }
  assert.equal(JSON.stringify(shown.json.config), JSON.stringify(documentedConfig));
});

test("a rule on a field that no event has is taken, and the answer warns of it with a hint", async () => {
  const keys = await rig.addTenant("server");
  const headers = { "content-type": "application/json", authorization: `Bearer ${keys.admin_token}` };
  const put = (condition: string) => {
    const body = JSON.stringify({ config: { routing_rules: [{ condition, action: "drop" }] } });
    return send(`${rig.admin.url}/v1/admin/data-layer`, { method: "PUT", headers, body });
  };
  const answer = await put("evnt == 'x'");
  assert.equal(answer.status, 200, answer.text);
  const [warning] = answer.json.warnings;
  assert.deepEqual(
    [warning.path, warning.code, warning.position, warning.hint],
    ["config.routing_rules[0].condition", "unknown_field", 0, "Did you mean event?"],
  );
  assert.equal((await put("event == 'x'")).json.warnings, undefined);
});

test("a store that keeps members in another order changes nothing of what is shown", () => {
  const checked = checkConfig(documentedConfig);
  assert.ok(checked.ok);
  const shuffled = reversed(checked.config) as DataLayerConfig;
  assert.notEqual(JSON.stringify(shuffled), JSON.stringify(checked.config));
  assert.equal(JSON.stringify(presentConfig(shuffled)), JSON.stringify(documentedConfig));
});

/** How a dialect sends the same event. */
interface Way {
  readonly name: string;
  track(event: object, userAgent?: string): Promise<Sent>;
  identify(traits: object): Promise<Sent>;
}

function waysOf(keys: { write_key: string; app_id: string }): Way[] {
  const segment = (userAgent: string) => ({ ...basic(keys.write_key), "user-agent": userAgent });
  const layers = (userAgent: string) => ({ "x-app-id": keys.app_id, "user-agent": userAgent });
  const url = rig.ingest.url;
  return [
    {
      name: "segment",
      track: (event, agent = browser) => post(`${url}/v1/track`, { userId: "u1", ...event }, segment(agent)),
      identify: (traits) => post(`${url}/v1/identify`, { userId: "u1", traits }, segment(browser)),
    },
    {
      name: "layers",
      track: (event, agent = browser) =>
        post(`${url}/l/events`, { events: [{ app_user_id: "u1", ...event }] }, layers(agent)),
      identify: (traits) => post(`${url}/users/properties`, { app_user_id: "u1", properties: traits }, layers(browser)),
    },
  ];
}

/** The event a request left behind. */
async function left(sent: Promise<Sent>): Promise<Record<string, unknown>> {
  const answer = await sent;
  assert.ok(answer.status === 200 || answer.status === 202, answer.text);
  const [event, ...others] = await rig.events();
  assert.ok(event);
  assert.deepEqual(others, []);
  return event;
}

describe("the documented data layer at work, in both dialects", () => {
  it("drops by its two drop rules, lets its pass rule pass, and everything else by default", async () => {
    const { keys } = await governed();
    for (const { name, track } of waysOf(keys)) {
      const staging = { page: { url: "https://shop.test/staging/cart" } };
      const cases: [object, boolean][] = [
        [{ event: "Internal Test" }, false],
        [{ event: "Internal Test", properties: { environment: "production" } }, false],
        [{ event: "internal test" }, true],
        [{ event: "Viewed", context: staging }, false],
        [{ event: "Viewed", context: staging, properties: { environment: "production" } }, false],
        [{ event: "Viewed", context: { page: { url: "https://shop.test/" } } }, true],
        [{ event: "Bought", properties: { environment: "production" } }, true],
        [{ event: "Bought", properties: { environment: "development" } }, true],
      ];
      for (const [event, passes] of cases) {
        await track(event);
        const [record, ...others] = await rig.records();
        assert.deepEqual(others, []);
        assert.deepEqual(record?.dropped, passes ? {} : { routing_rule: 1 }, `${name} ${JSON.stringify(event)}`);
        assert.equal(record?.batch.count, passes ? 1 : 0);
      }
    }
  });

  it("hashes traits.email and traits.phone, and removes traits.ssn and properties.credit_card", async () => {
    const { keys } = await governed();
    const traits = { email: " Ana@Example.com", phone: "+49 151 1234 5678", ssn: "078-05-1120", plan: "pro" };
    for (const { name, track, identify } of waysOf(keys)) {
      const identified = (await left(identify(traits)))["traits"];
      const expected = { email: sha256Hex("ana@example.com"), phone: sha256Hex("4915112345678"), plan: "pro" };
      assert.deepEqual(identified, expected, name);
      const card = { credit_card: "4111 1111 1111 1111", total: 3 };
      const event = await left(track({ event: "Bought", properties: card, context: { traits } }));
      assert.deepEqual(event["properties"], { total: 3 }, name);
      assert.deepEqual((event["context"] as { traits: object }).traits, expected, name);
    }
  });

  it("drops its custom patterns, known bots and empty User-Agents, each under its own name", async () => {
    const { keys } = await governed();
    for (const { name, track } of waysOf(keys)) {
      const cases: [string, object][] = [
        ["internal-monitor/1.0", { bot_custom_pattern: 1 }],
        ["Health-Check/", { bot_custom_pattern: 1 }],
        ["my health-check/1", {}],
        ["Googlebot/2.1", { bot_known: 1 }],
        [" ", { bot_empty_user_agent: 1 }],
        [browser, {}],
      ];
      for (const [userAgent, dropped] of cases) {
        await track({ event: "Viewed" }, userAgent);
        assert.deepEqual((await rig.records())[0]?.dropped, dropped, `${name} ${userAgent}`);
      }
    }
  });
});

/** The same value, members of every object in reverse. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
