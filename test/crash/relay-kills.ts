import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openMeta } from "../../adapters/meta/meta.ts";
import type { DatabaseLogin } from "../../adapters/postgres/connect/connection.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";
import { openSystemRandom } from "../../adapters/system/random.ts";
import { openVault } from "../../adapters/system/vault.ts";
import type { Integration, Vendor } from "../../domain/model/delivery.ts";
import { secretPlace } from "../../domain/pipeline/relay/integration-secrets.ts";
import { createRelay, type Relay } from "../../domain/pipeline/relay/relay.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Destination } from "../../ports/destination.ts";
import type { FirstTenant } from "../../ports/tenant-store.ts";
import type { TestDatabase } from "../adapters/postgres/server.ts";
import { newEvent, newRecord } from "../contracts/events/records.ts";
import { unwrap } from "../contracts/results.ts";
import { newIntegration, newTenant, ownerOf } from "../contracts/tenants.ts";
import { recordedTelemetry } from "../domain/pipeline/relay/parts.ts";
import { type MetaSimulator, startMetaSimulator } from "../simulators/meta/server.ts";
import { openDice } from "./crash-rounds.ts";

/** Where a relay dies: at the nth call of this kind, before it, so many milliseconds into it, or after it. */
export interface KillPlan {
  readonly point: "claim" | "freeze" | "send" | "settle";
  readonly phase: "before" | "during" | "after";
  readonly nth: number;
  readonly delayMs: number;
}

/** What a relay's process is told. */
export interface RelayOrder {
  readonly admin: DatabaseLogin;
  readonly pipeline: DatabaseLogin;
  readonly vendorUrl: string;
  readonly vaultKey: string;
  readonly plan: KillPlan;
}

const child = fileURLToPath(new URL("./relay-child.ts", import.meta.url));
const vaultKey = "7".repeat(64);
const eventsMax = 450;
const integrationsCount = 2;
const failingShare = 0.01;
const delayMsMax = 12;
const childMsMax = 30_000;
const idleMsMax = 20_000;
const lookAgainMs = 20;
const phases = ["before", "during", "during", "after"] as const;
/** Between the answer to a claim and the end of its settlement. */
const points = [
  { point: "claim", phases: ["after"], nthMax: 2 },
  { point: "freeze", phases, nthMax: 2 },
  { point: "send", phases, nthMax: 6 },
  { point: "settle", phases, nthMax: 2 },
] as const;

/** Spoils events whose id says so on their way: the vendor refuses their batches, and names nobody. */
export function spoilFailing(payload: unknown): unknown {
  const { event_id: id } = payload as { event_id: string };
  return id.startsWith("poison") ? { ...Object(payload), action_source: "nowhere" } : payload;
}

/** Relays until nothing is due any more. */
export async function workUntilIdle(relay: Relay, clock: Clock): Promise<void> {
  while ((await relay.runOnce(clock.nowMs())) > 0);
}

function pick<T>(dice: () => number, from: readonly T[]): T {
  return from[Math.floor(dice() * from.length)] as T;
}

function planKill(dice: () => number): KillPlan {
  const { point, phases: own, nthMax } = pick(dice, points);
  const nth = 1 + Math.floor(dice() * nthMax);
  return { point, phase: pick(dice, own), nth, delayMs: Math.floor(dice() * delayMsMax) };
}

/** Returns whether the process was killed, rather than done before its time came. */
function runChild(order: RelayOrder): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, RELAY_ORDER: JSON.stringify(order) };
    const started = spawn(process.execPath, ["--no-install", child], { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [started.stdout, started.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
    const tooLong = setTimeout(() => {
      started.kill("SIGTERM");
      reject(new Error(`a relay did not end: ${output}`));
    }, childMsMax);
    started.once("exit", (code, signal) => {
      clearTimeout(tooLong);
      if (signal === "SIGKILL" || code === 0) resolve(signal === "SIGKILL");
      else reject(new Error(`a relay ended with ${code ?? signal}: ${output}`));
    });
  });
}

interface Scene {
  readonly database: TestDatabase;
  readonly simulator: MetaSimulator;
  readonly tenant: FirstTenant;
  readonly integrations: readonly Integration[];
}

async function openScene(database: TestDatabase, simulator: MetaSimulator): Promise<Scene> {
  const tenant = newTenant();
  await database.addTenant(tenant);
  const vault = await openVault({ key: vaultKey });
  const integrations: Integration[] = [];
  for (let number = 1; number <= integrationsCount; number += 1) {
    const made = newIntegration(tenant, { config: { pixel_id: `1000${number}`, action_source: "system_generated" } });
    const place = secretPlace({ orgId: tenant.orgId, id: made.id }, "access_token");
    const sealedSecrets = { access_token: await vault.seal(`token-${number}`, place) };
    const { tenantStore } = database.store;
    integrations.push(unwrap(await tenantStore.createIntegration(ownerOf(tenant), { ...made, sealedSecrets })));
  }
  return { database, simulator, tenant, integrations };
}

/** Stores events, queued for each integration. Returns their ids. */
async function queueEvents({ database, tenant }: Scene, round: number, dice: () => number): Promise<string[]> {
  const count = 1 + Math.floor(dice() * eventsMax);
  const ids = Array.from({ length: count }, (_, index) => {
    return `${dice() < failingShare ? "poison" : "event"}-${round}-${index}`;
  });
  const record = newRecord(
    tenant,
    ids.map((messageId) => newEvent({ messageId })),
  );
  unwrap(await database.store.eventStore.storeRecords([record], () => true));
  return ids;
}

/** The next life: leases of the dead are ended, as at a start beside the embedded database, and all is sent. */
async function recover({ database, simulator, integrations }: Scene): Promise<void> {
  const clock = openSystemClock();
  const { outbox, eventStore } = database.store;
  const meta = openMeta({ baseUrl: simulator.url, clock });
  const send: Destination["send"] = (one, secrets, payloads) => meta.send(one, secrets, payloads.map(spoilFailing));
  const destinations = new Map<Vendor, Destination>([["meta", { ...meta, send }]]);
  const vault = await openVault({ key: vaultKey });
  const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");
  const parts = { outbox, destinations, vault, clock, random: openSystemRandom(), sha256Hex };
  const relay = createRelay({ ...parts, telemetry: recordedTelemetry() });
  const orgId = (integrations[0] as Integration).orgId;
  unwrap(await outbox.endLeases(clock.nowMs()));
  const untilMs = clock.nowMs() + idleMsMax;
  for (;;) {
    await workUntilIdle(relay, clock);
    const ledgers = unwrap(await eventStore.integrationLedgers(orgId));
    if (ledgers.every(({ waiting }) => waiting === 0)) return;
    assert.ok(clock.nowMs() < untilMs, `events wait for ever: ${JSON.stringify(ledgers)}`);
    await clock.sleep(lookAgainMs);
  }
}

/** What the vendor counted of a round is each good event once per integration, under one name and time. */
function checkEffects({ simulator, integrations }: Scene, ids: readonly string[]): void {
  const good = ids.filter((id) => !id.startsWith("poison")).sort();
  for (const { config } of integrations) {
    const effects = simulator.effectiveEvents(String(config["pixel_id"])).map((event) => String(event["event_id"]));
    assert.deepEqual(effects.sort(), good, "effects");
  }
  const keys = new Map<string, string>();
  for (const { url, body } of simulator.requests()) {
    const { data } = JSON.parse(new TextDecoder().decode(body)) as { data: Record<string, unknown>[] };
    for (const { event_id: id, event_name: name, event_time: time } of data) {
      const [place, key] = [`${url} ${id}`, `${name} ${time}`];
      assert.equal(keys.get(place) ?? key, key, "name and time are the same on every attempt");
      keys.set(place, key);
    }
  }
  assert.deepEqual(simulator.findings(), []);
}

/** The books of all rounds: delivered is good, dead is poison with its reason, and nothing waits. */
async function checkBooks(scene: Scene, queued: readonly string[]): Promise<void> {
  const { database, tenant, integrations } = scene;
  const failing = queued.filter((id) => id.startsWith("poison")).sort();
  for (const ledger of unwrap(await database.store.eventStore.integrationLedgers(tenant.orgId))) {
    const { integrationId, ...counts } = ledger;
    const delivered = queued.length - failing.length;
    assert.deepEqual(counts, {
      queued: queued.length,
      delivered,
      dead: failing.length,
      expired: 0,
      canceled: 0,
      waiting: 0,
      notApplicable: 0,
    });
  }
  for (const { id } of integrations) {
    const letters = await database.query<{ message_id: string; code: string }>(
      "select message_id, code from dead_letters where integration_id = $1",
      [id],
    );
    assert.deepEqual(letters.map((letter) => letter.message_id).sort(), failing);
    assert.ok(letters.every(({ code }) => code === "meta_100"));
  }
}

export interface KillReport {
  readonly rounds: number;
  /** How often a relay died at each point, and how many events the vendor saw more than once for it. */
  readonly deaths: Readonly<Record<string, number>>;
  readonly duplicates: number;
}

/**
 * Kills relays between claim and acknowledgement until `kills` have died, and asks each time for the promise: no
 * effect is lost, none is doubled, and the books balance.
 */
export async function killRelays(database: TestDatabase, kills: number, seed: number): Promise<KillReport> {
  const dice = openDice(seed);
  const simulator = await startMetaSimulator();
  const deaths: Record<string, number> = {};
  const queued: string[] = [];
  let rounds = 0;
  let killed = 0;
  let duplicates = 0;
  try {
    const scene = await openScene(database, simulator);
    const { admin, pipeline } = database;
    while (killed < kills) {
      rounds += 1;
      simulator.reset();
      const ids = await queueEvents(scene, rounds, dice);
      queued.push(...ids);
      const plan = planKill(dice);
      const wasKilled = await runChild({ admin, pipeline, vendorUrl: simulator.url, vaultKey, plan });
      if (wasKilled) {
        killed += 1;
        deaths[`${plan.phase} ${plan.point}`] = (deaths[`${plan.phase} ${plan.point}`] ?? 0) + 1;
      }
      await recover(scene);
      checkEffects(scene, ids);
      await checkBooks(scene, queued);
      duplicates += simulator.counts().duplicates;
    }
    return { rounds, deaths, duplicates };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`seed ${seed}, round ${rounds}: ${what}`, { cause: error });
  } finally {
    await simulator.close();
  }
}
