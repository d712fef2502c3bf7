-- Sessions of visitors, told by event time. A visitor is known by its anonymous id, else by its user's.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

-- One row per visitor. Whoever changes a visitor's sessions has locked it, so that two can't open the same session.
create table session_visitors (
  org_id uuid not null,
  project_id uuid not null,
  visitor_id text collate "C" not null,
  seen_at timestamptz not null,
  primary key (org_id, project_id, visitor_id),
  foreign key (org_id, project_id) references projects
) with (fillfactor = 70);
create index session_visitors_by_age on session_visitors using brin (seen_at) with (autosummarize = on);

-- A session's start is final: it is its key within its visitor's. Only one index begins with the tenant, so that there
-- is no other for the planner to take by mistake while it has not counted the table. An event of a session changes no
-- indexed column: sweep_at stays behind due_at until a sweep finds that out.
create table sessions (
  org_id uuid not null,
  project_id uuid not null,
  visitor_id text collate "C" not null,
  started_at timestamptz not null,
  session_id uuid not null,
  last_at timestamptz not null,
  ends_at timestamptz not null,
  due_at timestamptz not null,
  sweep_at timestamptz not null,
  -- When the sweep said that it is over; what it said is final.
  ended_at timestamptz,
  events integer not null check (events > 0),
  data_layer_version integer not null,
  opened_event_id uuid not null,
  opened_received_at timestamptz not null,
  primary key (org_id, project_id, visitor_id, started_at),
  foreign key (org_id, project_id, visitor_id) references session_visitors on delete cascade,
  check (started_at <= last_at and last_at <= ends_at and ends_at <= due_at)
) with (fillfactor = 70);
create index sessions_by_sweep on sessions (sweep_at) where ended_at is null;
create index sessions_by_age on sessions using brin (ended_at) with (autosummarize = on);

grant select on sessions to tidegate_admin;
grant select, insert, update on session_visitors, sessions to tidegate_pipeline;
-- An event's own version of the data layer governs its session.
grant select (org_id, version, config) on data_layer_versions to tidegate_pipeline;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
  tenant_table name;
begin
  foreach tenant_table in array array['session_visitors', 'sessions']::name[] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy one_tenant on %I to tidegate_admin using (%s) with check (%s)',
      tenant_table, one_tenant, one_tenant);
    execute format('create policy batch_tenants on %I to tidegate_pipeline using (%s) with check (%s)',
      tenant_table, batch_tenants, batch_tenants);
    execute format('create policy look_up on %I to tidegate_lookup using (true) with check (true)', tenant_table);
  end loop;
end
$$;

-- A lock takes the right to update; nothing is updated.
grant select (ctid, org_id, project_id, visitor_id, seen_at), update (seen_at), delete on session_visitors
  to tidegate_lookup;
grant select (ctid, org_id, project_id, visitor_id, started_at, sweep_at, ended_at), delete on sessions
  to tidegate_lookup;

-- Sessions that may be over, their visitors locked for this transaction; those another transaction is at are left.
create function due_sessions(due_before timestamptz, sessions_max integer)
returns table (org_id uuid, project_id uuid, visitor_id text, started_at timestamptz)
language sql volatile security definer set search_path = tidegate, pg_temp
as $$
  select s.org_id, s.project_id, s.visitor_id, s.started_at
  from sessions s
  join session_visitors v
    on v.org_id = s.org_id and v.project_id = s.project_id and v.visitor_id = s.visitor_id
  where s.ended_at is null and s.sweep_at <= due_before
  order by s.sweep_at
  limit sessions_max
  for update of v skip locked
$$;

-- Forgets sessions that ended before, and visitors not seen since, in small steps; true if there may be more.
create function prune_sessions(ended_before timestamptz, rows_max integer) returns boolean
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
  more boolean;
begin
  if ended_before > now() - interval '30 days' then
    raise exception 'the window is shorter than promised' using errcode = 'check_violation';
  end if;
  delete from sessions where ctid = any (array(
    select ctid from sessions where ended_at < ended_before limit rows_max));
  get diagnostics gone = row_count;
  more := gone = rows_max;
  delete from session_visitors v where v.ctid = any (array(
    select w.ctid from session_visitors w
    where w.seen_at < ended_before and not exists (
      select from sessions s
      where s.org_id = w.org_id and s.project_id = w.project_id and s.visitor_id = w.visitor_id
    )
    limit rows_max));
  get diagnostics gone = row_count;
  return more or gone = rows_max;
end
$$;

revoke all on function due_sessions(timestamptz, integer), prune_sessions(timestamptz, integer) from public;
grant execute on function due_sessions(timestamptz, integer), prune_sessions(timestamptz, integer) to tidegate_pipeline;

reset role;
grant create on schema tidegate to tidegate_lookup;
alter function due_sessions(timestamptz, integer) owner to tidegate_lookup;
alter function prune_sessions(timestamptz, integer) owner to tidegate_lookup;
revoke create on schema tidegate from tidegate_lookup;
