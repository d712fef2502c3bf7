-- Roles of the database and what each may be. They belong to the whole server, so another database may have made them.
--   tidegate_owner     owns tables; can't log in; migrations become it
--   tidegate_admin     one tenant's requests, bound by app.org_id
--   tidegate_pipeline  the tenants of a batch, bound by app.org_ids
--   tidegate_lookup    owns the few functions that look beyond a tenant; can't log in

do $$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('tidegate_owner', false), ('tidegate_lookup', false), ('tidegate_admin', true), ('tidegate_pipeline', true)
    ) as r (name, logs_in)
  loop
    begin
      if not exists (select from pg_roles where rolname = wanted.name) then
        execute format('create role %I %s', wanted.name, case when wanted.logs_in then 'login' else 'nologin' end);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- another database's migration made it just now
    end;
  end loop;
end
$$;

-- A migrator that is no superuser must be able to become the owners of what it creates.
do $$
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant tidegate_owner, tidegate_lookup to %I', current_user);
  end if;
end
$$;

grant usage, create on schema tidegate to tidegate_owner;
grant usage on schema tidegate to tidegate_lookup, tidegate_admin, tidegate_pipeline;

do $$
declare
  role_name text;
begin
  foreach role_name in array array['tidegate_admin', 'tidegate_pipeline'] loop
    execute format('alter role %I in database %I set search_path = tidegate, pg_temp', role_name, current_database());
    execute format('alter role %I in database %I set row_security = on', role_name, current_database());
    begin
      -- The server's log must not quote values: neither a failing row (DETAIL) nor a statement's text.
      execute format('alter role %I in database %I set log_error_verbosity = terse', role_name, current_database());
      execute format('alter role %I in database %I set log_min_error_statement = panic', role_name, current_database());
      execute format('alter role %I in database %I set log_parameter_max_length = 0', role_name, current_database());
    exception when insufficient_privilege then
      raise notice 'only a superuser can keep values out of the server log; set log_error_verbosity = terse';
    end;
  end loop;
end
$$;
