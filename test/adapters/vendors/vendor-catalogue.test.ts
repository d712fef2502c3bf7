import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { openVirtualClock } from "../../../adapters/memory/clock.ts";
import { openMeta } from "../../../adapters/meta/meta.ts";
import { openTiktok } from "../../../adapters/tiktok/tiktok.ts";
import type { Integration } from "../../../domain/model/delivery.ts";
import type { StoredEvent } from "../../../domain/model/event/stored-event.ts";
import { parseExact } from "../../../domain/model/json/exact-json.ts";
import type { Destination } from "../../../ports/destination.ts";
import { metaIntegration, startMs } from "../../domain/pipeline/relay/parts.ts";
import { startMetaSimulator } from "../../simulators/meta/server.ts";
import { startTiktokSimulator } from "../../simulators/tiktok/server.ts";
import { tiktokIntegration, webEvent } from "../tiktok/parts.ts";
import { catalogueRows } from "./vendor-catalogue-rows.ts";

const clock = openVirtualClock(startMs);
const metaSimulator = await startMetaSimulator({ now: clock.nowMs });
const tiktokSimulator = await startTiktokSimulator({ strict: true, now: clock.nowMs });
const meta = openMeta({ baseUrl: metaSimulator.url, clock });
const tiktok = openTiktok({ baseUrl: tiktokSimulator.url, clock });
const metas = await metaIntegration();
const tiktoks = await tiktokIntegration();

after(() => Promise.all([metaSimulator.close(), tiktokSimulator.close()]));

type Member = Record<string, unknown>;

function preparedFor(destination: Destination, integration: Integration, over: Partial<StoredEvent>) {
  const event = webEvent(1, { userId: "u", ...over });
  const frozen = destination.freeze(integration, event);
  assert.ok(frozen.ok);
  const prepared = destination.prepare(integration, event, frozen.value, startMs);
  assert.ok(prepared.ok, "the event can be sent");
  return prepared;
}

async function isTaken(destination: Destination, integration: Integration, payload: unknown): Promise<void> {
  const answer = await destination.send(integration, { access_token: "t" }, [payload]);
  assert.equal(answer.ok ? "taken" : answer.code, "taken");
}

describe("what an event says of a shop", () => {
  for (const { name, properties, meta: custom, tiktok: told, unclear = [] } of catalogueRows) {
    it(`reaches Meta and TikTok: ${name}`, async () => {
      const ofMeta = preparedFor(meta, metas, { properties });
      assert.deepEqual((ofMeta.payload as Member)["custom_data"] ?? {}, custom);
      const ofTiktok = preparedFor(tiktok, tiktoks, { properties });
      assert.deepEqual((ofTiktok.payload as Member)["properties"] ?? {}, told);
      for (const { warnings } of [ofMeta, ofTiktok]) {
        assert.deepEqual(
          warnings ?? [],
          unclear.map((what) => `${what}_unclear`),
        );
      }
      await isTaken(meta, metas, ofMeta.payload);
      await isTaken(tiktok, tiktoks, ofTiktok.payload);
      assert.deepEqual([metaSimulator.findings(), tiktokSimulator.findings()], [[], []]);
    });
  }

  it("goes over the wire with the digits of its integers", async () => {
    const properties = { campaign_id: 1729384756102938475n, product_id: 1729384756102938475n };
    const { payload } = preparedFor(meta, metas, { properties });
    await isTaken(meta, metas, payload);
    const body = new TextDecoder().decode(metaSimulator.requests().at(-1)?.body);
    const [event] = (parseExact(body) as { data: Record<string, Member>[] }).data;
    assert.equal(event?.["custom_data"]?.["campaign_id"], 1729384756102938475n);
    assert.deepEqual(event?.["custom_data"]?.["content_ids"], ["1729384756102938475"]);
  });
});
