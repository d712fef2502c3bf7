-- What deletes takes no time that is none: null and infinity slipped through comparisons that refuse every other wrong
-- time, and null among the arguments of greatest and least means "the other one".

set local search_path = tidegate, pg_temp;
grant create on schema tidegate to tidegate_lookup;
set local role tidegate_lookup;

create or replace function prune(
  records_before timestamptz, keys_before timestamptz, receipts_before timestamptz, rows_max integer
) returns boolean
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
  more boolean := false;
begin
  if not coalesce(isfinite(records_before) and isfinite(keys_before) and isfinite(receipts_before), false) then
    raise exception 'a window ends at a moment in time' using errcode = 'check_violation';
  end if;
  if not coalesce(rows_max between 1 and 1000000, false) then
    raise exception 'a step deletes a bounded number of rows' using errcode = 'check_violation';
  end if;
  if greatest(records_before, keys_before) > now() - interval '8 days'
    or receipts_before > now() - interval '30 days' then
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

create or replace function prune_sessions(ended_before timestamptz, rows_max integer) returns boolean
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
  more boolean;
begin
  if not coalesce(isfinite(ended_before), false) then
    raise exception 'a window ends at a moment in time' using errcode = 'check_violation';
  end if;
  if not coalesce(rows_max between 1 and 1000000, false) then
    raise exception 'a step deletes a bounded number of rows' using errcode = 'check_violation';
  end if;
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

create or replace function prune_attributions(received_before timestamptz, rows_max integer) returns boolean
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
begin
  if not coalesce(isfinite(received_before), false) then
    raise exception 'a window ends at a moment in time' using errcode = 'check_violation';
  end if;
  if not coalesce(rows_max between 1 and 1000000, false) then
    raise exception 'a step deletes a bounded number of rows' using errcode = 'check_violation';
  end if;
  if received_before > now() - interval '30 days' then
    raise exception 'the window is shorter than promised' using errcode = 'check_violation';
  end if;
  delete from attributions where ctid = any (array(
    select ctid from attributions where received_at < received_before limit rows_max));
  get diagnostics gone = row_count;
  return gone = rows_max;
end
$$;

create or replace function end_leases(now_at timestamptz) returns integer
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  ended integer;
begin
  if not coalesce(isfinite(now_at), false) then
    raise exception 'leases end at a moment in time' using errcode = 'check_violation';
  end if;
  update outbox set due_at = now_at where claim_id is not null and due_at > now_at;
  get diagnostics ended = row_count;
  return ended;
end
$$;

reset role;
revoke create on schema tidegate from tidegate_lookup;
set local role tidegate_owner;

create or replace function drop_event_partitions(retention_days integer) returns integer
language plpgsql volatile security definer set search_path = tidegate, pg_temp
set lock_timeout = '2s'
as $$
declare
  oldest constant date := (now() at time zone 'UTC')::date - greatest(retention_days, 30);
  partition name;
  dropped integer := 0;
begin
  if retention_days is null then
    raise exception 'a retention is a number of days' using errcode = 'check_violation';
  end if;
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
