import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, isBalanced, type Ledger, sentEvents, untilSettled } from "./api.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const webPixel = "1111111111";
const appPixel = "2222222222";
const bigId = "1729384756102938475";
const iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const safari = `${iphone} Version/26.0 Mobile/15E148 Safari/604.1`;
const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
const rudder = { name: "RudderLabs JavaScript SDK", namespace: "com.rudderlabs.javascript" };
const track = (messageId: string, more: object = {}) => ({
  ...{ type: "track", event: "Level Up", userId: `user-${messageId}`, messageId },
  ...more,
});

// biome-ignore lint/suspicious/noExplicitAny: a stored event of whatever shape
type Shown = any;

describe("what senders mean, in the store and at Meta", () => {
  let tidegate: TidegateProcess;
  let meta: MetaSimulator;
  let ledger: Ledger;
  let events: Map<string, Shown>;

  before(async () => {
    meta = await startMetaSimulator();
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: meta.url });
    await connectMeta(tidegate, { pixel_id: webPixel, action_source: "website" });
    await connectMeta(tidegate, { pixel_id: appPixel, action_source: "app" });
    const page = { url: "https://shop.example.com/p" };
    const shared = {
      integrations: { All: false },
      context: { page, traits: { email: "Ana@Example.com" }, ip: "203.0.113.7", library: { name: "analytics-go" } },
    };
    const said = { ...shared, batch: [track("all"), track("own", { integrations: { All: true } })] };
    const device = { model: "iPhone15,3" };
    const bodies: [string, unknown, Record<string, string>][] = [
      ["/v1/batch", said, {}],
      ["/v1/track", track("web", { channel: "web", context: { app: rudder, page, userAgent: safari } }), {}],
      ["/v1/track", track("device", { context: { device, userAgent: safari } }), {}],
      ["/v1/track", track("time", { timestamp: "2026-11-20 18:30:15.123000 UTC" }), {}],
      ["/v1/track", track("unread", { timestamp: "last week" }), {}],
      ["/v1/track", `{"event":"E","messageId":"big","userId":"u","properties":{"product_id":${bigId}}}`, {}],
      ["/v1/batch", `{"batch":[{"type":"page","a":${deep}},{"type":"page","userId":"u","messageId":"good"}]}`, {}],
      [
        "/l/events",
        {
          events: [
            { event: "E", event_id: "layers", install_id: "i", device_os: "iOS 18.1", device_model: "iPhone15,3" },
          ],
        },
        { "x-app-id": tidegate.credentials.app_id },
      ],
    ];
    for (const [path, body, headers] of bodies) {
      const answer = await callIngest(tidegate, path, body, headers);
      assert.ok(answer.status < 300, `${path} ${answer.text}`);
    }
    ledger = await untilSettled(tidegate, 9);
    events = new Map((await sentEvents(tidegate)).map((event) => [event.messageId, event as Shown]));
  });
  after(async () => {
    await tidegate?.dispose();
    await meta?.close();
  });

  const toldTo = (pixel: string) =>
    meta
      .effectiveEvents(pixel)
      .map((event) => event["event_id"])
      .sort();

  it("a batch's context and integrations are each event's: stored without what is raw, and heeded", () => {
    for (const id of ["all", "own"]) {
      const { context, emailSha256 } = events.get(id);
      assert.equal(emailSha256, sha256("ana@example.com"));
      assert.deepEqual(context.traits, { email: sha256("ana@example.com") });
      assert.deepEqual([context.library, context.ip], [{ name: "analytics-go" }, undefined]);
    }
    assert.equal(toldTo(webPixel).includes("all"), false);
    assert.equal(JSON.stringify([...events.values()]).includes("203.0.113.7"), false);
  });

  it("an event of a web channel is told to the website's integration alone, though its SDK names an app", () => {
    assert.deepEqual(toldTo(webPixel), ["own", "web"]);
    assert.deepEqual(toldTo(appPixel), ["device", "layers"]);
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
  });

  it("what an event names of its device is stored, and what its User-Agent tells beside it", () => {
    const { device } = events.get("device").context;
    assert.deepEqual([device.model, device.os, device.osVersion], ["iPhone15,3", "iOS", "26.0"]);
    const layers = events.get("layers");
    assert.deepEqual([layers.deviceOs, layers.deviceModel], ["iOS 18.1", "iPhone15,3"]);
  });

  it("times are read, or named where they can't be", async () => {
    assert.equal(events.get("time").timestamp, "2026-11-20T18:30:15.123Z");
    assert.deepEqual(events.get("unread").unreadableTimes, ["timestamp"]);
    assert.equal(events.get("unread").timestamp, events.get("unread").receivedAt);
  });

  it("integers keep their digits, and a deep event spoils no other", async () => {
    const { text } = await callAdmin(tidegate, "GET", "/v1/events?limit=50");
    assert.match(text, new RegExp(`"product_id":${bigId}[,}]`));
    assert.ok(events.has("good"));
  });
});
