import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { openMeta } from "../../../../adapters/meta/meta.ts";
import { openTiktok } from "../../../../adapters/tiktok/tiktok.ts";
import type { Integration } from "../../../../domain/model/delivery.ts";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import type { TransformationRule } from "../../../../domain/model/transformation.ts";
import { unwrap } from "../../../contracts/results.ts";
import {
  drain,
  emailSha256,
  integrationWith,
  type MetaRig,
  metaIntegration,
  metaRig,
  orgId,
  relayRig,
  storedEvent,
} from "./parts.ts";

const page = { page: { url: "https://shop.example.com/thanks" } };
const app = { app: { namespace: "com.example.shop", version: "3.1" }, os: { name: "iOS", version: "17.2" } };
/** RudderStack's browser SDK. */
const rudder = {
  app: { name: "RudderLabs JavaScript SDK", namespace: "com.rudderlabs.javascript", version: "3.34.1" },
};
const rigs: MetaRig[] = [];

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.simulator.close();
});

async function rigOf(): Promise<MetaRig> {
  const rig = await metaRig();
  rigs.push(rig);
  return rig;
}

const eventIn = (number: number, context: object) =>
  storedEvent(number, { context: context as StoredEvent["context"], emailSha256 });

function counted(rig: MetaRig, integration: Integration) {
  const { queued, delivered, dead, expired, waiting, notApplicable } = rig.outbox.ledger(integration.id);
  assert.equal(queued, delivered + dead + expired + waiting);
  return { queued, delivered, dead, notApplicable };
}

describe("a web and an app integration in one project", () => {
  it("each send their own kind; the other's is nobody's dead letter, and the books add up", async () => {
    const rig = await rigOf();
    const web = await metaIntegration(1, { action_source: "website" });
    const apps = await metaIntegration(2, { action_source: "app" });
    for (const integration of [web, apps]) {
      rig.outbox.enqueue(integration, eventIn(1, page), "granted");
      rig.outbox.enqueue(integration, eventIn(2, app), "granted");
      await drain(rig, integration);
      assert.deepEqual(counted(rig, integration), { queued: 1, delivered: 1, dead: 0, notApplicable: 1 });
    }
    assert.deepEqual(unwrap(await rig.outbox.deadLetters(orgId, { limit: 9 })).items, []);
    const sources = rig.simulator.effectiveEvents().map((event) => event["action_source"]);
    assert.deepEqual(sources, ["website", "app"]);
  });

  it("what waits when other events are chosen is not sent: it is not applicable, and no dead letter", async () => {
    const rig = await rigOf();
    const before = await metaIntegration(1);
    for (const [n, name] of ["Order Completed", "Product Added", "Own Thing"].entries()) {
      rig.outbox.enqueue(before, { ...eventIn(n + 1, page), name });
    }
    rig.outbox.replaceIntegration({ ...before, config: { ...before.config, events: ["Order Completed"] } });
    await drain(rig, before);
    assert.deepEqual(counted(rig, before), { queued: 1, delivered: 1, dead: 0, notApplicable: 2 });
    assert.deepEqual(unwrap(await rig.outbox.deadLetters(orgId, { limit: 9 })).items, []);
    assert.deepEqual(
      rig.simulator.effectiveEvents().map((event) => event["event_name"]),
      ["layers_order_completed"],
    );
  });

  it("an event that tells neither is not passed over: what it lacks is said", async () => {
    const rig = await rigOf();
    const web = await metaIntegration(1, { action_source: "website" });
    rig.outbox.enqueue(web, eventIn(1, {}), "granted");
    await drain(rig, web);
    assert.deepEqual(counted(rig, web), { queued: 1, delivered: 0, dead: 1, notApplicable: 0 });
    const [letter] = unwrap(await rig.outbox.deadLetters(orgId, { limit: 9 })).items;
    assert.equal(letter?.code, "page_url_missing");
  });

  it("an event that a transformation gives a page is a website's, and is sent", async () => {
    const rig = await rigOf();
    const web = await metaIntegration(1, { action_source: "website" });
    const rules: TransformationRule[] = [
      { type: "set", path: "context.page.url", value: "https://shop.example.com/app" },
      { type: "delete", path: "context.app" },
    ];
    const words = { name: "", position: 0, enabled: true, rules, version: 1, updatedAtMs: 0, updatedBy: "" };
    rig.outbox.transform(web.id, [{ id: "one", orgId, integrationId: web.id, ...words }]);
    rig.outbox.enqueue(web, eventIn(1, app), "granted");
    await drain(rig, web);
    assert.deepEqual(counted(rig, web), { queued: 1, delivered: 1, dead: 0, notApplicable: 0 });
  });
});

describe("what its sender keeps from an integration", () => {
  it("is neither sent nor a dead letter, and the books add up", async () => {
    const rig = await rigOf();
    const integration = await metaIntegration(1);
    const kept = storedEvent(1, { extra: { integrations: { All: false } } });
    const named = storedEvent(2, { extra: { integrations: { All: false, "Facebook Conversions API": true } } });
    rig.outbox.enqueue(integration, kept, "denied");
    rig.outbox.enqueue(integration, named, "granted");
    await drain(rig, integration);
    assert.deepEqual(counted(rig, integration), { queued: 1, delivered: 1, dead: 0, notApplicable: 1 });
    assert.equal(rig.simulator.effectiveEvents().length, 1);
    assert.deepEqual(unwrap(await rig.outbox.deadLetters(orgId, { limit: 9 })).items, []);
  });
});

describe("what is nothing for an integration", () => {
  const { clock } = relayRig((virtual) => openMeta({ baseUrl: "http://127.0.0.1:9", clock: virtual }));
  const meta = openMeta({ baseUrl: "http://127.0.0.1:9", clock });
  const tiktok = openTiktok({ baseUrl: "http://127.0.0.1:9", clock });
  const events = {
    page: eventIn(1, page),
    app: eventIn(2, app),
    both: eventIn(3, { ...page, ...app }),
    none: eventIn(4, {}),
    web: { ...eventIn(5, rudder), extra: { channel: "web" } },
    browser: eventIn(6, { ...rudder, channel: "Browser" }),
    mobile: { ...eventIn(7, page), extra: { channel: "mobile" } },
    server: { ...eventIn(8, app), extra: { channel: "server" } },
    call: { ...eventIn(9, rudder), type: "page" as const },
  };
  const all = ["page", "app", "both", "none", "web", "browser", "mobile", "server", "call"];
  const web = ["page", "both", "none", "web", "browser", "call"];
  const apps = ["app", "none", "mobile", "server"];
  const table = [
    [meta, {}, all],
    [meta, { action_source: "website" }, web],
    [meta, { action_source: "app" }, apps],
    [meta, { action_source: "system_generated" }, all],
    [tiktok, { event_source: "web" }, web],
    [tiktok, { event_source: "app" }, apps],
  ] as const;
  for (const [destination, config, expected] of table) {
    it(`${destination.vendor} ${JSON.stringify(config)} takes events with ${expected.join(", ")}`, async () => {
      const integration = await integrationWith(destination.vendor, 1, config, "t");
      const taken = Object.entries(events).filter(([, event]) => destination.applies(integration, event));
      assert.deepEqual(
        taken.map(([name]) => name),
        expected,
      );
    });
  }
});
