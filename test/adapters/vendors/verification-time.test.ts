import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import { openWebhook } from "../../../adapters/webhook/webhook.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import { verificationMsMax } from "../../../domain/model/limits.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Destination } from "../../../ports/destination.ts";
import { metaIntegration, startMs } from "../../domain/pipeline/relay/parts.ts";
import { startMetaSimulator } from "../../simulators/meta/server.ts";
import type { Simulator } from "../../simulators/server.ts";
import { startTiktokSimulator } from "../../simulators/tiktok/server.ts";
import { startWebhookSimulator } from "../../simulators/webhook/server.ts";
import { tiktokIntegration } from "../tiktok/parts.ts";
import { webhookIntegration } from "../webhook/parts.ts";
import { verifyAt } from "./verification-parts.ts";

const promisedMs = 30_000;
const hourMs = 3_600_000;
const silentMs = 60_000;

interface Row {
  readonly name: string;
  start(now: () => number): Promise<Pick<Simulator<"slow">, "url" | "fail" | "counts" | "close">>;
  open(options: { baseUrl: string; clock: Clock; timeoutMs: number }): Destination;
  integration(url: string): Promise<Integration>;
}

const rows: readonly Row[] = [
  { name: "Meta", start: (now) => startMetaSimulator({ now }), open: openMeta, integration: () => metaIntegration() },
  {
    name: "TikTok",
    start: (now) => startTiktokSimulator({ now }),
    open: openTiktok,
    integration: () => tiktokIntegration(),
  },
  {
    name: "a webhook's receiver",
    start: (now) => startWebhookSimulator({ now }),
    open: ({ clock, timeoutMs }) => openWebhook({ clock, timeoutMs, allowPrivate: true }),
    integration: (url) => webhookIntegration({ url: `${url}/hook` }),
  },
];

for (const { name, start, open, integration } of rows) {
  describe(`a verification at ${name}, which does not answer`, () => {
    let simulator: Awaited<ReturnType<Row["start"]>>;
    let now = Date.now;
    before(async () => {
      simulator = await start(() => now());
    });
    after(() => simulator.close());

    it("says so as soon as the adapter's own time is up", async () => {
      simulator.fail("slow", { afterMs: silentMs });
      const clock = openSystemClock();
      const destination = open({ baseUrl: simulator.url, clock, timeoutMs: 150 });
      const said = await verifyAt(destination, await integration(simulator.url), clock);
      assert.deepEqual([said.verdict, said.class, said.code], ["unknown", "transient", "timeout"]);
      assert.ok(said.duration_ms > 100 && said.duration_ms < silentMs, `${said.duration_ms} ms`);
    });

    it("is over within 30 s, were the adapter to wait for an hour", async () => {
      simulator.fail("slow", { afterMs: silentMs });
      const clock = openVirtualClock(startMs);
      now = clock.nowMs;
      const destination = open({ baseUrl: simulator.url, clock, timeoutMs: hourMs });
      const asked = simulator.counts().requests + 1;
      const saying = verifyAt(destination, await integration(simulator.url), clock);
      let isOver = false;
      saying.then(() => {
        isOver = true;
      });
      while (simulator.counts().requests < asked) await new Promise((resolve) => setTimeout(resolve, 1));
      await clock.advance(verificationMsMax - 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(isOver, false, "the vendor has its time");
      await clock.advance(1);
      const said = await saying;
      assert.deepEqual([said.verdict, said.class, said.code], ["unknown", "transient", "timeout"]);
      assert.equal(said.duration_ms, verificationMsMax);
      assert.ok(verificationMsMax < promisedMs);
    });
  });
}
