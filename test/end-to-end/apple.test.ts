import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { createScanner } from "../privacy/leak-scan.ts";
import { samplePayload } from "../simulators/apple/contract.ts";
import { sampleToken } from "../simulators/apple/samples.ts";
import { type AppleSimulator, startAppleSimulator } from "../simulators/apple/server.ts";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, isBalanced, listEvents, untilSettled } from "./api.ts";
import { asSuperuser } from "./database.ts";

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly code: string | null;
  readonly development: boolean;
  readonly anonymous_id: string | null;
  readonly attempts: number;
  readonly campaign: Readonly<Record<string, string>> | null;
  readonly settled_at: string | null;
}

const waitMaxMs = 30_000;
const scriptTriesMax = 8;

describe("the whole of Tidegate, from an app to Apple", () => {
  let tidegate: TidegateProcess;
  let apple: AppleSimulator;
  let meta: MetaSimulator;
  before(async () => {
    apple = await startAppleSimulator();
    meta = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_APPLE_BASE_URL: apple.url, TIDEGATE_META_BASE_URL: meta.url });
    await connectMeta(tidegate);
  });
  after(async () => {
    await tidegate?.dispose();
    await apple?.close();
    await meta?.close();
  });

  async function shown(install: string): Promise<Shown | undefined> {
    const path = `/v1/admin/attributions?anonymous_id=${install}`;
    const page = await callAdmin<{ items: Shown[] }>(tidegate, "GET", path);
    assert.equal(page.status, 200, page.text);
    assert.ok(page.json.items.length <= 1);
    return page.json.items[0];
  }

  async function untilFinal(install: string): Promise<Shown> {
    let last: Shown | undefined;
    await waitFor(
      async () => {
        last = await shown(install);
        return last !== undefined && last.state !== "pending";
      },
      waitMaxMs,
      () => `${JSON.stringify(last)}\n${tidegate.output()}`,
    );
    return last as Shown;
  }

  const track = (event: string, install: string, properties: object = {}) =>
    callIngest(tidegate, "/v1/track", {
      event,
      anonymousId: install,
      properties,
      context: { device: { type: "ios" } },
    });

  it("a token in an event is exchanged, and the install's later events carry what Apple said", async () => {
    assert.equal((await track("Application Installed", "install-1", { apple_ads_token: sampleToken })).status, 200);
    const { state, campaign, attempts, development, id } = await untilFinal("install-1");
    assert.deepEqual([state, attempts, development], ["exchanged", 1, false]);
    assert.equal(campaign?.["campaignId"], String(samplePayload["campaignId"]));
    assert.equal((await track("Order Completed", "install-1")).status, 200);
    await untilSettled(tidegate, 2);
    const [event] = (await listEvents(tidegate, "?event_names=Order%20Completed")).items;
    assert.deepEqual((event as unknown as { attribution: object }).attribution, { id, state, development, campaign });
    const one = await callAdmin<Shown>(tidegate, "GET", `/v1/admin/attributions/${id}`);
    assert.deepEqual([one.status, one.json.id], [200, id]);
  });

  it("a token sent by itself is exchanged once, however often it is sent, and no vendor is told of it", async () => {
    const body = { token: "developmentToken", install_id: "install-2" };
    for (let time = 0; time < 2; time += 1) {
      const answer = await callIngest(tidegate, "/v1/apple-ads-attribution", body);
      assert.equal(answer.status, 202, answer.text);
    }
    const { state, development } = await untilFinal("install-2");
    assert.deepEqual([state, development], ["exchanged", true]);
    const ledger = await untilSettled(tidegate, 4);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    assert.equal(ledger.integrations[0]?.queued, 2, "the two track events");
    const asked = apple.requests().map((request) => new TextDecoder().decode(request.body));
    assert.equal(asked.filter((token) => token === "developmentToken").length, 1);
  });

  it("no ad, and no token: each is said", async () => {
    await track("Opened", "install-3", { apple_ads_token: "organic" });
    await track("Opened", "install-4", { apple_ads_token: "invalid" });
    assert.deepEqual([(await untilFinal("install-3")).state], ["organic"]);
    const { state, code } = await untilFinal("install-4");
    assert.deepEqual([state, code], ["failed", "apple_400"]);
  });

  it("custom JavaScript sees sealed text only, and passes it on", async () => {
    const custom_js = {
      enabled: true,
      code: `function process(event) {
        const token = event.properties.apple_ads_token;
        event.properties.seen = token.includes("scripted") ? "raw" : "sealed";
        event.properties.nested = { token };
        return event;
      }`,
    };
    const put = await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config: { custom_js } });
    assert.equal(put.status, 200, put.text);
    let properties: Readonly<Record<string, unknown>> | undefined;
    // On a busy machine a script may be stopped early, and its event goes on unchanged.
    for (let tries = 1; properties?.["seen"] === undefined && tries <= scriptTriesMax; tries += 1) {
      const token = `scriptedToken${"s".repeat(tries)}`;
      await track("Scripted", `install-6-${tries}`, { apple_ads_token: token });
      assert.equal((await untilFinal(`install-6-${tries}`)).state, "exchanged");
      properties = (await listEvents(tidegate, "?event_names=Scripted")).items[0]?.properties;
    }
    assert.deepEqual(properties, { apple_ads_token: "[token]", seen: "sealed", nested: { token: "[token]" } });
    await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config: {} });
  });

  it("killed while Apple is asked, it asks again, and one outcome is kept", async () => {
    apple.fail("slow", { afterMs: 2 * waitMaxMs });
    await callIngest(tidegate, "/v1/apple-ads-attribution", { token: "crashToken", install_id: "install-5" });
    const askedFor = () =>
      apple.requests().filter((request) => new TextDecoder().decode(request.body) === "crashToken").length;
    await waitFor(async () => askedFor() === 1, waitMaxMs, tidegate.output);
    await tidegate.kill();
    await tidegate.restart();
    assert.equal((await shown("install-5"))?.state, "pending");
    // As if the lease's half minute had passed.
    await asSuperuser(tidegate, (client) =>
      client.query("update tidegate.attributions set due_at = now() where claim_id is not null"),
    );
    const { state, attempts } = await untilFinal("install-5");
    assert.deepEqual([state, attempts, askedFor()], ["exchanged", 1, 2]);
  });

  it("no token is left in what is kept or logged, and the search would find one", async () => {
    const tokens = [sampleToken, "developmentToken", "crashToken", "scriptedToken"];
    const sha256 = createHash("sha256").update("crashToken").digest("hex");
    await tidegate.stop();
    const scanner = createScanner(tokens.map((value) => ({ name: "a token", value })));
    assert.deepEqual(scanner.scanFolder(tidegate.folder).leaks, []);
    assert.deepEqual(scanner.scanBytes(Buffer.from(tidegate.output()), "the log"), []);
    const probe = createScanner([{ name: "a token's hash", value: sha256 }]);
    assert.ok(probe.scanFolder(tidegate.dataDir).leaks.length > 0);
  });
});
