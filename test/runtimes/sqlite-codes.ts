// Prints what the adapters make of SQLite's errors, as JSON: run by each runtime that the server runs on.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { lockDataDirectory } from "../../adapters/embedded-postgres/lock.ts";
import { isBusy, isDamage, isDiskFull } from "../../adapters/sqlite/errors.ts";

const folder = process.argv[2] as string;
mkdirSync(folder, { recursive: true });

function errorOf(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

lockDataDirectory(folder);
const second = errorOf(() => lockDataDirectory(folder)) as { code?: string } | null;
const held = new DatabaseSync(join(folder, "held.db"));
held.exec("BEGIN EXCLUSIVE");
const busy = errorOf(() => new DatabaseSync(join(folder, "held.db")).exec("BEGIN EXCLUSIVE"));
const foreign = join(folder, "foreign.db");
writeFileSync(foreign, "not a database, but a text ".repeat(100));
const damage = errorOf(() => new DatabaseSync(foreign).exec("SELECT * FROM sqlite_schema"));
const small = new DatabaseSync(join(folder, "small.db"));
small.exec("PRAGMA max_page_count = 1");
const full = errorOf(() => small.exec("CREATE TABLE t (a); CREATE TABLE u (a)"));
console.log(
  JSON.stringify({ second: second?.code, busy: isBusy(busy), damage: isDamage(damage), full: isDiskFull(full) }),
);
