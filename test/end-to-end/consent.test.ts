import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startWebhookSimulator, type WebhookSimulator } from "../simulators/webhook/server.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta, isBalanced, pixelId, sentEvents, untilSettled } from "./api.ts";

type Member = Readonly<Record<string, unknown>>;

/** Members of an event, and whom it reaches: Meta, the receiver that requires consent, the store. */
const rows: readonly (readonly [members: Member, meta: boolean, receiver: boolean, stored: boolean])[] = [
  [{}, true, false, true],
  [{ context: { consent: { advertising: true } } }, true, true, true],
  [{ context: { consent: { advertising: "denied" } } }, false, false, true],
  [{ context: { consent: { advertising: 0 } } }, false, false, true],
  [{ context: { consent: { advertising: "perhaps" } } }, true, false, true],
  [{ context: { consent: { categoryPreferences: { C0004: false } } } }, false, false, true],
  [{ context: { consent: { categoryPreferences: { Marketing: "true" } } } }, true, true, true],
  [{ context: { consent: { categoryPreferences: { C0002: false } } } }, false, false, false],
  [{ context: { google_consent: { ad_storage: "granted", ad_user_data: "denied" } } }, false, false, true],
  [{ properties: { consent: { ad_personalization: "DENIED" } } }, false, false, true],
  [{ context: { consentManagement: { allowedConsentIds: ["C0004"], deniedConsentIds: [] } } }, true, true, true],
  [{ context: { consentManagement: { deniedConsentIds: ["C0004"], provider: "oneTrust" } } }, false, false, true],
  [{ consent: { marketing: false, functional: true } }, false, false, true],
  [{ integrations: { All: "false" } }, false, false, true],
  [{ integrations: { All: "no", Webhooks: 1 }, context: { consent: { ad_storage: "granted" } } }, false, true, true],
  [{ integrations: { Meta: "off" }, context: { consent: { marketing: "accepted" } } }, false, true, true],
];

describe("whom an event reaches, by what its sender says of consent", () => {
  let tidegate: TidegateProcess;
  let meta: MetaSimulator;
  let webhook: WebhookSimulator;
  let sent = 0;

  before(async () => {
    [meta, webhook] = await Promise.all([startMetaSimulator(), startWebhookSimulator()]);
    tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: meta.url, TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1" });
    await connectMeta(tidegate);
    const created = await callAdmin<{ signing_secret: string }>(tidegate, "POST", "/v1/admin/integrations", {
      vendor: "webhook",
      project_id: tidegate.credentials.project_id,
      config: { url: `${webhook.url}/hook`, require_consent: true },
    });
    assert.equal(created.status, 201, created.text);
    webhook.setSecrets([created.json.signing_secret]);
  });
  after(async () => {
    await tidegate?.dispose();
    await Promise.all([meta?.close(), webhook?.close()]);
  });

  async function send(batch: readonly Member[], rest: Member = {}): Promise<void> {
    assert.equal((await callIngest(tidegate, "/v1/batch", { ...rest, batch })).status, 200);
    sent += batch.length;
    assert.ok(isBalanced(await untilSettled(tidegate, sent)));
  }

  const track = (event: string, members: Member = {}, userId = event) => ({ type: "track", event, userId, ...members });
  const atMeta = () => meta.effectiveEvents(pixelId).map((event) => String(event["event_name"]));
  const atReceiver = () =>
    webhook
      .requests()
      .map(({ body }) => new TextDecoder().decode(body))
      .join();
  const reaches = (event: string) => [atMeta().includes(`layers_${event}`), atReceiver().includes(`"${event}"`)];

  async function putDataLayer(config: Member): Promise<void> {
    const answer = await callAdmin(tidegate, "PUT", "/v1/admin/data-layer", { config });
    assert.equal(answer.status, 200, answer.text);
  }

  it("whatever form it says it in", async () => {
    await send(rows.map(([members], i) => track(`row_${i}`, members)));
    const stored = new Map((await sentEvents(tidegate)).map((event) => [event.event, event]));
    for (const [i, [members, toMeta, toReceiver, isStored]] of rows.entries()) {
      const name = `row_${i}`;
      const place = JSON.stringify(members);
      assert.deepEqual([...reaches(name), stored.has(name)], [toMeta, toReceiver, isStored], place);
      if (isStored && "context" in members)
        assert.deepEqual(consentMembers(stored.get(name)?.context), members["context"]);
    }
  });

  it("what a batch says holds for each of its events", async () => {
    await send([track("in_batch"), track("own", { integrations: { Meta: true } })], { integrations: { All: "false" } });
    assert.deepEqual([reaches("in_batch"), reaches("own")[0]], [[false, false], true]);
  });

  it("a visitor's refusal holds for the events that say nothing, until the visitor agrees", async () => {
    const headers = { "x-app-id": tidegate.credentials.app_id };
    const states = async (body: Member) => {
      const { status, text } = await callIngest(tidegate, "/consent", { user_id: "ana", ...body }, headers);
      assert.equal(status, 202, text);
      sent += 1;
      await untilSettled(tidegate, sent);
    };
    await states({ advertising: "no", analytics: "yes" });
    await send([track("while_refused", {}, "ana")]);
    await states({ consent: { ad_storage: "granted", ad_user_data: "granted" } });
    await send([track("once_agreed", {}, "ana")]);
    assert.deepEqual(
      [reaches("while_refused"), reaches("once_agreed")],
      [
        [false, false],
        [true, true],
      ],
    );
  });

  it("an organisation's categories govern the next event", async () => {
    await putDataLayer({ consent: { categories: { "BG 7": ["advertising"], C0004: [] } } });
    const preferences = (categoryPreferences: Member) => ({ context: { consent: { categoryPreferences } } });
    await send([track("bg", preferences({ bg7: false })), track("c4", preferences({ C0004: false }))]);
    assert.deepEqual([reaches("bg")[0], reaches("c4")[0]], [false, true]);
    const read = await callAdmin<{ config: { consent: unknown } }>(tidegate, "GET", "/v1/admin/data-layer");
    assert.deepEqual(read.json.config.consent, { categories: { "BG 7": ["advertising"], C0004: [] } });
  });

  it("no script takes it back, and the stored event shows it as it was sent", async () => {
    const code = `function process(event) {
      delete event.integrations;
      event.context.consent = { advertising: true };
      return event;
    }`;
    await putDataLayer({ custom_js: { enabled: true, code, description: "" } });
    const consent = { advertising: "denied" };
    await send([
      track("closed", { integrations: { All: false }, context: { consent: { advertising: true } } }),
      track("refused", { context: { consent } }),
      track("silent", { context: {} }),
    ]);
    assert.deepEqual(
      [reaches("closed"), reaches("refused"), reaches("silent")[0]],
      [[false, false], [false, false], true],
    );
    const stored = (await sentEvents(tidegate)).find((event) => event.event === "refused");
    assert.deepEqual(stored?.context["consent"], consent);
  });
});

/** The context without what the server adds. */
function consentMembers(context: Member = {}): Member {
  const { geo: _geo, device: _device, ...rest } = context;
  return rest;
}
