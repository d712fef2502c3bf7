import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, it } from "node:test";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import { openWebhook } from "../../../adapters/webhook/webhook.ts";
import { metaIntegration } from "../../domain/pipeline/relay/parts.ts";
import { tiktokIntegration } from "../tiktok/parts.ts";
import { webhookIntegration } from "../webhook/parts.ts";
import { verifyAt } from "./verification-parts.ts";

const promisedMs = 30_000;
const clock = openSystemClock();
const servers: Server[] = [];
let silent = "";
let dripping = "";

before(async () => {
  silent = await serve(() => undefined);
  dripping = await serve((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" });
    const drip = setInterval(() => response.write(" "), 200);
    response.once("close", () => clearInterval(drip));
  });
});
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The adapters as they are opened in earnest, with no time limit but their own. */
async function verifications() {
  const webhook = openWebhook({ clock, allowPrivate: true });
  const lost = openWebhook({ clock, allowPrivate: true, resolve: () => new Promise(() => undefined) });
  const hook = (url: string) => webhookIntegration({ url: `${url}/hook` });
  return [silent, dripping].flatMap((baseUrl) => [
    metaIntegration().then((meta) => verifyAt(openMeta({ baseUrl, clock }), meta, clock)),
    tiktokIntegration().then((tiktok) => verifyAt(openTiktok({ baseUrl, clock }), tiktok, clock)),
    hook(baseUrl).then((integration) => verifyAt(webhook, integration, clock)),
    hook("http://nowhere.test").then((integration) => verifyAt(lost, integration, clock)),
  ]);
}

it("a verification is over within 30 s: a vendor says nothing, never ends, or its name is never resolved", async () => {
  const startedMs = performance.now();
  for (const said of await Promise.all(await verifications())) {
    assert.deepEqual([said.verdict, said.class, said.code], ["unknown", "transient", "timeout"]);
  }
  const tookMs = performance.now() - startedMs;
  assert.ok(tookMs > 5_000 && tookMs < promisedMs, `${Math.round(tookMs)} ms`);
});
