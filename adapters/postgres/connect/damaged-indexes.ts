// An index can be built anew of its table: where a page of one is damaged, whoever meets it says so on a channel, and
// the process that may (the one with the owner's login) builds it again. Tables are left as they are: their rows are
// nowhere else.
import pg from "pg";
import type { Clock } from "../../../ports/clock.ts";
import { isStoreDamage, sqlStateOf } from "../failure.ts";
import { clientConfig, type DatabaseLogin } from "./connection.ts";
import { openListener } from "./listener.ts";

const channel = "tidegate_damage";
/** What is told again and again is told so often, and an index is built anew no more often. */
const againMs = 60_000;
const toldMax = 1_000;
const lockTimeout = "10s";
const relationForm = /^(?:base\/\d+\/(\d+)|([a-z0-9_]{1,63}))$/;

const findIndex = `
  select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'i' and n.nspname in ('tidegate', 'pg_catalog', 'pg_toast')
    and c.oid = coalesce(pg_filenode_relation(0, $1::oid), to_regclass('tidegate.' || quote_ident($2)))`;

/** The file or index that Postgres says is damaged; null if it names none. Shape: `base/5/16385` or a name. */
export function damagedRelation(error: unknown): string | null {
  if (!isStoreDamage(error)) return null;
  const message = String((error as { message?: unknown }).message);
  const found = /"?(base\/\d+\/\d+)/.exec(message) ?? /index "([a-z0-9_]{1,63})"/.exec(message);
  return found?.[1] ?? null;
}

/** Makes what tells the repairing process of damage that a pool's connections meet. */
export function createDamageNotice(pools: readonly pg.Pool[], clock: Clock): void {
  const told = new Map<string, number>();
  const tell = (error: unknown) => {
    const relation = damagedRelation(error);
    const nowMs = clock.nowMs();
    if (relation === null || nowMs - (told.get(relation) ?? Number.NEGATIVE_INFINITY) < againMs) return;
    if (told.size >= toldMax) told.clear();
    told.set(relation, nowMs);
    pools[0]?.query("select pg_notify($1, $2)", [channel, relation]).catch(() => told.delete(relation));
  };
  for (const pool of pools) pool.on("connect", (client) => connectionOf(client).on("errorMessage", tell));
}

/** The protocol's own stream, which tells each error that the server sends, whoever asked. */
function connectionOf(client: pg.PoolClient): { on(event: "errorMessage", heard: (error: unknown) => void): void } {
  return (client as unknown as { connection: { on(event: string, heard: (error: unknown) => void): void } }).connection;
}

/** Builds damaged indexes anew as they are told, one after another, until it is closed. */
export async function openIndexRepair(options: {
  readonly login: DatabaseLogin;
  readonly clock: Clock;
  readonly log: (line: string, level: "warn" | "error") => void;
}): Promise<{ close(): Promise<void> }> {
  const { login, clock, log } = options;
  const done = new Map<string, number>();
  let last = Promise.resolve();
  const heard = (relation: string) => {
    const nowMs = clock.nowMs();
    if (!relationForm.test(relation) || nowMs - (done.get(relation) ?? Number.NEGATIVE_INFINITY) < againMs) return;
    if (done.size >= toldMax) done.clear();
    done.set(relation, nowMs);
    last = last.then(async () => void (await rebuildIndex(login, relation, log)));
  };
  const listener = await openListener({ login, channel, clock, heard, missed: async () => {} });
  return {
    async close() {
      await listener.close();
      await last;
    },
  };
}

/** Builds an index anew that a damaged page was found in; false if what is damaged is no index of ours, or it fails. */
export async function rebuildIndex(
  login: DatabaseLogin,
  relation: string,
  log: (line: string, level: "warn" | "error") => void,
): Promise<boolean> {
  const [, file = null, index = null] = relationForm.exec(relation) ?? [];
  const client = new pg.Client(clientConfig(login, "tidegate-repair"));
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ name: string }>(findIndex, [file, index]);
    const name = rows[0]?.name;
    if (name === undefined) return false;
    await client.query(`set lock_timeout = '${lockTimeout}'`);
    await client.query(`reindex index ${name}`);
    log(`a damaged index was built anew of its table: ${name}: see docs/durability.md`, "warn");
    return true;
  } catch (error) {
    log(`a damaged index can't be built anew (${sqlStateOf(error) ?? "no answer"}): see docs/durability.md`, "error");
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
