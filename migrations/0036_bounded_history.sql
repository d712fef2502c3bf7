-- Versions of data layers and entries of the audit log are kept within bounds of count, size and age.

set local role tidegate_owner;
set local search_path = tidegate, pg_temp;

-- How large a configuration is, beside it: to ask for the size must not unpack what is kept compressed.
alter table data_layer_versions add column config_bytes integer not null default 0;
update data_layer_versions set config_bytes = octet_length(config::text);

grant select (org_id, version, updated_at, config_bytes), delete on data_layer_versions to tidegate_lookup;
grant select (audit_id, action), delete on audit_log to tidegate_lookup;
create policy look_up on data_layer_versions to tidegate_lookup using (true) with check (true);

-- Forgets versions that were made before, where an organisation has newer ones beyond a count or a size; never its
-- newest. A record that still waits may name a version, so the youngest days are kept whatever they hold.
create function prune_data_layer_versions(made_before timestamptz, kept_max integer, bytes_max bigint)
returns integer
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
begin
  if not coalesce(isfinite(made_before), false) or made_before > now() - interval '8 days' then
    raise exception 'the window is shorter than promised' using errcode = 'check_violation';
  end if;
  if not coalesce(kept_max >= 100, false) or not coalesce(bytes_max >= 1048576, false) then
    raise exception 'some versions are always kept' using errcode = 'check_violation';
  end if;
  delete from data_layer_versions v
  using (
    select org_id, version, updated_at,
      row_number() over newest as place,
      sum(config_bytes) over newest as bytes
    from data_layer_versions
    window newest as (partition by org_id order by version desc)
  ) of
  where v.org_id = of.org_id and v.version = of.version
    and of.updated_at < made_before and of.place > 1
    and (of.place > kept_max or of.bytes > bytes_max);
  get diagnostics gone = row_count;
  return gone;
end
$$;

-- Forgets entries of the audit log that were written before, in small steps; true if there may be more.
create function prune_audit_log(written_before timestamptz, logins_before timestamptz, rows_max integer)
returns boolean
language plpgsql volatile security definer set search_path = tidegate, pg_temp
as $$
declare
  gone integer;
begin
  if not coalesce(isfinite(written_before) and isfinite(logins_before), false) then
    raise exception 'a window ends at a moment in time' using errcode = 'check_violation';
  end if;
  if written_before > now() - interval '365 days' or logins_before > now() - interval '90 days' then
    raise exception 'the window is shorter than promised' using errcode = 'check_violation';
  end if;
  if not coalesce(rows_max between 1 and 1000000, false) then
    raise exception 'a step deletes a bounded number of rows' using errcode = 'check_violation';
  end if;
  delete from audit_log where (org_id, audit_id) in (
    select org_id, audit_id from audit_log
    where at < logins_before
      and (at < written_before or action in ('login_opened', 'login_failed', 'login_locked', 'login_ended'))
    limit rows_max);
  get diagnostics gone = row_count;
  return gone = rows_max;
end
$$;

revoke all on function prune_data_layer_versions(timestamptz, integer, bigint),
  prune_audit_log(timestamptz, timestamptz, integer) from public;
grant execute on function prune_data_layer_versions(timestamptz, integer, bigint),
  prune_audit_log(timestamptz, timestamptz, integer) to tidegate_pipeline;

reset role;
grant create on schema tidegate to tidegate_lookup;
alter function prune_data_layer_versions(timestamptz, integer, bigint) owner to tidegate_lookup;
alter function prune_audit_log(timestamptz, timestamptz, integer) owner to tidegate_lookup;
revoke create on schema tidegate from tidegate_lookup;
