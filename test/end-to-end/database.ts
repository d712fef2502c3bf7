import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { TidegateProcess } from "../tidegate-process.ts";

const pidLine = 0;
const portLine = 3;

function pidFile(tidegate: TidegateProcess): string[] {
  return readFileSync(join(tidegate.dataDir, "postgres", "postmaster.pid"), "utf8").split("\n");
}

/** The process id of Tidegate's own Postgres. */
export function postgresPid(tidegate: TidegateProcess): number {
  return Number(pidFile(tidegate)[pidLine]);
}

/** Where Tidegate's own Postgres can be reached, as an operator would name it in `DATABASE_URL`. */
export function databaseUrl(tidegate: TidegateProcess): string {
  const password = readFileSync(join(tidegate.secretsDir, "postgres-password"), "utf8").trim();
  return `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${pidFile(tidegate)[portLine]}/postgres`;
}

/** Works on Tidegate's own Postgres as its superuser, whom no wall holds back. */
export async function asSuperuser<T>(tidegate: TidegateProcess, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port: Number(pidFile(tidegate)[portLine]),
    user: "postgres",
    password: readFileSync(join(tidegate.secretsDir, "postgres-password"), "utf8").trim(),
    database: "postgres",
  });
  client.on("error", () => undefined); // the server may be killed under it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Lets the leases run out that a killed relay left, as if their minutes had passed: its events are due again, and
 * ambiguous. Leases of the relay that runs now are left alone.
 */
export async function endLeasesBefore(tidegate: TidegateProcess, beforeMs: number): Promise<void> {
  await asSuperuser(tidegate, (client) =>
    client.query(
      `update tidegate.outbox set due_at = now()
       where claim_id is not null and due_at > now() and claimed_at < to_timestamp($1::float8 / 1000)`,
      [beforeMs],
    ),
  );
}

/** Connections that wait for notifications, and have caught up with those that they missed. */
export async function listenersOf(tidegate: TidegateProcess): Promise<number> {
  const caughtUp = `select count(*)::int as n from pg_stat_activity
    where application_name = 'tidegate-listen' and query like 'select pg_notify%'`;
  return asSuperuser(tidegate, async (client) => (await client.query<{ n: number }>(caughtUp)).rows[0]?.n ?? 0);
}
