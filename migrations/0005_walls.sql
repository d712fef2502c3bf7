-- Row-level security on every table that has an org_id, forced on its owner too. Settings are read once per statement.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
  tenant_table name;
begin
  for tenant_table in
    select c.relname
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id'
    where c.relnamespace = 'tidegate'::regnamespace and c.relkind in ('r', 'p')
  loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy one_tenant on %I to tidegate_admin using (%s) with check (%s)',
      tenant_table, one_tenant, one_tenant);
    execute format('create policy batch_tenants on %I to tidegate_pipeline using (%s) with check (%s)',
      tenant_table, batch_tenants, batch_tenants);
  end loop;
end
$$;

-- What the look-ups may see of all tenants: these tables, these columns, nothing else.
grant select (org_id) on organizations to tidegate_lookup;
grant select (org_id, source_id, write_key, app_id) on sources to tidegate_lookup;
grant select (org_id, member_id, sha256, revoked_at) on api_tokens to tidegate_lookup;
grant select (org_id, at) on audit_log to tidegate_lookup;
grant select (org_id, integration_id, enabled) on integrations to tidegate_lookup;
grant select, insert, update on outbox, outbox_turns to tidegate_lookup;
grant usage on sequence outbox_turn to tidegate_lookup;
grant select (ctid, received_at), delete on records, event_keys to tidegate_lookup;
grant select (ctid, started_at), delete on delivery_batches to tidegate_lookup;
grant select (ctid, created_at), delete on dead_letters to tidegate_lookup;

do $$
declare
  seen name;
begin
  foreach seen in array array[
    'organizations', 'sources', 'api_tokens', 'audit_log', 'integrations', 'outbox', 'outbox_turns',
    'records', 'event_keys', 'delivery_batches', 'dead_letters'
  ]::name[] loop
    execute format('create policy look_up on %I to tidegate_lookup using (true) with check (true)', seen);
  end loop;
end
$$;
