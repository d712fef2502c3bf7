import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { type EmbeddedPostgres, openEmbeddedPostgres } from "../../../../adapters/embedded-postgres/open.ts";
import { startGenerator } from "../generator-process.ts";
import { onEarlyEnd, removeFolderLater } from "../leftovers.ts";
import { postgresSeconds } from "../processor-time.ts";
import type { Grouping, PoolDialect } from "../request-pool.ts";
import { queryAs, type Server, startServer } from "../server.ts";
import { connectionsFor } from "./edge-limits.ts";
import { openStatementRecorder, type RecordedConnection, type StatementRecorder } from "./statement-recorder.ts";
import { replayStatements } from "./statement-replay.ts";
import { openWire } from "./wire.ts";

/** What the store can't cost less than. Units: microseconds of Postgres' processor time for a stored event. */
export interface StoreLimits {
  readonly events: number;
  /** The statements that stored these events, sent again without Tidegate to a copy of the database as it was. */
  readonly replay_us: number;
  /** COPY of the rows that they became into a table without keys and indexes. */
  readonly copy_json_us: number;
  readonly copy_jsonb_us: number;
}

export interface StoreLimitOptions {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly grouping: Grouping;
  readonly dialects: readonly PoolDialect[];
  readonly events: number;
  configure(server: Server): Promise<void>;
}

const copyRowsMax = 5_000;
const drainPollMs = 50;
const quietMs = 300;
const usPerSecond = 1_000_000;
const pipelineUser = "tidegate_pipeline";

/** Records how a server stores events, and has the same work done again without it. */
export async function measureStoreLimits(options: StoreLimitOptions): Promise<StoreLimits> {
  const folder = mkdtempSync(join(tmpdir(), "tidegate-bench-store-"));
  const isRemoved = onEarlyEnd(() => removeFolderLater(folder));
  const recorder = await openStatementRecorder();
  try {
    const recorded = await recordStoring(options, recorder, folder);
    const copy = await openPostgresIn(join(folder, "before"));
    try {
      const passwords = recorded.passwords;
      const login = (connection: RecordedConnection) => ({
        ...clientOf(copy),
        user: connection.user,
        password: passwords.pipeline,
        ...(connection.options === undefined ? {} : { options: connection.options }),
      });
      const replaySeconds = await spentBy(copy, () => replayStatements(recorded.connections, login));
      const rows = await rowsOf(clientOf(copy));
      if (rows.count !== recorded.rows) throw new Error(`the replay stored ${rows.count} of ${recorded.rows} rows`);
      const each = (seconds: number) => (seconds * usPerSecond) / recorded.stored;
      return {
        events: recorded.stored,
        replay_us: each(replaySeconds),
        copy_json_us: each(await copyInto(copy, rows.lists, "json")),
        copy_jsonb_us: each(await copyInto(copy, rows.lists, "jsonb")),
      };
    } finally {
      await copy.stop();
    }
  } finally {
    await recorder.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    isRemoved();
  }
}

interface Recorded {
  readonly connections: readonly RecordedConnection[];
  readonly passwords: { readonly pipeline: string };
  readonly stored: number;
  readonly rows: number;
}

/** Leaves the database as it was before in `before`. */
async function recordStoring(
  options: StoreLimitOptions,
  recorder: StatementRecorder,
  folder: string,
): Promise<Recorded> {
  const [now, before] = [join(folder, "now"), join(folder, "before")];
  let postgres = await openPostgresIn(now);
  recorder.setTarget(postgres.port);
  const password = encodeURIComponent(postgres.password);
  const url = `postgres://postgres:${password}@127.0.0.1:${recorder.port}/postgres`;
  const server = await startServer({ root: options.root, env: { ...options.env, DATABASE_URL: url } });
  try {
    await options.configure(server);
    await server.stop();
    await postgres.stop();
    execFileSync("cp", ["-a", now, before]);
    postgres = await openPostgresIn(now);
    recorder.setTarget(postgres.port);
    const earlier = recorder.connections().length;
    await server.start();
    await storeEvents(server, options);
    await server.stop();
    const [counts] = await queryAs<{ rows: number; stored: number }>(
      clientOf(postgres),
      `select (select count(*) from tidegate.sdk_events)::int as rows,
        (select sum(stored) from tidegate.source_ledger)::int as stored`,
    );
    const connections = recorder.connections().slice(earlier);
    const passwords = JSON.parse(readFileSync(join(server.secretsDir, "database-roles.json"), "utf8"));
    const ours = connections.filter(({ user }) => user === pipelineUser);
    return { connections: ours, passwords, ...(counts as { rows: number; stored: number }) };
  } finally {
    await server.remove();
    await postgres.stop();
  }
}

async function storeEvents(server: Server, { seed, grouping, dialects, events }: StoreLimitOptions): Promise<void> {
  const { write_key: writeKey, app_id: appId, signing_secret: signingSecret } = server.credentials;
  const generator = startGenerator({
    ...{ seed, grouping, dialects, prefix: "tb-replay-", firstMessage: 0, firstPerson: 1, ratePerSecond: null },
    port: server.ingestPort,
    senders: [{ writeKey, appId, signingSecret }],
    connections: connectionsFor(grouping),
  });
  while ((await generator.report()).acked < events) await sleep(drainPollMs);
  await generator.finish();
  while ((await server.backlogRecords()) > 0) await sleep(drainPollMs);
}

function openPostgresIn(folder: string): Promise<EmbeddedPostgres> {
  const log = () => undefined;
  return openEmbeddedPostgres({ dataDir: join(folder, "data"), secretsDir: join(folder, "secrets"), log });
}

function clientOf({ host, port, user, password, database }: EmbeddedPostgres): pg.ClientConfig {
  return { host, port, user, password, database };
}

/** Units: seconds of processor time of a whole Postgres, with what it writes to disk afterwards. */
async function spentBy(postgres: EmbeddedPostgres, work: () => Promise<void>): Promise<number> {
  await queryAs(clientOf(postgres), "checkpoint");
  await sleep(quietMs);
  const before = postgresSeconds(postgres.pid);
  await work();
  await sleep(quietMs);
  return postgresSeconds(postgres.pid) - before;
}

/** The events as `copy` writes them. */
async function rowsOf(login: pg.ClientConfig): Promise<{ readonly count: number; readonly lists: readonly Buffer[] }> {
  const [counted] = await queryAs<{ count: number }>(login, "select count(*)::int as count from tidegate.sdk_events");
  const wire = await openWire(login);
  const lists = await wire.copyOut("copy (select * from tidegate.sdk_events) to stdout", copyRowsMax);
  await wire.close();
  return { count: counted?.count ?? 0, lists };
}

/** Units: seconds of Postgres' processor time. */
async function copyInto(postgres: EmbeddedPostgres, lists: readonly Buffer[], type: "json" | "jsonb"): Promise<number> {
  const login = clientOf(postgres);
  const table = `bare_${type}`;
  await queryAs(login, `create table ${table} as select * from tidegate.sdk_events with no data`);
  const columns = await queryAs<{ name: string }>(
    login,
    `select column_name as name from information_schema.columns
    where table_name = $1 and data_type in ('json', 'jsonb')`,
    [table],
  );
  const changes = columns.map(({ name }) => `alter column ${name} type ${type} using null`);
  if (changes.length > 0) await queryAs(login, `alter table ${table} ${changes.join(", ")}`);
  const wire = await openWire(login);
  try {
    return await spentBy(postgres, async () => {
      for (const rows of lists) await wire.copyIn(`copy ${table} from stdin`, rows);
    });
  } finally {
    await wire.close();
  }
}
