import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTiktokSimulator, type TiktokSimulator } from "../simulators/tiktok/server.ts";
import { startWebhookSimulator, type WebhookSimulator } from "../simulators/webhook/server.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, isBalanced, type Ledger, pixelId, untilSettled } from "./api.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const integrationsPath = "/v1/admin/integrations";
const bigId = "1729384756102938475";
const shop = "https://shop.example.com";

type Member = Readonly<Record<string, unknown>>;
const decoder = new TextDecoder();

describe("the whole of Tidegate, from a website to its vendors", () => {
  let tidegate: TidegateProcess;
  let tiktok: TiktokSimulator;
  let meta: MetaSimulator;
  let webhook: WebhookSimulator;

  before(async () => {
    [tiktok, meta, webhook] = await Promise.all([
      startTiktokSimulator({ strict: true }),
      startMetaSimulator(),
      startWebhookSimulator(),
    ]);
    tidegate = await startTidegate({
      TIDEGATE_TIKTOK_BASE_URL: tiktok.url,
      TIDEGATE_META_BASE_URL: meta.url,
      TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1",
    });
  });
  after(async () => {
    await tidegate?.dispose();
    await Promise.all([tiktok?.close(), meta?.close(), webhook?.close()]);
  });

  async function connect<T>(vendor: string, config: Member): Promise<T> {
    const project = { vendor, project_id: tidegate.credentials.project_id };
    const created = await callAdmin<T>(tidegate, "POST", integrationsPath, { ...project, config });
    assert.equal(created.status, 201, created.text);
    assert.doesNotMatch(created.text, /canary-token/);
    return created.json;
  }

  describe("with TikTok alone", () => {
    let ledger: Ledger;

    before(async () => {
      const wrong = await callAdmin(tidegate, "POST", integrationsPath, {
        ...{ vendor: "tiktok", project_id: tidegate.credentials.project_id },
        config: { access_token: 7 },
      });
      assert.equal(wrong.status, 422);
      await connect("tiktok", { event_source: "web", event_source_id: "PIXEL1", access_token: "canary-token" });

      const userId = "user-1";
      const traits = { email: "Mary@Mail.example.org", phone: "+1 650 555 1212" };
      const context = { page: { url: `${shop}/thanks?ttclid=E.C.P.AbC` } };
      const properties = { revenue: 9, currency: "eur" };
      const track = (event: string) => ({ type: "track", event, userId, context, properties });
      const batch = [{ type: "identify", userId, traits, context }, track("Order Completed"), track("Level Up")];
      assert.equal((await callIngest(tidegate, "/v1/batch", { batch })).status, 200);
      ledger = await untilSettled(tidegate, batch.length);
    });

    it("gives TikTok the standard event once, with the hashes in TikTok's form and nothing in clear", () => {
      const [event, ...others] = tiktok.effectiveEvents("PIXEL1");
      assert.deepEqual(others, []);
      assert.deepEqual(event?.["user"], {
        email: sha256("mary@mail.example.org"),
        phone: sha256("+16505551212"),
        external_id: sha256("user-1"),
        ttclid: "E.C.P.AbC",
      });
      assert.deepEqual([event?.["event"], event?.["page"]], ["Purchase", { url: `${shop}/thanks` }]);
      assert.deepEqual(tiktok.findings(), []);
    });

    it("balances its books: what has no standard name was stored and not queued", () => {
      assert.ok(isBalanced(ledger), JSON.stringify(ledger));
      assert.deepEqual(
        [ledger.sources[0]?.stored, ledger.integrations[0]?.queued, ledger.integrations[0]?.delivered],
        [3, 1, 1],
      );
    });
  });

  describe("with Meta and a receiver of one's own beside it", () => {
    let metaId: string;
    const bodyOf = (simulator: { requests(): readonly { readonly body: Uint8Array }[] }) =>
      simulator.requests().map(({ body }) => decoder.decode(body));
    const last = (simulator: MetaSimulator | TiktokSimulator, id: string) =>
      simulator.effectiveEvents(id).at(-1) as Readonly<Record<string, Member>> | undefined;

    before(async () => {
      metaId = (await connectMeta(tidegate, { naming: "standard" })).json.id;
      const { signing_secret } = await connect<{ signing_secret: string }>("webhook", { url: `${webhook.url}/hook` });
      webhook.setSecrets([signing_secret]);
      const rules = [
        { type: "set", path: "properties.touched", value: true },
        { type: "rename", path: "properties.campaign", to: "properties.campaign_id" },
      ];
      const made = await callAdmin(tidegate, "POST", "/v1/admin/transformations", { integration_id: metaId, rules });
      assert.equal(made.status, 201, made.text);
      // Written by hand: JSON.stringify would round the integers.
      const properties = `{"transaction_id":${bigId},"value":"1.234,56 €","campaign":${bigId},
        "items":[{"item_id":${bigId},"item_name":"Mug","price":"12,50","quantity":2}],
        "telefon":"0151 23456789","handy":15123456789,"search_term":"0151/2345678","ean":"4006381333931"}`;
      const page = `{"url":"${shop}/call/+4915123456789?q=${"x".repeat(2_300)}&fbclid=IwAR0AbC&ttclid=E.C.P.XyZ"}`;
      const event = `{"type":"track","event":"Order Completed","userId":"user-2","properties":${properties},
        "context":{"page":${page},"clientIds":{"fbp":"fb.1.1767950000000.1234567890"}}}`;
      const before = tiktok.counts().effective;
      assert.equal(before, 1);
      assert.equal((await callIngest(tidegate, "/v1/batch", `{"batch":[${event}]}`)).status, 200);
      assert.ok(isBalanced(await untilSettled(tidegate, 4)));
    });

    it("tells both vendors the same, in the spelling that each of them knows", () => {
      const event = last(meta, pixelId);
      assert.match(String(event?.["user_data"]?.["fbc"]), /^fb\.1\.\d{13}\.IwAR0AbC$/);
      assert.equal(event?.["user_data"]?.["fbp"], "fb.1.1767950000000.1234567890");
      const { campaign_id: _, ...custom } = event?.["custom_data"] ?? {};
      assert.deepEqual(custom, {
        ...{ value: 1234.56, currency: "EUR", order_id: bigId, content_ids: [bigId], content_type: "product" },
        ...{ contents: [{ id: bigId, quantity: 2, item_price: 12.5 }], num_items: 2, ean: "4006381333931" },
        touched: true,
      });
      const told = last(tiktok, "PIXEL1");
      assert.deepEqual(told?.["properties"], {
        ...{ value: 1234.56, currency: "EUR", order_id: bigId, content_type: "product", num_items: 2 },
        contents: [{ content_id: bigId, content_name: "Mug", price: 12.5, quantity: 2 }],
      });
      assert.equal(told?.["user"]?.["ttclid"], "E.C.P.XyZ");
    });

    it("tells the page without its query and without the number in its path", () => {
      const url = `${shop}/call/[phone]`;
      assert.equal(last(meta, pixelId)?.["event_source_url"], url);
      assert.deepEqual(last(tiktok, "PIXEL1")?.["page"], { url });
      assert.deepEqual([meta.findings(), tiktok.findings()], [[], []]);
    });

    it("keeps the digits of integers: through transformations, to a receiver, in dry runs", async () => {
      assert.match(bodyOf(meta).at(-1) ?? "", new RegExp(`"campaign_id":${bigId}[,}]`));
      const received = bodyOf(webhook).at(-1) ?? "";
      for (const name of ["transaction_id", "item_id", "campaign"]) {
        assert.match(received, new RegExp(`"${name}":${bigId}[,}]`));
      }
      const path = "/v1/admin/transformations/dry-run";
      const { text } = await callAdmin(tidegate, "POST", path, { integration_id: metaId, last: 5 });
      assert.match(text, new RegExp(`"campaign_id":${bigId}[,}]`));
      assert.match(text, new RegExp(`"order_id":"${bigId}"`));
    });

    it("says in a dry run what it can't read and doesn't tell", async () => {
      const path = "/v1/admin/transformations/dry-run";
      const event = {
        type: "track",
        event: "Product Viewed",
        userId: "u",
        properties: { value: "4,245", currency: "EUR" },
      };
      const answer = await callAdmin<{ items: { warnings: string[]; payload: Record<string, Member> }[] }>(
        ...([tidegate, "POST", path] as const),
        { integration_id: metaId, events: [event] },
      );
      assert.deepEqual(answer.json.items[0]?.warnings, ["value_unclear"]);
      assert.equal(answer.json.items[0]?.payload["custom_data"]?.["value"], undefined);
    });
  });
});
