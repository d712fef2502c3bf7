import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { startTiktokSimulator, type TiktokSimulator } from "../simulators/tiktok/server.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, isBalanced, type Ledger, untilSettled } from "./api.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("the whole of Tidegate, from a website to TikTok", () => {
  let tidegate: TidegateProcess;
  let simulator: TiktokSimulator;
  let ledger: Ledger;

  before(async () => {
    simulator = await startTiktokSimulator({ strict: true });
    tidegate = await startTidegate({ TIDEGATE_TIKTOK_BASE_URL: simulator.url });
    const config = { event_source: "web", event_source_id: "PIXEL1", access_token: "canary-token" };
    const project = { vendor: "tiktok", project_id: tidegate.credentials.project_id };
    const wrong = await callAdmin(tidegate, "POST", "/v1/admin/integrations", {
      ...project,
      config: { access_token: 7 },
    });
    assert.equal(wrong.status, 422);
    const created = await callAdmin(tidegate, "POST", "/v1/admin/integrations", { ...project, config });
    assert.equal(created.status, 201, created.text);
    assert.doesNotMatch(created.text, /canary-token/);

    const userId = "user-1";
    const traits = { email: "Mary@Mail.example.org", phone: "+1 650 555 1212" };
    const context = { page: { url: "https://shop.example.com/thanks?ttclid=E.C.P.AbC" } };
    const track = (event: string) => ({
      type: "track",
      event,
      userId,
      context,
      properties: { revenue: 9, currency: "eur" },
    });
    const batch = [{ type: "identify", userId, traits, context }, track("Order Completed"), track("Level Up")];
    assert.equal((await callIngest(tidegate, "/v1/batch", { batch })).status, 200);
    ledger = await untilSettled(tidegate, batch.length);
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  it("gives TikTok the standard event once, with the hashes in TikTok's form and nothing in clear", () => {
    const [event, ...others] = simulator.effectiveEvents("PIXEL1");
    assert.deepEqual(others, []);
    assert.deepEqual(event?.["user"], {
      email: sha256("mary@mail.example.org"),
      phone: sha256("+16505551212"),
      external_id: sha256("user-1"),
      ttclid: "E.C.P.AbC",
    });
    assert.deepEqual([event?.["event"], event?.["page"]], ["Purchase", { url: "https://shop.example.com/thanks" }]);
    assert.deepEqual(simulator.findings(), []);
  });

  it("balances its books: what has no standard name was stored and not queued", () => {
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    assert.deepEqual(
      [ledger.sources[0]?.stored, ledger.integrations[0]?.queued, ledger.integrations[0]?.delivered],
      [3, 1, 1],
    );
  });
});
