import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { startTiktokSimulator, type TiktokSimulator } from "../simulators/tiktok/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, connectMeta } from "./api.ts";

const blocks = 4;
const blockEvents = 1_200;
const everyMs = 20;
const warmUpEvents = 300;
/** Longer than the relay waits for any answer. */
const silenceMs = 60_000;
const deliverMsMax = 60_000;
const ratioMax = 2;
/** Below this, p99 is made of the machine's own noise. */
const noiseMs = 25;

let tidegate: TidegateProcess;
let meta: MetaSimulator;
let tiktok: TiktokSimulator;
const acceptedAtMs = new Map<string, number>();

before(async () => {
  meta = await startMetaSimulator();
  tiktok = await startTiktokSimulator({ recordRequests: false });
  tidegate = await startTidegate({ TIDEGATE_META_BASE_URL: meta.url, TIDEGATE_TIKTOK_BASE_URL: tiktok.url });
  await connectMeta(tidegate);
  const config = { event_source: "web", event_source_id: "PIXEL1", access_token: "end-to-end-token" };
  const integration = { vendor: "tiktok", project_id: tidegate.credentials.project_id, config };
  assert.equal((await callAdmin(tidegate, "POST", "/v1/admin/integrations", integration)).status, 201);
});
after(async () => {
  await tidegate?.dispose();
  await meta?.close();
  await tiktok?.close();
});

async function sendOne(messageId: string): Promise<void> {
  const event = {
    event: "Order Completed",
    messageId,
    userId: `user-${messageId}`,
    properties: { revenue: 9, currency: "eur" },
    context: { page: { url: "https://shop.example.com/thanks" } },
  };
  const answer = await callIngest(tidegate, "/v1/track", event);
  assert.equal(answer.status, 200);
  acceptedAtMs.set(messageId, Date.now());
}

/** Sends events at a steady pace, and returns how long each took from its 2xx to Meta. Units: milliseconds. */
async function measureBlock(name: string, events: number): Promise<number[]> {
  const ids = Array.from({ length: events }, (_, index) => `${name}-${index}`);
  const sending: Promise<void>[] = [];
  const startMs = Date.now();
  for (const [index, id] of ids.entries()) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs + index * everyMs - Date.now())));
    sending.push(sendOne(id));
  }
  await Promise.all(sending);
  await waitFor(
    () => meta.counts().effective >= acceptedAtMs.size,
    deliverMsMax,
    () => `Meta has ${meta.counts().effective} of ${acceptedAtMs.size}`,
  );
  const arrivedAtMs = new Map<string, number>();
  for (const { body, receivedAtMs } of meta.requests()) {
    const { data } = JSON.parse(new TextDecoder().decode(body)) as { data: { event_id: string }[] };
    for (const { event_id: id } of data) if (!arrivedAtMs.has(id)) arrivedAtMs.set(id, receivedAtMs);
  }
  return ids.map((id) => Math.max(0, (arrivedAtMs.get(id) as number) - (acceptedAtMs.get(id) as number)));
}

function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] as number;
}

it("a vendor that times out on every call leaves the way to another as short as it was", async () => {
  await measureBlock("warm-up", warmUpEvents);
  const calm: number[] = [];
  const disturbed: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    calm.push(...(await measureBlock(`calm-${block}`, blockEvents)));
    tiktok.fail("slow", { times: Number.POSITIVE_INFINITY, afterMs: silenceMs });
    const faultedBefore = tiktok.counts().faulted;
    disturbed.push(...(await measureBlock(`disturbed-${block}`, blockEvents)));
    assert.ok(tiktok.counts().faulted > faultedBefore, "the other vendor was called and did not answer");
    tiktok.clearFaults();
  }
  const figures = (samples: readonly number[]) => {
    return { events: samples.length, p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
  };
  console.log(JSON.stringify({ accept_to_vendor_ms: { calm: figures(calm), disturbed: figures(disturbed) } }));
  assert.ok(figures(disturbed).p99 <= Math.max(noiseMs, ratioMax * figures(calm).p99));
});
