import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, describe, it } from "node:test";
import pg from "pg";
import type { DatabaseLogin } from "../../../adapters/postgres/connect/connection.ts";
import type { SealedSecret } from "../../../domain/model/tenant.ts";
import type { FirstTenant } from "../../../ports/tenant-store.ts";
import { newEvent, newRecord } from "../../contracts/events/records.ts";
import { unwrap } from "../../contracts/results.ts";
import { newIntegration, newTenant, ownerOf } from "../../contracts/tenants.ts";
import { openTestDatabase } from "./server.ts";

/** Which setting binds a role, and how it names organisations. */
const walls = [
  { role: "admin", setting: "app.org_id", value: (orgId: string) => orgId },
  { role: "pipeline", setting: "app.org_ids", value: (orgId: string) => `{${orgId}}` },
] as const;

const hash = "ef".repeat(32);
const denied = "42501";
const ours = newTenant("Ours");
const theirs = newTenant("Theirs");
const clients: pg.Client[] = [];
// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
for (const tenant of [ours, theirs]) await fill(tenant);
const tables = (await tenantTables()).map((row) => row.name);

after(async () => {
  for (const client of clients) await client.end();
  await database.close();
});

/** Gives a tenant at least one row in every table. */
async function fill(tenant: FirstTenant): Promise<void> {
  const { eventStore, outbox, tenantStore, scriptFaultStore } = database.store;
  await database.addTenant(tenant);
  unwrap(await tenantStore.putDataLayer(ownerOf(tenant), tenant.dataLayer, null));
  unwrap(await tenantStore.createIntegration(ownerOf(tenant), newIntegration(tenant)));
  const identify = { type: "identify", emailSha256: hash, advertising: "granted", anonymousId: "device" } as Parameters<
    typeof newEvent
  >[0];
  const token = { sha256: hash, sealed: "v1.x.y" as SealedSecret };
  const events = [newEvent({ attributionToken: token }), newEvent(identify), newEvent({ json: "{" })];
  unwrap(await eventStore.storeRecords([newRecord(tenant, events)], () => true));
  const bounds = { except: [], claimsMax: 9, eventsMax: 1, leaseMs: 1_000, nowMs: Date.now() };
  for (const claim of unwrap(await outbox.claim(bounds))) {
    const eventIds = claim.events.map(({ event }) => event.id);
    const said = { ok: true, code: "ok", failureClass: null, traceId: null };
    const receipt = { eventIds, attempt: 1, startedAtMs: 1, durationMs: 1, ...said };
    unwrap(await outbox.settle(claim, new Map(), [receipt], bounds.nowMs));
  }
  await database.query(
    `insert into transformations (org_id, transformation_id, integration_id, name, position, enabled, rules, updated_by)
    select org_id, gen_random_uuid(), integration_id, 't', 0, true, '[]', $2 from integrations where org_id = $1`,
    [tenant.orgId, tenant.ownerId],
  );
  await database.query(
    "insert into project_layers (org_id, project_id, layer_id, name, kind) values ($1, $2, $3, 'l', 'k')",
    [tenant.orgId, tenant.projectId, randomUUID()],
  );
  await database.query(
    "insert into integration_states select org_id, integration_id from integrations where org_id = $1",
    [tenant.orgId],
  );
  const fault = { version: 1, fault: "exception", line: 1, count: 1, firstAtMs: 1, lastAtMs: 1 } as const;
  const report = { orgId: tenant.orgId, faults: [fault], pausedUntilMs: 1 };
  unwrap(await scriptFaultStore.add([report]));
  const values = [tenant.orgId, randomUUID(), tenant.ownerId, `sha256 of ${tenant.orgName}`];
  await database.query("insert into login_tokens values ($1, $2, $2, $3, $4, $4, now(), now(), now())", values);
  await database.query("insert into invitations values ($1, $2, 'n', 'viewer', $4, $3, now(), now())", values);
}

function tenantTables() {
  return database.query<{ name: string; enabled: boolean; forced: boolean; policies: string[] }>(
    `select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
      array(select p.polname::text from pg_policy p where p.polrelid = c.oid order by 1) as policies
    from pg_class c
    where c.relnamespace = 'tidegate'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'migrations'
    order by 1`,
  );
}

async function connect(login: DatabaseLogin): Promise<pg.Client> {
  const client = new pg.Client(login);
  await client.connect();
  clients.push(client);
  return client;
}

/** Runs a statement with a setting, in a transaction that is undone. Shape: the rows, or the SQLSTATE. */
async function within(
  client: pg.Client,
  setting: readonly [string, string] | null,
  text: string,
  values: unknown[] = [],
) {
  await client.query("begin");
  try {
    if (setting) await client.query("select set_config($1, $2, true)", [...setting]);
    const { rows, rowCount } = await client.query(text, values);
    return { rows, rowCount, state: null };
  } catch (error) {
    return { rows: [], rowCount: 0, state: (error as { code: string }).code };
  } finally {
    await client.query("rollback");
  }
}

/** Columns of a table, without those Postgres fills in by itself. */
async function columnsOf(table: string): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select attname as name from pg_attribute
    where attrelid = ('tidegate.' || $1)::regclass and attnum > 0 and not attisdropped and attidentity = ''`,
    [table],
  );
  return rows.map((row) => `"${row.name}"`);
}

describe("tenants are walls", () => {
  it("every table but the list of migrations is a tenant's own, its policies forced on its owner too", async () => {
    const own = await database.query<{ name: string }>(
      `select relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id'
      where c.relnamespace = 'tidegate'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
    );
    const walled = await tenantTables();
    assert.deepEqual(
      walled.map((table) => table.name),
      own.map((table) => table.name),
    );
    for (const table of walled) {
      assert.deepEqual([table.name, table.enabled, table.forced], [table.name, true, true]);
      const own = table.policies.filter((policy) => policy !== "look_up");
      assert.deepEqual([table.name, own], [table.name, ["batch_tenants", "one_tenant"]]);
    }
  });

  it("the tenant's id leads every primary key", async () => {
    const keys = await database.query<{ name: string; first: string }>(
      `select i.indrelid::regclass::text as name, a.attname as first
      from pg_index i join pg_class c on c.oid = i.indrelid
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where i.indisprimary and c.relnamespace = 'tidegate'::regnamespace and c.relname <> 'migrations'`,
    );
    assert.ok(keys.length >= tables.length);
    for (const key of keys) assert.deepEqual([key.name, key.first], [key.name, "org_id"]);
  });

  it("every table has rows of both tenants, so that the sweeps below can find a hole", async () => {
    for (const table of tables) {
      const rows = await database.query<{ n: number }>(`select count(distinct org_id)::int as n from ${table}`);
      assert.deepEqual([table, rows[0]?.n], [table, 2]);
    }
  });

  for (const { role, setting, value } of walls) {
    it(`bound to one tenant, ${role} sees and changes that tenant's rows only`, async () => {
      const client = await connect(database[role]);
      const bound = [setting, value(ours.orgId)] as const;
      for (const table of tables) {
        const seen = await within(client, bound, `select distinct org_id from tidegate.${table}`);
        const ids = seen.rows.map((row) => row.org_id);
        assert.ok(seen.state === denied || ids.join() === ours.orgId, `${role} sees ${ids.length} tenants in ${table}`);
        const theirRows = [theirs.orgId];
        for (const change of [
          `update tidegate.${table} set org_id = org_id where org_id = $1`,
          `delete from tidegate.${table} where org_id = $1`,
        ]) {
          const changed = await within(client, bound, change, theirRows);
          assert.ok(
            changed.state === denied || changed.rowCount === 0,
            `${role} may ${change.split(" ")[0]} in ${table}`,
          );
          assert.ok(changed.state === null || changed.state === denied, `${table}: ${changed.state}`);
        }
      }
    });

    it(`bound to one tenant, ${role} can't write a row for another, nor move one there`, async () => {
      const client = await connect(database[role]);
      const bound = [setting, value(ours.orgId)] as const;
      for (const table of tables) {
        const columns = await columnsOf(table);
        const [row] = await database.query<{ row: object }>(
          `select to_jsonb(t) as row from ${table} t where org_id = $1 limit 1`,
          [theirs.orgId],
        );
        const insert = `insert into tidegate.${table} (${columns}) select ${columns}
          from jsonb_populate_record(null::tidegate.${table}, $1)`;
        assert.deepEqual([table, (await within(client, bound, insert, [row?.row])).state], [table, denied]);
        const move = `update tidegate.${table} set org_id = $1`;
        assert.deepEqual([table, (await within(client, bound, move, [theirs.orgId])).state], [table, denied]);
      }
    });

    it(`without a setting, or with an empty one, ${role} sees nothing`, async () => {
      const client = await connect(database[role]);
      for (const table of tables) {
        for (const bound of [null, [setting, ""] as const]) {
          const seen = await within(client, bound, `select 1 from tidegate.${table}`);
          assert.ok(seen.state === denied || seen.rowCount === 0, `${role} sees ${seen.rowCount} rows of ${table}`);
        }
      }
    });
  }

  it("a setting ends with its transaction", async () => {
    const client = await connect(database.admin);
    await within(client, ["app.org_id", ours.orgId], "select 1");
    const { rows } = await client.query("select current_setting('app.org_id', true) as org");
    assert.ok(!rows[0].org);
  });

  it("partitions can't be reached past their parent", async () => {
    const [partition] = await database.query<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'sdk_events'::regclass limit 1",
    );
    for (const { role, setting, value } of walls) {
      const client = await connect(database[role]);
      const name = `tidegate.${partition?.name}`;
      const seen = await within(client, [setting, value(ours.orgId)], `select 1 from ${name}`);
      assert.equal(seen.state, denied);
    }
  });

  it("another tenant's event, dead letter, ledger and integration are not there", async () => {
    const { eventStore, outbox, tenantStore } = database.store;
    const lists = [
      unwrap(await eventStore.events(ours.orgId, { limit: 100 })).items,
      unwrap(await outbox.deadLetters(ours.orgId, { limit: 100 })).items,
      unwrap(await tenantStore.integrations(ours.orgId)),
    ];
    for (const list of lists) {
      assert.ok(list.length > 0);
      for (const item of list) assert.equal(item.orgId, ours.orgId);
    }
    const sources = unwrap(await eventStore.sourceLedgers(ours.orgId)).map((ledger) => ledger.sourceId);
    assert.deepEqual(sources, [ours.sourceId]);
  });
});
