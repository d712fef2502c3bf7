import assert from "node:assert/strict";
import { test } from "node:test";
import { Analytics, type AnalyticsSettings } from "@segment/analytics-node";
import { openRig, post, type Rig } from "../server/rig.ts";

/** Sends numbered events through the unmodified library; gives back the statuses it met and what it gave up on. */
async function sendThroughLibrary(settings: AnalyticsSettings, count: number) {
  const analytics = new Analytics({ flushAt: 10, ...settings });
  const statuses: number[] = [];
  const faults: unknown[] = [];
  analytics.on("http_response", ({ status }) => statuses.push(status));
  analytics.on("error", (error) => faults.push(error));
  for (let at = 0; at < count; at += 1) analytics.track({ userId: "u1", event: "Counted", properties: { at } });
  await analytics.closeAndFlush({ timeout: 15_000 });
  return { statuses, faults };
}

/** Which of the numbered events were taken in, each as often as it was. */
async function taken(rig: Rig): Promise<number[]> {
  const events = (await rig.events()) as { properties: { at: number } }[];
  return events.map(({ properties }) => properties.at).sort((a, b) => a - b);
}

test("past its rate, the Segment library waits as it is told and sends all of it", async () => {
  const rig = await openRig();
  try {
    const source = await post(
      `${rig.admin.url}/v1/admin/sources`,
      { project_id: rig.keys.project_id, name: "Shop", kind: "server", events_per_second_max: 8 },
      { authorization: `Bearer ${rig.keys.admin_token}` },
    );
    const settings = { writeKey: source.json.write_key, host: rig.ingest.url, maxRetries: 0 };
    const { statuses, faults } = await sendThroughLibrary(settings, 30);
    assert.deepEqual(faults, []);
    assert.ok(statuses.includes(429), `${statuses}`);
    assert.deepEqual(
      await taken(rig),
      Array.from({ length: 30 }, (_, at) => at),
    );
  } finally {
    await rig.close();
  }
});

test("after a 503 the Segment library tries again and loses nothing; a 401 it takes for final", async () => {
  let heardAtMs = 0;
  const rig = await openRig({ heardAtMs: () => heardAtMs });
  try {
    setTimeout(() => (heardAtMs = Number.MAX_SAFE_INTEGER), 300);
    const settings = { writeKey: rig.keys.write_key, host: rig.ingest.url, maxRetries: 3 };
    const { statuses, faults } = await sendThroughLibrary(settings, 20);
    assert.deepEqual(faults, []);
    assert.deepEqual(statuses, [503, 503, 200, 200]);
    assert.deepEqual(
      await taken(rig),
      Array.from({ length: 20 }, (_, at) => at),
    );
    const unknown = await sendThroughLibrary({ ...settings, writeKey: "wk_nobody" }, 1);
    assert.deepEqual([unknown.statuses, unknown.faults.length], [[401], 1]);
  } finally {
    await rig.close();
  }
});
