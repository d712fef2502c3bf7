import { spawn, spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { addTenant } from "../adapters/postgres/server.ts";
import { newTenant } from "../contracts/tenants.ts";
import { asSuperuser } from "../end-to-end/database.ts";
import { processesOn, workerOn } from "../end-to-end/process-table.ts";
import type { SeededRandom } from "../properties/seeded-random.ts";
import { freePort, startTidegate, waitFor } from "../tidegate-process.ts";

const main = fileURLToPath(new URL("../../adapters/serve.ts", import.meta.url));
const events = 300;
const eventsWaiting = 60;
const startMsMax = 60_000;
const settleMsMax = 20_000;
const blockBytes = 512;
const readTriesMax = 4;
const readAgainMs = 500;

/** An organisation with what opens it, and the events that were answered. */
interface Tenant {
  readonly writeKey: string;
  readonly token: string;
  readonly messageIds: string[];
}

/** What a killed Tidegate left in a folder: a filled database, a backlog, and files worth damaging by kind. */
export interface Cluster {
  readonly folder: string;
  readonly files: readonly { readonly kind: string; readonly path: string }[];
  /** Where in the log's file a recovery begins: what lies before is read by nobody. */
  readonly recoveryFrom: number;
  readonly tenants: readonly Tenant[];
}

async function post(url: string, headers: Record<string, string>, body: unknown) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
}

function basic(writeKey: string): Record<string, string> {
  return { authorization: `Basic ${btoa(`${writeKey}:`)}` };
}

function batchOf(from: number, count: number) {
  return Array.from({ length: count }, (_, index) => {
    const n = from + index;
    return { type: "track", event: "Order", userId: `user-${n % 40}`, messageId: `m-${n}`, properties: { n } };
  });
}

/** Starts Tidegate once, stores events of two organisations, leaves others waiting, and kills everything. */
export async function leaveCluster(to: string): Promise<Cluster> {
  const tidegate = await startTidegate();
  const { write_key, ingest_url: url, admin_token } = tidegate.credentials;
  const other: Tenant = { writeKey: `wk_${randomUUID()}`, token: randomUUID(), messageIds: [] };
  const tenants: readonly Tenant[] = [{ writeKey: write_key, token: admin_token, messageIds: [] }, other];
  await asSuperuser(tidegate, async (client) => {
    await client.query("set search_path = tidegate, pg_temp");
    const adminTokenSha256 = createHash("sha256").update(other.token).digest("hex");
    await addTenant(client, { ...newTenant("Other"), writeKey: other.writeKey, adminTokenSha256 });
  });
  const send = async (from: number, count: number) => {
    for (const { writeKey, messageIds } of tenants) {
      const batch = batchOf(from, count);
      const answer = await post(`${url}/v1/batch`, basic(writeKey), { batch });
      if (answer.status !== 200) throw new Error(answer.text);
      messageIds.push(...batch.map((event) => event.messageId));
    }
  };
  for (let n = 0; n < events; n += 100) await send(n, 100);
  const stored = () =>
    asSuperuser(tidegate, (client) => client.query("select count(*)::int n from tidegate.sdk_events"));
  const untilStored = (count: number) =>
    waitFor(
      async () => (await stored()).rows[0].n >= count * tenants.length,
      startMsMax,
      () => "the events are not stored",
    );
  await untilStored(events);
  let recoveryFrom = 0;
  const files = await asSuperuser(tidegate, async (client) => {
    await client.query("checkpoint");
    const redo = await client.query<{ at: number }>(
      `select pg_wal_lsn_diff(redo_lsn, '0/0')::bigint % (16 * 1024 * 1024) as at from pg_control_checkpoint()`,
    );
    recoveryFrom = Number(redo.rows[0]?.at ?? 0);
    const { rows } = await client.query<{ kind: string; path: string }>(`
      select case c.relkind when 'i' then 'index ' else 'table ' end
          || regexp_replace(c.relname, '_\\d{8}.*$', '') as kind,
        pg_relation_filepath(c.oid) as path
      from pg_class c where c.relnamespace = 'tidegate'::regnamespace and c.relkind in ('r', 'i', 't')
        and pg_relation_size(c.oid) > 0`);
    return rows;
  });
  for (let n = events; n < events + eventsWaiting; n += 20) await send(n, 20);
  await untilStored(events + eventsWaiting); // these are in the log only
  const worker = workerOn(tidegate.folder);
  if (worker) process.kill(worker.pid, "SIGSTOP");
  for (let n = events + eventsWaiting; n < events + 2 * eventsWaiting; n += 20) await send(n, 20);
  for (const { pid } of processesOn(tidegate.folder)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended with its parent
    }
  }
  await tidegate.ended();
  spawnSync("cp", ["-a", tidegate.folder, to]);
  await tidegate.dispose().catch(() => undefined);
  const log = readdirSync(join(to, "data/postgres/pg_wal"))
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .map((name) => ({ kind: "pg_wal", path: `pg_wal/${name}` }));
  return { folder: to, files: [...files, ...log], recoveryFrom, tenants };
}

/** `stopped, named`: it does not start, and says that its data is damaged; `stopped`: it does not say so. */
export type ClusterOutcome = "sound" | "named" | "silent" | "stopped, named" | "stopped";

export interface ClusterReading {
  readonly kind: string;
  readonly path: string;
  readonly byte: number;
  readonly bit: number;
  /** The worse one of the organisations'. */
  readonly outcome: ClusterOutcome;
  readonly tenants: readonly TenantReading[];
  readonly said: string;
}

interface TenantReading {
  readonly outcome: "sound" | "named" | "silent";
  readonly missing: number;
  /** Whether a new event is taken. */
  readonly goesOn: boolean;
}

/** Flips a bit where the file holds something: most of a segment of the log is zero still. */
function flip(path: string, from: number, random: SeededRandom): { readonly byte: number; readonly bit: number } {
  const file = readFileSync(path);
  const used: number[] = [];
  for (let at = Math.ceil(from / blockBytes) * blockBytes; at < file.length; at += blockBytes) {
    if (file.subarray(at, at + blockBytes).some((byte) => byte !== 0)) used.push(at);
  }
  const byte = (used.length > 0 ? random.pick(used) : 0) + random.below(Math.min(blockBytes, file.length));
  const bit = random.below(8);
  file[byte] = (file[byte] as number) ^ (1 << bit);
  const { uid, gid, mode } = statSync(path);
  writeFileSync(path, file, { mode });
  spawnSync("chown", [`${uid}:${gid}`, path]);
  return { byte, bit };
}

/** Flips a bit of one file, the log's more often than its share. */
function flipOne(left: Cluster, to: string, random: SeededRandom) {
  const log = left.files.filter((file) => file.kind === "pg_wal");
  const { kind, path } = random.pick(random.chance(30) ? log : left.files);
  const from = kind === "pg_wal" && random.chance(80) ? left.recoveryFrom : 0;
  return { kind, path, ...flip(join(to, "data/postgres", path), from, random) };
}

/** Copies what was left, flips a bit of it unless `random` is null, starts Tidegate on it and reads everything. */
export async function readCluster(left: Cluster, to: string, random: SeededRandom | null): Promise<ClusterReading> {
  rmSync(to, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  spawnSync("cp", ["-a", left.folder, to]);
  const { kind, path, ...place } = random ? flipOne(left, to, random) : { kind: "none", path: "", byte: 0, bit: 0 };
  const [ingest, admin] = [await freePort(), await freePort()];
  let output = "";
  const child = spawn(process.execPath, ["--no-install", main], {
    cwd: to,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      TIDEGATE_DATA_DIR: join(to, "data"),
      TIDEGATE_SECRETS_DIR: join(to, "secrets"),
      TIDEGATE_INGEST_PORT: String(ingest),
      TIDEGATE_INGEST_HOST: "127.0.0.1",
      TIDEGATE_ADMIN_PORT: String(admin),
      DATABASE_URL: "",
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    const isUp = () => output.includes("Tidegate is running");
    await waitFor(
      () => isUp() || child.exitCode !== null,
      startMsMax,
      () => "neither up nor gone",
    ).catch(() => undefined);
    const read: TenantReading[] = [];
    const ports = { ingest, admin };
    if (isUp()) for (const one of left.tenants) read.push(await readEverything(one, ports, () => output));
    const lines = output.split("\n").filter((line) => /"level":"(warn|error)"|can't|FATAL|PANIC/.test(line));
    const said = [...new Set(lines.map((line) => /"message":"([^"]*)"/.exec(line)?.[1] ?? line.slice(0, 200)))].join(
      "; ",
    );
    const rest = { kind, path, ...place, said: said.slice(0, 600) };
    if (!isUp()) return { ...rest, outcome: namesDamage.test(said) ? "stopped, named" : "stopped", tenants: read };
    const outcome = (["silent", "named", "sound"] as const).find((worst) => read.some((one) => one.outcome === worst));
    return { ...rest, outcome: outcome ?? "silent", tenants: read };
  } finally {
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), startMsMax);
    await gone;
    clearTimeout(hard);
  }
}

const namesDamage =
  /store_damaged|XX00[0-2]|58030|58P01|Postgres does not start|could not be brought to this version: XX/;

interface Books {
  readonly sources: readonly { accepted: number; in_flight: number; balanced: boolean; dead: number }[];
  readonly losses: readonly unknown[];
}

/** Waits until an organisation's backlog has gone where it can, reads all its events, and sends another. */
async function readEverything(
  tenant: Tenant,
  ports: { readonly ingest: number; readonly admin: number },
  output: () => string,
): Promise<TenantReading> {
  const bearer = { authorization: `Bearer ${tenant.token}` };
  const get = async <T>(path: string) => {
    const answer = await fetch(`http://127.0.0.1:${ports.admin}${path}`, { headers: bearer });
    const text = await answer.text();
    return { status: answer.status, json: (answer.ok ? JSON.parse(text) : null) as T | null };
  };
  const another = await post(`http://127.0.0.1:${ports.ingest}/v1/track`, basic(tenant.writeKey), {
    event: "Order",
    userId: "after",
    messageId: "after",
  });
  let books: Books | null = null;
  await waitFor(
    async () => {
      books = (await get<Books>("/v1/admin/ledger")).json;
      return books?.sources.every((line) => line.in_flight === 0) ?? false;
    },
    settleMsMax,
    () => "the backlog stays",
    200,
  ).catch(() => undefined);
  const found = new Set<string>();
  let isWhole = true;
  for (let cursor: string | null = ""; cursor !== null; ) {
    type Page = { items: { messageId: string }[]; next_cursor: string | null };
    let page: Page | null = null;
    // As a client does: a damaged index is whole again soon after the first answer.
    for (let tries = 1; page === null && tries <= readTriesMax; tries += 1) {
      if (tries > 1) await new Promise((resolve) => setTimeout(resolve, readAgainMs));
      page = (await get<Page>(`/v1/events?limit=200${cursor && `&cursor=${cursor}`}`)).json;
    }
    if (!page) isWhole = false;
    for (const event of page?.items ?? []) found.add(event.messageId);
    cursor = page?.next_cursor ?? null;
  }
  const missing = tenant.messageIds.filter((id) => !found.has(id)).length;
  const ready = await fetch(`http://127.0.0.1:${ports.ingest}/ready`);
  const isBalanced = (books as Books | null)?.sources.every((line) => line.balanced && line.dead === 0) ?? false;
  const losses = (books as Books | null)?.losses.length ?? 0;
  const isNamed = !isWhole || !ready.ok || !isBalanced || losses > 0 || /damaged|forgot/.test(output());
  const outcome = missing === 0 && isWhole && isBalanced ? "sound" : isNamed ? "named" : "silent";
  return { outcome, missing, goesOn: another.status === 200 };
}
