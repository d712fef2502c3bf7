import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import { checkCredentials } from "../../../domain/admin/integrations/check-credentials.ts";
import type { Integration, Vendor } from "../../../domain/model/delivery.ts";
import type { Destination } from "../../../ports/destination.ts";
import { metaIntegration } from "../../domain/pipeline/relay/parts.ts";
import { type MetaSimulator, startMetaSimulator } from "../../simulators/meta/server.ts";
import { startTiktokSimulator, type TiktokSimulator } from "../../simulators/tiktok/server.ts";
import { tiktokIntegration } from "../tiktok/parts.ts";
import { verifyAt } from "./verification-parts.ts";

const clock = openSystemClock();
const token = "a-good-token";
let meta: MetaSimulator;
let tiktok: TiktokSimulator;
let destinations: ReadonlyMap<Vendor, Destination>;
before(async () => {
  meta = await startMetaSimulator({ datasets: [{ id: "100001", tokens: [token, "token-1"] }] });
  tiktok = await startTiktokSimulator({ strict: true, sources: [{ id: "PIXEL1", tokens: [token, "token-1"] }] });
  destinations = new Map<Vendor, Destination>([
    ["meta", openMeta({ baseUrl: meta.url, clock })],
    ["tiktok", openTiktok({ baseUrl: tiktok.url, clock })],
  ]);
});
after(async () => {
  await meta.close();
  await tiktok.close();
});

async function verify(integration: Integration) {
  const destination = destinations.get(integration.vendor);
  assert.ok(destination);
  return verifyAt(destination, integration, clock);
}

async function check(integration: Integration, accessToken: string): Promise<string> {
  const destination = destinations.get(integration.vendor);
  assert.ok(destination);
  const checked = await checkCredentials(destination, integration, { access_token: accessToken });
  if (checked.ok) return "ok";
  return checked.refusal.code === "unavailable" ? checked.refusal.cause : checked.refusal.code;
}

/** Meta warns of a website's event without a User-Agent: that is what the integration sends of every one. */
describe("what is made up for a verification", () => {
  const kinds = [
    ["a Meta dataset, as a website's", () => metaIntegration(1), "ok_with_warnings"],
    ["a Meta dataset, as an app's", () => metaIntegration(1, { action_source: "app" }), "ok"],
    ["a Meta dataset, as a server's", () => metaIntegration(1, { action_source: "system_generated" }), "ok"],
    ["a TikTok pixel", () => tiktokIntegration(1), "ok"],
    ["a TikTok app", () => tiktokIntegration(1, { event_source: "app" }), "ok"],
    ["a TikTok pixel under a test code", () => tiktokIntegration(1, { test_event_code: "TEST1" }), "ok"],
  ] as const;
  for (const [name, make, code] of kinds) {
    it(`is taken by ${name}, and is of nobody`, async () => {
      const said = await verify(await make());
      assert.deepEqual([said.verdict, said.class, said.code], ["accepted", null, code]);
      assert.deepEqual([...meta.findings(), ...tiktok.findings()], []);
    });
  }

  it("is refused where the pixel is another account's or unknown", async () => {
    const [pixel, dataset] = [await tiktokIntegration(2), await metaIntegration(2)];
    for (const integration of [pixel, dataset]) {
      const said = await verify(integration);
      assert.equal(said.verdict, "refused");
      assert.ok(said.class === "auth" || said.class === "config");
    }
  });
});

describe("a check of credentials", () => {
  it("knows a good token from a bad one and from another account's, and no event is sent for it", async () => {
    const [before, beforeTiktok] = [meta.counts().received, tiktok.counts().received];
    for (const integration of [await metaIntegration(1), await tiktokIntegration(1)]) {
      assert.equal(await check(integration, token), "ok");
      assert.equal(await check(integration, "revoked"), "invalid_input");
    }
    for (const integration of [await metaIntegration(2), await tiktokIntegration(2)]) {
      assert.equal(await check(integration, token), "invalid_input");
    }
    assert.deepEqual([meta.counts().received, tiktok.counts().received], [before, beforeTiktok]);
  });

  it("says neither yes nor no where the vendor did not", async () => {
    meta.fail("html502");
    assert.equal(await check(await metaIntegration(1), token), "check_inconclusive");
    tiktok.fail("throttle");
    assert.equal(await check(await tiktokIntegration(1), token), "check_inconclusive");
  });
});
