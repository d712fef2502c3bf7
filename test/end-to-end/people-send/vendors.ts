import assert from "node:assert/strict";
import { innocents as corpusOfInnocents } from "../../privacy/innocents/values.ts";
import type { Finding } from "../../simulators/clear-pii.ts";
import { type Json, type Member, type Room, type Row, sha256, shop } from "./room.ts";
import { innocents } from "./values.ts";

/** A website with Meta, TikTok, a receiver and transformations: what each of them is told of it. */
const pixel = "5555555555";
const bigId = "1729384756102938475";
const dryRun = "/v1/admin/transformations/dry-run";
// Written by hand: JSON.stringify would round the integers.
const order = `{"type":"track","event":"Order Completed","userId":"shop-2","messageId":"shop-order",
  "properties":{"transaction_id":${bigId},"value":"1.234,56 €","campaign":${bigId},
    "items":[{"item_id":${bigId},"item_name":"Mug","price":"12,50","quantity":2}],
    "telefon":"0151 23456789","handy":15123456789,"search_term":"0151/2345678","ean":"4006381333931"},
  "context":{"page":{"url":"${shop}/call/+4915123456789?q=${"x".repeat(2_300)}&fbclid=IwAR0AbC&ttclid=E.C.P.XyZ"},
    "clientIds":{"fbp":"fb.1.1767950000000.1234567890"}}}`;

async function openShop(room: Room): Promise<void> {
  const project = await room.project("Shop");
  const metaId = await room.connectMeta(project, pixel, { naming: "standard" });
  const tiktok = { event_source: "web", event_source_id: "PIXEL2", access_token: "canary-token" };
  await room.connect("tiktok", project, tiktok);
  await room.connectWebhook(project, "shop");
  const rules = [
    { type: "set", path: "properties.touched", value: true },
    { type: "rename", path: "properties.campaign", to: "properties.campaign_id" },
  ];
  await room.admin("POST", "/v1/admin/transformations", { integration_id: metaId, rules }, 201);
  room.note("shop", metaId);
  const sender = await room.source(project, "server");
  const userId = "shop-1";
  const context = { page: { url: `${shop}/thanks?ttclid=E.C.P.AbC` } };
  const properties = { revenue: 9, currency: "eur" };
  const track = (event: string) => ({ type: "track", event, userId, messageId: `shop-${event}`, context, properties });
  const traits = { email: "Mary@Mail.example.org", phone: "+1 650 555 1212" };
  const identify = { type: "identify", userId, messageId: "shop-identify", traits, context };
  const batch = [identify, track("Order Completed"), track("Level Up")];
  await room.send("shop-person", "/v1/batch", { batch }, sender);
  await room.send("shop-order", "/v1/batch", `{"batch":[${order}]}`, sender);
}

const texts = (simulator: { requests(): readonly { readonly body: Uint8Array }[] }) =>
  simulator
    .requests()
    .map(({ body }) => new TextDecoder().decode(body))
    .filter((body) => body.includes(bigId) && body.includes("shop-order"));

export const vendorRows: readonly Row[] = [
  {
    promise: "TikTok is told a standard event once, with hashes in its form; what has no standard name is not queued",
    send: openShop,
    async look({ of, tiktok, admin }) {
      const event = of("shop-Order Completed").tiktok;
      assert.deepEqual(event.user, {
        email: sha256("mary@mail.example.org"),
        phone: sha256("+16505551212"),
        external_id: sha256("shop-1"),
        ttclid: "E.C.P.AbC",
      });
      assert.deepEqual([event.event, event.page], ["Purchase", { url: `${shop}/thanks` }]);
      assert.ok(of("shop-Level Up").stored);
      assert.deepEqual([of("shop-Level Up").tiktok, tiktok.effectiveEvents("PIXEL2").length], [undefined, 2]);
      assert.doesNotMatch((await admin("GET", "/v1/admin/integrations")).text, /canary-token/);
    },
  },
  {
    promise: "both vendors are told the same order, in the spelling that each of them knows",
    look({ of }) {
      const { meta, tiktok } = of("shop-order");
      assert.match(String(meta.user_data.fbc), /^fb\.1\.\d{13}\.IwAR0AbC$/);
      assert.equal(meta.user_data.fbp, "fb.1.1767950000000.1234567890");
      const { campaign_id: _, ...custom } = meta.custom_data;
      assert.deepEqual(custom, {
        ...{ value: 1234.56, currency: "EUR", order_id: bigId, content_ids: [bigId], content_type: "product" },
        ...{ contents: [{ id: bigId, quantity: 2, item_price: 12.5 }], num_items: 2, ean: "4006381333931" },
        touched: true,
      });
      assert.deepEqual(tiktok.properties, {
        ...{ value: 1234.56, currency: "EUR", order_id: bigId, content_type: "product", num_items: 2 },
        contents: [{ content_id: bigId, content_name: "Mug", price: 12.5, quantity: 2 }],
      });
      assert.equal(tiktok.user.ttclid, "E.C.P.XyZ");
    },
  },
  {
    promise: "a page is told without its query and without the number in its path",
    look({ of }) {
      const url = `${shop}/call/[phone]`;
      assert.equal(of("shop-order").meta.event_source_url, url);
      assert.deepEqual(of("shop-order").tiktok.page, { url });
    },
  },
  {
    promise: "the digits of integers pass transformations, receivers and dry runs",
    async look({ meta, webhook, admin, noted }) {
      assert.match(texts(meta).join(), new RegExp(`"campaign_id":${bigId}[,}]`));
      for (const name of ["transaction_id", "item_id", "campaign"]) {
        assert.match(texts(webhook).join(), new RegExp(`"${name}":${bigId}[,}]`));
      }
      const { text } = await admin("POST", dryRun, { integration_id: noted("shop"), last: 20 }, 200);
      assert.ok(new RegExp(`"campaign_id":${bigId}[,}]`).test(text));
      assert.ok(new RegExp(`"order_id":"${bigId}"`).test(text));
    },
  },
  {
    promise: "a dry run says which amount has two readings and is not told",
    async look({ admin, noted }) {
      const properties: Member = { value: "4,245", currency: "EUR" };
      const events = [{ type: "track", event: "Product Viewed", userId: "u", properties }];
      const answer = await admin("POST", dryRun, { integration_id: noted("shop"), events }, 200);
      const [item]: Json[] = answer.json.items;
      assert.deepEqual([item.warnings, item.payload.custom_data?.value], [["value_unclear"], undefined]);
    },
  },
];

const innocent = JSON.stringify([innocents, corpusOfInnocents]);

/** Whether what a simulator took for an address is one of the innocents, which look like it and are none. */
function isInnocent(simulator: { requests(): readonly { readonly body: Uint8Array }[] }, finding: Finding): boolean {
  const body = JSON.parse(new TextDecoder().decode(simulator.requests()[finding.request]?.body));
  const steps = finding.place.replace(/^body\./, "").split(/\.|\[|\]\.?/);
  const last = steps.findLast((step) => step !== "") ?? "";
  const parent = steps.filter((step) => step !== "" && step !== last).reduce<Json>((at, step) => at?.[step], body);
  // A key that is no plain name is told by its length alone.
  const values = last.startsWith("{") ? Object.values(parent) : [parent[last]];
  return values.some((value) => typeof value === "string" && innocent.includes(JSON.stringify(value)));
}

/** What the simulators saw of all rows: nothing in clear, and no token in an address. */
export const findingRows: readonly Row[] = [
  {
    promise: "no vendor saw anything in clear",
    look({ meta, tiktok, webhook, apple }) {
      for (const simulator of [meta, tiktok, webhook, apple]) {
        const found = simulator.findings().filter((finding) => !isInnocent(simulator, finding));
        assert.deepEqual(found, []);
        assert.equal(simulator.counts().tokenInUrl, 0);
      }
    },
  },
];
