import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { EmbeddedPostgresError } from "../../../adapters/embedded-postgres/error.ts";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  openEmbeddedPostgres,
} from "../../../adapters/embedded-postgres/open.ts";

type Folders = Pick<EmbeddedPostgresOptions, "dataDir" | "secretsDir">;
type Connection = pg.ClientConfig & { pid: number; refused?: string };

const firstStartMsMax = 20_000; // about 1.3 s on an idle machine; others may be busy here
const nextStartMsMax = 30_000; // about 0.05 s
const endMsMax = 30_000;
const nobodyId = 65_534;
const isRoot = process.getuid?.() === 0;
const hasProc = existsSync("/proc/self/cwd");

const root = mkdtempSync(join(tmpdir(), "tidegate-embedded-"));
const children = new Set<ChildProcess>();
let folderCount = 0;

after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

function newFolders(ownerId?: number): Folders {
  const home = join(root, String(++folderCount));
  mkdirSync(home, { mode: 0o755 });
  if (ownerId !== undefined) {
    spawnSync("chmod", ["755", root]);
    chownSync(home, ownerId, ownerId);
  }
  return { dataDir: join(home, "data"), secretsDir: join(home, "secrets") };
}

let template: Promise<Folders> | undefined;

async function makeTemplate(): Promise<Folders> {
  const folders = newFolders();
  await withServer(folders, async () => {});
  return folders;
}

/** Folders with a cluster in them: copying one that rests is quicker than making another. */
async function newCluster(): Promise<Folders> {
  template ??= makeTemplate();
  const { dataDir, secretsDir } = await template;
  const folders = newFolders();
  spawnSync("cp", ["-a", dataDir, folders.dataDir]);
  spawnSync("cp", ["-a", secretsDir, folders.secretsDir]);
  return folders;
}

async function withServer<T>(
  options: Folders & Partial<EmbeddedPostgresOptions>,
  work: (postgres: EmbeddedPostgres) => Promise<T>,
): Promise<T> {
  const postgres = await openEmbeddedPostgres({ log: () => {}, ...options });
  try {
    return await work(postgres);
  } finally {
    await postgres.stop();
  }
}

async function query(connection: pg.ClientConfig, text: string, values: unknown[] = []): Promise<unknown[]> {
  const { host, port, user, password, database } = connection;
  const client = new pg.Client({ host, port, user, password, database } as pg.ClientConfig);
  client.on("error", () => {}); // a test that ends the server sees it in its query
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

async function startParent(options: object, prefix: string[] = []): Promise<{ child: ChildProcess; says: Connection }> {
  const script = fileURLToPath(new URL("./parent.ts", import.meta.url));
  const [file = "", ...args] = [...prefix, process.execPath, script, JSON.stringify(options)];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "ignore"], cwd: "/" });
  children.add(child);
  assert.ok(child.stdout);
  const line = once(createInterface({ input: child.stdout }), "line");
  const [text] = await Promise.race([line, once(child, "exit").then(() => [undefined])]);
  assert.ok(text !== undefined, "the parent ended without a word");
  return { child, says: JSON.parse(text) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !hasProc || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function assertEnds(pid: number): Promise<void> {
  const untilMs = performance.now() + endMsMax;
  while (isAlive(pid) && performance.now() < untilMs) await sleep(20);
  assert.equal(isAlive(pid), false, `postgres ${pid} is still there`);
}

function childrenOf(pid: number, part: string): number[] {
  const listing = spawnSync("ps", ["-e", "-o", "pid=,ppid=,args="], { encoding: "utf8" }).stdout;
  const rows = listing.split("\n").map((row) => row.trim().split(/\s+/));
  return rows.filter((row) => Number(row[1]) === pid && row.join(" ").includes(part)).map((row) => Number(row[0]));
}

function refusal(code: string) {
  return (error: unknown) => error instanceof EmbeddedPostgresError && error.code === code;
}

describe("embedded Postgres starts", () => {
  it("makes a durable, checksummed UTF-8 cluster the first time and keeps its data the next", async () => {
    const folders = newFolders();
    const startMs: number[] = [];
    for (const round of [0, 1]) {
      const beforeMs = performance.now();
      await withServer(folders, async (postgres) => {
        startMs.push(performance.now() - beforeMs);
        if (round === 0) await query(postgres, "create table kept as select 7 as n");
        assert.deepEqual(await query(postgres, "select n from kept"), [{ n: 7 }]);
      });
    }
    const [first = Infinity, next = Infinity] = startMs;
    console.log(`first start ${first.toFixed(0)} ms, next start ${next.toFixed(0)} ms`);
    assert.ok(first < firstStartMsMax && next < nextStartMsMax);
    assert.equal(statSync(join(folders.secretsDir, "postgres-password")).mode & 0o777, 0o600);
    assert.equal(statSync(folders.secretsDir).mode & 0o777, 0o700);
  });

  it("holds its settings whatever the files in the data directory say", async () => {
    const folders = await newCluster();
    const file = join(folders.dataDir, "postgres", "postgresql.auto.conf");
    appendFileSync(file, "log_statement = 'all'\nfsync = off\nfull_page_writes = off\nlisten_addresses = '*'\n");
    await withServer(folders, async (postgres) => {
      const wanted = {
        log_statement: "none",
        fsync: "on",
        synchronous_commit: "on",
        full_page_writes: "on",
        data_checksums: "on",
        listen_addresses: "127.0.0.1",
        server_encoding: "UTF8",
        TimeZone: "UTC",
      };
      const text = "select name, setting from pg_settings where name = any($1) order by name";
      const rows = (await query(postgres, text, [Object.keys(wanted)])) as { name: string; setting: string }[];
      assert.deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.setting])), wanted);
    });
  });

  it("lets nobody in without the password", async () => {
    await withServer(await newCluster(), async (postgres) => {
      await assert.rejects(query({ ...postgres, password: "wrong" }, "select 1"), /password authentication failed/);
    });
  });

  it("refuses a directory that another Tidegate holds, in this process or another", async () => {
    const folders = await newCluster();
    await withServer(folders, async (postgres) => {
      await assert.rejects(openEmbeddedPostgres({ ...folders, log: () => {} }), refusal("directory_in_use"));
      const { says } = await startParent(folders);
      assert.equal(says.refused, "directory_in_use");
      assert.deepEqual(await query(postgres, "select 1 as n"), [{ n: 1 }]);
    });
  });

  it("tells a data directory that can't be written from one that another holds", async () => {
    const folders = await newCluster();
    mkdirSync(join(folders.dataDir, "postgres.lock-journal")); // as a full disk, it keeps SQLite from its journal
    await assert.rejects(openEmbeddedPostgres({ ...folders, log: () => {} }), refusal("directory_not_ours"));
  });

  it("refuses data whose password is lost, and says so", async () => {
    const folders = await newCluster();
    rmSync(folders.secretsDir, { recursive: true });
    await assert.rejects(openEmbeddedPostgres({ ...folders, log: () => {} }), refusal("password_missing"));
  });
});

describe("embedded Postgres ends with its parent", () => {
  for (const tether of ["auto", "watchdog"] as const) {
    it(`leaves no process when its parent is killed (${tether}), and loses nothing committed`, async () => {
      const folders = await newCluster();
      const { child, says } = await startParent({ ...folders, tether });
      await query(says, "create table kept as select 7 as n");
      child.kill("SIGKILL");
      await assertEnds(says.pid);
      await withServer(folders, async (postgres) => {
        assert.deepEqual(await query(postgres, "select n from kept"), [{ n: 7 }]);
      });
    });
  }

  it("stops a server that an earlier run left behind, and starts on its data", async () => {
    const folders = await newCluster();
    const { child, says } = await startParent({ ...folders, tether: "watchdog" });
    await query(says, "create table kept as select 7 as n");
    const watchers = childrenOf(child.pid ?? -1, "read -r line");
    assert.equal(watchers.length, 1);
    for (const watcher of watchers) process.kill(watcher, "SIGKILL");
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.ok(isAlive(says.pid), "the server was to outlive its parent");
    const lines: string[] = [];
    await withServer({ ...folders, log: (line) => lines.push(line) }, async (postgres) => {
      assert.notEqual(postgres.pid, says.pid);
      assert.deepEqual(await query(postgres, "select n from kept"), [{ n: 7 }]);
    });
    assert.equal(isAlive(says.pid), false);
    assert.ok(lines.some((line) => line.includes("left behind")));
  });

  it("starts over a dead server's record whose process id is now a stranger's, and spares the stranger", async () => {
    const folders = await newCluster();
    const stranger = spawn("sleep", ["30"], { stdio: "ignore" });
    children.add(stranger);
    const record = join(folders.dataDir, "postgres", "postmaster.pid");
    writeFileSync(
      record,
      `${stranger.pid}\n${join(folders.dataDir, "postgres")}\n1\n5432\n\n127.0.0.1\n1 1\nready   \n`,
    );
    await withServer(folders, async (postgres) => {
      assert.deepEqual(await query(postgres, "select 1 as n"), [{ n: 1 }]);
    });
    assert.ok(isAlive(stranger.pid ?? -1));
    stranger.kill("SIGKILL");
  });

  it("starts after a first start that was killed while it made the cluster", async () => {
    const folders = newFolders();
    const script = fileURLToPath(new URL("./parent.ts", import.meta.url));
    const child = spawn(process.execPath, [script, JSON.stringify(folders)], { stdio: "ignore" });
    children.add(child);
    const drafts = () => (existsSync(folders.dataDir) ? readdirSync(folders.dataDir) : []);
    const isDraft = (name: string) => name.startsWith("postgres.init-");
    while (!drafts().some((name) => isDraft(name) && existsSync(join(folders.dataDir, name, "PG_VERSION")))) {
      await sleep(5);
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    await withServer(folders, async (postgres) => {
      assert.deepEqual(await query(postgres, "select 1 as n"), [{ n: 1 }]);
    });
    assert.deepEqual(drafts().filter(isDraft), []);
  });

  it("comes back where it was when it is killed, with what was committed, again and again", async () => {
    const folders = await newCluster();
    const lines: string[] = [];
    await withServer({ ...folders, log: (line) => lines.push(line) }, async (postgres) => {
      await query(postgres, "create table kept (n int)");
      for (let kill = 1; kill <= 2; kill += 1) {
        await query(postgres, "insert into kept values (7)");
        const killed = postgres.pid;
        process.kill(killed, "SIGKILL");
        const counted = () => query(postgres, "select count(*)::int as n from kept").catch(() => null);
        let found = await counted();
        for (const untilMs = performance.now() + endMsMax; found === null && performance.now() < untilMs; ) {
          await sleep(20);
          found = await counted();
        }
        assert.deepEqual(found, [{ n: kill }]);
        assert.notEqual(postgres.pid, killed);
      }
      assert.match(lines.join("\n"), /Postgres has ended \(SIGKILL\) and is started again/);
    });
  });

  it("stays ended when it is told to stop while it comes back", async () => {
    const folders = await newCluster();
    const postgres = await openEmbeddedPostgres({ ...folders, log: () => {} });
    process.kill(postgres.pid, "SIGKILL");
    await sleep(220); // it is on its way
    await postgres.stop();
    await assertEnds(postgres.pid);
    await withServer(folders, async (again) => assert.ok(again.pid !== postgres.pid));
  });
});

describe("embedded Postgres keeps statements to itself", () => {
  const canary = "canary-4f1d@example.org";

  function filesBeside(folder: string, skipped: ReadonlySet<string>): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (skipped.has(entry.name)) return [];
      return entry.isDirectory() ? filesBeside(path, new Set()) : [path];
    });
  }

  it("logs no statement, parameter or row, whether a statement fails, crashes or is cut off", async () => {
    const folders = await newCluster();
    const lines: string[] = [];
    await withServer({ ...folders, log: (line) => lines.push(line) }, async (postgres) => {
      await query(postgres, "create table t (a text primary key check (a <> 'x'), n int)");
      const failing = [
        `select '${canary}'::int`,
        `insert into t values ('x', 1) -- ${canary}`,
        `selec '${canary}'`,
        `do $$ begin raise exception '${canary}'; end $$`,
        `do $$ begin raise warning '${canary}'; end $$; select 1/0`,
        `set log_statement = 'all'; set log_min_messages = 'fatal'; select '${canary}', 1/0`,
      ];
      for (const text of failing) await assert.rejects(query(postgres, text));
      await assert.rejects(query(postgres, "insert into t values ($1, $2)", ["y", canary]));
      const busy = assert.rejects(query(postgres, `select pg_sleep(20), '${canary}'`));
      const find = "select pid from pg_stat_activity where query like 'select pg_sleep%'";
      let found: { pid: number }[] = [];
      while (found.length === 0) found = (await query(postgres, find)) as { pid: number }[];
      process.kill(found[0]?.pid ?? -1, "SIGKILL");
      await busy;
    });
    assert.ok(!lines.join("\n").includes(canary));
    assert.ok(!lines.join("\n").includes("pg_sleep"));
    // Tables and their log of changes hold data; every other file is one that Postgres writes about itself.
    const files = filesBeside(join(folders.dataDir, "postgres"), new Set(["base", "pg_wal"]));
    assert.ok(files.length > 0);
    for (const file of files) assert.ok(!readFileSync(file).includes(canary), file);
  });
});

describe("embedded Postgres runs as whoever starts it", () => {
  const whenRoot = isRoot ? {} : { skip: "needs root to change the user id" };

  it("runs as an ordinary user, on files of its own", whenRoot, async () => {
    const folders = newFolders(nobodyId);
    const { child, says } = await startParent(folders, [
      "setpriv",
      `--reuid=${nobodyId}`,
      `--regid=${nobodyId}`,
      "--clear-groups",
    ]);
    assert.deepEqual(await query(says, "select 1 as n"), [{ n: 1 }]);
    assert.equal(statSync(join(folders.dataDir, "postgres")).uid, nobodyId);
    child.kill("SIGKILL");
    await assertEnds(says.pid);
  });

  it("runs for root without user namespaces, and root can come back to the same data", whenRoot, async () => {
    const folders = newFolders(nobodyId);
    await withServer({ ...folders, isolation: "set-uid" }, async (postgres) => {
      await query(postgres, "create table kept as select 7 as n");
      assert.equal(statSync(join(folders.dataDir, "postgres")).uid, nobodyId);
    });
    const { child, says } = await startParent(folders);
    assert.deepEqual(await query(says, "select n from kept"), [{ n: 7 }]);
    child.kill("SIGKILL");
    await assertEnds(says.pid);
  });

  it("runs for root in a user namespace's data when namespaces are gone", whenRoot, async () => {
    const folders = newFolders(nobodyId);
    await withServer(folders, (postgres) => query(postgres, "create table kept as select 7 as n"));
    await withServer({ ...folders, isolation: "set-uid" }, async (postgres) => {
      assert.deepEqual(await query(postgres, "select n from kept"), [{ n: 7 }]);
    });
  });
});
