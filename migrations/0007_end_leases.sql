-- After a crash the only relay of an installation need not wait for its own dead leases to run out.

set local search_path = tidegate, pg_temp;
set local role tidegate_owner;

create function end_leases(now_at timestamptz) returns integer
language sql volatile security definer set search_path = tidegate, pg_temp
as $$
  with ended as (
    update outbox set due_at = now_at where claim_id is not null and due_at > now_at returning 1
  )
  select count(*)::integer from ended
$$;

revoke all on function end_leases(timestamptz) from public;
grant execute on function end_leases(timestamptz) to tidegate_pipeline;

reset role;
grant create on schema tidegate to tidegate_lookup;
alter function end_leases(timestamptz) owner to tidegate_lookup;
revoke create on schema tidegate from tidegate_lookup;
