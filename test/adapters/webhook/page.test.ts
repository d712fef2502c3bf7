import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { openWebhook } from "../../../adapters/webhook/webhook.ts";
import { startMs } from "../../domain/pipeline/relay/parts.ts";
import type { ReceivedRequest } from "../../simulators/vendor.ts";
import { startWebhookSimulator } from "../../simulators/webhook/server.ts";
import { clock, secret, webhookIntegration } from "./parts.ts";

const page = readFileSync(new URL("../../../docs/webhooks.md", import.meta.url), "utf8");
const block = [...page.matchAll(/```js\n(.*?)```/gs)].find(([, code]) => code?.includes("x-tidegate-signature"))?.[1];
assert.ok(block, "the page shows how to check a request");
const check = new Function("createHmac", "timingSafeEqual", "secret", "headers", "body", `${block}; return genuine;`);

const receiver = await startWebhookSimulator({ now: clock.nowMs });
const webhook = openWebhook({ clock, allowPrivate: true });
after(() => receiver.close());

/** A request as a receiver gets it, signed with these secrets. */
async function requestWith(secrets: Record<string, string>): Promise<ReceivedRequest> {
  await webhook.send(await webhookIntegration({ url: `${receiver.url}/hook` }), secrets, [{ id: "1", text: "ü" }]);
  return receiver.requests().at(-1) as ReceivedRequest;
}

function isGenuine({ headers, body }: Pick<ReceivedRequest, "headers" | "body">, known = secret): boolean {
  return check(createHmac, timingSafeEqual, known, headers, body);
}

describe("the check that the page shows to receivers", () => {
  it("takes what Tidegate signed, and nothing that was changed on the way or signed by another", async () => {
    const request = await requestWith({ signing_secret: secret });
    assert.equal(isGenuine(request), true);
    assert.equal(isGenuine(request, "whsec_another"), false);
    const changed = request.body.slice();
    changed[2] = (changed[2] as number) ^ 1;
    assert.equal(isGenuine({ ...request, body: changed }), false);
    for (const header of ["x-tidegate-timestamp", "x-tidegate-signature"]) {
      const headers = { ...request.headers, [header]: "sha256=1" };
      assert.equal(isGenuine({ ...request, headers }), false, header);
    }
  });

  it("takes requests under the secret before and under the new one while both count", async () => {
    const rotated = { signing_secret: "whsec_new", previous_signing_secret: `${startMs + 1}.${secret}` };
    const request = await requestWith(rotated);
    assert.deepEqual([isGenuine(request, "whsec_new"), isGenuine(request, secret)], [true, true]);
    assert.equal(isGenuine(await requestWith({ signing_secret: "whsec_new" }), secret), false);
  });
});
