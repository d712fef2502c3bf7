import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, isBalanced, listEvents, pixelId, readLedger, untilSettled } from "./api.ts";

// biome-ignore lint/suspicious/noExplicitAny: a test reads answers as any client does
type Any = any;

const statusMsMax = 60_000;
/** Less than the quarter of a minute at least that a circuit of this kind stays open: it did not wait for that. */
const retriedMsMax = 14_000;

describe("deliveries, from the vendor's no to its yes", () => {
  let tidegate: TidegateProcess;
  let simulator: MetaSimulator;
  let integration: string;
  let sent = 0;

  const admin = (method: string, path: string, body?: unknown) =>
    callAdmin<Any>(tidegate, method, `/v1/admin/${path}`, body);
  const change = (body: object) => admin("PATCH", `integrations/${integration}`, body);
  const status = async () => (await admin("GET", `integrations/${integration}/capi-status`)).json;

  async function track(event: string, context: object = {}): Promise<void> {
    const body = { event, userId: "user-1", properties: { email: "ana@example.com" }, context };
    assert.equal((await callIngest(tidegate, "/v1/track", body)).status, 200);
    sent += 1;
  }

  async function untilStatus(holds: (shown: Any) => boolean): Promise<Any> {
    let shown: Any;
    const look = async () => holds((shown = await status()));
    await waitFor(look, statusMsMax, () => JSON.stringify(shown));
    return shown;
  }

  before(async () => {
    simulator = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
    const config = { pixel_id: pixelId, access_token: "canary-token", action_source: "website" };
    const body = { vendor: "meta", project_id: tidegate.credentials.project_id, config, check: true };
    const refused = await admin("POST", "integrations", { ...body, config: { ...config, access_token: "revoked" } });
    assert.deepEqual([refused.status, refused.json.error.details[0].code], [422, "credentials_refused"]);
    const made = await admin("POST", "integrations", body);
    assert.equal(made.status, 201, made.text);
    integration = made.json.id;
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  it("a dead letter says what is missing, and arrives as the configuration says once that is mended", async () => {
    await track("Order Completed", { page: { url: "https://shop.example.com/thanks" } });
    await track("Server Order");
    await track("App Order", { app: { namespace: "com.example.shop", version: "1" } });
    const ledger = await untilSettled(tidegate, sent);
    const [line] = ledger.integrations as Any[];
    assert.deepEqual([line.queued, line.delivered, line.dead, line.not_applicable], [2, 1, 1, 1]);
    const [letter] = (await admin("GET", `dead-letters?integration_id=${integration}`)).json.items;
    assert.deepEqual([letter.code, letter.event_name], ["page_url_missing", "Server Order"]);

    const eventMap = { "Server Order": "Lead" };
    const retried = await change({ config: { action_source: null, event_map: eventMap } });
    assert.deepEqual(retried.json.config, { pixel_id: pixelId, access_token: "••••", event_map: eventMap });
    const moved = await admin("POST", "dead-letters/redrive", { filter: { code: "page_url_missing" } });
    assert.deepEqual(moved.json, { redriven: 1, left_ambiguous: 0, more: false });
    const after = await untilSettled(tidegate, sent);
    assert.ok(isBalanced(after), JSON.stringify(after));
    const [books] = after.integrations;
    assert.deepEqual([books?.queued, books?.delivered, books?.dead], [2, 2, 0]);
    const stored = (await listEvents(tidegate, "?event_names=Server%20Order")).items[0];
    const event = simulator.effectiveEvents(pixelId).find((one) => one["event_name"] === "Lead");
    assert.deepEqual([event?.["event_id"], event?.["action_source"]], [stored?.messageId, "system_generated"]);

    const receipts = (await admin("GET", `deliveries?event_id=${stored?.id}`)).json.items;
    assert.deepEqual([receipts.length, receipts[0].ok, receipts[0].event_ids.includes(stored?.id)], [1, true, true]);
    assert.match(receipts[0].trace_id, /^A/);
    const actions = (await admin("GET", "audit-log")).json.items.map((entry: Any) => entry.action);
    assert.deepEqual(actions.slice(0, 2), ["dead_letters_redriven", "integration_changed"]);
  });

  it("a paused integration's events wait, its status says since when, and go once it is resumed", async () => {
    assert.equal((await change({ paused: true })).status, 200);
    await track("Order Completed", { page: { url: "https://shop.example.com/thanks" } });
    const waiting = await untilStatus((shown) => shown.ledger.waiting === 1);
    assert.ok(waiting.paused_at);
    assert.ok(waiting.oldest_waiting_at);
    assert.equal(waiting.circuit.state, "closed");
    assert.equal((await readLedger(tidegate)).integrations[0]?.waiting, 1);
    assert.equal((await change({ paused: false })).json.paused_at, null);
    const done = await untilStatus((shown) => shown.ledger.waiting === 0);
    assert.deepEqual([done.ledger.delivered, done.last_24_hours.delivered.events], [3, 3]);
  });

  it("a token that was taken back shows as an open circuit in the status and in a verification", async () => {
    simulator.revokeToken("canary-token");
    await track("Order Completed", { page: { url: "https://shop.example.com/thanks" } });
    const failing = await untilStatus((shown) => shown.circuit.state === "open");
    assert.deepEqual([failing.circuit.class, failing.circuit.code], ["auth", "meta_190"]);
    assert.deepEqual(failing.last_24_hours.failed, { auth: { requests: 1, events: 1 } });
    const refused = (await admin("POST", `integrations/${integration}/verify`)).json;
    assert.deepEqual([refused.verdict, refused.code], ["refused", "meta_190"]);
    const kept = await change({ config: { access_token: "revoked-too" }, check: true });
    assert.equal(kept.status, 422);
    assert.equal((await change({ config: { access_token: "canary-fresh" }, check: true })).status, 200);
    const changedAtMs = performance.now();
    const retried = await untilStatus((shown) => shown.ledger.waiting === 0);
    assert.deepEqual([retried.ledger.delivered, retried.circuit.state], [4, "closed"]);
    const waitedMs = performance.now() - changedAtMs;
    assert.ok(waitedMs < retriedMsMax, `what waited behind the token went after ${Math.round(waitedMs)} ms`);
    const accepted = (await admin("POST", `integrations/${integration}/verify`)).json;
    assert.deepEqual([accepted.verdict, accepted.is_test], ["accepted", false]);
    assert.doesNotMatch(tidegate.output(), /canary|revoked-too/);
  });
});
