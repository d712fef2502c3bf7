import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, isBalanced, untilSettled } from "./api.ts";

const email = "Ana@Example.com";
const emailHash = createHash("sha256").update(email.toLowerCase()).digest("hex");
const hearMsMax = 15_000;

interface Vendor {
  readonly event_name: string;
  readonly user_data: Readonly<Record<string, string>>;
  readonly custom_data: Readonly<Record<string, unknown>>;
}

describe("transformations and the live stream, in the running program", () => {
  let tidegate: TidegateProcess;
  let simulator: MetaSimulator;
  let integrationId: string;
  before(async () => {
    simulator = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: simulator.url });
    integrationId = (await connectMeta(tidegate)).json.id;
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  const track = (event: string, revenue: number) =>
    callIngest(tidegate, "/v1/track", {
      userId: "user-1",
      event,
      properties: { revenue, currency: "EUR", email },
    });
  const received = () => simulator.effectiveEvents() as unknown as Vendor[];

  it("a vendor is told what the rules leave, from the next event on; what is deleted takes the identity", async () => {
    await callIngest(tidegate, "/v1/identify", { userId: "user-1", traits: { email } });
    await track("Order Completed", 5);
    await untilSettled(tidegate, 2);
    assert.equal(received()[0]?.user_data["em"], emailHash);
    const rules = [
      { type: "delete", path: "properties.email" },
      { type: "map", path: "event", values: { "Order Completed": "Deal Won" } },
      { type: "compute", path: "properties.revenue", expression: "properties.revenue * 2" },
      { type: "filter", condition: "properties.revenue > 10" },
    ];
    const body = { integration_id: integrationId, rules };
    const trial = await callAdmin(tidegate, "POST", "/v1/admin/transformations/dry-run", { ...body, last: 5 });
    assert.equal(trial.status, 200, trial.text);
    assert.match(trial.text, /"outcome":"filtered"/);
    const made = await callAdmin(tidegate, "POST", "/v1/admin/transformations", body);
    assert.equal(made.status, 201, made.text);
    await track("Order Completed", 7);
    await track("Order Completed", 2);
    const ledger = await untilSettled(tidegate, 4);
    assert.ok(isBalanced(ledger));
    const sent = received();
    assert.equal(sent.length, 2);
    assert.equal(sent[1]?.event_name, "layers_deal_won");
    assert.equal(sent[1]?.custom_data["value"], 14);
    assert.deepEqual(Object.keys(sent[1]?.user_data ?? {}), ["external_id"]);
    assert.ok(!JSON.stringify(sent[1]).includes(emailHash));
    const letters = await callAdmin<{ items: { code: string }[] }>(tidegate, "GET", "/v1/admin/dead-letters");
    assert.deepEqual(
      letters.json.items.map(({ code }) => code),
      ["filtered"],
    );
  });

  it("the live stream shows an event soon after it was stored, hashed, and ends when the program stops", async () => {
    const { admin_url: url, admin_token: token } = tidegate.credentials;
    const answer = await fetch(`${url}/v1/admin/events/live?event_names=Seen`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(answer.status, 200);
    let heard = "";
    const ended = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) heard += decoder.decode(chunk);
    })().catch(() => undefined);
    await waitFor(
      async () => heard.includes(": heartbeat"),
      hearMsMax,
      () => heard,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await track("Seen", 20);
    await track("Unseen", 20);
    await waitFor(
      async () => heard.includes('"event":"Seen"'),
      hearMsMax,
      () => heard,
    );
    assert.ok(heard.includes(emailHash));
    assert.ok(!heard.toLowerCase().includes(email.toLowerCase()));
    assert.ok(!heard.includes("Unseen"));
    await tidegate.dispose();
    await ended;
  });
});
