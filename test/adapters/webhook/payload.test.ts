import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { webhookTypes } from "../../../adapters/webhook/settings.ts";
import { openWebhook } from "../../../adapters/webhook/webhook.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { startMs, storedEvent } from "../../domain/pipeline/relay/parts.ts";
import { startWebhookSimulator } from "../../simulators/webhook/server.ts";
import { clock, secret, webhookIntegration } from "./parts.ts";

interface Golden {
  readonly config: Record<string, unknown>;
  readonly event: Partial<StoredEvent>;
  readonly payload: Record<string, unknown>;
}

const folder = fileURLToPath(new URL("../../golden/webhook/", import.meta.url));
const files = readdirSync(folder).sort();
const receiver = await startWebhookSimulator({ now: clock.nowMs, secrets: [secret] });
const webhook = openWebhook({ clock, allowPrivate: true });

after(() => receiver.close());

function golden(file: string): Golden {
  return JSON.parse(readFileSync(folder + file, "utf8"));
}

describe("payloads for a webhook", () => {
  it("are shown of every type of event that a receiver can ask for", () => {
    const shown = new Set(files.map((file) => golden(file).payload["type"]));
    assert.deepEqual([...shown].sort(), [...webhookTypes].sort());
  });

  for (const file of files) {
    it(`${file} is what it was, and a receiver that checks everything takes it`, async () => {
      const { config, event, payload } = golden(file);
      const integration = await webhookIntegration({ url: `${receiver.url}/hook`, ...config });
      const stored = storedEvent(1, event);
      assert.ok(webhook.relays(integration, stored), "it is one of those that are asked for");
      const frozen = webhook.freeze(integration, stored);
      assert.ok(frozen.ok);
      const prepared = webhook.prepare(integration, stored, frozen.value, startMs);
      assert.ok(prepared.ok);
      assert.deepEqual(prepared.payload, payload);
      const answer = await webhook.send(integration, { signing_secret: secret }, [prepared.payload]);
      assert.ok(answer.ok, "it is taken");
      const got = JSON.parse(new TextDecoder().decode(receiver.requests().at(-1)?.body));
      assert.deepEqual(got, { events: [payload] });
      assert.deepEqual(receiver.findings(), []);
    });
  }
});
