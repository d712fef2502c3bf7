import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { callIngest } from "../api.ts";
import { type Json, publicUrl, type Row } from "./room.ts";

/** Answers, pages and walls (sections 6 and 7 of the table). */
const track = { type: "track", event: "E", userId: "answers" };
const costly = Array.from({ length: 300 }, (_, i) => ({
  condition: `properties.t matches '*aaaa?aaaab${i}*'`,
  action: "drop",
}));

const pages: readonly Row[] = [
  {
    promise: "an error of Segment's routes has its code and message at the top, too",
    look: async ({ tidegate }) => {
      const body = JSON.stringify({ batch: [track] });
      const answer = await callIngest<Json>(tidegate, "/v1/batch", body, {
        authorization: `Basic ${btoa("wk_nobody:")}`,
      });
      assert.deepEqual([answer.status, answer.json.code], [401, answer.json.error.code]);
      assert.equal(answer.json.message, answer.json.error.message);
    },
  },
  {
    promise: "settings of analytics.js name the public address",
    look: async ({ tidegate, browser }) => {
      const path = `${tidegate.credentials.ingest_url}/v1/projects/${browser.write_key}/settings`;
      const text = await (await fetch(path)).text();
      assert.ok(text.includes(new URL(publicUrl).host), text);
    },
  },
  {
    promise:
      "a path with a slash too many and a body with a byte order mark are taken, unknown paths' preflights answered",
    async send({ send }) {
      await send("slashes", "//v1/batch", { batch: [{ ...track, messageId: "slashes" }] });
      await send("mark", "/v1/batch", `\uFEFF${JSON.stringify({ batch: [{ ...track, messageId: "mark" }] })}`);
    },
    look: async ({ of, tidegate }) => {
      assert.ok(of("slashes").stored && of("mark").stored);
      const headers = { origin: "https://shop.example", "access-control-request-method": "POST" };
      const preflight = await fetch(`${tidegate.credentials.ingest_url}/nowhere`, { method: "OPTIONS", headers });
      assert.equal(preflight.status, 204);
    },
  },
  {
    promise: "the first start makes a page's source: the connection's country, and no page's word on its address",
    send: ({ track: sendTrack, browser, germanAddress }) =>
      sendTrack("page-country", { context: { ip: "8.8.8.8" } }, browser, {
        "x-forwarded-for": germanAddress,
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
      }),
    look: ({ answer, of }) => {
      assert.equal(answer("page-country").status, 200);
      assert.equal(of("page-country").stored.context.geo.country, "DE");
    },
  },
  {
    promise: "malformed admin JSON is told its byte; an unknown root in a rule is warned of",
    look: async ({ admin, tidegate }) => {
      const answer = await fetch(`${tidegate.credentials.admin_url}/v1/admin/data-layer`, {
        method: "PUT",
        headers: { authorization: `Bearer ${tidegate.credentials.admin_token}`, "content-type": "application/json" },
        body: '{"config": {"a" 1}}',
      });
      const text = await answer.text();
      assert.equal(answer.status, 400);
      assert.match(text, /"position":1\d/);
      const config = { routing_rules: [{ condition: "evnt == 'x'", action: "drop" }] };
      const put = await admin("PUT", "/v1/admin/data-layer", { config });
      assert.match(put.text, /evnt/);
      assert.match(put.text, /warning/);
      await admin("PUT", "/v1/admin/data-layer", { config: {} });
    },
  },
];

const walls: readonly Row[] = [
  {
    promise: "rules that cost more than their bound are refused where they are set",
    look: async ({ admin }) => {
      const answer = await admin("PUT", "/v1/admin/data-layer", { config: { routing_rules: costly } });
      assert.equal(answer.status, 422);
      assert.match(answer.text, /costly/);
      const patterns = Array.from({ length: 200 }, (_, i) => `*a?b*c${i}*d?e*`);
      const filtering = { bot_filtering: { custom_patterns: patterns } };
      const filtered = await admin("PUT", "/v1/admin/data-layer", { config: filtering });
      assert.equal(filtered.status, 422);
      assert.match(filtered.text, /costly/);
    },
  },
  {
    promise: "a backtest of costly rules runs beside ingest, which goes on answering",
    look: async ({ admin, track: sendTrack }) => {
      const candidate = { config: { routing_rules: costly.slice(0, 40) }, last: 10_000 };
      const backtest = admin("POST", "/v1/admin/data-layer/backtest", candidate, 200);
      assert.equal((await sendTrack("during-backtest")).status, 200);
      assert.ok((await backtest).json.complete);
    },
  },
  {
    promise: "a page of long events ends by its bytes, and leads on",
    async send({ send, source, main }) {
      const sender = await source(main, "server");
      const long = (i: number) => ({
        ...track,
        messageId: `long-${i}`,
        userId: "long",
        properties: { t: "x".repeat(28_000) },
      });
      for (let at = 0; at < 48; at += 16) {
        const batch = Array.from({ length: 16 }, (_, i) => long(at + i));
        await send(`long-${at}`, "/v1/batch", { integrations: { All: false }, batch }, sender);
      }
    },
    look: async ({ admin }) => {
      const { json, text } = await admin("GET", "/v1/events?user_id=long&limit=500", undefined, 200);
      assert.ok(json.items.length > 20 && text.length < 1_200_000, `${json.items.length} events`);
      assert.notEqual(json.next_cursor, null);
      const rest = await admin(
        "GET",
        `/v1/events?user_id=long&limit=500&cursor=${encodeURIComponent(json.next_cursor)}`,
      );
      const sent = [...json.items, ...rest.json.items].filter(({ event }: Json) => event === track.event);
      assert.equal(sent.length, 48);
    },
  },
  {
    promise: "a signed body without messageId is stored once, however often it is sent again",
    async send({ send, tidegate }) {
      const body = JSON.stringify({ batch: [{ ...track, event: "Signed", userId: "signed" }] });
      const timestamp = String(Math.floor(Date.now() / 1000));
      const { signing_secret: secret, write_key: key } = tidegate.credentials;
      const hmac = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
      const headers = {
        "x-timestamp": timestamp,
        "x-signature": `sha256=${hmac}`,
        authorization: `Basic ${btoa(`${key}:`)}`,
      };
      for (let n = 0; n < 3; n += 1) await send(`signed-${n}`, "/v1/events", body, null, headers);
    },
    look: async ({ admin, answer }) => {
      assert.equal(answer("signed-0").status, 200, answer("signed-0").text);
      assert.equal((await admin("GET", "/v1/events?user_id=signed&event_names=Signed")).json.items.length, 1);
    },
  },
  {
    promise: "deleting functions refuse times that are no moment",
    look: async ({ sql }) => {
      for (const time of ["null", "'infinity'"]) {
        await assert.rejects(sql(`select tidegate.prune(${time}, ${time}, ${time}, 10)`), /moment/);
      }
    },
  },
];

export const answerRows: readonly Row[] = [...pages, ...walls];
