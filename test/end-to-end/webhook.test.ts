import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { startWebhookSimulator, type WebhookSimulator } from "../simulators/webhook/server.ts";
import { startTidegate, type TidegateProcess, waitFor } from "../tidegate-process.ts";
import { callAdmin, callIngest, isBalanced, type Ledger, untilSettled } from "./api.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const path = "/v1/admin/integrations";
/** Less than the half minute at least that a circuit of this kind stays open: it did not wait for that. */
const retriedMsMax = 28_000;

interface Made {
  readonly id: string;
  readonly signing_secret: string;
  readonly previous_secret_valid_until?: string;
  readonly config: Readonly<Record<string, unknown>>;
}

describe("the whole of Tidegate, to a customer's own receiver", () => {
  let tidegate: TidegateProcess;
  let simulator: WebhookSimulator;
  let made: Made;

  before(async () => {
    simulator = await startWebhookSimulator();
    tidegate = await startTidegate({ TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1" });
  });
  after(async () => {
    await tidegate?.dispose();
    await simulator?.close();
  });

  async function send(...events: readonly string[]): Promise<Ledger> {
    const traits = { email: "Mary@Mail.example.org" };
    const batch = [
      { type: "identify", userId: "user-1", traits },
      ...events.map((event) => ({ type: "track", event, userId: "user-1", properties: { email: traits.email } })),
    ];
    const { sources } = (await callAdmin<Ledger>(tidegate, "GET", "/v1/admin/ledger")).json;
    const before = sources.reduce((sum, source) => sum + source.accepted, 0);
    assert.equal((await callIngest(tidegate, "/v1/batch", { batch })).status, 200);
    return untilSettled(tidegate, before + batch.length);
  }

  it("an integration is made with a secret of Tidegate's own, shown once", async () => {
    const body = { vendor: "webhook", project_id: tidegate.credentials.project_id };
    const config = { url: `${simulator.url}/hook`, event_map: { "Order Completed": "Sale" } };
    const given = await callAdmin(tidegate, "POST", path, { ...body, config: { ...config, signing_secret: "mine" } });
    assert.equal(given.status, 422, given.text);
    const created = await callAdmin<Made>(tidegate, "POST", path, { ...body, config });
    assert.equal(created.status, 201, created.text);
    made = created.json;
    assert.match(made.signing_secret, /^whsec_[0-9A-Za-z]{48}$/);
    for (const read of [path, "/v1/admin/audit-log"]) {
      const { text } = await callAdmin(tidegate, "GET", read);
      assert.ok(text.includes(made.id) && !text.includes(made.signing_secret), read);
    }
    assert.equal(made.config["signing_secret"], "••••");
    simulator.setSecrets([made.signing_secret]);
  });

  it("the receiver gets each event once, signed, hashed, under the mapped name", async () => {
    const ledger = await send("Order Completed", "Level Up");
    assert.ok(isBalanced(ledger), JSON.stringify(ledger));
    const events = simulator.effectiveEvents("/hook");
    assert.deepEqual(events.map(({ event }) => event).sort(), ["Level Up", "Sale"]);
    for (const event of events) {
      assert.deepEqual(event["properties"], { email: sha256("mary@mail.example.org") });
      assert.deepEqual(event["identity"], { email_sha256: sha256("mary@mail.example.org") });
    }
    const { refusals, duplicates, clearPii, clearIp } = simulator.counts();
    assert.deepEqual(
      { refusals, duplicates, clearPii, clearIp },
      { refusals: 0, duplicates: 0, clearPii: 0, clearIp: 0 },
    );
  });

  it("is configured anew, its secret kept, and checked and verified with the receiver itself", async () => {
    const one = `${path}/${made.id}`;
    const config = { batch_events_max: 50, signing_secret: null };
    const changed = await callAdmin<Made>(tidegate, "PATCH", one, { config, check: true });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([changed.json.config["batch_events_max"], changed.json.config["signing_secret"]], [50, "••••"]);
    const given = await callAdmin(tidegate, "PATCH", one, { config: { signing_secret: "mine" } });
    assert.equal(given.status, 422, given.text);
    const verified = await callAdmin<{ verdict: string }>(tidegate, "POST", `${one}/verify`, {});
    assert.equal(verified.json.verdict, "accepted", verified.text);
    simulator.reset();
  });

  it("a rotated secret signs at once, and the one before it beside it until its time is over", async () => {
    const rotate = (overlap: number) =>
      callAdmin<Made>(tidegate, "POST", `${path}/${made.id}/rotate-secret`, { overlap_hours: overlap });
    const rotated = await rotate(2);
    assert.equal(rotated.status, 200, rotated.text);
    assert.notEqual(rotated.json.signing_secret, made.signing_secret);
    assert.ok(Date.parse(rotated.json.previous_secret_valid_until ?? "") > Date.now() + 3_600_000);
    for (const read of [path, "/v1/admin/audit-log"]) {
      const { text } = await callAdmin(tidegate, "GET", read);
      assert.ok(text.includes("previous_signing_secret") && !text.includes("whsec_"), read);
    }
    await send("With the old secret");
    simulator.setSecrets([rotated.json.signing_secret]);
    await send("With the new secret");
    assert.equal(simulator.counts().refusals, 0);
    assert.equal(simulator.effectiveEvents().length, 2);

    const last = await rotate(0);
    assert.equal(last.json.previous_secret_valid_until, undefined);
    const { ingest_url: url, write_key: key } = tidegate.credentials;
    await fetch(`${url}/v1/track`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${key}:`)}`, "content-type": "application/json" },
      body: JSON.stringify({ userId: "user-1", event: "With a secret that the receiver does not know" }),
    });
    await waitFor(
      () => simulator.counts().refusals > 0,
      60_000,
      () => "nothing was refused",
    );
    assert.equal(simulator.effectiveEvents().length, 2);
  });

  it("what waited for a receiver goes as soon as a verification finds it mended", async () => {
    const rotated = await callAdmin<Made>(tidegate, "POST", `${path}/${made.id}/rotate-secret`, { overlap_hours: 0 });
    simulator.setSecrets([rotated.json.signing_secret]);
    const verified = await callAdmin<{ verdict: string }>(tidegate, "POST", `${path}/${made.id}/verify`, {});
    assert.equal(verified.json.verdict, "accepted", verified.text);
    const last = "With a secret that the receiver does not know";
    await waitFor(
      () => simulator.effectiveEvents("/hook").some(({ event }) => event === last),
      retriedMsMax,
      () => "it still waits",
    );
  });

  it("another vendor's secret is not ours to make, and an unknown integration is not found", async () => {
    const meta = await callAdmin<Made>(tidegate, "POST", path, {
      vendor: "meta",
      project_id: tidegate.credentials.project_id,
      config: { pixel_id: "1234567890", access_token: "t" },
    });
    assert.equal((await callAdmin(tidegate, "POST", `${path}/${meta.json.id}/rotate-secret`, {})).status, 422);
    const unknown = "00000000-0000-7000-8000-000000000000";
    assert.equal((await callAdmin(tidegate, "POST", `${path}/${unknown}/rotate-secret`, {})).status, 404);
  });
});
