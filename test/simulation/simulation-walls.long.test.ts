// Times, and so no part of every run: what one organisation can make Tidegate work, another one does not feel.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { bodyBytesMax } from "../../domain/model/limits.ts";
import type { FirstTenant } from "../../ports/tenant-store.ts";
import { addTenant } from "../adapters/postgres/server.ts";
import { newTenant } from "../contracts/tenants.ts";
import { asSuperuser } from "../end-to-end/database.ts";
import { SeededRandom } from "../properties/seeded-random.ts";
import { startWebhookSimulator, type WebhookSimulator } from "../simulators/webhook/server.ts";
import { startTidegate, type TidegateProcess } from "../tidegate-process.ts";
import { type Attack, costliestOf, eventsOf, integrationId, type Way, ways } from "./costly-ways.ts";

const seed = Number(process.env["TIDEGATE_SEED"] ?? 20_261_130);
const measureMs = Number(process.env["TIDEGATE_WALLS_MS"] ?? 6_000);
/** Harmless and costly rounds follow one another, so that what else the machine does falls on both. */
const rounds = 4;
/** Under way at a time: what comes beyond is left out, as by a client that waits. */
const attacksMax = 6;
const victimEveryMs = 10;
const attackEveryMs = 200;
/** What another organisation's 99th percentile may be, whatever it is beside a harmless one. */
const p99MsMax = 50;
const token = "walls-token-of-the-costly-organisation";

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

interface Rounds {
  readonly calm: Measured;
  readonly beside: Measured;
}

describe(`walls between organisations in time (seed ${seed})`, () => {
  let tidegate: TidegateProcess;
  const random = new SeededRandom(seed);
  const costly: FirstTenant = { ...newTenant("Costly"), adminTokenSha256: sha256Hex(token) };
  const harmless: FirstTenant = { ...newTenant("Harmless") };

  let receiver: WebhookSimulator;
  let integration = "";
  let transformation = "";

  before(async () => {
    receiver = await startWebhookSimulator();
    tidegate = await startTidegate({ TIDEGATE_WEBHOOK_ALLOW_PRIVATE: "1" });
    await asSuperuser(tidegate, async (client) => {
      await client.query("set search_path = tidegate, pg_temp");
      for (const tenant of [costly, harmless]) await addTenant(client, tenant);
    });
    integration = await make("/v1/admin/integrations", {
      ...{ vendor: "webhook", project_id: costly.projectId, config: { url: `${receiver.url}/hook` }, enabled: true },
    });
    const rules = [{ type: "delete", path: "properties.none" }];
    transformation = await make("/v1/admin/transformations", { integration_id: integration, name: "Costly", rules });
  });
  after(async () => {
    await tidegate?.dispose();
    await receiver?.close();
  });

  const admin = (method: string, path: string, body?: unknown) =>
    fetch(`${tidegate.credentials.admin_url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body).replaceAll(integrationId, integration) }),
    });

  async function make(path: string, body: unknown): Promise<string> {
    const response = await admin("POST", path, body);
    const text = await response.text();
    assert.equal(response.status, 201, text);
    return (JSON.parse(text) as { id: string }).id;
  }

  /** Whether the attack's configuration is accepted. */
  async function configure({ config, transformation: rules }: Attack): Promise<boolean> {
    if ((await put(config)) !== 200) return false;
    if (rules === undefined) return true;
    const changed = await admin("PATCH", `/v1/admin/transformations/${transformation}`, { rules });
    await changed.text();
    return changed.status === 200;
  }

  async function send(writeKey: string, body: string): Promise<number> {
    const startMs = performance.now();
    const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}`, "content-type": "application/json" };
    const response = await fetch(`${tidegate.credentials.ingest_url}/v1/batch`, { method: "POST", headers, body });
    const text = await response.text();
    assert.ok([200, 503].includes(response.status), `${response.status} ${text.slice(0, 200)}`);
    return performance.now() - startMs;
  }

  /** The victim's acknowledgements by schedule in one round, while `attack` runs again and again. */
  async function measure(attack: () => Promise<unknown>, everyMs: number): Promise<number[]> {
    const took: number[] = [];
    const pending: Promise<unknown>[] = [];
    const endMs = performance.now() + measureMs / rounds;
    let attacks = 0;
    const attacking = setInterval(() => {
      if (attacks >= attacksMax) return;
      attacks += 1;
      pending.push(attack().finally(() => (attacks -= 1)));
    }, everyMs);
    for (let n = 0; performance.now() < endMs; n += 1) {
      const dueMs = performance.now() + victimEveryMs;
      const body = eventsOf(1, { n });
      pending.push(send(tidegate.credentials.write_key, body).then((ms) => took.push(ms)));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    }
    clearInterval(attacking);
    await Promise.allSettled(pending);
    return took;
  }

  async function alternate(calmly: () => Promise<unknown>, act: () => Promise<unknown>): Promise<Rounds> {
    const calm: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      calm.push(...(await measure(calmly, attackEveryMs)));
      beside.push(...(await measure(act, attackEveryMs)));
    }
    return { calm: percentilesOf(calm), beside: percentilesOf(beside) };
  }

  async function put(config: unknown): Promise<number> {
    const response = await admin("PUT", "/v1/admin/data-layer", { config });
    await response.text();
    return response.status;
  }

  async function attackOf(attack: Attack): Promise<() => Promise<unknown>> {
    const { body, call } = attack;
    assert.equal(await configure(attack), true);
    if (call) return () => admin(call.method, call.path, call.body).then((response) => response.text());
    return () => send(costly.writeKey, body);
  }

  async function compare(way: Way): Promise<void> {
    const attack = await costliestOf(way, random, async (draw) => {
      if (!(await configure(draw))) return null;
      const { body, call } = draw;
      const startMs = performance.now();
      if (call) {
        const response = await admin(call.method, call.path, call.body);
        await response.text();
        if (response.status >= 400) return null;
      } else if (body.length > bodyBytesMax) return null;
      else await send(costly.writeKey, body);
      return performance.now() - startMs;
    });
    const act = await attackOf(attack);
    const { calm, beside } = await alternate(() => send(harmless.writeKey, attack.body), act);
    await put({});
    const row = (name: string, { p50, p99, most }: Measured) =>
      `${name} p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} most ${most.toFixed(0)} ms`;
    console.log(`${way.name} (${attack.name}): ${row("harmless", calm)}; ${row("costly", beside)}`);
    assert.ok(beside.p99 <= Math.max(p99MsMax, 2 * calm.p99), `${way.name}: ${JSON.stringify({ calm, beside })}`);
  }

  for (const way of ways) it(`${way.name} of one organisation are not felt by another`, () => compare(way));
});

function percentilesOf(took: number[]): Measured {
  const sorted = took.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), most: at(1) };
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
