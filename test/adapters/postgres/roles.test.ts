import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import pg from "pg";
import { type DatabaseLogin, openPool } from "../../../adapters/postgres/connect/connection.ts";
import { damagedRelation, openIndexRepair, rebuildIndex } from "../../../adapters/postgres/connect/damaged-indexes.ts";
import { migrate } from "../../../adapters/postgres/migrate/migrate.ts";
import { openPostgres } from "../../../adapters/postgres/open.ts";
import { openSystemClock } from "../../../adapters/system/clock.ts";
import { codeOf } from "../../contracts/results.ts";
import { openTestServer } from "./server.ts";

const clock = openSystemClock();
const rolePasswords = { admin: "admin's password", pipeline: "pipeline's password" };
// Opened before any test begins: a test's time limit would end the server with the test.
const server = await openTestServer();
const database = await server.openDatabase();

after(async () => {
  await database.close();
  await server.stop();
});

async function runAs(login: DatabaseLogin, text: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client(login);
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows;
}

/** Functions that act for more than the caller, with their owners and who may call them. */
const definers = {
  any_organization: ["tidegate_lookup", "tidegate_admin"],
  organizations_after: ["tidegate_lookup", "tidegate_admin"],
  organizations_changed_within: ["tidegate_lookup", "tidegate_admin"],
  tenant_of_access_token: ["tidegate_lookup", "tidegate_admin"],
  tenant_of_refresh_token: ["tidegate_lookup", "tidegate_admin"],
  tenant_of_invitation: ["tidegate_lookup", "tidegate_admin"],
  tenant_of_login: ["tidegate_lookup", "tidegate_admin"],
  tenant_of_app_id: ["tidegate_lookup", "tidegate_admin"],
  tenant_of_token: ["tidegate_lookup", "tidegate_admin"],
  tenant_of_write_key: ["tidegate_lookup", "tidegate_admin"],
  due_integrations: ["tidegate_lookup", ""],
  lease_outbox: ["tidegate_lookup", ""],
  claim_outbox: ["tidegate_lookup", "tidegate_pipeline"],
  claim_outbox_apart: ["tidegate_lookup", "tidegate_pipeline"],
  integrations_by_turn: ["tidegate_lookup", "tidegate_pipeline"],
  end_leases: ["tidegate_lookup", "tidegate_pipeline"],
  due_sessions: ["tidegate_lookup", "tidegate_pipeline"],
  prune_audit_log: ["tidegate_lookup", "tidegate_pipeline"],
  prune_data_layer_versions: ["tidegate_lookup", "tidegate_pipeline"],
  prune_sessions: ["tidegate_lookup", "tidegate_pipeline"],
  claim_attributions: ["tidegate_lookup", "tidegate_pipeline"],
  prune_attributions: ["tidegate_lookup", "tidegate_pipeline"],
  prune: ["tidegate_lookup", "tidegate_pipeline"],
  newest_record_at: ["tidegate_lookup", "tidegate_pipeline"],
  drop_event_partitions: ["tidegate_owner", "tidegate_pipeline"],
  ensure_event_partitions: ["tidegate_owner", "tidegate_pipeline"],
};

describe("the roles of the database", () => {
  it("the application's roles own nothing and may nothing that a policy would not see", async () => {
    const roles = await database.query(
      `select rolname, rolcanlogin,
        rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as strong,
        exists (select from pg_class c where c.relowner = r.oid) as owns_tables
      from pg_roles r where rolname like 'tidegate%' order by 1`,
    );
    assert.deepEqual(
      roles.map((role) => [role["rolname"], role["rolcanlogin"], role["strong"], role["owns_tables"]]),
      [
        ["tidegate_admin", true, false, false],
        ["tidegate_lookup", false, false, false],
        ["tidegate_owner", false, false, true],
        ["tidegate_pipeline", true, false, false],
      ],
    );
  });

  it("the functions that look beyond a tenant are exactly those listed, each with a pinned search path", async () => {
    const functions = await database.query(
      `select p.proname as name, p.proowner::regrole::text as owner, p.prosecdef as definer,
        p.proconfig @> array['search_path=tidegate, pg_temp'] as pinned,
        array_to_string(array(
          select g.rolname from pg_roles g
          where g.rolname in ('tidegate_admin', 'tidegate_pipeline') and has_function_privilege(g.oid, p.oid, 'execute')
        ), ' ') as callers
      from pg_proc p where p.pronamespace = 'tidegate'::regnamespace`,
    );
    const found = new Map(functions.map((row) => [row["name"], [row["owner"], row["callers"]]]));
    assert.deepEqual([...found].sort(), Object.entries(definers).sort());
    for (const row of functions)
      assert.deepEqual([row["name"], row["definer"], row["pinned"]], [row["name"], true, true]);
  });

  it("Tidegate refuses to start with a superuser, an owner, or a role that bypasses policies", async () => {
    const { admin, pipeline, superuser } = database;
    const as = async (login: DatabaseLogin) => codeOf(await openPostgres({ admin: login, pipeline, clock }));
    assert.equal(await as(superuser), "role_unsafe");
    const login = { ...admin, user: "tidegate_test_strong", password: "x" };
    for (const make of [
      "create role tidegate_test_strong login bypassrls password 'x'",
      "create role tidegate_test_strong login createrole password 'x'",
      "create role tidegate_test_strong login password 'x'; grant tidegate_owner to tidegate_test_strong",
      "create role tidegate_test_strong login password 'x'; grant tidegate_lookup to tidegate_test_strong",
    ]) {
      await database.query(make);
      assert.equal(await as(login), "role_unsafe");
      await database.query("drop role tidegate_test_strong");
    }
    assert.equal(codeOf(await openPostgres({ admin, pipeline: superuser, clock })), "role_unsafe");
  });

  it("a database that is not migrated, or not there, is named and not waited for", async () => {
    const { admin, pipeline } = database;
    const empty = await server.newDatabase();
    const there = { ...admin, database: empty.database };
    assert.equal(codeOf(await openPostgres({ admin: there, pipeline, clock })), "schema_missing");
    const gone = { ...admin, database: "tidegate_test_none" };
    assert.equal(codeOf(await openPostgres({ admin: gone, pipeline, clock })), "store_unavailable");
  });

  it("a server's log quotes no value of a failing row, whoever reads it", async () => {
    for (const login of [database.admin, database.pipeline]) {
      const [row] = await runAs(login, "select current_setting('log_error_verbosity') as verbosity");
      assert.equal(row?.["verbosity"], "terse");
    }
  });
});

/** Stands between a client and the server; once silenced it passes nothing on over the connections there are. */
async function openSilencer(login: DatabaseLogin) {
  const passing = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(login.port, login.host);
    passing.add(far);
    far.on("data", (bytes) => void (passing.has(far) && near.write(bytes)));
    near.on("data", (bytes) => far.write(bytes));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  return { login: { ...login, host: "127.0.0.1", port }, silence: () => passing.clear(), close: () => proxy.close() };
}

describe("a pool of connections", () => {
  it("waits no longer for a server that has fallen silent than for one that takes too long", async () => {
    const silencer = await openSilencer(database.admin);
    const pool = openPool(silencer.login, "tidegate-test", 1, 200);
    const pidOf = async () => (await pool.query("select pg_backend_pid() as pid")).rows[0].pid as number;
    const silent = await pidOf();
    silencer.silence();
    const startedMs = performance.now();
    await assert.rejects(pool.query("select 1"), /timeout/);
    assert.ok(performance.now() - startedMs < 30_000);
    assert.notEqual(await pidOf(), silent, "the silent connection is not used again");
    await pool.end();
    silencer.close();
  });
});

describe("migrations", () => {
  it("are applied once, and by one process at a time", async () => {
    const connection = await server.newDatabase();
    const both = await Promise.all([1, 2].map(() => migrate({ connection, rolePasswords })));
    const applied = both.map((names) => names.length).sort();
    assert.equal(applied[0], 0);
    assert.ok((applied[1] as number) > 0);
    assert.deepEqual(await migrate({ connection, rolePasswords }), []);
  });

  it("a file changed after it was applied, or a database of a newer version, is refused by name", async () => {
    const connection = await server.newDatabase();
    await migrate({ connection, rolePasswords });
    await runAs(connection, "insert into tidegate.migrations (name, sha256) values ('9999_later.sql', 'x')");
    await assert.rejects(migrate({ connection, rolePasswords }), /newer version.*9999_later\.sql/);
    await runAs(connection, "delete from tidegate.migrations where name = '9999_later.sql'");
    await runAs(connection, "update tidegate.migrations set sha256 = 'x' where name = '0001_roles.sql'");
    await assert.rejects(migrate({ connection, rolePasswords }), /0001_roles\.sql was changed/);
  });

  it("says where no database can be reached, without the password", async () => {
    const connection = { ...(await server.newDatabase()), password: "canary" };
    const cases: [Partial<typeof connection>, RegExp][] = [
      [{}, /does not let .* in \(28P01\)/],
      [{ port: 1 }, /no Postgres answers at .*:1 \(/],
      [{ host: "nobody.invalid" }, /no Postgres answers at nobody\.invalid/],
    ];
    for (const [change, words] of cases) {
      await assert.rejects(migrate({ connection: { ...connection, ...change }, rolePasswords }), (error: Error) => {
        assert.equal(error.name, "MigrationError");
        assert.match(error.message, words);
        return !error.message.includes("canary");
      });
    }
    const missing = { ...(await server.newDatabase()), database: "nowhere" };
    await assert.rejects(migrate({ connection: missing, rolePasswords }), /no database nowhere .* create it first/);
  });

  it("refuses a database whose encoding can't hold every event", async () => {
    const connection = await server.newDatabase("encoding 'LATIN1' locale 'C' template template0");
    await assert.rejects(migrate({ connection, rolePasswords }), /encoding UTF8/);
  });

  it("a migrator needs no superuser: the right to create roles and a database of its own will do", async () => {
    const made = await server.newDatabase();
    const name = `tidegate_test_migrator_${made.database.slice(-8)}`;
    const login = { ...made, user: name, password: "x" };
    await runAs(
      made,
      `create role ${name} login createrole password 'x'; alter database ${made.database} owner to ${name}`,
    );
    // The roles belong to the whole server and are there already: its superuser lets the migrator manage them.
    await runAs(
      made,
      `grant tidegate_owner, tidegate_lookup, tidegate_admin, tidegate_pipeline to ${name} with admin option`,
    );
    const applied = await migrate({ connection: login, rolePasswords });
    assert.ok(applied.length > 0);
    const admin = { ...login, user: "tidegate_admin", password: rolePasswords.admin };
    const pipeline = { ...login, user: "tidegate_pipeline", password: rolePasswords.pipeline };
    const opened = await openPostgres({ admin, pipeline, clock });
    assert.equal(codeOf(opened), "ok");
    if (opened.ok) await opened.value.close();
    await runAs(database.superuser, `drop database ${made.database} with (force)`);
    await runAs(database.superuser, `drop role ${name}`);
  });
});

describe("a damaged index", () => {
  const superuser = () => database.superuser;
  const log: string[] = [];
  const rebuild = (relation: string) => rebuildIndex(superuser(), relation, (line) => log.push(line));
  const fileOf = async (name: string) => {
    const rows = await runAs(superuser(), `select pg_relation_filepath('tidegate.${name}') as path`);
    return String(rows[0]?.["path"]);
  };

  it("is named by what Postgres says of its page, and is built anew of its table", async () => {
    const before = await fileOf("sources_pkey");
    const said = (message: string, code = "XX001") => damagedRelation(Object.assign(new Error(message), { code }));
    assert.equal(said(`invalid page in block 3 of relation "${before}"`), before);
    assert.equal(said('index "sources_pkey" contains corrupted page at block 1', "XX002"), "sources_pkey");
    assert.equal(said(`duplicate key violates "${before}"`, "23505"), null);
    assert.equal(await rebuild(before), true);
    assert.notEqual(await fileOf("sources_pkey"), before);
    assert.match(String(log.pop()), /built anew of its table: tidegate\.sources_pkey/);
    assert.equal(await rebuild("sources_pkey"), true);
  });

  it("is the only thing that is built anew: no table, nothing unknown, nothing that is no name", async () => {
    const table = await fileOf("sources");
    for (const relation of [table, "base/1/1", "no_such_index", "sources_pkey; drop table x"]) {
      assert.equal(await rebuild(relation), false, relation);
    }
    assert.equal(await fileOf("sources"), table);
  });

  it("is told of by whichever of the application's roles meets it, and heard by the owner", async () => {
    const lines: string[] = [];
    const repair = await openIndexRepair({ login: superuser(), clock, log: (line) => lines.push(line) });
    await runAs(database.pipeline, "select pg_notify('tidegate_damage', 'sources_pkey')");
    const endMs = Date.now() + 30_000;
    while (lines.length === 0 && Date.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 10));
    await repair.close();
    assert.match(String(lines[0]), /built anew/);
  });
});

describe("upkeep", () => {
  it("forgets what is past its window, and nothing younger", async () => {
    const org = "0197a000-0000-7000-8000-00000000000a";
    const key = (name: string, days: number) =>
      database.query(
        "insert into event_keys values ($1, $1, $2, gen_random_uuid(), now() - make_interval(days => $3))",
        [org, name, days],
      );
    await key("past", 10);
    await key("held", 8);
    assert.equal(codeOf(await database.store.maintain()), "ok");
    const left = await database.query<{ message_id: string }>("select message_id from event_keys");
    assert.deepEqual(
      left.map((row) => row.message_id),
      ["held"],
    );
  });

  it("refuses windows shorter than promised, and keeps 30 days of events at least", async () => {
    const short = "select prune(now(), now() - interval '7 days', now() - interval '99 days', 10)";
    await assert.rejects(runAs(database.pipeline, short), { code: "23514" });
    const day = (days: number) => `(now() at time zone 'UTC')::date - ${days}`;
    for (const days of [29, 31, 50]) {
      await runAs(database.pipeline, `select ensure_event_partitions(${day(days)}, ${day(days)})`);
    }
    const [dropped] = await runAs(database.pipeline, "select drop_event_partitions(1) as n");
    assert.equal(dropped?.["n"], 2);
  });

  it("what deletes refuses a time that is no moment and a number that bounds nothing, in every argument", async () => {
    const past = "now() - interval '99 days'";
    const calls: Record<string, readonly string[]> = {
      prune: [past, past, past, "10"],
      prune_sessions: [past, "10"],
      prune_attributions: [past, "10"],
      prune_audit_log: ["now() - interval '400 days'", past, "10"],
      prune_data_layer_versions: [past, "1000", "10000000"],
      drop_event_partitions: ["99"],
      end_leases: ["now()"],
    };
    for (const [name, args] of Object.entries(calls)) {
      await runAs(database.pipeline, `select ${name}(${args})`);
      for (const [at, sound] of args.entries()) {
        const isTime = sound.includes("now()");
        for (const wrong of isTime ? ["null", "'infinity'", "'-infinity'"] : ["null"]) {
          const call = `select ${name}(${args.map((arg, n) => (n === at ? wrong : arg))})`;
          await assert.rejects(runAs(database.pipeline, call), { code: "23514" }, call);
        }
        if (sound !== "10") continue;
        for (const wrong of ["0", "-1", "2147483647"]) {
          const call = `select ${name}(${args.map((arg, n) => (n === at ? wrong : arg))})`;
          await assert.rejects(runAs(database.pipeline, call), { code: "23514" }, call);
        }
      }
    }
    await assert.rejects(runAs(database.pipeline, "select prune('infinity', null, null, 10)"), { code: "23514" });
  });

  it("forgets old versions of a data layer beyond count and size, never a young one nor the newest", async () => {
    const orgId = randomUUID();
    await database.query("insert into organizations (org_id, name) values ($1, 'Old')", [orgId]);
    const put = (version: number, days: number, bytes: number) =>
      database.query(
        "insert into data_layer_versions (org_id, version, config, config_bytes, updated_at, updated_by) " +
          `values ($1, $2, '{}', $3, now() - make_interval(days => ${days}), $1)`,
        [orgId, version, bytes],
      );
    await put(1, 0, 10);
    for (let version = 2; version <= 150; version += 1) await put(version, 20, 10);
    const versions = async () => {
      const text = "select version from data_layer_versions where org_id = $1 order by version";
      return (await database.query<{ version: number }>(text, [orgId])).map((row) => row.version);
    };
    const prune = (args: string) => runAs(database.pipeline, `select prune_data_layer_versions(${args})`);
    await prune("now() - interval '30 days', 100, 100000000");
    assert.equal((await versions()).length, 150, "all are younger than that");
    await prune("now() - interval '10 days', 100, 100000000");
    assert.deepEqual([(await versions()).length, (await versions()).includes(50)], [101, false]);
    await put(151, 20, 2_000_000);
    await prune("now() - interval '10 days', 100, 1048576");
    assert.deepEqual(await versions(), [1, 151], "the first is young, the newest stays");
  });
});
