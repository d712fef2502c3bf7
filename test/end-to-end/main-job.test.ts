import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { Analytics } from "@segment/analytics-node";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import {
  allEvents,
  callAdmin,
  callIngest,
  connectMeta,
  isBalanced,
  listEvents,
  sentEvents,
  untilSettled,
  wasSent,
} from "./api.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const people = 12;
const eventsEach = 3;
const relayMaxMs = 60_000;

/** What Segment's library sends here for one person: who they are, a page, an order. */
function sendPerson(analytics: Analytics, index: number): void {
  const userId = `user-${index}`;
  const email = `Person.${index}@Mail.example.org`;
  const context = { ip: "81.2.69.160", userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X)" };
  analytics.identify({ userId, traits: { email, phone: `+1 650 555 1${String(index).padStart(3, "0")}` }, context });
  analytics.page({ userId, name: "Checkout", context });
  const properties = { revenue: 10 + index, currency: "EUR", note: `ask ${email}` };
  analytics.track({ userId, event: "Order Completed", properties, context });
}

describe("the whole of Tidegate, from Segment's library to Meta", () => {
  let tidegate: TidegateProcess;
  let simulator: MetaSimulator;
  before(async () => {
    simulator = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
    await connectMeta(tidegate);
    const { write_key: writeKey, ingest_url: host } = tidegate.credentials;
    const analytics = new Analytics({ writeKey, host, flushAt: 5 });
    const faults: unknown[] = [];
    analytics.on("error", (fault) => faults.push(fault.code));
    for (let index = 0; index < people; index += 1) sendPerson(analytics, index);
    await analytics.closeAndFlush({ timeout: 20_000 });
    assert.deepEqual(faults, []);
    await untilSettled(tidegate, people * eventsEach);
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  it("stores every event of the unmodified library once, and no email or phone in clear", async () => {
    const events = await sentEvents(tidegate);
    assert.equal(events.length, people * eventsEach);
    assert.equal(new Set(events.map((event) => event.messageId)).size, events.length);
    const known = events.find((event) => event.userId === "user-3" && event.traits["email"] !== undefined);
    assert.equal(known?.emailSha256, sha256("person.3@mail.example.org"));
    assert.equal(known?.traits["email"], sha256("person.3@mail.example.org"));
    assert.equal(known?.phoneSha256, sha256("16505551003"));
    const text = JSON.stringify(events);
    for (const raw of ["mail.example.org", "16505551", "81.2.69", "Mozilla"])
      assert.equal(text.includes(raw), false, raw);
  });

  it("gives Meta each conversion once, with the hashes of whom it is about", async () => {
    const effective = simulator.effectiveEvents();
    assert.equal(effective.length, people);
    assert.deepEqual(new Set(effective.map((event) => event["event_name"])), new Set(["layers_order_completed"]));
    const third = effective.find(
      (event) => (event["user_data"] as Record<string, unknown>)["em"] === sha256("person.3@mail.example.org"),
    );
    assert.ok(third, "the hashes of an identify call serve the order after it");
    assert.deepEqual(simulator.findings(), []);
    assert.equal(simulator.counts().tokenInUrl, 0);
  });

  it("balances its books", async () => {
    const ledger = await untilSettled(tidegate, people * eventsEach);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    assert.equal(ledger.sources[0]?.stored, people * eventsEach);
    assert.equal(ledger.integrations[0]?.delivered, people);
  });

  it("filters events by name, user and time, and pages through them without a gap or a repeat", async () => {
    const byName = await listEvents(tidegate, "?event_names=Order%20Completed,Checkout&limit=500");
    assert.equal(byName.items.length, people * 2);
    const byUser = await listEvents(tidegate, "?user_id=user-7");
    assert.equal(byUser.items.filter(wasSent).length, eventsEach);
    assert.ok(byUser.items.every((event) => event.userId === "user-7"));
    const newest = (await listEvents(tidegate, "?limit=1")).items[0]?.receivedAt as string;
    const later = new Date(Date.parse(newest) + 1).toISOString();
    assert.equal((await listEvents(tidegate, `?since=${later}`)).items.length, 0);
    const until = await listEvents(tidegate, `?until=${later}&limit=500`);
    assert.equal(until.items.filter(wasSent).length, people * eventsEach);
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = await listEvents(
        tidegate,
        `?limit=7${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      assert.ok(page.items.length <= 7);
      seen.push(...page.items.map((event) => event.id));
      cursor = page.next_cursor;
    }
    const all = await allEvents(tidegate);
    assert.deepEqual(
      seen,
      all.map((event) => event.id),
    );
    assert.deepEqual(
      [...all].sort((a, b) => b.receivedAt.localeCompare(a.receivedAt)),
      all,
      "newest first",
    );
  });

  it("lets a PUT of the data layer govern the very next event", async () => {
    for (let round = 0; round < 5; round += 1) {
      const config = { routing_rules: [{ condition: `event == 'Secret ${round}'`, action: "drop" }] };
      const put = await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config });
      assert.equal(put.status, 200, put.text);
      const sent = await callIngest(tidegate, "/v1/track", { event: `Secret ${round}`, userId: "put" });
      assert.equal(sent.status, 200);
    }
    const redact = { pii_rules: { redact_fields: ["properties.card"], hash_fields: ["properties.first_name"] } };
    await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config: redact });
    const properties = { card: "4111", first_name: "  Ana ", kept: 1 };
    await callIngest(tidegate, "/v1/track", { event: "Governed", userId: "put", messageId: "governed", properties });
    const ledger = await untilSettled(tidegate, people * eventsEach + 6);
    assert.equal(ledger.sources[0]?.dropped["routing_rule"], 5);
    const stored = (await listEvents(tidegate, "?user_id=put")).items.filter(wasSent);
    assert.deepEqual(
      stored.map((event) => event.messageId),
      ["governed"],
    );
    assert.deepEqual(stored[0]?.properties, { first_name: sha256("ana"), kept: 1 });
  });

  it("keeps everything over a restart: credentials, events, configuration, books", async () => {
    const before = { credentials: tidegate.credentials, events: await allEvents(tidegate) };
    const layer = (await callAdmin(tidegate, "GET", "/v1/admin/data-layer")).json;
    assert.equal(await tidegate.stop(), 0);
    await tidegate.restart();
    assert.deepEqual(tidegate.credentials, before.credentials);
    assert.deepEqual(await allEvents(tidegate), before.events);
    assert.deepEqual((await callAdmin(tidegate, "GET", "/v1/admin/data-layer")).json, layer);
    const sent = await callIngest(tidegate, "/v1/track", { event: "After", userId: "user-1", messageId: "after" });
    assert.equal(sent.status, 200);
    const ledger = await untilSettled(tidegate, people * eventsEach + 7);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    const isThere = () => simulator.effectiveEvents().some((event) => event["event_id"] === "after");
    await waitFor(isThere, relayMaxMs, () => "an event after the restart did not reach Meta");
  });
});
