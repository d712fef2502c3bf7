import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { openMeta } from "../../adapters/meta/meta.ts";
import { openSystemClock } from "../../adapters/system/clock.ts";
import { openSystemRandom } from "../../adapters/system/random.ts";
import { openTelemetry } from "../../adapters/system/telemetry.ts";
import { openVault } from "../../adapters/system/vault.ts";
import type { Integration, Vendor } from "../../domain/model/delivery.ts";
import type { EventToStore } from "../../domain/model/event/stored-event.ts";
import { relayBatchEventsMax } from "../../domain/model/limits.ts";
import { secretPlace } from "../../domain/pipeline/relay/integration-secrets.ts";
import { createRelay, type Relay } from "../../domain/pipeline/relay/relay.ts";
import type { Destination } from "../../ports/destination.ts";
import type { Outbox } from "../../ports/outbox.ts";
import type { FirstTenant } from "../../ports/tenant-store.ts";
import type { TestDatabase } from "../adapters/postgres/server.ts";
import { newEvent, newRecord, receivedAtMs } from "../contracts/events/records.ts";
import { unwrap } from "../contracts/results.ts";
import { newIntegration, newTenant, ownerOf } from "../contracts/tenants.ts";
import type { Timers } from "./relay-timers.ts";

/** Records of a run are received one millisecond apart, the last of them now. */
const recordsMax = 10_000;
export const benchToken = "bench-token";
const simulatorMain = fileURLToPath(new URL("../simulators/meta/main.ts", import.meta.url));
const vault = await openVault({ key: "9".repeat(64) });
const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

export interface VendorProcess {
  readonly url: string;
  counts(): Promise<{ readonly effective: number; readonly duplicates: number }>;
  /** The events that it got as they were written, without their ids and sorted, so that two ways of sending compare. */
  payloads(): Promise<string[]>;
  reset(): Promise<void>;
  stop(): void;
}

/** Starts the simulator in a process of its own: what it costs must not count as the relay's. */
export async function startVendorProcess(): Promise<VendorProcess> {
  const child: ChildProcess = spawn(process.execPath, ["--no-install", simulatorMain], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (chunk) => resolve(String(chunk).trim()));
    child.once("exit", (code) => reject(new Error(`the simulator ended with ${code}`)));
  });
  return {
    url,
    counts: async () => (await (await fetch(`${url}/_sim/counts`)).json()) as { effective: number; duplicates: number },
    async payloads() {
      const requests = (await (await fetch(`${url}/_sim/requests`)).json()) as { readonly body: string }[];
      return requests.flatMap(({ body }) => payloadsOf(Buffer.from(body, "base64").toString())).sort();
    },
    reset: async () => void (await (await fetch(`${url}/_sim/reset`, { method: "POST" })).text()),
    stop: () => void child.kill("SIGTERM"),
  };
}

function payloadsOf(body: string): string[] {
  const { data, ...rest } = JSON.parse(body) as { readonly data: readonly { readonly event_id: string }[] };
  return data.map((event) => JSON.stringify({ ...event, event_id: "", ...rest }));
}

/** A purchase on a website by somebody whose email is known, in a country. */
function purchase(number: number): EventToStore {
  const userId = `user-${number}`;
  const base = { userId, messageId: randomUUID(), deviceOs: null, deviceModel: null, region: null };
  const event = newEvent({ ...base, emailSha256: sha256Hex(userId) as EventToStore["emailSha256"] });
  const { messageId, timestampMs } = event;
  const envelope = {
    type: "track",
    event: "Order Completed",
    messageId,
    userId,
    timestamp: new Date(timestampMs).toISOString(),
    properties: { revenue: 10 + (number % 90) / 4, currency: "eur", order_id: `order-${number}` },
    context: { page: { url: `https://shop.example.com/thanks/${number}` }, locale: "de-DE" },
    integrations: { All: true },
  };
  return { ...event, json: JSON.stringify(envelope) };
}

export interface Scene {
  /** Served by the relay, and by the bare loop. */
  readonly relayed: Integration;
  readonly bare: Integration;
  /** Stores new events and queues them for one integration, in rows of one batch each. */
  queue(integration: Integration, events: number): Promise<void>;
}

export async function openScene(database: TestDatabase): Promise<Scene> {
  const tenant = newTenant();
  await database.addTenant(tenant);
  let records = 0;
  return {
    relayed: await connect(database, tenant, "10001"),
    bare: await connect(database, tenant, "10002"),
    async queue(integration, events) {
      for (let from = 0; from < events; from += relayBatchEventsMax) {
        const batch = Array.from({ length: Math.min(relayBatchEventsMax, events - from) }, (_, n) =>
          purchase(from + n),
        );
        records += 1;
        const record = newRecord(tenant, batch, { receivedAtMs: receivedAtMs - recordsMax + records });
        unwrap(await database.store.eventStore.storeRecords([record], ({ id }) => id === integration.id));
      }
    },
  };
}

async function connect(database: TestDatabase, tenant: FirstTenant, pixelId: string): Promise<Integration> {
  const made = newIntegration(tenant, { config: { pixel_id: pixelId } });
  const place = secretPlace({ orgId: tenant.orgId, id: made.id }, "access_token");
  const sealedSecrets = { access_token: await vault.seal(benchToken, place) };
  return unwrap(await database.store.tenantStore.createIntegration(ownerOf(tenant), { ...made, sealedSecrets }));
}

/** The relay as it is composed, with a stopwatch at each of its ports. */
export function timedRelay(database: TestDatabase, vendorUrl: string, timers: Timers): Relay {
  const clock = openSystemClock();
  const meta = openMeta({ baseUrl: vendorUrl, clock });
  const timed = <A extends unknown[], R>(part: string, call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      const stop = timers.start(part);
      const result = await call(...args);
      stop();
      return result;
    };
  };
  const mapped = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      const startMs = performance.now();
      const result = call(...args);
      timers.add("map", performance.now() - startMs);
      return result;
    };
  };
  const destination: Destination = {
    ...meta,
    freeze: mapped(meta.freeze),
    prepare: mapped(meta.prepare),
    send: timed("send", meta.send),
  };
  const { outbox } = database.store;
  const timedOutbox: Outbox = {
    ...outbox,
    claim: timed("claim", outbox.claim),
    freeze: timed("freeze", outbox.freeze),
    settle: timed("settle", outbox.settle),
  };
  return createRelay({
    outbox: timedOutbox,
    destinations: new Map<Vendor, Destination>([["meta", destination]]),
    vault,
    clock,
    random: openSystemRandom(),
    telemetry: openTelemetry({ clock, out: () => undefined, err: () => undefined }),
    sha256Hex,
  });
}
