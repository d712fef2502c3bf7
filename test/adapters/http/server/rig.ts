import { createHash } from "node:crypto";
import { type AdminAppParts, adminRoutes, createAdminApp } from "../../../../adapters/http/admin/app.ts";
import type { AdminRoute } from "../../../../adapters/http/admin/route.ts";
import { createIngestApp } from "../../../../adapters/http/ingest/app.ts";
import { verifySignature } from "../../../../adapters/http/ingest/verify-signature.ts";
import type { App } from "../../../../adapters/http/server/call.ts";
import { type Listener, listen } from "../../../../adapters/http/server/listen.ts";
import { openMemoryAccountStore } from "../../../../adapters/memory/account-store.ts";
import {
  type MemoryAttributionStore,
  openMemoryAttributionStore,
} from "../../../../adapters/memory/attribution-store.ts";
import { type MemoryOutbox, openMemoryOutbox } from "../../../../adapters/memory/outbox.ts";
import { openMemoryScriptFaultStore } from "../../../../adapters/memory/script-fault-store.ts";
import { openMemoryStream } from "../../../../adapters/memory/stream.ts";
import { type MemoryTenantStore, openMemoryTenantStore } from "../../../../adapters/memory/tenant-store.ts";
import { openMemoryTransformationStore } from "../../../../adapters/memory/transformation-store.ts";
import { openMemoryWorkspaceStore } from "../../../../adapters/memory/workspace-store.ts";
import { openMeta } from "../../../../adapters/meta/meta.ts";
import { openQuickJs } from "../../../../adapters/quickjs/sandbox.ts";
import { openReferenceKernel } from "../../../../adapters/reference-kernel/kernel.ts";
import { openSystemClock } from "../../../../adapters/system/clock.ts";
import { findBytes } from "../../../../adapters/system/find-bytes.ts";
import { openPasswordHasher } from "../../../../adapters/system/password-hasher.ts";
import { openSystemRandom } from "../../../../adapters/system/random.ts";
import { openTelemetry } from "../../../../adapters/system/telemetry.ts";
import { openVault } from "../../../../adapters/system/vault.ts";
import { createWatchEvents } from "../../../../domain/admin/events/watch-events.ts";
import {
  createFirstTenant,
  type FirstCredentials,
  mintFirstCredentials,
} from "../../../../domain/admin/workspace/first-tenant.ts";
import { defaultDataLayer } from "../../../../domain/data-layer/configuration.ts";
import type { DataLayerConfig } from "../../../../domain/model/data-layer.ts";
import { jsonText } from "../../../../domain/model/event/event.ts";
import { decodeRecord, type EventRecord } from "../../../../domain/model/event/record.ts";
import type { StoredEvent } from "../../../../domain/model/event/stored-event.ts";
import { fail, succeed } from "../../../../domain/model/failure.ts";
import { defaultLimits, type Limits } from "../../../../domain/model/limits.ts";
import type { SourceKind } from "../../../../domain/model/tenant.ts";
import { createIngest } from "../../../../domain/pipeline/ingest/ingest.ts";
import { openSourceDirectory } from "../../../../domain/pipeline/ingest/source-directory.ts";
import type { Rate } from "../../../../domain/pipeline/ingest/token-buckets.ts";
import type { Clock } from "../../../../ports/clock.ts";
import type { Destination } from "../../../../ports/destination.ts";
import type { Device } from "../../../../ports/device.ts";
import type { EventStore, SourceLedger } from "../../../../ports/event-store.ts";
import type { EventStream } from "../../../../ports/event-stream.ts";
import type { EventTail } from "../../../../ports/event-tail.ts";
import type { Geo } from "../../../../ports/geo.ts";
import type { Kernel } from "../../../../ports/kernel.ts";
import type { ScriptFaultStore } from "../../../../ports/script-fault-store.ts";
import type { FirstTenant, TenantStore } from "../../../../ports/tenant-store.ts";

export const berlinIp = "203.0.113.7";

/** One documentation address is in Berlin, every other one nowhere. */
const geo: Geo = {
  attribution: "none",
  locate: (ip) => (ip === berlinIp ? { country: "DE", region: "BE" } : null),
};

/** Knows one bot and one phone. */
const device: Device = {
  parse(userAgent) {
    const phone = userAgent.includes("iPhone");
    const none = { type: null, manufacturer: null, osVersion: null, browser: null, browserVersion: null };
    const facts = { ...none, model: phone ? "iPhone" : null, os: phone ? "iOS" : null };
    const json = phone ? new TextEncoder().encode('{"model":"iPhone","os":"iOS"}') : null;
    return { json, facts, knownBot: /Googlebot/.test(userAgent) };
  },
};

const sha256Hex = (text: string) => createHash("sha256").update(text).digest("hex");

export interface Rig {
  readonly apps: { readonly ingest: App; readonly admin: App };
  readonly ingest: Listener;
  readonly admin: Listener;
  readonly keys: FirstCredentials;
  readonly tenants: MemoryTenantStore;
  readonly scriptFaults: ScriptFaultStore;
  readonly attributions: MemoryAttributionStore;
  readonly kernel: Kernel;
  /** What the admin's store holds; tests put in what they ask for. */
  readonly stored: { events: StoredEvent[]; ledgers: SourceLedger[] };
  /** What waits for vendors, was sent and was given up. */
  readonly outbox: MemoryOutbox;
  /** Every route of the admin listener that asks for a token. */
  readonly adminRoutes: readonly AdminRoute[];
  /** Adds an organisation of its own, with a source of a kind. */
  addTenant(kind: SourceKind, dataLayer?: DataLayerConfig): Promise<FirstCredentials>;
  /** Takes what was appended since it was last asked. */
  records(): Promise<EventRecord[]>;
  /** The sanitised events of those records, parsed. */
  events(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface RigOptions {
  /** The plain kernel, unless a test brings another. */
  readonly kernel?: Kernel;
  readonly kind?: SourceKind;
  readonly dataLayer?: DataLayerConfig;
  readonly limits?: Partial<Limits>;
  readonly trustedProxies?: readonly string[];
  readonly publicUrl?: string;
  readonly adminUrl?: string;
  readonly backlogBytesMax?: number;
  readonly memberRate?: Rate;
  /** Where the one vendor there is can be reached; nowhere, if left out. */
  readonly metaBaseUrl?: string;
  /** How that vendor's adapter sends, unless as it does. */
  readonly sendToMeta?: Destination["send"];
  readonly clock?: Clock;
  /** When changes were last heard of. */
  readonly heardAtMs?: () => number;
}

/** Serves both listeners over real HTTP, on the reference kernel and stores in memory. */
/** Six times what a server allows: no test of this rig is about time, and a busy machine takes longer. */
const scriptMsMax = 300;

export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const clock = options.clock ?? openSystemClock();
  const random = openSystemRandom();
  const telemetry = openTelemetry({ clock, out: () => undefined, err: () => undefined });
  const tenants = openMemoryTenantStore(clock);
  const accounts = openMemoryAccountStore(tenants, clock);
  const workspace = openMemoryWorkspaceStore(tenants, accounts, clock);
  const vault = await openVault({ key: "07".repeat(32) });
  const kernel = options.kernel ?? openReferenceKernel();
  const sandbox = openQuickJs({ clock, telemetry, eventMsMax: scriptMsMax });
  const limits = { ...defaultLimits, ...options.limits };
  const { backlogBytesMax } = options;
  const stream = openMemoryStream(backlogBytesMax === undefined ? { clock } : { clock, backlogBytesMax });

  async function addTenant(kind: SourceKind, dataLayer = defaultDataLayer): Promise<FirstCredentials> {
    const minted = mintFirstCredentials(random);
    const add = async (tenant: FirstTenant) => {
      tenants.addTenant({ ...tenant, otherSources: [], sourceKind: kind, dataLayer });
      return succeed(true);
    };
    const created = await createFirstTenant({
      tenants: { ...tenants, createFirstTenant: add },
      vault,
      sha256Hex,
      random,
    })(minted);
    if (!created.ok) throw new Error(created.failure.code);
    return minted;
  }

  const keys = await addTenant(options.kind ?? "server", options.dataLayer);
  const watched: TenantStore = options.heardAtMs
    ? {
        ...tenants,
        watchChanges: async (on) => ({ ...(await tenants.watchChanges(on)), heardAtMs: options.heardAtMs! }),
      }
    : tenants;
  const directory = await openSourceDirectory({ tenants: watched, kernel, clock, limits });
  const app = { clock, random, telemetry, health: async () => ({ ready: directory.isFresh(), details: {} }) };
  const ingest = createIngest({
    directory,
    kernel,
    stream,
    geo,
    device,
    vault,
    verifySignature,
    limits,
    sha256Hex,
    findBytes,
    pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
    ...app,
  });
  const { stored, store, tail } = memoryStore();
  const outbox = openMemoryOutbox({ clock, random });
  const transformations = openMemoryTransformationStore({
    clock,
    async hasIntegration(orgId, id) {
      const found = await tenants.integrations(orgId);
      return found.ok && found.value.some((integration) => integration.id === id);
    },
  });
  const scriptFaults = openMemoryScriptFaultStore();
  const attributions = openMemoryAttributionStore();
  const listenOptions = { hostname: "127.0.0.1", port: 0, reusePort: false };
  const { trustedProxies = [], publicUrl = null } = options;
  const ingestApp = createIngestApp({ ...app, ingest, directory, limits, trustedProxies, publicUrl });
  const ingestListener = await listen(ingestApp, listenOptions);
  const adminParts: AdminAppParts = {
    ...app,
    ...(options.memberRate ? { memberRate: options.memberRate } : {}),
    tenants,
    accounts,
    workspace,
    hasher: openPasswordHasher(),
    trustedProxies: options.trustedProxies ?? [],
    adminUrl: options.adminUrl ?? null,
    store,
    tail,
    stream,
    outbox,
    transformations,
    scriptFaults,
    attributions,
    vault,
    destinations: new Map([["meta", metaLike(options)]]),
    sha256Hex,
    forget: directory.forget,
    kernel,
    sandbox,
    geo,
    device,
    limits,
  };
  const adminApp = createAdminApp(adminParts);
  const adminListener = await listen(adminApp, listenOptions);
  const records = () => takeRecords(stream);
  return {
    apps: { ingest: ingestApp, admin: adminApp },
    ingest: ingestListener,
    admin: adminListener,
    keys,
    tenants,
    scriptFaults,
    attributions,
    kernel,
    stored,
    outbox,
    adminRoutes: adminRoutes(adminParts, createWatchEvents(adminParts)),
    addTenant,
    records,
    events: async () => (await records()).flatMap(eventsOf),
    async close() {
      await ingestListener.stop();
      await adminListener.stop();
      await directory.close();
      await stream.close();
      await sandbox.close();
    },
  };
}

function metaLike({ metaBaseUrl: baseUrl = "http://127.0.0.1:9", sendToMeta }: RigOptions): Destination {
  const meta = openMeta({ baseUrl, clock: openSystemClock() });
  return {
    ...meta,
    send: sendToMeta ?? meta.send,
    secretNames: ["access_token"],
    checkConfig: (config) => (config["pixel_id"] ? [] : [{ path: "pixel_id", message: "is required" }]),
  };
}

function memoryStore() {
  const stored: Rig["stored"] = { events: [], ledgers: [] };
  const store: EventStore = {
    storeRecords: async () => fail("store_unavailable"),
    countDamaged: async () => fail("store_unavailable"),
    position: async () => fail("store_unavailable"),
    newestRecordMs: async () => succeed(null),
    events: async (orgId, { limit, cursor = "0" }) => {
      const from = Number(cursor);
      const items = stored.events.filter((event) => event.orgId === orgId);
      const next = from + limit < items.length ? String(from + limit) : null;
      return succeed({ items: items.slice(from, from + limit), nextCursor: next });
    },
    sourceLedgers: async () => succeed(stored.ledgers),
    integrationLedgers: async () => succeed([]),
  };
  const tail: EventTail = {
    newestMs: async (orgId) =>
      succeed(
        stored.events.reduce(
          (ms: number | null, e) => (e.orgId === orgId ? Math.max(ms ?? 0, e.receivedAtMs) : ms),
          null,
        ),
      ),
    since: async (orgId, { projectId, sourceId, eventNames }, sinceMs, limit) => {
      const items = stored.events
        .filter((event) => event.orgId === orgId && event.receivedAtMs >= sinceMs)
        .filter((event) => projectId === undefined || event.projectId === projectId)
        .filter((event) => sourceId === undefined || event.sourceId === sourceId)
        .filter((event) => eventNames === undefined || eventNames.includes(event.name ?? ""))
        .sort((a, b) => b.receivedAtMs - a.receivedAtMs);
      return succeed({ items: items.slice(0, limit), matched: items.length });
    },
  };
  return { stored, store, tail };
}

async function takeRecords(stream: EventStream): Promise<EventRecord[]> {
  const entries = await stream.read({ recordsMax: 10_000, bytesMax: 1_000_000_000, waitMs: 0 });
  return entries.map((entry) => decodeRecord(entry.bytes));
}

export function eventsOf(record: EventRecord): Record<string, unknown>[] {
  return Array.from({ length: record.batch.count }, (_, index) => JSON.parse(jsonText(record.batch, index)));
}

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  readonly json: any;
}

/** One request and its whole answer. */
export async function send(url: string, init: RequestInit = {}): Promise<Sent> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  return { status: answer.status, headers: answer.headers, text, json: isJson && text ? JSON.parse(text) : null };
}

/** POSTs JSON, or bytes as they are. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Sent> {
  const bytes = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  return send(url, {
    method: "POST",
    body: bytes as BodyInit,
    headers: { "content-type": "application/json", ...headers },
  });
}

export function basic(writeKey: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}` };
}
