import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FirstCredentials } from "../domain/admin/workspace/first-tenant.ts";
import type { Vendor } from "../domain/model/delivery.ts";
import { createExchangeTokens } from "../domain/pipeline/attribution/exchange-tokens.ts";
import { createIngest } from "../domain/pipeline/ingest/ingest.ts";
import { openSourceDirectory } from "../domain/pipeline/ingest/source-directory.ts";
import { createCustomJs } from "../domain/pipeline/process/custom-js.ts";
import { createProcess } from "../domain/pipeline/process/process.ts";
import { createReportedSandbox } from "../domain/pipeline/process/script-faults.ts";
import { createSweepSessions } from "../domain/pipeline/process/sweep-sessions.ts";
import { createRelay } from "../domain/pipeline/relay/relay.ts";
import type { Clock } from "../ports/clock.ts";
import type { Destination } from "../ports/destination.ts";
import type { Device } from "../ports/device.ts";
import type { RelayRule } from "../ports/event-store.ts";
import type { EventStream } from "../ports/event-stream.ts";
import type { Geo } from "../ports/geo.ts";
import type { Kernel } from "../ports/kernel.ts";
import type { Random } from "../ports/random.ts";
import { type Telemetry, word } from "../ports/telemetry.ts";
import type { Trouble, Troubles } from "../ports/troubles.ts";
import type { Vault } from "../ports/vault.ts";
import { openWasmKernel } from "../wasm/kernel.ts";
import { openApple } from "./apple/apple.ts";
import { openApart } from "./compose/apart.ts";
import { prepareFirstTenant } from "./compose/credentials.ts";
import { openDatabaseServer } from "./compose/database-server.ts";
import {
  type Config,
  ConfigError,
  credentialsPath,
  type DatabaseLogins,
  loginsVariable,
  vaultKeysOf,
} from "./config.ts";
import { type BotList, openBotList } from "./device/bot-list.ts";
import { openDevice } from "./device/device.ts";
import { openBundledGeo } from "./geo/bundled.ts";
import { openMaxmindGeo } from "./geo/maxmind.ts";
import { createAdminApp } from "./http/admin/app.ts";
import { createIngestApp } from "./http/ingest/app.ts";
import { verifySignature } from "./http/ingest/verify-signature.ts";
import type { App } from "./http/server/call.ts";
import { createHealth } from "./http/server/health.ts";
import { type ListenOptions, listen, listenFault } from "./http/server/listen.ts";
import { openMeta } from "./meta/meta.ts";
import type { RolePasswords } from "./postgres/migrate/migrate.ts";
import { openPostgres, type PostgresStore, storeFault } from "./postgres/open.ts";
import { openQuickJs } from "./quickjs/sandbox.ts";
import { DamagedStream } from "./sqlite/errors.ts";
import { openSqliteStream } from "./sqlite/stream.ts";
import { openSystemClock } from "./system/clock.ts";
import { findBytes } from "./system/find-bytes.ts";
import { mergeMetrics } from "./system/merge-metrics.ts";
import { openPasswordHasher } from "./system/password-hasher.ts";
import { openFolder, openPrivateFolder } from "./system/private-folder.ts";
import { openSystemRandom } from "./system/random.ts";
import { readSecretFile, writeSecretFile } from "./system/secret-file.ts";
import { openTelemetry } from "./system/telemetry.ts";
import { openTroubles } from "./system/troubles.ts";
import { openVault } from "./system/vault.ts";
import { startWorkerProcess } from "./system/worker-process.ts";
import { openTiktok } from "./tiktok/tiktok.ts";
import { openWebhook } from "./webhook/webhook.ts";

/** Parts that a test swaps for its own. */
export interface Overrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly telemetry?: Telemetry;
  readonly kernel?: Kernel;
  readonly geo?: Geo;
  readonly device?: Device;
}

/** What `secrets/credentials.json` holds: keys, and where the listeners are. */
export interface Credentials extends FirstCredentials {
  readonly ingest_url: string;
  readonly admin_url: string;
}

/** A running Tidegate, or the part of one that this process has the roles for. */
export interface Running {
  /** Null in a process that serves no HTTP. */
  readonly credentials: Credentials | null;
  readonly isFirstStart: boolean;
  /** Names of keys in the credentials file that open nothing here. */
  readonly deadKeys: readonly string[];
  /** Prometheus text of this process and its worker. */
  metrics(): Promise<string>;
  /** What keeps this process and its worker from their work. */
  troubles(): readonly Trouble[];
  /** Takes no more requests, drains, and closes everything it opened, the last first. */
  close(): Promise<void>;
}

/** What every role needs. */
interface Parts {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly vault: Vault;
  readonly logins: DatabaseLogins;
  readonly postgres: PostgresStore;
  readonly stream: EventStream;
  readonly destinations: ReadonlyMap<Vendor, Destination>;
  readonly troubles: Troubles;
}

type Closers = (() => Promise<void>)[];

/** What tells a secrets folder of ours from another. */
const secretFiles = ["credentials.json", "database-roles.json", "postgres-password", "vault.key"];
const maintenanceEveryMs = 3_600_000;
const maintenanceAgainMs = 60_000;
const tokenVisibleChars = 32;

/** Puts the adapters together for the roles of this process, and starts them. */
export async function compose(config: Config, overrides: Overrides = {}): Promise<Running> {
  const closers: Closers = [];
  const close = async () => {
    for (let last = closers.pop(); last; last = closers.pop()) await last();
  };
  try {
    return { ...(await start(config, overrides, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(config: Config, overrides: Overrides, closers: Closers): Promise<Omit<Running, "close">> {
  const clock = overrides.clock ?? openSystemClock();
  const random = overrides.random ?? openSystemRandom();
  const telemetry = overrides.telemetry ?? openTelemetry({ clock });
  const logins = await reachDatabase(config, { clock, random, telemetry }, closers);
  const vault = await openVault(vaultKeysOf(config));
  const postgres = await openStore(logins, clock);
  closers.push(() => postgres.close());
  const stream = await openSqliteStream({ path: join(config.dataDir, "stream.sqlite"), clock, telemetry });
  closers.push(() => stream.close());
  const destinations = new Map<Vendor, Destination>([
    ["meta", openMeta({ baseUrl: config.metaBaseUrl, clock })],
    ["tiktok", openTiktok({ baseUrl: config.tiktokBaseUrl, clock })],
    ["webhook", openWebhook({ clock, allowPrivate: config.webhookAllowPrivate })],
  ]);
  const parts: Parts = {
    config,
    clock,
    random,
    telemetry,
    vault,
    logins,
    postgres,
    stream,
    destinations,
    troubles: openTroubles(clock),
  };

  const serves = config.roles.includes("ingest") || config.roles.includes("admin");
  const works = config.roles.includes("process") || config.roles.includes("relay");
  const isApart = config.apartSecret !== null;
  const first = serves && !isApart ? await prepareFirstTenant(parts) : { keys: null, isFirstStart: false, dead: [] };
  const worker = works && serves ? startWorker(parts, closers) : null;
  if (works && !serves) startWork(parts, overrides, closers);
  const metrics = async () =>
    mergeMetrics([serves ? await measured(parts) : await telemetry.render(), worker?.metrics()]);
  const troubles = () => [...parts.troubles.list(), ...(worker?.troubles() ?? [])];
  const shown = { metrics, troubles };
  const credentials = serves ? await serve(parts, overrides, first.keys, shown, closers) : null;
  return { credentials, isFirstStart: first.isFirstStart, deadKeys: first.dead, ...shown };
}

/** Brings the database up and to this version, or takes the logins that a parent process handed over. */
async function reachDatabase(
  config: Config,
  { clock, random, telemetry }: Pick<Parts, "clock" | "random" | "telemetry">,
  closers: Closers,
) {
  if (config.logins) return config.logins;
  openFolder(config.dataDir, "TIDEGATE_DATA_DIR");
  openPrivateFolder(config.secretsDir, "TIDEGATE_SECRETS_DIR", secretFiles);
  const passwordsPath = join(config.secretsDir, "database-roles.json");
  const known = readSecretFile<RolePasswords>(passwordsPath, ["admin", "pipeline"]);
  const passwords = known ?? { admin: random.token(tokenVisibleChars), pipeline: random.token(tokenVisibleChars) };
  if (!known) writeSecretFile(passwordsPath, passwords);
  const server = await openDatabaseServer({
    databaseUrl: config.databaseUrl,
    dataDir: config.dataDir,
    secretsDir: config.secretsDir,
    passwords,
    log: (line, level = "info") => telemetry.log(level, line),
  });
  closers.push(() => server.stop());
  await server.repairIndexes(clock);
  return server.logins;
}

/** Opens the store; a role that could get past the walls between tenants is refused. */
async function openStore(logins: DatabaseLogins, clock: Clock): Promise<PostgresStore> {
  const opened = await openPostgres({ ...logins, clock });
  if (!opened.ok) throw new ConfigError(storeFault(opened.failure.code));
  return opened.value;
}

/** Runs the roles process and relay in a process of their own, beside the one that answers requests. */
function startWorker(parts: Parts, closers: Closers) {
  const worker = startWorkerProcess({
    entry: fileURLToPath(new URL("./serve.ts", import.meta.url)),
    args: ["--role", parts.config.roles.filter((role) => role === "process" || role === "relay").join(",")],
    env: { ...process.env, [loginsVariable]: JSON.stringify(parts.logins) },
    onExit: ({ code }) => parts.telemetry.log("error", "the worker ended and is started again", { code }),
  });
  closers.push(() => worker.stop());
  return worker;
}

/** Runs the roles process and relay in this process. */
function startWork(parts: Parts, overrides: Overrides, closers: Closers): void {
  const { config, clock, random, telemetry, vault, postgres, stream, destinations, troubles } = parts;
  const stopping = new AbortController();
  const relays: RelayRule = (integration, event) => {
    const destination = destinations.get(integration.vendor);
    if (destination === undefined) return false;
    return destination.declines(integration, event) ? "not_applicable" : destination.relays(integration, event);
  };
  const running: Promise<void>[] = [];
  if (config.roles.includes("process")) {
    const sandbox = openQuickJs({ clock, telemetry });
    closers.push(() => sandbox.close());
    const kernel = overrides.kernel ?? openWasmKernel();
    const tenants = postgres.tenantStore;
    const reported = createReportedSandbox({ sandbox, store: postgres.scriptFaultStore, clock, telemetry });
    const heedRefusal = reported.addRefusal;
    const customJs = createCustomJs({
      heedRefusal,
      sandbox: reported,
      tenants,
      kernel,
      telemetry,
      clock,
      limits: config.limits,
    });
    const store = postgres.eventStore;
    const work = createProcess({ stream, store, relays, customJs, clock, random, telemetry, troubles });
    const sweeper = createSweepSessions({ sessions: postgres.sessionStore, stream, relays, clock, telemetry });
    running.push(work.run(stopping.signal), sweeper.run(stopping.signal), maintain(parts, stopping.signal));
    running.push(reported.report(stopping.signal));
  }
  if (config.roles.includes("relay")) {
    const relay = createRelay({ outbox: postgres.outbox, destinations, vault, clock, random, telemetry, sha256Hex });
    const apple = openApple({ baseUrl: config.appleBaseUrl, clock });
    const attributions = postgres.attributionStore;
    const exchange = createExchangeTokens({ attributions, apple, vault, clock, random, telemetry });
    running.push(exchange.run(stopping.signal));
    running.push(endDeadLeases(parts).then(() => relay.run(stopping.signal)));
  }
  for (const work of running) {
    work.catch((error: unknown) => {
      const what = error instanceof DamagedStream ? error.message : "work ended that must not end";
      telemetry.log("error", what, { code: word(codeOf(error)) });
      process.exit(1);
    });
  }
  closers.push(async () => {
    stopping.abort();
    await Promise.allSettled(running);
  });
}

/** Beside the embedded database there is one relay only: leases it finds at its start are those of a dead one. */
async function endDeadLeases({ config, postgres, clock, telemetry }: Parts): Promise<void> {
  if (config.databaseUrl !== null) return;
  const ended = await postgres.outbox.endLeases(clock.nowMs());
  if (!ended.ok) telemetry.log("warn", "leases of an earlier relay run out by themselves");
}

/** Partitions for the days ahead are made, and those past their retention dropped, again and again. */
async function maintain({ postgres, clock, telemetry }: Parts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const done = await postgres.maintain();
    if (!done.ok) telemetry.log("warn", "partitions were not tended", { code: word(done.failure.code) });
    await clock.sleep(done.ok ? maintenanceEveryMs : maintenanceAgainMs, signal);
  }
}

/** Starts the listeners of this process; what is public about them goes into the credentials file. */
async function serve(
  parts: Parts,
  overrides: Overrides,
  keys: FirstCredentials | null,
  shown: Pick<Running, "metrics" | "troubles">,
  closers: Closers,
): Promise<Credentials> {
  const { config, clock, random, telemetry, vault, postgres, stream, destinations } = parts;
  const kernel = overrides.kernel ?? openWasmKernel();
  const geo = overrides.geo ?? (await openGeo(config));
  const device = overrides.device ?? openDevice({ botList: await readBotList(config) });
  const { limits, trustedProxies } = config;
  const tenants = postgres.tenantStore;
  const directory = await openSourceDirectory({ tenants, kernel, clock, limits });
  closers.push(() => directory.close());
  const health = createHealth({ stream, directory, geo, troubles: shown.troubles });
  const app = { clock, random, telemetry: { ...telemetry, render: shown.metrics }, health, troubles: parts.troubles };
  const urls: { ingest_url?: string; admin_url?: string } = {};
  const open = async (served: App, at: ListenOptions, settings: { host: string; port: string }) => {
    const opened = await listen(served, at).catch((error: unknown) => {
      throw new ConfigError(listenFault(error, at, settings));
    });
    closers.push(() => opened.stop());
    return opened.url;
  };
  if (config.roles.includes("admin")) {
    const { eventStore: store, eventTail: tail, outbox, transformationStore: transformations } = postgres;
    const forget = directory.forget;
    const trial = { kernel, geo, device, limits };
    const { accountStore: accounts, workspaceStore: workspace, scriptFaultStore: scriptFaults } = postgres;
    const { attributionStore: attributions } = postgres;
    const { adminUrl } = config;
    const access = { accounts, workspace, hasher: openPasswordHasher(), trustedProxies, adminUrl };
    const sandbox = openQuickJs({ clock, telemetry });
    closers.push(() => sandbox.close());
    const admin = createAdminApp({
      ...app,
      ...trial,
      ...access,
      tenants,
      store,
      tail,
      stream,
      outbox,
      vault,
      destinations,
      transformations,
      scriptFaults,
      attributions,
      sandbox,
      sha256Hex,
      forget,
      apart: openApart(parts, closers),
      apartSecret: config.apartSecret,
    });
    const at = { hostname: config.adminHost, port: config.adminPort, reusePort: false };
    urls.admin_url = await open(admin, at, { host: "TIDEGATE_ADMIN_HOST", port: "TIDEGATE_ADMIN_PORT" });
  }
  if (config.roles.includes("ingest")) {
    const within = { directory, kernel, stream, geo, device, vault, verifySignature, clock, random, telemetry, limits };
    const ingest = createIngest({ ...within, sha256Hex, findBytes, pause: () => clock.sleep(1) });
    const { publicUrl } = config;
    const ingestApp = createIngestApp({ ...app, ingest, directory, limits, trustedProxies, publicUrl });
    const at = { hostname: config.ingestHost, port: config.ingestPort, reusePort: false };
    urls.ingest_url = await open(ingestApp, at, { host: "TIDEGATE_INGEST_HOST", port: "TIDEGATE_INGEST_PORT" });
  }
  const credentials = { ingest_url: "", admin_url: "", ...keys, ...urls } as Credentials;
  if (keys !== null) writeSecretFile(credentialsPath(config), credentials);
  return credentials;
}

function openGeo({ geoipDatabase }: Config): Promise<Geo> {
  return geoipDatabase === null ? openBundledGeo() : named("GEOIP_DATABASE", openMaxmindGeo(geoipDatabase));
}

/** An operator's list of bots, beside the open one. */
async function readBotList({ iabBotList }: Config): Promise<BotList | null> {
  return iabBotList === null ? null : named("IAB_BOT_LIST", openBotList(iabBotList));
}

/** What an operator's file can't be used for is said with the setting that names it. */
function named<T>(setting: string, opened: Promise<T>): Promise<T> {
  return opened.catch((error: Error) => {
    throw new ConfigError(`${setting} can't be used: ${error.message}`);
  });
}

/** This process's metrics with the stream's state among them, which a worker leaves to its parent. */
async function measured({ stream, telemetry }: Parts): Promise<string> {
  const state = await stream.state();
  telemetry.gauge("stream_records", state.records);
  telemetry.gauge("stream_bytes", state.bytes);
  telemetry.gauge("stream_oldest_age_seconds", state.oldestAgeMs / 1000);
  telemetry.gauge("stream_loss_window_seconds", state.lossWindowMs / 1000);
  return telemetry.render();
}

function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
