-- Tokens of Apple's AdServices and what they were exchanged for: the ad an install came from. A token is sealed, and
-- gone as soon as its state is final.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

create table attributions (
  org_id uuid not null,
  attribution_id uuid not null,
  project_id uuid not null,
  source_id uuid not null,
  app_id text not null,
  event_id uuid not null,
  -- The install: its anonymous id, else its user's.
  visitor_id text collate "C",
  anonymous_id text collate "C",
  user_id text collate "C",
  -- Lowercase hex. A device gives out the same token for minutes, so that it may come more than once.
  token_sha256 text collate "C" not null check (length(token_sha256) = 64),
  sealed_token text,
  state text not null check (state in ('pending', 'exchanged', 'organic', 'expired', 'failed')),
  code text,
  development boolean not null default false,
  campaign jsonb,
  attempts integer not null default 0,
  not_found integer not null default 0,
  made_at timestamptz not null,
  expires_at timestamptz not null,
  received_at timestamptz not null,
  -- A lease moves due_at to its end.
  due_at timestamptz,
  claim_id uuid,
  settled_at timestamptz,
  primary key (org_id, attribution_id),
  unique (org_id, token_sha256, project_id),
  foreign key (org_id, project_id) references projects,
  check ((state = 'pending') = (sealed_token is not null)),
  check ((state = 'pending') = (due_at is not null)),
  check ((state = 'pending') = (settled_at is null)),
  check ((state = 'exchanged') = (campaign is not null))
) with (fillfactor = 70);
create index attributions_by_due on attributions (org_id, due_at) where due_at is not null;
-- Has the order that events ask for, so that the planner takes no other while it has not counted the table.
create index attributions_by_visitor on attributions (org_id, project_id, visitor_id, received_at, attribution_id);
create index attributions_by_time on attributions (org_id, received_at, attribution_id);
create index attributions_by_age on attributions using brin (received_at) with (autosummarize = on);

grant select, update (sealed_token) on attributions to tidegate_admin;
grant select, insert, update on attributions to tidegate_pipeline;

do $$
declare
  one_tenant constant text := $sql$org_id = (select nullif(current_setting('app.org_id', true), '')::uuid)$sql$;
  batch_tenants constant text :=
    $sql$org_id = any ((select nullif(current_setting('app.org_ids', true), '')::uuid[])::uuid[])$sql$;
begin
  alter table attributions enable row level security;
  alter table attributions force row level security;
  execute format('create policy one_tenant on attributions to tidegate_admin using (%s) with check (%s)',
    one_tenant, one_tenant);
  execute format('create policy batch_tenants on attributions to tidegate_pipeline using (%s) with check (%s)',
    batch_tenants, batch_tenants);
  create policy look_up on attributions to tidegate_lookup using (true) with check (true);
end
$$;

grant select (ctid, org_id, attribution_id, due_at, received_at), update (due_at, claim_id), delete on attributions
  to tidegate_lookup;

-- Leases due tokens: each organisation's first, then the seconds, …, so that one with many holds up nobody. Of each no
-- more are locked than its share, or org_rows_min: one alone has the whole claim.
create function claim_attributions(
  claim uuid, now_at timestamptz, lease_until timestamptz, rows_max integer, org_rows_min integer
) returns table (org_id uuid, attribution_id uuid)
language sql volatile security definer set search_path = tidegate, pg_temp
as $$
  with recursive waiting as (
    (select a.org_id from attributions a where a.due_at is not null order by a.org_id limit 1)
    union all
    select after.org_id
    from waiting w
    cross join lateral (
      select a.org_id from attributions a where a.org_id > w.org_id and a.due_at is not null
      order by a.org_id limit 1
    ) after
  ), ready as materialized (
    select w.org_id from waiting w
    where exists (select from attributions a where a.org_id = w.org_id and a.due_at <= now_at)
  ), due as materialized (
    select d.org_id, d.attribution_id, d.due_at
    from ready w
    cross join lateral (
      select a.org_id, a.attribution_id, a.due_at
      from attributions a
      where a.org_id = w.org_id and a.due_at <= now_at
      order by a.due_at
      limit greatest(org_rows_min, rows_max / (select count(*) from ready))
      for update skip locked
    ) d
  ), turns as (
    select d.*, row_number() over (partition by d.org_id order by d.due_at) as turn from due d
  ), taken as (
    select t.org_id, t.attribution_id from turns t order by t.turn, t.due_at limit rows_max
  )
  update attributions a
  set due_at = lease_until, claim_id = claim
  from taken t
  where a.org_id = t.org_id and a.attribution_id = t.attribution_id
  returning a.org_id, a.attribution_id
$$;

-- Forgets attributions that were received before, in small steps; true if there may be more.
create function prune_attributions(received_before timestamptz, rows_max integer) returns boolean
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
begin
  if received_before > now() - interval '30 days' then
    raise exception 'the window is shorter than promised' using errcode = 'check_violation';
  end if;
  delete from attributions where ctid = any (array(
    select ctid from attributions where received_at < received_before limit rows_max));
  get diagnostics gone = row_count;
  return gone = rows_max;
end
$$;

revoke all on function claim_attributions(uuid, timestamptz, timestamptz, integer, integer),
  prune_attributions(timestamptz, integer) from public;
grant execute on function claim_attributions(uuid, timestamptz, timestamptz, integer, integer),
  prune_attributions(timestamptz, integer) to tidegate_pipeline;

reset role;
grant create on schema tidegate to tidegate_lookup;
alter function claim_attributions(uuid, timestamptz, timestamptz, integer, integer) owner to tidegate_lookup;
alter function prune_attributions(timestamptz, integer) owner to tidegate_lookup;
revoke create on schema tidegate from tidegate_lookup;
