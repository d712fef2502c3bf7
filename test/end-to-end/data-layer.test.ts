import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { documentedConfig } from "../adapters/documented-data-layer.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, listEvents, type ShownEvent, untilSettled } from "./api.ts";

interface Report {
  readonly outcome: string;
  readonly message_id: string;
  readonly output: Pick<ShownEvent, "properties" | "traits" | "context">;
  readonly identity: { readonly email_sha256: string | null };
}

interface Trial {
  readonly version: number | null;
  readonly passed: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly items: readonly Report[];
}

const path = "/v1/admin/data-layer";
/** Without session events, so that only what was sent is counted. */
const session = { ...documentedConfig.session, track_session_start: false, track_session_end: false };
const config = { ...documentedConfig, session };
const context = { ip: "81.2.69.160", userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X)" };
const events = Array.from({ length: 40 }, (_, i) => ({
  type: "track",
  messageId: `m-${i}`,
  userId: `u-${i}`,
  event: i % 4 === 0 ? "Internal Test" : "Order Completed",
  properties: { total: i, credit_card: "4111 1111 1111 1111", note: `ask ana${i}@example.com` },
  context: { ...context, traits: { email: `Ana${i}@Example.com` } },
}));

describe("changing a data layer safely, on the store itself", () => {
  let tidegate: TidegateProcess;
  let planned: Trial;
  before(async () => {
    tidegate = await startTidegate();
    const body = { config: { ...config, routing_rules: [] }, events };
    planned = (await callAdmin<Trial>(tidegate, "POST", `${path}/dry-run`, body)).json;
    assert.equal((await callAdmin(tidegate, "PUT", path, { config: body.config })).status, 200);
    assert.equal((await callIngest(tidegate, "/v1/batch", { batch: events })).status, 200);
    await untilSettled(tidegate, events.length);
  });
  after(async () => {
    await tidegate?.dispose();
  });

  it("a dry run's output is what the store then holds", async () => {
    const stored = new Map((await listEvents(tidegate)).items.map((event) => [event.messageId, event]));
    assert.equal(planned.items.length, events.length);
    for (const { message_id: id, output, identity } of planned.items) {
      const event = stored.get(id);
      assert.deepEqual(event?.properties, output.properties);
      assert.deepEqual(event?.context, output.context);
      assert.equal(event?.emailSha256, identity.email_sha256);
      assert.notEqual(identity.email_sha256, null);
    }
  });

  it("stored events pass what they passed, unchanged, and a candidate's rules find them", async () => {
    const again = (await callAdmin<Trial>(tidegate, "POST", `${path}/dry-run`, { last: 40 })).json;
    assert.deepEqual([again.version, again.passed, again.items.length], [2, 40, 40]);
    const outputs = new Map(planned.items.map((item) => [item.message_id, item]));
    for (const { message_id: id, output, identity } of again.items) {
      assert.deepEqual(output.properties, outputs.get(id)?.output.properties);
      assert.deepEqual(output.context, outputs.get(id)?.output.context);
      assert.deepEqual(identity, outputs.get(id)?.identity);
    }
    const backtest = await callAdmin<{ changed: object; events: number; candidate: object; complete: boolean }>(
      tidegate,
      "POST",
      `${path}/backtest`,
      { config, minutes: 60 },
    );
    const { changed, events: count, candidate, complete } = backtest.json;
    assert.deepEqual([count, complete], [40, true]);
    assert.deepEqual(candidate, { passed: 30, dropped: { routing_rule: 10 }, rejected: {}, custom_js: null });
    assert.equal((changed as { outcomes: number; outputs: number }).outcomes, 10);
    assert.equal((changed as { outcomes: number; outputs: number }).outputs, 0);
  });

  it("a rollback governs the next event, and history keeps every version as it was shown", async () => {
    const put = await callAdmin<{ config: unknown }>(tidegate, "PUT", path, { config });
    assert.equal(JSON.stringify(put.json.config), JSON.stringify(config));
    const shown = await callAdmin<{ config: unknown }>(tidegate, "GET", path);
    assert.equal(JSON.stringify(shown.json.config), JSON.stringify(config));
    const internal = async () =>
      (await callAdmin<Trial>(tidegate, "POST", `${path}/dry-run`, { events: events.slice(0, 1) })).json.dropped;
    assert.deepEqual(await internal(), { routing_rule: 1 });
    const back = await callAdmin(tidegate, "POST", `${path}/rollback`, { version: 2 }, { "if-match": '"3"' });
    assert.deepEqual([back.status, back.headers.get("etag")], [200, '"4"']);
    assert.deepEqual(await internal(), {});
    const event = { ...events[0], messageId: "after" };
    assert.equal((await callIngest(tidegate, "/v1/track", event)).status, 200);
    await untilSettled(tidegate, events.length + 1);
    const after = (await listEvents(tidegate)).items.find(({ messageId }) => messageId === "after");
    assert.equal(after?.dataLayerVersion, 4);
    const diff = await callAdmin<{ items: unknown[] }>(tidegate, "GET", `${path}/diff?from=2&to=4`);
    assert.deepEqual(diff.json.items, []);
    const list = await callAdmin<{ items: { summary: string }[] }>(tidegate, "GET", `${path}/versions`);
    assert.deepEqual(
      list.json.items.map(({ summary }) => summary),
      ["changed routing_rules", "changed routing_rules", "changed pii_rules, bot_filtering, session", "first version"],
    );
    assert.equal(
      (await callAdmin(tidegate, "POST", `${path}/rollback`, { version: 3 }, { "if-match": '"3"' })).status,
      412,
    );
  });
});
