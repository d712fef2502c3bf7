-- What went wrong in organisations' custom JavaScript, for its authors: counted by kind, line and version of the data
-- layer. Never a value.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

create table script_faults (
  org_id uuid not null,
  version integer not null,
  kind text not null,
  -- 0 where the engine names none.
  line integer not null check (line >= 0),
  count bigint not null check (count > 0),
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (org_id, version, kind, line)
) with (fillfactor = 70);

create table script_pauses (
  org_id uuid primary key,
  paused_until timestamptz not null
) with (fillfactor = 70);

grant select on script_faults, script_pauses to tidegate_admin;
grant select, insert, update, delete on script_faults to tidegate_pipeline;
grant select, insert, update on script_pauses to tidegate_pipeline;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
  tenant_table name;
begin
  foreach tenant_table in array array['script_faults', 'script_pauses']::name[] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy one_tenant on %I to tidegate_admin using (%s) with check (%s)',
      tenant_table, one_tenant, one_tenant);
    execute format('create policy batch_tenants on %I to tidegate_pipeline using (%s) with check (%s)',
      tenant_table, batch_tenants, batch_tenants);
  end loop;
end
$$;
