import assert from "node:assert/strict";
import { after, test } from "node:test";
import pg from "pg";
import { openTestDatabase } from "./server.ts";

// Opened before any test begins: a test's time limit would end the server with the test.
const database = await openTestDatabase();
after(() => database.close());

const app = "array['tidegate_admin', 'tidegate_pipeline', 'tidegate_lookup']";

/**
 * Whatever of the catalogue would let a row past a wall, in this and in any later migration. Shape: what is wrong, and
 * with what; no rows if nothing is. Policies are held against those of `sdk_events`, which other tests prove to be
 * walls. The list of migrations alone is no tenant's; none of the application's roles may read it.
 */
const holes = `
  with relations as (
    select c.*, c.oid::regclass::text as name,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and a.attnotnull) as has_org
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and c.relname <> 'migrations'
  ), reachable as (
    select r.oid, r.name, r.relispartition, g.role
    from relations r cross join unnest(${app} || 'public'::text) as g (role)
    where r.relkind in ('r', 'p', 'v', 'm', 'f') and (
      has_table_privilege(g.role, r.oid, 'select, insert, update, delete, truncate, references, trigger')
      or has_any_column_privilege(g.role, r.oid, 'select, insert, update, references'))
  ), policies as (
    select p.*, r.name, r.relispartition, array(
      select case when role = 0 then 'public' else role::regrole::text end from unnest(p.polroles) as role
    ) as roles, pg_get_expr(p.polqual, p.polrelid) as reads, pg_get_expr(p.polwithcheck, p.polrelid) as writes
    from pg_policy p join relations r on r.oid = p.polrelid
  )
  select 'no forced row-level security' as hole, name from relations
    where relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
  union all select 'no organisation of its own', name from relations where relkind in ('r', 'p') and not has_org
  union all select 'a kind of relation that no policy binds', name from relations where relkind in ('m', 'f')
  union all select 'a view with its owner''s rights', name from relations
    where relkind = 'v' and not coalesce(reloptions @> array['security_invoker=true'], false)
  union all select 'a partition that can be reached, by ' || role, name from reachable where relispartition
  union all select 'a partition with a policy', name from policies where relispartition
  union all select 'a right of everybody''s', name from reachable where role = 'public'
  union all select 'truncate passes policies by', r.name from relations r cross join unnest(${app}) as g (role)
    where r.relkind in ('r', 'p') and has_table_privilege(g.role, r.oid, 'truncate')
  union all select 'a policy that is none of ours: ' || polname, name from policies
    where polcmd <> '*' or not polpermissive or reads is distinct from writes
      or (polname, roles) not in (('one_tenant', array['tidegate_admin']),
        ('batch_tenants', array['tidegate_pipeline']), ('look_up', array['tidegate_lookup']))
      or reads <> (case when polname = 'look_up' then 'true'
        else (select e.reads from policies e where e.name = 'sdk_events' and e.polname = policies.polname) end)
  union all select 'a right on the list of migrations', role from unnest(${app}) as g (role)
    where has_table_privilege(role, 'tidegate.migrations', 'select, insert, update, delete')
  union all select 'a function that everybody may call', p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = 'tidegate'::regnamespace and exists (
      select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a where a.grantee = 0)
  order by 1, 2`;

/** What is wrong once these statements ran, in a transaction that is undone. */
async function holesAfter(change: string): Promise<string[]> {
  const client = new pg.Client(database.superuser);
  await client.connect();
  try {
    await client.query(`begin; set local search_path = tidegate; ${change}`);
    const { rows } = await client.query(holes);
    return rows.map(({ hole, name }) => `${name}: ${hole}`);
  } finally {
    await client.end();
  }
}

test("no table, partition, view, policy, right or function lets a row past a wall", async () => {
  assert.deepEqual(await holesAfter(""), []);
});

test("what a later migration could forget is found", async () => {
  const table = "create table late (org_id uuid not null); alter table late enable row level security;";
  const forced = `${table} alter table late force row level security;`;
  const policy = (text: string) => `${forced} create policy ${text}`;
  const partition = "(select inhrelid::regclass from pg_inherits where inhparent = 'sdk_events'::regclass limit 1)";
  for (const [change, found] of [
    [table, "late: no forced row-level security"],
    [`${forced} alter table late no force row level security`, "late: no forced row-level security"],
    [`${forced} alter table late alter org_id drop not null`, "late: no organisation of its own"],
    ["create materialized view late as select 1", "late: a kind of relation that no policy binds"],
    ["create view late as select * from sources", "late: a view with its owner's rights"],
    [`${forced} grant select on late to public`, "late: a right of everybody's"],
    [`${forced} grant truncate on late to tidegate_pipeline`, "late: truncate passes policies by"],
    [policy("one_tenant on late using (true)"), "late: a policy that is none of ours: one_tenant"],
    [policy("open on late to tidegate_admin using (true)"), "late: a policy that is none of ours: open"],
    [policy("look_up on late to tidegate_pipeline using (true)"), "late: a policy that is none of ours: look_up"],
    ["create function late() returns int language sql as 'select 1'", "late(): a function that everybody may call"],
    ["grant select on migrations to tidegate_admin", "tidegate_admin: a right on the list of migrations"],
    [
      policy("one_tenant on late to tidegate_admin using (true) with check (true)"),
      "late: a policy that is none of ours: one_tenant",
    ],
  ] as const) {
    assert.ok((await holesAfter(change)).includes(found), `${change}: not found`);
  }
  const granted = await holesAfter(
    `do $$ begin execute format('grant select on %s to tidegate_admin', ${partition}); end $$`,
  );
  assert.ok(
    granted.some((hole) => /^sdk_events_\d{8}: a partition that can be reached, by tidegate_admin$/.test(hole)),
    granted.join(),
  );
});
