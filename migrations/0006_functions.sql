-- The functions that look beyond a tenant, and those that need an owner's rights. Each says who may call it.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

create function any_organization() returns boolean
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select exists (select from organizations) $$;

create function tenant_of_write_key(key text) returns table (org_id uuid, source_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select s.org_id, s.source_id from sources s where s.write_key = key $$;

create function tenant_of_app_id(app text) returns table (org_id uuid, source_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select s.org_id, s.source_id from sources s where s.app_id = app $$;

create function tenant_of_token(token_sha256 text) returns table (org_id uuid, member_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select t.org_id, t.member_id from api_tokens t where t.sha256 = token_sha256 and t.revoked_at is null $$;

-- Every change writes the audit log, so a process that was cut off from notifications can ask what it missed.
create function organizations_changed_within(seconds double precision) returns table (org_id uuid)
language sql stable security definer set search_path = tidegate, pg_temp
as $$ select distinct a.org_id from audit_log a where a.at > now() - make_interval(secs => seconds) $$;

-- Integrations with due events, in the order of their turns: each organisation's first, then the seconds, …; among
-- those, organisations that waited longest come first, so that many integrations win an organisation nothing.
create function due_integrations(now_at timestamptz, except_ids uuid[])
returns table (org_id uuid, integration_id uuid)
language sql volatile security definer set search_path = tidegate, pg_temp
as $$
  with recursive waiting as (
    (select o.org_id, o.integration_id from outbox o order by o.org_id, o.integration_id limit 1)
    union all
    select after.org_id, after.integration_id
    from waiting w
    cross join lateral (
      select o.org_id, o.integration_id from outbox o
      where (o.org_id, o.integration_id) > (w.org_id, w.integration_id)
      order by o.org_id, o.integration_id limit 1
    ) after
  )
  select w.org_id, w.integration_id
  from waiting w
  join integrations i on i.org_id = w.org_id and i.integration_id = w.integration_id and i.enabled
  left join outbox_turns t on t.org_id = w.org_id and t.integration_id = w.integration_id
  where w.integration_id <> all (except_ids)
    and exists (
      select from outbox o
      where o.org_id = w.org_id and o.integration_id = w.integration_id and o.due_at <= now_at
    )
  order by row_number() over (partition by w.org_id order by coalesce(t.turn, 0)),
    max(coalesce(t.turn, 0)) over (partition by w.org_id), coalesce(t.turn, 0)
$$;

-- Leases due rows of one integration, events_max events at most: whole rows, and the head of the row that is too long.
-- A frozen row whose lease ran out may have been sent: it is ambiguous since that lease was granted.
create function lease_outbox(
  org uuid, integration uuid, claim uuid, now_at timestamptz, lease_until timestamptz, events_max integer
) returns integer
language sql volatile security definer set search_path = tidegate, pg_temp
as $$
  with due as (
    select o.*, case when o.claim_id is not null and o.frozen is not null
      then coalesce(o.ambiguous_since, o.claimed_at) else o.ambiguous_since end as doubtful_since
    from outbox o
    where o.org_id = org and o.integration_id = integration and o.due_at <= now_at
    order by o.due_at, o.outbox_id
    limit events_max
    for update skip locked
  ), counted as (
    select d.*, sum(cardinality(d.event_ids)) over (order by d.due_at, d.outbox_id) - cardinality(d.event_ids) as before
    from due d
  ), taken as (
    select c.*, least(cardinality(c.event_ids), events_max - c.before)::integer as n from counted c
    where c.before < events_max
  ), rest as (
    insert into outbox (org_id, integration_id, received_at, event_ids, due_at, attempts, ambiguous_since, frozen)
    select t.org_id, t.integration_id, t.received_at, t.event_ids[t.n + 1:], t.due_at, t.attempts,
      t.doubtful_since, t.frozen
    from taken t where t.n < cardinality(t.event_ids)
  ), leased as (
    update outbox o
    set event_ids = t.event_ids[:t.n], due_at = lease_until, claim_id = claim, claimed_at = now_at,
      ambiguous_since = t.doubtful_since
    from taken t
    where o.org_id = t.org_id and o.outbox_id = t.outbox_id
    returning t.n
  )
  select coalesce(sum(n), 0)::integer from leased
$$;

-- Leases due events of up to claims_max integrations. Two relays that sweep at once don't take the same integration,
-- and never wait for each other: they would do so in different orders, and in a ring.
create function claim_outbox(
  now_at timestamptz, lease_until timestamptz, claims_max integer, events_max integer, except_ids uuid[]
) returns table (claim_id uuid, org_id uuid, integration_id uuid)
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  due record;
  claims integer := 0;
  claim uuid;
begin
  for due in select d.org_id, d.integration_id from due_integrations(now_at, except_ids) d loop
    exit when claims >= claims_max;
    continue when not pg_try_advisory_xact_lock(hashtextextended('tidegate turn ' || due.integration_id, 0));
    claim := gen_random_uuid();
    continue when lease_outbox(due.org_id, due.integration_id, claim, now_at, lease_until, events_max) = 0;
    insert into outbox_turns as t values (due.org_id, due.integration_id, nextval('outbox_turn'))
      on conflict on constraint outbox_turns_pkey do update set turn = excluded.turn;
    claims := claims + 1;
    claim_id := claim;
    org_id := due.org_id;
    integration_id := due.integration_id;
    return next;
  end loop;
end
$$;

-- Forgets what is past its window, in small steps; true if there may be more.
create function prune(
  records_before timestamptz, keys_before timestamptz, receipts_before timestamptz, rows_max integer
) returns boolean
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
  more boolean := false;
begin
  if keys_before > now() - interval '8 days' or receipts_before > now() - interval '30 days' then
    raise exception 'the windows are shorter than promised' using errcode = 'check_violation';
  end if;
  delete from records where ctid = any (array(
    select ctid from records where received_at < least(records_before, keys_before) limit rows_max));
  get diagnostics gone = row_count;
  more := more or gone = rows_max;
  delete from event_keys where ctid = any (array(
    select ctid from event_keys where received_at < keys_before limit rows_max));
  get diagnostics gone = row_count;
  more := more or gone = rows_max;
  delete from delivery_batches where ctid = any (array(
    select ctid from delivery_batches where started_at < receipts_before limit rows_max));
  get diagnostics gone = row_count;
  more := more or gone = rows_max;
  delete from dead_letters where ctid = any (array(
    select ctid from dead_letters where created_at < receipts_before limit rows_max));
  get diagnostics gone = row_count;
  return more or gone = rows_max;
end
$$;

-- Makes the days' partitions of sdk_events that are missing. Partitions are reached through their parent only: they
-- get no grants, and row-level security without a policy shuts them.
create function ensure_event_partitions(from_day date, to_day date) returns integer
language plpgsql volatile security definer set search_path = tidegate, pg_temp
set lock_timeout = '5s'
as $$
declare
  day date := greatest(from_day, date '2020-01-01');
  last_day constant date := least(to_day, (now() at time zone 'UTC')::date + 31);
  made integer := 0;
  partition name;
begin
  if last_day - day > 40 then
    raise exception 'too many days at once' using errcode = 'program_limit_exceeded';
  end if;
  perform pg_advisory_xact_lock(hashtext('tidegate.sdk_events partitions'));
  while day <= last_day loop
    partition := 'sdk_events_' || to_char(day, 'YYYYMMDD');
    if to_regclass('tidegate.' || partition) is null then
      execute format('create table %I (like sdk_events including all)', partition);
      execute format('alter table %I enable row level security', partition);
      execute format('alter table %I force row level security', partition);
      execute format('alter table sdk_events attach partition %I for values from (%L) to (%L)',
        partition, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
      made := made + 1;
    end if;
    day := day + 1;
  end loop;
  return made;
end
$$;

-- Drops the partitions of days older than the retention; 30 days at least are kept.
create function drop_event_partitions(retention_days integer) returns integer
language plpgsql volatile security definer set search_path = tidegate, pg_temp
set lock_timeout = '2s'
as $$
declare
  oldest constant date := (now() at time zone 'UTC')::date - greatest(retention_days, 30);
  partition name;
  dropped integer := 0;
begin
  for partition in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'tidegate.sdk_events'::regclass and right(c.relname, 8) < to_char(oldest, 'YYYYMMDD')
    order by c.relname
  loop
    execute format('drop table %I', partition);
    dropped := dropped + 1;
  end loop;
  return dropped;
end
$$;

revoke all on all functions in schema tidegate from public;
grant execute on function due_integrations(timestamptz, uuid[]),
  lease_outbox(uuid, uuid, uuid, timestamptz, timestamptz, integer) to tidegate_lookup;
grant execute on function any_organization(), tenant_of_write_key(text), tenant_of_app_id(text), tenant_of_token(text),
  organizations_changed_within(double precision)
  to tidegate_admin;
grant execute on function claim_outbox(timestamptz, timestamptz, integer, integer, uuid[]),
  prune(timestamptz, timestamptz, timestamptz, integer),
  ensure_event_partitions(date, date), drop_event_partitions(integer) to tidegate_pipeline;

-- A new owner of a function must be allowed to create in its schema, for the moment of the change.
reset role;
grant create on schema tidegate to tidegate_lookup;
alter function any_organization() owner to tidegate_lookup;
alter function tenant_of_write_key(text) owner to tidegate_lookup;
alter function tenant_of_app_id(text) owner to tidegate_lookup;
alter function tenant_of_token(text) owner to tidegate_lookup;
alter function organizations_changed_within(double precision) owner to tidegate_lookup;
alter function due_integrations(timestamptz, uuid[]) owner to tidegate_lookup;
alter function lease_outbox(uuid, uuid, uuid, timestamptz, timestamptz, integer) owner to tidegate_lookup;
alter function claim_outbox(timestamptz, timestamptz, integer, integer, uuid[]) owner to tidegate_lookup;
alter function prune(timestamptz, timestamptz, timestamptz, integer) owner to tidegate_lookup;
revoke create on schema tidegate from tidegate_lookup;
